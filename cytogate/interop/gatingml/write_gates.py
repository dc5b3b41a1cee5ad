"""Write the geometry of each gate kind as the elements of Gating-ML 2.0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree

from cytogate.interop.gatingml.schema import DATATYPES, GATING, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lxml.etree import _Element

    from cytogate.gates.dimension import Dimension
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

    def write_dimension(self, element: _Element, dim: Dimension) -> None:
        """Give `element` the attributes and the child that say what a dimension measures.

        Where a matrix is named, the standard wants its fluorochrome, not the detector.
        """
        matrix = self.strategy.compensations.get(dim.compensation)
        channel = dim.channel
        if matrix is not None and channel not in matrix.fluorochromes and channel in matrix.detectors:
            channel = matrix.fluorochromes[matrix.detectors.index(channel)]
        compensation = dim.compensation if matrix is None else self.matrix(dim.compensation)
        element.set(f"{{{GATING}}}compensation-ref", compensation)
        if dim.transform is not None:
            element.set(f"{{{GATING}}}transformation-ref", self.transform(dim.transform))
        etree.SubElement(element, f"{{{DATATYPES}}}fcs-dimension").set(f"{{{DATATYPES}}}name", channel)


# Gates are typed Any below: each writer knows the one kind that it is listed for.
def _write_rectangle(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    for dim, low, high in zip(gate.dims, gate.minimum, gate.maximum, strict=True):
        own = etree.SubElement(element, f"{{{GATING}}}dimension")
        if low != -math.inf:
            own.set(f"{{{GATING}}}min", spell(low))
        if high != math.inf:
            own.set(f"{{{GATING}}}max", spell(high))
        spelling.write_dimension(own, dim)


def _write_polygon(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    _write_dims(element, gate.dims, spelling)
    for vertex in gate.vertices:
        _write_values(element, "vertex", "coordinate", vertex)


def _write_ellipsoid(element: _Element, gate: Any, _: int, __: Mapping[str, str], spelling: Spelling) -> None:
    _write_dims(element, gate.dims, spelling)
    _write_values(element, "mean", "coordinate", gate.mean)
    covariance = etree.SubElement(element, f"{{{GATING}}}covarianceMatrix")
    for row in gate.covariance:
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
        for cut in cuts:
            etree.SubElement(divider, f"{{{GATING}}}value").text = spell(cut)
    for quadrant in gate.quadrants:
        own = etree.SubElement(element, f"{{{GATING}}}Quadrant")
        own.set(f"{{{GATING}}}id", spelling.populations[parts[quadrant.name]])
        for divider, interval in quadrant.intervals:
            position = etree.SubElement(own, f"{{{GATING}}}position")
            position.set(f"{{{GATING}}}divider_ref", spelling.divider(number, divider))
            position.set(f"{{{GATING}}}location", spell(location_in(gate.cuts[divider], interval)))


def location_in(cuts: tuple[float, ...], interval: int) -> float:
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
