"""FlowJo's gates as they stand in the file: parameters and numbers, not yet on any scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.interop.flowjo.names import (
    Fault,
    Unread,
    children,
    elements,
    finite,
    local_name,
    only,
    required,
    truth,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

MAX_VERTICES = 10_000  # more are mistakes or attacks
MAX_RESOLUTION = 65_536
USUAL_RESOLUTION = 256  # cells an axis, of gates that name none

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Ranges on one or more parameters, in data values; an open side is infinite."""

    parameters: tuple[str, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A polygon on two parameters, in data values; `resolution` is the number of cells of each axis."""

    parameters: tuple[str, ...]
    vertices: tuple[Point, ...]
    resolution: int | None


@dataclass(frozen=True, slots=True)
class Oval:
    """An ellipse on two parameters, drawn on axes of 256 units: its foci and the ends of its axes.

    `long_axis` is the sum of the distances to the foci, as it is written.
    """

    parameters: tuple[str, ...]
    foci: tuple[Point, ...]
    edge: tuple[Point, ...]
    resolution: int | None
    long_axis: float | None = None


@dataclass(frozen=True, slots=True)
class Combination:
    """Populations joined by ``and`` or ``or``, or one negated; each named by its path from the root."""

    operation: str
    populations: tuple[str, ...]


Shape = Box | Outline | Oval | Combination

_OPERATIONS = {"AndNode": "and", "OrNode": "or", "NotNode": "not"}
BOOLEAN_TAGS = tuple(_OPERATIONS)


def read_boolean(node: _Element) -> Combination:
    """Return what an <AndNode>, <OrNode> or <NotNode> says; the copy of a gate in it is left alone."""
    operation = _OPERATIONS[local_name(node)]
    names = tuple(required(one, "name") for one in children(only(node, "Dependents"), "Dependent"))
    if (len(names) != 1) if operation == "not" else (len(names) < 2):
        expected = "one" if operation == "not" else "two or more"
        message = f"<{local_name(node)}> depends on {len(names)} populations; expected {expected}."
        raise Unread(node, "dependents", message)
    return Combination(operation, names)


def read_gate(node: _Element) -> tuple[Shape, bool]:
    """Return the shape of a <Population>'s gate, and whether events inside it are kept (else outside)."""
    if not children(node, "Gate"):
        message = "it has no gate: FlowJo, or a plug-in of it, made it otherwise."
        raise Unread(node, "gate-missing", message)
    gate = only(node, "Gate")
    found = list(elements(gate))
    if len(found) != 1:
        raise Fault(gate, "gate-count", f"<Gate> holds {len(found)} gates; expected one.")
    element = found[0]
    kind = local_name(element)
    if kind not in _READERS:
        known = ", ".join(_READERS)
        message = f"a gate of the kind {kind!r}, which this version does not read ({known})."
        raise Unread(element, "gate-unsupported", message)
    return _READERS[kind](element), truth(element, "eventsInside", otherwise=True)


def percent_of(node: _Element) -> str:
    """Return what a <Population>'s gate says of a share by which FlowJo may move it; empty where it is 0."""
    shares = [
        f"{name} {text}"
        for gate in children(only(node, "Gate"), *_READERS)
        for name in ("percentX", "percentY")
        if (text := (value_of(gate, name) or "0").strip()) not in ("0", "0.0")
    ]
    return ", ".join(shares)


def _parameters(element: _Element, count: int | None = None) -> tuple[str, ...]:
    found = tuple(
        required(only(dimension, "fcs-dimension"), "name") for dimension in children(element, "dimension")
    )
    if (count is None and not found) or (count is not None and len(found) != count):
        expected = "one or more" if count is None else str(count)
        message = f"<{local_name(element)}> has {len(found)} dimensions; expected {expected}."
        raise Fault(element, "dimension-count", message)
    return found


def _read_box(element: _Element) -> Box:
    parameters = _parameters(element)
    minimum, maximum = [], []
    for dimension in children(element, "dimension"):
        minimum.append(_bound(dimension, "min", -math.inf))
        maximum.append(_bound(dimension, "max", math.inf))
    return Box(parameters, tuple(minimum), tuple(maximum))


def _bound(dimension: _Element, name: str, otherwise: float) -> float:
    """Return a bound; ``Infinity`` is how Java spells an open one."""
    text = (value_of(dimension, name) or "").strip()
    return otherwise if text in ("", "Infinity", "-Infinity") else finite(dimension, name)


def _read_outline(element: _Element) -> Outline:
    vertices = _points(element)
    if len(vertices) < 3:
        raise Fault(element, "vertex-count", f"a polygon of {len(vertices)} vertices; expected at least 3.")
    return Outline(_parameters(element, 2), vertices, _resolution(element))


def _read_oval(element: _Element) -> Oval:
    foci, edge = _points(only(element, "foci")), _points(only(element, "edge"))
    if len(foci) != 2 or len(edge) != 4:
        message = f"an ellipse of {len(foci)} foci and {len(edge)} edge points; expected 2 and 4."
        raise Fault(element, "vertex-count", message)
    return Oval(_parameters(element, 2), foci, edge, _resolution(element), _long_axis(element))


def _long_axis(element: _Element) -> float | None:
    """Return the length that an ellipse states beside its ends, None where it says nonsense."""
    try:
        return finite(element, "distance")
    except Fault:
        return None


def _points(element: _Element) -> tuple[Point, ...]:
    found = children(element, "vertex")
    if len(found) > MAX_VERTICES:
        message = f"{len(found):,} vertices; at most {MAX_VERTICES:,} are read."
        raise Fault(element, "too-many-vertices", message)
    points = []
    for vertex in found:
        coordinates = children(vertex, "coordinate")
        if len(coordinates) != 2:
            message = f"<vertex> has {len(coordinates)} coordinates; expected 2."
            raise Fault(vertex, "value-count", message)
        points.append((finite(coordinates[0], "value"), finite(coordinates[1], "value")))
    return tuple(points)


def _resolution(element: _Element) -> int | None:
    """Return the cells of each axis; None, so without a display grid, where the file says nonsense."""
    text = value_of(element, "gateResolution")
    if text is None:
        return USUAL_RESOLUTION
    cells = int(text) if text.isdecimal() and len(text) < 6 else 0
    return cells if 1 <= cells <= MAX_RESOLUTION else None


_READERS: dict[str, Callable[[_Element], Box | Outline | Oval]] = {
    "RectangleGate": _read_box,
    "PolygonGate": _read_outline,
    "EllipsoidGate": _read_oval,
}
