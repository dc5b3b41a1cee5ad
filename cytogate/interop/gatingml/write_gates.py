"""Write the geometry of each gate kind as the elements of Gating-ML 2.0."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from lxml import etree

from cytogate.interop.counterpart import FAR, NoCounterpart
from cytogate.interop.elements import DATATYPES, GATING
from cytogate.interop.gatingml.schema import spell
from cytogate.interop.gatingml.write_scales import standard_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lxml.etree import _Element

    from cytogate.gates.dimension import Dimension, Ratio
    from cytogate.gating.strategy import GatingStrategy


@dataclass(frozen=True, slots=True)
class Spelling:
    """The ids that a strategy's things have in the file; `populations` maps paths to ids."""

    strategy: GatingStrategy
    ids: Mapping[tuple[str, object, int], str]
    populations: Mapping[str, str]

    def gate(self, number: int) -> str:
        """Return the id of a gate."""
        return self.ids["gate", number, 0]

    def divider(self, number: int, divider: int) -> str:
        """Return the id of a divider of a quadrant gate."""
        return self.ids["divider", number, divider]

    def transform(self, name: str) -> str:
        """Return the id of a transform."""
        return self.ids["transform", name, 0]

    def matrix(self, name: str) -> str:
        """Return the id of a matrix."""
        return self.ids["matrix", name, 0]

    def ratio(self, name: str, ratio: Ratio) -> str:
        """Return the id of a ratio of that name, its channels named as in the file."""
        return self.ids["ratio", (name, ratio), 0]

    def ratios(self) -> list[tuple[str, Ratio]]:
        """Return the names of all ratios and the ratios, their channels named as in the file."""
        return [key for kind, key, _ in self.ids if kind == "ratio" and isinstance(key, tuple)]

    def users(self, transform: str) -> list[str]:
        """Return the paths of the populations that have an axis on that transform, even if only to show."""
        return [
            population.path
            for population in self.strategy.populations
            if any(
                dim is not None and dim.transform == transform
                for dim in (*population.gate.dims, population.display)
            )
        ]

    def reach(self, dim: Dimension) -> float:
        """Return how many units of the dimension's scale are one unit of the scale in the file."""
        transform = self.strategy.transform_of(dim)
        scale = None if transform is None else standard_scale(transform)
        return 1.0 if scale is None else scale.reach

    def ascending(self, dim: Dimension, positions: Iterable[float]) -> list[float]:
        """Return ascending positions on a dimension in units of the scale in the file."""
        reach = self.reach(dim)
        found = [position / reach for position in positions]
        if any(not a < b for a, b in pairwise(found)):
            message = f"positions on {dim.channel} lie so close that rounding to the file's scale joins them."
            raise NoCounterpart(message, "Move them apart.")
        return found

    def write_dimension(self, element: _Element, dim: Dimension) -> None:
        """Give `element` the attributes and the child that say what a dimension measures."""
        named = in_file_names(self.strategy, dim)
        known = self.strategy.compensations
        compensation = self.matrix(dim.compensation) if dim.compensation in known else dim.compensation
        element.set(f"{{{GATING}}}compensation-ref", compensation)
        if dim.transform is not None:
            element.set(f"{{{GATING}}}transformation-ref", self.transform(dim.transform))
        if named.ratio is None:
            own = etree.SubElement(element, f"{{{DATATYPES}}}fcs-dimension")
            own.set(f"{{{DATATYPES}}}name", named.channel)
        else:
            own = etree.SubElement(element, f"{{{DATATYPES}}}new-dimension")
            own.set(f"{{{DATATYPES}}}transformation-ref", self.ratio(named.channel, named.ratio))


def in_file_names(strategy: GatingStrategy, dim: Dimension) -> Dimension:
    """Return a dimension with the names that its channels have in a file.

    Where a matrix is named, the standard wants its fluorochrome, not the detector.
    """
    matrix = strategy.compensations.get(dim.compensation)
    if matrix is None or not matrix.square:
        return dim
    of_detector = dict(zip(matrix.detectors, matrix.fluorochromes, strict=True))

    def named(channel: str) -> str:
        return channel if channel in matrix.fluorochromes else of_detector.get(channel, channel)

    if dim.ratio is None:
        return replace(dim, channel=named(dim.channel))
    ratio = replace(dim.ratio, numerator=named(dim.ratio.numerator), denominator=named(dim.ratio.denominator))
    return replace(dim, ratio=ratio)


