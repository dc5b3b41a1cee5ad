"""A gate of one sample, changed by hand: other vertices, other borders, or the whole gate moved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError, nearest
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.strategy import GatingStrategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import Population

# What a change may say of each kind of gate, beside `units`.
KEYS = {
    "rectangle": ("x_min", "x_max", "y_min", "y_max", "above", "below", "cut", "move"),
    "polygon": ("vertices", "move"),
    "ellipsoid": ("move",),
    "quadrant": ("x_cut", "y_cut", "move"),
}
UNITS = ("data", "scale")
_SIDES = {
    "x_min": (0, 0),
    "x_max": (0, 1),
    "y_min": (1, 0),
    "y_max": (1, 1),
    "above": (0, 0),
    "below": (0, 1),
}


@dataclass(frozen=True, slots=True)
class GateChange:
    """What is changed of one gate.

    Attributes
    ----------
    gate : str
        Name of the gate.
    change : Mapping
        ``{"vertices": [[x, y], ...]}`` of a polygon; new borders of a rectangle or threshold (x_min, x_max,
        y_min, y_max, above, below, or cut for the one border of a threshold); x_cut or y_cut of quadrants
        (one that differs by side can only be moved); or ``{"move": {"x": ..., "y": ...}}`` of any.
        Numbers are compensated data values, or positions on the scale with ``"units": "scale"``.
    """

    gate: str
    change: Mapping[str, Any]


def adjust(strategy: GatingStrategy, changes: Iterable[GateChange]) -> GatingStrategy:
    """Return the strategy of one sample with gates changed; all else stays.

    Raises
    ------
    GatingError
        There is no such gate, or the change does not fit its kind or its scale.
    """
    wanted = {entry.gate: entry for entry in changes}
    nodes = []
    for node, _ in strategy.gates:
        entry = wanted.pop(node.name, None)
        gate = node.gate if entry is None else changed_gate(node.gate, entry, strategy)
        nodes.append(replace(node, gate=gate))
    if wanted:
        name = next(iter(wanted))
        known = [node.name for node, _ in strategy.gates]
        message = f"There is no gate {name!r} to adjust. {nearest(name, known)}"
        raise GatingError(message)
    return GatingStrategy.build(
        nodes,
        compensations=strategy.compensations,
        transforms=strategy.transforms,
        definitions=strategy.definitions,
        source=strategy.source,
        warnings=strategy.warnings,
        compensation=strategy.compensation,
        compensated_channels=strategy.compensated_channels,
        cleaning=strategy.cleaning,
    )


def changed_gate(gate: Gate, entry: GateChange, strategy: GatingStrategy) -> Gate:
    """Return a gate with one change made.

    Raises
    ------
    GatingError
        The change does not fit the kind of the gate, or a value has no place on its scale.
    """
    change = {key: value for key, value in entry.change.items() if key != "units"}
    allowed = KEYS.get(gate.kind, ())
    wrong = [key for key in change if key not in allowed]
    if wrong or not change:
        found = ", ".join(wrong) or "nothing"
        may = f"it may have {', '.join(allowed)}" if allowed else "it has no geometry of its own"
        message = f"gate {entry.gate!r} is a {gate.kind}: {may}; found {found}."
        raise GatingError(message)
    axes = _Axes(entry, strategy)
    if isinstance(gate, PolygonGate):
        vertices = gate.vertices.tolist()
        if "vertices" in change:
            pairs = change["vertices"]
            vertices = [[axes.place(*one) for one in zip(gate.dims, pair, strict=True)] for pair in pairs]
        return PolygonGate(gate.dims, np.array([axes.moved(gate.dims, pair) for pair in vertices]))
    if isinstance(gate, EllipsoidGate):
        mean = axes.moved(gate.dims, gate.mean.tolist())
        return EllipsoidGate(gate.dims, mean, gate.covariance, gate.distance_square)
    if isinstance(gate, QuadrantGate):
        return _quadrants(gate, change, axes, entry)
    if isinstance(gate, RectangleGate):
        return _rectangle(gate, change, axes, entry)
    message = f"gate {entry.gate!r}: a {gate.kind} cannot be adjusted."  # KEYS has no other kind
    raise GatingError(message)


def _rectangle(
    gate: RectangleGate, change: Mapping[str, Any], axes: _Axes, entry: GateChange
) -> RectangleGate:
    bounds = [list(gate.minimum), list(gate.maximum)]
    given = {key: value for key, value in change.items() if key != "move"}
    if "cut" in given:
        sides = [side for side in (0, 1) if math.isfinite(bounds[side][0])]
        if len(gate.dims) > 1 or len(sides) != 1:
            message = f"gate {entry.gate!r} has more borders than one: name it (x_min, x_max, y_min, y_max)."
            raise GatingError(message)
        given["below" if sides == [1] else "above"] = given.pop("cut")
    for key, value in given.items():
        axis, side = _SIDES[key]
        if axis >= len(gate.dims):
            message = f"gate {entry.gate!r} has no second axis for {key}."
            raise GatingError(message)
        if key in ("above", "below") and not math.isfinite(bounds[side][0]):
            message = f"gate {entry.gate!r} has no border {key!r}; the open side stays open."
            raise GatingError(message)
        bounds[side][axis] = axes.place(gate.dims[axis], value)
    for side in (0, 1):
        bounds[side] = axes.moved(gate.dims, bounds[side])
    if any(low >= high for low, high in zip(*bounds, strict=True)):
        message = f"gate {entry.gate!r}: nothing would be left between its borders."
        raise GatingError(message)
    return RectangleGate(gate.dims, tuple(bounds[0]), tuple(bounds[1]))


def _quadrants(gate: QuadrantGate, change: Mapping[str, Any], axes: _Axes, entry: GateChange) -> QuadrantGate:
    """Return quadrants with other cuts; dividers of one axis that differ by side are told by `move` alone."""
    names = list(dict.fromkeys(dim.channel for dim in gate.dims))  # x first, then y
    cuts: list[tuple[float, ...]] = []
    for dim, values in zip(gate.dims, gate.cuts, strict=True):
        at = names.index(dim.channel)
        key = ("x_cut", "y_cut")[at]
        if key in change:
            if [one.channel for one in gate.dims].count(dim.channel) > 1:
                message = f"gate {entry.gate!r}: its {key} differs by side; move it instead."
                raise GatingError(message)
            cuts.append((axes.place(dim, change[key]),))
            continue
        cuts.append(tuple(axes.move(dim, at, value) for value in values))
    return replace(gate, cuts=tuple(cuts))


class _Axes:
    """Places numbers of a change on the scales of a strategy."""

    def __init__(self, entry: GateChange, strategy: GatingStrategy) -> None:
        self.entry = entry
        self.strategy = strategy
        self.in_scale_units = entry.change.get("units", "data") == "scale"

    def place(self, dim: Dimension, value: float) -> float:
        """Return the position of a number; infinities stay."""
        transform = self.strategy.transform_of(dim)
        if self.in_scale_units or transform is None or math.isinf(value):
            return float(value)
        position = float(transform.forward(float(value)))
        if math.isnan(position):
            message = f"gate {self.entry.gate!r}: {value:g} has no place on the scale of {dim.channel}."
            raise GatingError(message)
        return position

    def move(self, dim: Dimension, at: int, value: float) -> float:
        """Return a position on axis `at` (0: x, 1: y) moved by what the change says; infinities stay."""
        by = float(self.entry.change.get("move", {}).get(("x", "y")[at], 0.0)) if at < 2 else 0.0
        if not by or math.isinf(value):
            return value
        transform = self.strategy.transform_of(dim)
        if self.in_scale_units or transform is None:
            return value + by
        return self.place(dim, float(transform.inverse(value)) + by)

    def moved(self, dims: Iterable[Dimension], point: Iterable[float]) -> list[float]:
        """Return a point moved on all its axes."""
        return [self.move(dim, at, value) for at, (dim, value) in enumerate(zip(dims, point, strict=True))]


def depends_on(strategy: GatingStrategy, gates: Iterable[str]) -> frozenset[str]:
    """Return the paths of the populations that any of these gates has a part in.

    A population depends on its own gate, on those of all above it, and on the populations it is made of.
    """
    named = set(gates)
    found: dict[str, bool] = {}

    def asks(population: Population) -> bool:
        known = found.get(population.path)
        if known is None:
            found[population.path] = False  # a strategy has no cycles: this only stops a second look
            above = [population.parent] if population.parent else []
            made_of = [reference.population for reference in getattr(population.gate, "references", ())]
            known = population.gate_name in named or any(
                asks(strategy.find(path)) for path in (*above, *made_of)
            )
            found[population.path] = known
        return known

    return frozenset(population.path for population in strategy.populations if asks(population))
