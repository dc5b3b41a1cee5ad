"""Read the gate elements of a Gating-ML file, each for itself; parents and references are ids still."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import CytogateError
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.interop.counterpart import FAR
from cytogate.interop.elements import DATATYPES, GATING, Fault, elements, local_name, number
from cytogate.interop.gatingml.read_dimensions import read_dimension
from cytogate.interop.gatingml.schema import (
    CYTOGATE,
    attribute,
    children,
    known_ids,
    note,
    noted_name,
    number_attribute,
    only_child,
    required,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.interop.gatingml.read_scales import Scales

MAX_DIMENSIONS = 256  # more are mistakes or attacks


@dataclass(frozen=True, slots=True)
class Operands:
    """A boolean gate whose references are ids still: (id, complement)."""

    operation: str
    references: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class GateElement:
    """One gate of a file; `parts` are (id, name) of the quadrants, empty for other kinds."""

    id: str
    name: str
    parent_id: str | None
    element: _Element
    content: Gate | Operands
    parts: tuple[tuple[str, str], ...] = ()
    display: Dimension | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Ids of the populations that must be known before this one: parent first, then references."""
        references = self.content.references if isinstance(self.content, Operands) else ()
        above = (self.parent_id,) if self.parent_id is not None else ()
        return (*above, *(reference for reference, _ in references))


def read_gate(element: _Element, scales: Scales) -> GateElement:
    """Return the gate of one element.

    Raises
    ------
    Fault
        Anything that is wrong with it.
    """
    identity = required(element, GATING, "id")
    kind = local_name(element)
    read = _READERS.get(kind)
    if read is None:
        message = f"<{kind}> is no gate of Gating-ML 2.0 ({', '.join(_READERS)})."
        raise Fault(element, "gate-unknown", message)
    parent = attribute(element, GATING, "parent_id")
    if parent is not None and not parent:
        raise Fault(element, "attribute-missing", "attribute 'parent_id' is empty.")
    kept = _part_names(element)
    found = (required(quadrant, GATING, "id") for quadrant in children(element, GATING, "Quadrant"))
    parts = tuple((part, kept.get(part, part)) for part in found)
    try:
        content = read(element, scales)
    except CytogateError as error:
        raise Fault(element, "gate", _in_one_line(error)) from error
    return GateElement(
        id=identity,
        name=noted_name(element, identity),
        parent_id=parent,
        element=element,
        content=content,
        parts=parts,
        display=_read_display(element, scales),
    )


def _in_one_line(error: CytogateError) -> str:
    if not error.problems:
        return str(error)
    return " ".join(str(problem) for problem in error.problems)


def _part_names(gate: _Element) -> dict[str, str]:
    """Return the names of quadrants that are not their ids."""
    noted = ((attribute(own, CYTOGATE, "ref"), own) for own in note(gate, "quadrant"))
    return {ref: str(own.get(f"{{{CYTOGATE}}}value", ref)) for ref, own in noted if ref is not None}


def _read_display(element: _Element, scales: Scales) -> Dimension | None:
    for own in note(element, "display"):
        return read_dimension(own, scales)
    return None


def _read_rectangle(element: _Element, scales: Scales) -> Gate:
    found = _dimensions(element)
    if not found:
        raise Fault(element, "dimension-count", "a rectangle gate has no <dimension>; expected one or more.")
    return RectangleGate(
        dims=tuple(read_dimension(dim, scales) for dim in found),
        minimum=tuple(_bound(dim, "min", -math.inf) for dim in found),
        maximum=tuple(_bound(dim, "max", math.inf) for dim in found),
    )


def _bound(element: _Element, name: str, otherwise: float) -> float:
    text = attribute(element, GATING, name)
    return otherwise if text is None else number(element, text, f"attribute {name!r}", finite=False)


def _read_polygon(element: _Element, scales: Scales) -> Gate:
    dims = _exact_dims(element, scales, 2, "a polygon gate")
    found = children(element, GATING, "vertex")
    if len(found) < 3:
        message = f"a polygon gate has {len(found)} vertices; expected three or more."
        raise Fault(element, "vertex-count", message)
    vertices = np.array([_coordinates(vertex, 2, finite=False) for vertex in found], dtype=np.float64)
    far = np.abs(vertices) == FAR
    return PolygonGate(dims=dims, vertices=np.where(far, np.copysign(np.inf, vertices), vertices))


def _read_ellipsoid(element: _Element, scales: Scales) -> Gate:
    found = _dimensions(element)
    if len(found) < 2:
        message = f"an ellipsoid gate has {len(found)} dimensions; expected two or more."
        raise Fault(element, "dimension-count", message)
    size = len(found)
    rows = children(only_child(element, GATING, "covarianceMatrix"), GATING, "row")
    if len(rows) != size:
        message = f"the covariance matrix has {len(rows)} rows for {size} dimensions."
        raise Fault(element, "covariance-shape", message)
    distance = only_child(element, GATING, "distanceSquare")
    return EllipsoidGate(
        dims=tuple(read_dimension(dim, scales) for dim in found),
        mean=np.array(_coordinates(only_child(element, GATING, "mean"), size), dtype=np.float64),
        covariance=np.array([_numbers(row, "entry", size) for row in rows], dtype=np.float64),
        distance_square=number_attribute(distance, DATATYPES, "value"),
    )


