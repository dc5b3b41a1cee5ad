"""Geometry as a template writes it: by marker and in data values, made a gate once scales are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cytogate.errors import TemplateError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.template.fitted import CutRef
from cytogate.gating.template.shape import OnePopulation, OnTwoAxes, Outlined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cytogate.gates.base import Gate
    from cytogate.gating.template.scaled_axis import ScaledAxis


Divider: TypeAlias = "float | CutRef | Mapping[str, float | CutRef]"


@dataclass(frozen=True, slots=True)
class Rectangle(OnePopulation):
    """A range or box; thresholds too."""

    markers: tuple[str, ...]
    minimum: tuple[float | CutRef, ...]
    maximum: tuple[float | CutRef, ...]

    @property
    def fitted(self) -> tuple[str, ...]:
        """Cuts that decide borders."""
        return tuple(entry.name for entry in (*self.minimum, *self.maximum) if isinstance(entry, CutRef))

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return a rectangle gate."""
        found = [axes(marker) for marker in self.markers]
        return RectangleGate(
            tuple(axis.dim for axis in found),
            tuple(axis.place(value) for axis, value in zip(found, self.minimum, strict=True)),
            tuple(axis.place(value) for axis, value in zip(found, self.maximum, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Polygon(Outlined):
    """A closed outline with straight edges on the scale."""

    x: str
    y: str
    vertices: tuple[tuple[float, float], ...]

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return a polygon gate."""
        return PolygonGate((axes(self.x).dim, axes(self.y).dim), self.outline(axes))


@dataclass(frozen=True, slots=True)
class Ellipse(OnePopulation, OnTwoAxes):
    """Points within a distance of a centre; the covariance is in scale units, or data units when linear."""

    x: str
    y: str
    center: tuple[float, float]
    covariance: tuple[tuple[float, float], tuple[float, float]]
    distance_square: float

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return an ellipsoid gate."""
        found = (axes(self.x), axes(self.y))
        mean = np.array([axis.place(value) for axis, value in zip(found, self.center, strict=True)])
        stretch = np.array([_stretch(axis) for axis in found])
        covariance = np.array(self.covariance, dtype=np.float64) * np.outer(stretch, stretch)
        return EllipsoidGate(tuple(axis.dim for axis in found), mean, covariance, self.distance_square)


def _stretch(axis: ScaledAxis) -> float:
    """Return scale units per data unit; one where the coordinates are scale units already."""
    if axis.in_scale_units or axis.transform is None:
        return 1.0
    if axis.transform.kind != "linear":
        message = (
            f"an ellipse on the {axis.transform.kind} scale of {axis.dim.channel} needs "
            "`coordinates: scale`: a covariance has no meaning in data values there."
        )
        raise TemplateError(message)
    return float(axis.transform.forward(1.0)) - float(axis.transform.forward(0.0))


@dataclass(frozen=True, slots=True)
class Quadrants(OnTwoAxes):
    """Four parts of two axes; one of the cuts may be a pair, different on the two sides of the other."""

    x: str
    y: str
    x_cut: Divider
    y_cut: Divider
    names: Mapping[str, str]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the populations, clockwise from the upper left."""
        return tuple(self.names[corner] for corner in _CORNERS if corner in self.names)

    @property
    def fitted(self) -> tuple[str, ...]:
        """Cuts that decide dividers."""
        cuts = [*_pair(self.x_cut, "low", "high"), *_pair(self.y_cut, "left", "right")]
        return tuple(dict.fromkeys(entry.name for entry in cuts if isinstance(entry, CutRef)))

    def parts_at(self, cut: str) -> tuple[str, ...]:
        """Return the names of the populations that have a border at the cut of this name."""
        on_x, on_y = _pair(self.x_cut, "low", "high"), _pair(self.y_cut, "left", "right")
        return tuple(
            self.names[corner]
            for corner, (right, upper) in _CORNERS.items()
            if corner in self.names and CutRef(cut) in (on_x[upper], on_y[right])
        )

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return a quadrant gate; a cut that differs by side has one divider for each side."""
        x, y = axes(self.x), axes(self.y)
        x_low, x_high = _pair(self.x_cut, "low", "high")
        y_left, y_right = _pair(self.y_cut, "left", "right")
        values: list[tuple[ScaledAxis, float | CutRef]] = [(x, x_low), (y, y_left)]
        dividers = {"x_low": 0, "x_high": 0, "y_left": 1, "y_right": 1}
        if x_high != x_low:
            values.append((x, x_high))
            dividers["x_high"] = 2
        if y_right != y_left:
            values.append((y, y_right))
            dividers["y_right"] = 2
        quadrants = []
        for corner, (right, upper) in _CORNERS.items():
            if corner in self.names:
                on_x = dividers["x_high" if upper else "x_low"]
                on_y = dividers["y_right" if right else "y_left"]
                quadrants.append(Quadrant(self.names[corner], ((on_x, int(right)), (on_y, int(upper)))))
        return QuadrantGate(
            tuple(axis.dim for axis, _ in values),
            tuple((axis.place(value),) for axis, value in values),
            tuple(quadrants),
        )


# corner: (right of the cut, above the cut)
_CORNERS = {
    "upper_left": (False, True),
    "upper_right": (True, True),
    "lower_right": (True, False),
    "lower_left": (False, False),
}


def _pair(cut: Divider, first: str, second: str) -> tuple[float | CutRef, float | CutRef]:
    return (cut, cut) if isinstance(cut, int | float | CutRef) else (cut[first], cut[second])


@dataclass(frozen=True, slots=True)
class BooleanShape(OnePopulation):
    """Other populations put together."""

    operation: str
    references: tuple[tuple[str, bool], ...]

    @property
    def markers(self) -> tuple[str, ...]:
        """None."""
        return ()

    def build(self, axes: Callable[[str], ScaledAxis]) -> Gate:
        """Return a boolean gate."""
        return BooleanGate(self.operation, tuple(Reference(ref, inverse) for ref, inverse in self.references))
