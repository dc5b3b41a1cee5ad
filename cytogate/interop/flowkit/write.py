"""Make a gating strategy of FlowKit's of one of ours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import CytogateError, InteropError, Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import in_front
from cytogate.interop.counterpart import FAR, NoCounterpart
from cytogate.interop.flowkit.dims import Dims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.gates.primitive import Interval
    from cytogate.gating.strategy import GatingStrategy, Population

ROOT = "root"
REFUSED_NAMES = (".", "..", ROOT)  # FlowKit's tree means something else by them


def to_flowkit(strategy: GatingStrategy) -> Any:
    """Return a flowkit.GatingStrategy whose populations hold the same events.

    Parameters
    ----------
    strategy : GatingStrategy
        Display axes, display grids and definitions have no place in FlowKit and are left out.

    Returns
    -------
    flowkit.GatingStrategy
        The path of a quadrant there has the name of its gate in it. A quadrant gate that FlowKit cannot
        have, since two dividers share a channel or cut a ratio, becomes a rectangle for each quadrant.
        Infinite vertices become numbers of 1e100. FlowKit's own biexponential scale ends at 0 and 4096.

    Raises
    ------
    InteropError
        Lists everything that has no counterpart, by population.

    Examples
    --------
    >>> from cytogate.gates.dimension import Dimension
    >>> from cytogate.gating.node import GateNode
    >>> from cytogate.gating.strategy import GatingStrategy
    >>> bright = RectangleGate((Dimension("FITC-A"),), (500.0,), (math.inf,))
    >>> to_flowkit(GatingStrategy.build([GateNode("bright", bright)])).get_gate_ids()
    [('bright', ('root',))]
    """
    return _Writer(strategy).write()


@dataclass(slots=True)
class _Entry:
    """A gate of the strategy and the populations that it makes."""

    gate: Gate
    name: str
    parent: str | None
    populations: tuple[Population, ...]

    @property
    def where(self) -> str:
        return f"population {', '.join(population.path for population in self.populations)}"


class _Writer:
    def __init__(self, strategy: GatingStrategy) -> None:
        import flowkit

        self.strategy = in_front(strategy)[0]
        self.made = flowkit.GatingStrategy()
        self.paths: dict[str | None, tuple[str, ...]] = {None: (ROOT,)}  # our path -> FlowKit's
        self.dims = Dims(self.strategy, self.made)
        self.quadrants: set[str] = set()  # names of quadrant gates
        self.problems: list[Problem] = []

    def write(self) -> Any:
        entries = [_Entry(node.gate, node.name, node.parent, made) for node, made in self.strategy.gates]
        for entry in entries:
            self._place(entry)
        gates = [(self.paths[entry.parent], gate) for entry in entries for gate in self._gates(entry)]
        if self.problems:
            title = "The strategy cannot be handed to FlowKit:"
            raise InteropError(title, self.problems)
        for above, gate in gates:
            self.made.add_gate(gate, above)
        return self.made

    def _place(self, entry: _Entry) -> None:
        """Give the populations of a gate their paths in FlowKit."""
        above = self.paths[entry.parent]
        if isinstance(entry.gate, QuadrantGate) and not _is_split(entry.gate):
            # the gate is no population here, so its name may be one's, or none that FlowKit can have
            taken = {population.name for population in self.strategy.children(entry.parent)}
            taken |= {*self.quadrants, *REFUSED_NAMES, ""}
            entry.name = entry.name.replace("/", "_")
            while entry.name in taken:
                entry.name += " quadrants"
            self.quadrants.add(entry.name)
            above = (*above, entry.name)
        for population in entry.populations:
            self.paths[population.path] = (*above, population.name)
            if "/" in population.name or population.name in (*REFUSED_NAMES, ""):
                text = f"FlowKit can have no gate called {population.name!r}."
                where = f"population {population.path}"
                self.problems.append(Problem("flowkit-name", where, text, "Rename it."))

    def _gates(self, entry: _Entry) -> list[Any]:
        gate = entry.gate
        try:
            match gate:
                case RectangleGate():
                    return [self._rectangle(entry.name, gate.lower())]
                case PolygonGate():
                    return [self._polygon(entry.name, gate)]
                case EllipsoidGate():
                    return [self._ellipsoid(entry.name, gate)]
                case QuadrantGate() if _is_split(gate):
                    return [self._rectangle(part.name, gate.lower(part.part)) for part in entry.populations]
                case QuadrantGate():
                    return [self._quadrants(entry.name, gate)]
                case BooleanGate():
                    return [self._boolean(entry.name, gate)]
            message = f"FlowKit has no gates of the kind {gate.kind!r}."
            raise NoCounterpart(message, "Replace it by a polygon or a rectangle.")
        except NoCounterpart as error:
            self.problems.append(Problem("flowkit-no-counterpart", entry.where, str(error), error.fix))
        except CytogateError as error:
            self.problems.append(Problem("flowkit-gate", entry.where, str(error)))
        return []

    # gates

    def _rectangle(self, name: str, intervals: Sequence[Interval]) -> Any:
        import flowkit

        bounds: dict[Dimension, tuple[float, float]] = {}
        for interval in intervals:
            low, high = bounds.get(interval.dim, (-math.inf, math.inf))
            bounds[interval.dim] = (max(low, interval.low), min(high, interval.high))
        self.dims.check(tuple(bounds))
        dims = []
        for dim, (low, high) in bounds.items():
            own = self.dims.make(dim)
            reach = self.dims.reach(dim)
            # without any bound FlowKit takes NaN in
            own.min = low / reach if low != -math.inf or high == math.inf else None
            own.max = high / reach if high != math.inf else None
            dims.append(own)
        return flowkit.gates.RectangleGate(name, dims)

    def _polygon(self, name: str, gate: PolygonGate) -> Any:
        import flowkit

        self.dims.check(gate.dims)
        dims = [self.dims.make(dim) for dim in gate.dims]
        reach = [self.dims.reach(dim) for dim in gate.dims]
        vertices = np.clip(gate.outline() / reach, -FAR, FAR)
        return flowkit.gates.PolygonGate(name, dims, vertices.tolist())

    def _ellipsoid(self, name: str, gate: EllipsoidGate) -> Any:
        import flowkit

        self.dims.check(gate.dims)
        dims = [self.dims.make(dim) for dim in gate.dims]
        reach = np.array([self.dims.reach(dim) for dim in gate.dims])
        covariance = gate.covariance / np.outer(reach, reach)
        return flowkit.gates.EllipsoidGate(
            name, dims, (gate.mean / reach).tolist(), covariance.tolist(), gate.distance_square
        )

    def _quadrants(self, name: str, gate: QuadrantGate) -> Any:
        import flowkit

        self.dims.check(gate.dims)
        dividers = []
        borders: list[list[float | None]] = []
        for number, (dim, cuts) in enumerate(zip(gate.dims, gate.cuts, strict=True), start=1):
            reach = self.dims.reach(dim)
            scaled = [cut / reach for cut in cuts]
            borders.append([None, *scaled, None])
            dividers.append(
                flowkit.QuadrantDivider(
                    f"divider {number}",
                    self.dims.channel(dim),
                    dim.compensation,
                    scaled,
                    self.dims.transform(dim),
                )
            )
        quadrants = [
            flowkit.gates.Quadrant(
                quadrant.name,
                [dividers[divider].id for divider, _ in quadrant.intervals],
                [tuple(borders[divider][at : at + 2]) for divider, at in quadrant.intervals],
            )
            for quadrant in gate.quadrants
        ]
        return flowkit.gates.QuadrantGate(name, dividers, quadrants)

    def _boolean(self, name: str, gate: BooleanGate) -> Any:
        import flowkit

        references = []
        for reference in gate.references:
            *above, ref = self.paths[self.strategy.find(reference.population).path]
            references.append({"ref": ref, "path": tuple(above), "complement": reference.complement})
        return flowkit.gates.BooleanGate(name, gate.operation, references)


def _is_split(gate: Gate) -> bool:
    """Return whether FlowKit needs a rectangle for each quadrant of a gate."""
    channels = [dim.channel for dim in gate.dims]
    return isinstance(gate, QuadrantGate) and (
        len(set(channels)) < len(channels) or any(dim.ratio is not None for dim in gate.dims)
    )
