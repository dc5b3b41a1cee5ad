"""How far a display grid can move the count of each population: every event near a border, either way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.base import Gridded
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.primitive import Cells, Interval
from cytogate.gates.rectangle import in_interval
from cytogate.gating.engine import gate
from cytogate.gating.passes import read_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy, Population

    Bools = NDArray[np.bool_]
    Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Reach:
    """What the grids of a population and its ancestors can do to its count.

    Attributes
    ----------
    near : int or None
        Events of the parent within one cell of the population's own border; None for a gate without grid.
    low, high : int
        The least and the most events the population can have if each event within one cell of a border, its
        own or an ancestor's, falls either way.
    """

    near: int | None
    low: int
    high: int


def reaches(exact: GatingResult, *, threads: int | None = None) -> dict[str, Reach]:
    """Return the reach of every population, by path.

    Parameters
    ----------
    exact : GatingResult
        The events gated with exact geometry. They are read again, once for all gates alone and once for each
        gate with a grid.
    threads : int, optional
        How many threads share the reading.
    """
    return _Reaches(exact, threads).all()


class _Reaches:
    def __init__(self, exact: GatingResult, threads: int | None) -> None:
        self.exact = exact
        self.strategy: GatingStrategy = exact.strategy
        self.threads = threads
        self._n = exact.source.n_events
        drawn = [entry for entry in self.strategy.populations if not isinstance(entry.gate, BooleanGate)]
        alone = tuple(replace(entry, parent=None) for entry in drawn)
        self._alone = gate(exact.source, replace(self.strategy, populations=alone), threads=threads)
        self._found: dict[str, Reach] = {}
        self._certain: dict[str, Bits] = {}  # in the population wherever the events near borders fall
        self._possible: dict[str, Bits] = {}

    def all(self) -> dict[str, Reach]:
        for population in self.strategy.populations:
            self._settle(population)
        return self._found

    def _settle(self, population: Population) -> None:
        if population.path in self._found:
            return
        least, most = self._of(population.parent)
        near = None
        if isinstance(population.gate, BooleanGate):
            own_least, own_most = self._combined(population.gate)
        else:
            own, border = self._drawn(population)
            if border is None:
                own_least = own_most = own
            else:
                own_least, own_most = own & ~border, own | border
                near = int(np.count_nonzero(border & self._parent_mask(population)))
        least, most = least & own_least, most & own_most
        self._certain[population.path], self._possible[population.path] = (
            np.packbits(least),
            np.packbits(most),
        )
        self._found[population.path] = Reach(near, int(np.count_nonzero(least)), int(np.count_nonzero(most)))

    def _of(self, path: str | None) -> tuple[Bools, Bools]:
        if path is None:
            root = self.exact.root_mask()
            return root, root
        self._settle(self.strategy.find(path))
        least, most = (
            np.unpackbits(bits[path], count=self._n).view(np.bool_)
            for bits in (self._certain, self._possible)
        )
        return least, most

    def _combined(self, combination: BooleanGate) -> tuple[Bools, Bools]:
        pairs = []
        for reference in combination.references:
            least, most = self._of(self.strategy.find(reference.population).path)
            turned = reference.complement != (combination.operation == "not")
            pairs.append((~most, ~least) if turned else (least, most))
        join = np.logical_or if combination.operation == "or" else np.logical_and
        return join.reduce([least for least, _ in pairs]), join.reduce([most for _, most in pairs])

    def _drawn(self, population: Population) -> tuple[Bools, Bools | None]:
        """Return which events the gate holds, and which lie near its border; None where it has no grid."""
        shape, own = population.gate, self._alone.mask(population.path)
        if not isinstance(shape, Gridded) or shape.grid is None:
            return own, None
        values = read_columns(self.exact.source, self.strategy, shape.dims, threads=self.threads)
        on_grid = shape.lower_on_grid(population.part)
        found = [one for one in on_grid if isinstance(one, Cells)]
        if not found:  # ranges, open where they reach the end of the plot
            opened = np.ones(self._n, dtype=np.bool_)
            for column, one in zip(values, on_grid, strict=True):
                opened &= in_interval(column, one.low, one.high) if isinstance(one, Interval) else opened
            beyond = opened != own
            return own, beyond if beyond.any() else None
        near = np.zeros(self._n, dtype=np.bool_)
        for cells in found:
            inside, beside = look_up(cells, values[0], values[1])
            near |= beside | (inside != own)
        return own, near

    def _parent_mask(self, population: Population) -> Bools:
        if population.parent is None:
            return self.exact.root_mask()
        return self.exact.mask(population.parent)


def look_up(cells: Cells, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Bools, Bools]:
    """Return which events are in the cells, and which are in or beside a cell where in and out meet.

    `x` and `y` are (n_events,) positions on the gate's scale; both results are (n_events,) bool.
    """
    n_x, n_y = cells.inside.shape
    across = cells.grid.x.cell(x) - cells.first[0]
    up = cells.grid.y.cell(y) - cells.first[1]
    mapped = (across >= 0) & (across < n_x) & (up >= 0) & (up < n_y)  # never of NaN
    place = across[mapped].astype(np.int64), up[mapped].astype(np.int64)
    inside, beside = np.zeros(x.shape, dtype=np.bool_), np.zeros(x.shape, dtype=np.bool_)
    inside[mapped] = cells.inside[place]
    beside[mapped] = _where_in_and_out_meet(cells.inside)[place]
    return inside, beside


def _where_in_and_out_meet(inside: Bools) -> Bools:
    """Return which cells have cells inside and outside among themselves and their eight neighbours."""
    n_x, n_y = inside.shape
    wide = np.pad(inside, 1, mode="edge")
    around = [wide[i : i + n_x, j : j + n_y] for i in range(3) for j in range(3)]
    met: Bools = np.logical_or.reduce(around) & ~np.logical_and.reduce(around)
    return met
