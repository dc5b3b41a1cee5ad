"""Geometry as a template file writes it, one model a kind of gate."""

# ruff: noqa: TC001, TC003 - pydantic reads the types of fields at run time
from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import Field, model_validator

from cytogate.gating.template.cut_models import (
    Border,
    Cut,
    CutHereModel,
    CutUseModel,
    FiniteBorder,
    Place,
    SidesModel,
    border_value,
)
from cytogate.gating.template.fields import FinitePair, Name, Pair, Positive, Ref
from cytogate.gating.template.fitted import CutRef
from cytogate.gating.template.section import Section
from cytogate.gating.template.shape import Shape
from cytogate.gating.template.shapes import BooleanShape, Ellipse, Polygon, Quadrants, Rectangle

AnyBorder = float | CutUseModel | CutHereModel


class ThresholdModel(Section):
    """Events at or above a value, or below it, on one axis."""

    x: Name
    above: FiniteBorder | None = None
    below: FiniteBorder | None = None

    @model_validator(mode="after")
    def _one_side(self) -> ThresholdModel:
        if (self.above is None) == (self.below is None):
            message = "expected exactly one of `above` and `below`"
            raise ValueError(message)
        return self

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield place, marker and value of every border."""
        for side, border in (("above", self.above), ("below", self.below)):
            if border is not None:
                yield (side,), self.x, border

    def shape(self, label: str = "") -> Shape:
        """Return the half-line."""
        low = -math.inf if self.above is None else border_value(self.above, label, ("above",))
        high = math.inf if self.below is None else border_value(self.below, label, ("below",))
        return Rectangle((self.x,), (low,), (high,))


class RectangleModel(Section):
    """A range on one axis, or a box on several: low border in, high border out; a missing one is open."""

    x: Name | None = None
    y: Name | None = None
    x_min: Border = -math.inf
    x_max: Border = math.inf
    y_min: Border = -math.inf
    y_max: Border = math.inf
    dims: list[Name] | None = Field(default=None, description="Instead of x and y, any number of axes.")
    min: list[Border] | None = None
    max: list[Border] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> RectangleModel:
        if (self.x is None) == (self.dims is None):
            message = "expected either x (and y) with x_min, x_max, ..., or dims with min and max"
            raise ValueError(message)
        by_axis = {"y", "x_min", "x_max", "y_min", "y_max"} & self.model_fields_set
        if self.dims is not None and by_axis:
            message = f"{', '.join(sorted(by_axis))} cannot stand beside dims"
            raise ValueError(message)
        if self.dims is None and {"min", "max"} & self.model_fields_set:
            message = "min and max belong to dims; with x and y write x_min, x_max, y_min, y_max"
            raise ValueError(message)
        if self.y is None and {"y_min", "y_max"} & by_axis:
            message = "y_min or y_max without y"
            raise ValueError(message)
        shape = self.shape()
        for axis, low, high in zip(shape.markers, shape.minimum, shape.maximum, strict=True):
            if isinstance(low, CutRef) or isinstance(high, CutRef):
                continue  # where they are is not known yet
            if not low < high:
                message = f"the range of {axis} is empty: from {low:g} to {high:g}"
                raise ValueError(message)
        borders = (*shape.minimum, *shape.maximum)
        if all(not isinstance(border, CutRef) and math.isinf(border) for border in borders):
            message = "a rectangle without any border"
            raise ValueError(message)
        return self

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield place, marker and value of every border, those of `min` or of x first."""
        if self.dims is not None:
            for key, given in (("min", self.min), ("max", self.max)):
                for at, (marker, border) in enumerate(zip(self.dims, given or (), strict=False)):
                    yield (key, at), marker, border
            return
        yield ("x_min",), str(self.x), self.x_min
        yield ("x_max",), str(self.x), self.x_max
        if self.y is not None:
            yield ("y_min",), self.y, self.y_min
            yield ("y_max",), self.y, self.y_max

    def shape(self, label: str = "") -> Rectangle:
        """Return the box."""
        markers = tuple(str(name) for name in self.dims or (self.x, self.y) if name is not None)
        if self.dims is not None:
            found = (len(self.min or markers), len(self.max or markers))
            if found != (len(markers), len(markers)):
                n_low, n_high = (len(given or ()) for given in (self.min, self.max))
                message = f"dims has {len(markers)} entries, min {n_low} and max {n_high}"
                raise ValueError(message)
        low, high = [-math.inf] * len(markers), [math.inf] * len(markers)
        ends: dict[str, list[float | CutRef]] = {"min": [*low], "max": [*high]}
        for place, _, border in self.borders():
            key, at = (str(place[0]), int(place[1])) if self.dims is not None else _end(str(place[0]))
            ends[key][at] = border_value(border, label, place)
        return Rectangle(markers, tuple(ends["min"]), tuple(ends["max"]))