# Gates are typed Any below: each writer knows the one kind that it is listed for.
def _write_rectangle(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    for dim, *bounds in zip(gate.dims, gate.minimum, gate.maximum, strict=True):
        low, high = spelling.ascending(dim, bounds)
        own = etree.SubElement(element, f"{{{GATING}}}dimension")
        if low != -math.inf:
            own.set(f"{{{GATING}}}min", spell(low))
        if high != math.inf:
            own.set(f"{{{GATING}}}max", spell(high))
        spelling.write_dimension(own, dim)


def _write_polygon(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    _write_dims(element, gate.dims, spelling)
    outline = gate.outline() / [spelling.reach(dim) for dim in gate.dims]
    for vertex in np.where(np.isinf(outline), np.copysign(FAR, outline), outline):
        _write_values(element, "vertex", "coordinate", vertex)


def _write_ellipsoid(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    _write_dims(element, gate.dims, spelling)
    reach = np.array([spelling.reach(dim) for dim in gate.dims])
    _write_values(element, "mean", "coordinate", gate.mean / reach)
    covariance = etree.SubElement(element, f"{{{GATING}}}covarianceMatrix")
    for row in gate.covariance / np.outer(reach, reach):
        _write_values(covariance, "row", "entry", row)
    distance = etree.SubElement(element, f"{{{GATING}}}distanceSquare")
    distance.set(f"{{{DATATYPES}}}value", spell(gate.distance_square))


def _write_quadrants(
    element: _Element, gate: Any, number: int, parts: Mapping[str, str], spelling: Spelling
) -> None:
    for at, (dim, cuts) in enumerate(zip(gate.dims, gate.cuts, strict=True)):
        divider = etree.SubElement(element, f"{{{GATING}}}divider")
        divider.set(f"{{{GATING}}}id", spelling.divider(number, at))
        spelling.write_dimension(divider, dim)
        for cut in spelling.ascending(dim, cuts):
            etree.SubElement(divider, f"{{{GATING}}}value").text = spell(cut)
    for quadrant in gate.quadrants:
        own = etree.SubElement(element, f"{{{GATING}}}Quadrant")
        own.set(f"{{{GATING}}}id", spelling.populations[parts[quadrant.name]])
        for divider, interval in quadrant.intervals:
            position = etree.SubElement(own, f"{{{GATING}}}position")
            position.set(f"{{{GATING}}}divider_ref", spelling.divider(number, divider))
            cuts = spelling.ascending(gate.dims[divider], gate.cuts[divider])
            position.set(f"{{{GATING}}}location", spell(location_in(cuts, interval)))


def location_in(cuts: Sequence[float], interval: int) -> float:
    """Return a value inside an interval that sorted cuts make; interval 0 lies below the first cut.

    Examples
    --------
    >>> [location_in((10.0, 20.0), interval) for interval in range(3)]
    [0.0, 15.0, 20.0]
    """
    if interval == 0:
        below = cuts[0] - max(1.0, abs(cuts[0]))
        return below if math.isfinite(below) else math.nextafter(cuts[0], -math.inf)
    low = cuts[interval - 1]
    if interval == len(cuts):
        return low
    middle = low / 2 + cuts[interval] / 2
    return middle if low <= middle < cuts[interval] else low


def _write_boolean(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    operation = etree.SubElement(element, f"{{{GATING}}}{gate.operation}")
    references = list(gate.references)
    if gate.operation != "not" and len(references) == 1:
        references *= 2  # the standard wants two operands; the same one twice changes nothing
    for reference in references:
        own = etree.SubElement(operation, f"{{{GATING}}}gateReference")
        path = spelling.strategy.find(reference.population).path
        own.set(f"{{{GATING}}}ref", spelling.populations[path])
        if reference.complement:
            own.set(f"{{{GATING}}}use-as-complement", "true")


def _write_dims(element: _Element, dims: Iterable[Dimension], spelling: Spelling) -> None:
    for dim in dims:
        spelling.write_dimension(etree.SubElement(element, f"{{{GATING}}}dimension"), dim)


def _write_values(element: _Element, holder: str, name: str, values: Iterable[float]) -> None:
    own = etree.SubElement(element, f"{{{GATING}}}{holder}")
    for value in values:
        etree.SubElement(own, f"{{{GATING}}}{name}").set(f"{{{DATATYPES}}}value", spell(value))


WRITERS: dict[str, tuple[str, Callable[[_Element, Any, int, Mapping[str, str], Spelling], None]]] = {
    "rectangle": ("RectangleGate", _write_rectangle),
    "polygon": ("PolygonGate", _write_polygon),
    "ellipsoid": ("EllipsoidGate", _write_ellipsoid),
    "quadrant": ("QuadrantGate", _write_quadrants),
    "boolean": ("BooleanGate", _write_boolean),
}