def _read_quadrants(element: _Element, scales: Scales) -> Gate:
    dividers = _dimensions(element, "divider")
    quadrants = children(element, GATING, "Quadrant")
    if not dividers or not quadrants:
        message = f"{len(dividers)} dividers and {len(quadrants)} quadrants; expected one or more of each."
        raise Fault(element, "quadrant-count", message)
    positions: dict[str, int] = {}
    cuts = []
    for position, divider in enumerate(dividers):
        identity = required(divider, GATING, "id")
        if positions.setdefault(identity, position) != position:
            raise Fault(divider, "id-twice", f"two dividers of this gate have the id {identity!r}.")
        values = [number(value, value.text or "", "divider") for value in children(divider, GATING, "value")]
        if not values:
            raise Fault(
                divider, "divider-value", f"divider {identity!r} has no <value>; expected one or more."
            )
        cuts.append(tuple(sorted(set(values))))
    names = _part_names(element)
    return QuadrantGate(
        dims=tuple(read_dimension(divider, scales) for divider in dividers),
        cuts=tuple(cuts),
        quadrants=tuple(_read_quadrant(quadrant, positions, cuts, names) for quadrant in quadrants),
    )


def _read_quadrant(
    quadrant: _Element, dividers: dict[str, int], cuts: list[tuple[float, ...]], names: dict[str, str]
) -> Quadrant:
    identity = required(quadrant, GATING, "id")
    intervals: dict[int, int] = {}
    for position in children(quadrant, GATING, "position"):
        reference = required(position, GATING, "divider_ref")
        if reference not in dividers:
            known = known_ids(dividers)
            message = f"quadrant {identity!r} refers to divider {reference!r}; this gate has {known}."
            raise Fault(position, "divider-unknown", message)
        divider = dividers[reference]
        if divider in intervals:
            message = f"quadrant {identity!r} has two positions on divider {reference!r}; expected one."
            raise Fault(position, "position-twice", message)
        location = number_attribute(position, GATING, "location", finite=False)
        intervals[divider] = bisect.bisect_right(cuts[divider], location)
    if not intervals:
        raise Fault(
            quadrant, "position-missing", f"quadrant {identity!r} has no <position>; expected one or more."
        )
    return Quadrant(name=names.get(identity, identity), intervals=tuple(sorted(intervals.items())))


def _read_boolean(element: _Element, _: Scales) -> Operands:
    found = [child for child in elements(element) if child.tag in _OPERATIONS]
    if len(found) != 1:
        message = f"a boolean gate has {len(found)} operations; expected one of <and>, <or>, <not>."
        raise Fault(element, "operation-count", message)
    operation = _OPERATIONS[found[0].tag]
    references = tuple(
        (required(reference, GATING, "ref"), truth(reference, GATING, "use-as-complement"))
        for reference in children(found[0], GATING, "gateReference")
    )
    if operation == "not" and len(references) != 1:
        message = f"<not> has {len(references)} references; expected one."
        raise Fault(found[0], "reference-count", message)
    if operation != "not" and len(references) < 2:
        message = f"<{operation}> has {len(references)} references; expected two or more."
        raise Fault(found[0], "reference-count", message)
    return Operands(operation, references)


_OPERATIONS = {f"{{{GATING}}}{name}": name for name in ("and", "or", "not")}

_READERS: dict[str, Callable[[_Element, Scales], Gate | Operands]] = {
    "RectangleGate": _read_rectangle,
    "PolygonGate": _read_polygon,
    "EllipsoidGate": _read_ellipsoid,
    "QuadrantGate": _read_quadrants,
    "BooleanGate": _read_boolean,
}


def _exact_dims(element: _Element, scales: Scales, count: int, word: str) -> tuple[Dimension, ...]:
    found = children(element, GATING, "dimension")
    if len(found) != count:
        raise Fault(element, "dimension-count", f"{word} has {len(found)} dimensions; expected {count}.")
    return tuple(read_dimension(dim, scales) for dim in found)


def _dimensions(element: _Element, name: str = "dimension") -> list[_Element]:
    found = children(element, GATING, name)
    if len(found) > MAX_DIMENSIONS:
        message = f"the gate has {len(found):,} <{name}> elements; at most {MAX_DIMENSIONS} are read."
        raise Fault(element, "dimension-count", message)
    return found


def _coordinates(element: _Element, count: int, *, finite: bool = True) -> list[float]:
    return _numbers(element, "coordinate", count, finite=finite)


def _numbers(element: _Element, name: str, count: int, *, finite: bool = True) -> list[float]:
    found = children(element, GATING, name)
    if len(found) != count:
        message = f"<{local_name(element)}> has {len(found)} <{name}> values; expected {count}."
        raise Fault(element, "value-count", message)
    return [number_attribute(value, DATATYPES, "value", finite=finite) for value in found]