def _end(key: str) -> tuple[str, int]:
    """Return which end of which axis ``"y_max"`` is."""
    return key[2:], int(key[0] == "y")


class PolygonModel(Section):
    """A closed outline; its edges are straight on the scale. A vertex may be infinite."""

    x: Name
    y: Name
    vertices: list[Pair] = Field(min_length=3)

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield none: a cut cannot stand here."""
        return iter(())

    def shape(self, label: str = "") -> Shape:
        """Return the outline."""
        return Polygon(self.x, self.y, tuple((x, y) for x, y in self.vertices))


class EllipseModel(Section):
    """Points within a Mahalanobis distance of a centre; the covariance is in scale units."""

    x: Name
    y: Name
    center: FinitePair
    covariance: list[FinitePair] = Field(min_length=2, max_length=2)
    distance_square: Positive = 1.0

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield none: a cut cannot stand here."""
        return iter(())

    def shape(self, label: str = "") -> Shape:
        """Return the ellipse."""
        (a, b), (c, d) = self.covariance
        x, y = self.center
        return Ellipse(self.x, self.y, (x, y), ((a, b), (c, d)), self.distance_square)


class PartsModel(Section):
    """Names of the four populations; one left out is not made."""

    upper_left: Name | None = None
    upper_right: Name | None = None
    lower_right: Name | None = None
    lower_left: Name | None = None


_SIDES = {"x_cut": ("low", "high"), "y_cut": ("left", "right")}


class QuadrantsModel(Section):
    """Four populations on two axes, children of the gate's parent; the cut of one axis may differ by side."""

    x: Name
    y: Name
    x_cut: Cut = Field(description="A value of x, or {low: ..., high: ...} below and above y_cut.")
    y_cut: Cut = Field(description="A value of y, or {left: ..., right: ...} of x_cut.")
    parts: PartsModel

    @model_validator(mode="after")
    def _fits(self) -> QuadrantsModel:
        names = [name for name in self.parts.model_dump().values() if name is not None]
        if not names or len(set(names)) < len(names):
            message = "parts needs one to four different names"
            raise ValueError(message)
        pairs = {key: cut for key in _SIDES if isinstance(cut := getattr(self, key), SidesModel)}
        if len(pairs) == 2:
            message = "only one of x_cut and y_cut may differ by side"
            raise ValueError(message)
        for key, cut in pairs.items():
            found = [side for side in SidesModel.model_fields if getattr(cut, side) is not None]
            if set(found) != set(_SIDES[key]):
                message = f"{key} differs by {' and '.join(_SIDES[key])}, not by {', '.join(found)}"
                raise ValueError(message)
        return self

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield place, marker and value of every divider."""
        for key, marker, cut in (("x_cut", self.x, self.x_cut), ("y_cut", self.y, self.y_cut)):
            if not isinstance(cut, SidesModel):
                yield (key,), marker, cut
                continue
            for side in _SIDES[key]:
                border = getattr(cut, side)
                if border is not None:
                    yield (key, side), marker, border

    def shape(self, label: str = "") -> Shape:
        """Return the quadrants."""
        dividers: dict[str, float | CutRef] = {}
        sides: dict[str, dict[str, float | CutRef]] = {}
        for place, _, border in self.borders():
            value = border_value(border, label, place)
            if len(place) == 1:
                dividers[str(place[0])] = value
            else:
                sides.setdefault(str(place[0]), {})[str(place[1])] = value
        x_cut, y_cut = ({**dividers, **sides}[key] for key in ("x_cut", "y_cut"))
        return Quadrants(self.x, self.y, x_cut, y_cut, self.parts.model_dump(exclude_none=True))


class BooleanModel(Section):
    """Events of all the populations (and), of any (or), or of none (not)."""

    and_: list[Ref] | None = Field(default=None, alias="and", min_length=2)
    or_: list[Ref] | None = Field(default=None, alias="or", min_length=2)
    not_: Name | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _one_operation(self) -> BooleanModel:
        if [self.and_, self.or_, self.not_].count(None) != 2:
            message = "expected exactly one of `and`, `or`, `not`"
            raise ValueError(message)
        return self

    def borders(self) -> Iterator[tuple[Place, str, AnyBorder]]:
        """Yield none: a cut cannot stand here."""
        return iter(())

    def shape(self, label: str = "") -> Shape:
        """Return the operation."""
        if self.not_ is not None:
            return BooleanShape("not", ((self.not_, False),))
        references = self.and_ or self.or_ or []
        pairs = tuple(
            (ref["not"], True) if isinstance(ref, dict) else (str(ref), False) for ref in references
        )
        return BooleanShape("and" if self.and_ else "or", pairs)
