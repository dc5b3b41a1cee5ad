"""Loaded sample: the columns of one sample in memory, to answer a changed gate while it is drawn."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gating.columns import ColumnTable
from cytogate.gating.compiled import Compiled, Earlier, External
from cytogate.gating.engine import ask_externals, check_fit, kept_events, warnings_of
from cytogate.gating.lowering import lower_all, needs_of
from cytogate.gating.passes import BLOCK, Workspaces, fill_slots, over_ranges
from cytogate.gating.program import compile_program
from cytogate.gating.result import GatingResult
from cytogate.kernels.operations import OP_INTERVAL
from cytogate.kernels.program import IN_MEMORY, run_program

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from numpy.typing import ArrayLike, NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy, Population

RANGE = 32 * BLOCK  # events that a thread takes at a time
SPARE_COLUMNS = 8  # room for columns that later gates need; memory is taken only when they are filled


class LoadedSample:
    """Events of one sample with the compensated columns that its gates use, to be gated again and again.

    Parameters
    ----------
    source : FcsFile or Events
        Read once; only columns that a later strategy needs in addition are read then.
    strategy : GatingStrategy
        The gates to begin with.
    grid, keep, threads
        As in `cytogate.gate`; they hold for every strategy.

    Attributes
    ----------
    result : GatingResult
        Of the latest strategy.

    Raises
    ------
    CytogateError
        As `cytogate.gate`.

    Notes
    -----
    A column takes 8 bytes an event. A result is that of `cytogate.gate`, bit for bit.
    """

    def __init__(
        self,
        source: EventSource,
        strategy: GatingStrategy,
        *,
        grid: str | None = None,
        keep: ArrayLike | None = None,
        threads: int | None = None,
    ) -> None:
        check_fit(source, strategy)
        self.source = source
        self._grid = grid
        self._kept = kept_events(keep, source.n_events)
        self._threads = threads
        self._lock = Lock()
        self._rows: dict[Hashable, int] = {}
        self._values = np.empty((0, source.n_events))
        self._signatures: dict[str, object] = {}
        self.result = self._gate(strategy, None)

    def regate(self, strategy: GatingStrategy) -> GatingResult:
        """Return the result of a strategy: only populations that differ from the latest one are gated.

        A population differs when its gate, its place in the tree, or a transform or matrix of its axes does,
        or when a population does from which it is made: its parent, or one that a boolean gate refers to.
        """
        with self._lock:
            check_fit(self.source, strategy)
            self.result = self._gate(strategy, self.result)
            return self.result

    def _gate(self, strategy: GatingStrategy, before: GatingResult | None) -> GatingResult:
        if before is not None and before.strategy.cleaning != strategy.cleaning:
            before = None  # the root is another one
        lowered = lower_all(strategy, self._grid)
        signatures = self._signatures_of(strategy)
        changed: dict[str, None] = {}
        earlier: Earlier | None = None
        if before is not None:
            waiting = [path for path in strategy.paths if signatures[path] != self._signatures.get(path)]
            others = set(strategy.paths).difference(waiting)
            readers: dict[str, list[str]] = {}
            for population in strategy.populations:
                for path in needs_of(strategy, population, lowered[population.path]):
                    readers.setdefault(path, []).append(population.path)
            while waiting:
                path = waiting.pop()
                if path not in changed:
                    changed[path] = None
                    waiting += readers.get(path, ())
            rows = {path: row for row, path in enumerate(before.strategy.paths, start=1)}
            earlier = Earlier(rows, changed, others.intersection(changed))
        compiled = compile_program(strategy, self.source, grid=self._grid, earlier=earlier)
        self._load(compiled)
        counts, bits = self._kept_results(strategy, before, changed)
        if before is None or changed:
            stored = np.zeros((0, 0), dtype=np.uint8) if before is None else before.bits
            self._run(strategy, self._on_rows(compiled), stored, counts, bits)
        self._signatures = signatures
        return GatingResult(self.source, strategy, bits, counts, warnings_of(self.source, strategy))

    def _signatures_of(self, strategy: GatingStrategy) -> dict[str, object]:
        """Return what makes each population, by path, but for the populations it is made from."""
        table = ColumnTable(self.source, strategy)

        def signature(population: Population) -> object:
            axes = tuple((table.content(dim), strategy.transform_of(dim)) for dim in population.gate.dims)
            return (population.gate, population.part, population.parent, axes)

        return {population.path: signature(population) for population in strategy.populations}

    def _kept_results(
        self, strategy: GatingStrategy, before: GatingResult | None, changed: Collection[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Return counts and bits with the rows of populations that did not change."""
        n_masks = len(strategy.populations) + 1
        counts = np.zeros(n_masks, dtype=np.int64)
        bits = np.zeros((n_masks, (self.source.n_events + 7) // 8), dtype=np.uint8)
        if before is not None:
            counts[0], bits[0] = before.counts[0], before.bits[0]
            for row, path in enumerate(strategy.paths, start=1):
                if path not in changed:
                    old = before.strategy.position(path) + 1
                    counts[row], bits[row] = before.counts[old], before.bits[old]
        return counts, bits

    def _load(self, compiled: Compiled) -> None:
        """Read the columns that a program needs and that are not in memory yet."""
        by_content = {
            compiled.contents[slot]: slot for slot in _used_slots(compiled)
        }  # two matrices may agree
        missing = [slot for content, slot in by_content.items() if content not in self._rows]
        if not missing:
            return
        held, n_events = len(self._rows), self.source.n_events
        if held + len(missing) > len(self._values):
            values = np.empty((held + len(missing) + SPARE_COLUMNS, n_events))
            values[:held] = self._values[:held]
            self._values = values
        wanted = np.array([(slot, -1) for slot in missing], dtype=np.int64)
        out = self._values[held : held + len(missing)]
        fill_slots(self.source, compiled.columns, wanted, out, threads=self._threads)
        for row, slot in enumerate(missing, start=held):
            self._rows[compiled.contents[slot]] = row

    def _on_rows(self, compiled: Compiled) -> Compiled:
        """Return the program with rows of columns in memory in place of slots."""
        row_of = np.array([self._rows.get(content, -1) for content in compiled.contents], dtype=np.int64)
        operations, axes = compiled.program.operations.copy(), compiled.program.axes.copy()
        intervals = operations[:, 0] == OP_INTERVAL
        operations[intervals, 3] = row_of[operations[intervals, 3]]
        if len(axes):
            axes[:, 0] = row_of[axes[:, 0]]
        externals = tuple(
            External(external.population, row_of[external.axes[:, :1]]) for external in compiled.externals
        )
        program = compiled.program._replace(operations=operations, axes=axes)
        return replace(compiled, program=program, externals=externals)

    def _run(
        self,
        strategy: GatingStrategy,
        compiled: Compiled,
        stored: NDArray[np.uint8],
        counts: NDArray[np.int64],
        bits: NDArray[np.uint8],
    ) -> None:
        """Gate on the columns in memory; write counts and bits of the program's populations."""
        n_masks = len(compiled.program.parents)
        spaces = Workspaces(len(self._values), n_masks, compiled.n_axes, self._values)
        no_buffer = np.zeros(0, dtype=np.uint8)

        def run(first: int, n: int) -> NDArray[np.int64]:
            def fill(external: External, out: NDArray[np.float64]) -> None:
                for row, dim, column in zip(
                    external.axes[:, 0], external.population.gate.dims, out, strict=True
                ):
                    scale = strategy.transform_of(dim)
                    values = self._values[row, first : first + n]
                    column[:] = values if scale is None else scale.forward(values)

            counted = np.zeros(len(counts), dtype=np.int64)
            work, external = spaces.borrow(), ask_externals(compiled.externals, n, fill)
            run_program(
                no_buffer, n, IN_MEMORY, self._kept[first : first + n], external, stored, compiled.columns,
                compiled.program, work, first, bits, counted,
            )  # fmt: skip
            spaces.give_back(work)
            return counted

        for counted in over_ranges(self.source.n_events, RANGE, run, threads=self._threads):
            counts += counted


def _used_slots(compiled: Compiled) -> list[int]:
    """Return the slots that operations and foreign gates read, each once."""
    operations = compiled.program.operations
    used = [
        *operations[operations[:, 0] == OP_INTERVAL, 3].tolist(),
        *compiled.program.axes[:, 0].tolist(),
        *(slot for external in compiled.externals for slot in external.axes[:, 0].tolist()),
    ]
    return list(dict.fromkeys(used))
