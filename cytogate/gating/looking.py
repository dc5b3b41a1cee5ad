"""Looking: one pass over a file that summarises populations, or picks some of their events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError
from cytogate.gating.columns import ColumnTable
from cytogate.gating.compiled import Earlier
from cytogate.gating.engine import check_fit, gate_chunk, kept_events
from cytogate.gating.lowering import lower_all, needs_of
from cytogate.gating.passes import CHUNK_BYTES, make_work, over_chunks
from cytogate.gating.program import compile_program
from cytogate.kernels.looking import Looks, Tally, look_at
from cytogate.methods.summary import BINS, BINS_2D, RESERVOIR, Summary, lowest, salt_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.compiled import Compiled
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.kernels.columns import Columns, Work
    from cytogate.methods.summary import Span

HELD = 2  # times as many events as are wanted, from which on those with high keys are dropped


@dataclass(frozen=True, slots=True)
class Wanted:
    """A population and the axes on which a method looks at it.

    Attributes
    ----------
    population : str or None
        Full path or unique ending; None is the root: all events that cleaning leaves.
    dims : tuple of Dimension
        One or two.
    spans : tuple of Span
        How far each goes; see `cytogate.methods.span.span_of`.
    """

    population: str | None
    dims: tuple[Dimension, ...]
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        if len(self.dims) not in (1, 2) or len(self.dims) != len(self.spans):
            message = (
                f"{self.population or 'all events'}: {len(self.dims)} dimensions and {len(self.spans)} spans "
                "to look at; one or two are expected, as many of each."
            )
            raise GatingError(message)


def look(
    source: EventSource,
    strategy: GatingStrategy,
    wanted: Sequence[Wanted],
    name: str,
    *,
    threads: int | None = None,
) -> tuple[Summary, ...]:
    """Return the summary of each wanted population on its axes.

    Parameters
    ----------
    source : FcsFile or Events
        Read once, in blocks: memory does not grow with the file.
    strategy : GatingStrategy
        Gates of the wanted populations and of those above them, and cleaning; others are passed over.
        Dimensions name its transforms and matrices.
    wanted : sequence of Wanted
        What is looked at.
    name : str
        Of the sample: with an event's index it decides which events the reservoirs hold.
    threads : int, optional
        How many threads share the file; by default as many as there are processors. The result does not
        depend on it.

    Raises
    ------
    CytogateError
        As `cytogate.gate`.
    """
    spaces, order = _passed(source, strategy, wanted, name, RESERVOIR, counted=True, threads=threads)
    found = {at: _summary(spaces.tallies, row, wanted[at]) for row, at in enumerate(order)}
    return tuple(found[at] for at in range(len(wanted)))


def pick(
    source: EventSource,
    strategy: GatingStrategy,
    wanted: Sequence[Wanted],
    name: str,
    most: int,
    *,
    threads: int | None = None,
) -> tuple[NDArray[np.float64], ...]:
    """Return (m, n_axes) positions of some events of each wanted population: the first `most` of `look`.

    Parameters are those of `look`. Without histograms only events that may be among them are put on scales.
    """
    spaces, order = _passed(source, strategy, wanted, name, most, counted=False, threads=threads)
    found = {at: _held(spaces.tallies, row, wanted[at], most)[1] for row, at in enumerate(order)}
    return tuple(found[at] for at in range(len(wanted)))


def _passed(
    source: EventSource,
    strategy: GatingStrategy,
    wanted: Sequence[Wanted],
    name: str,
    most: int,
    *,
    counted: bool,
    threads: int | None,
) -> tuple[_Spaces, list[int]]:
    """Return what all threads saw in their passes, and which wanted population each row is of."""
    check_fit(source, strategy)
    masks = [0 if entry.population is None else strategy.position(entry.population) + 1 for entry in wanted]
    order = sorted(range(len(wanted)), key=masks.__getitem__)  # parents first: their columns serve children
    compiled = _only(strategy, source, [strategy.paths[mask - 1] for mask in masks if mask])
    table = ColumnTable(source, strategy)
    axes, spans = _axes([wanted[at] for at in order], table)
    rising = np.array([masks[at] for at in order], dtype=np.int64)
    looks = Looks(rising, compiled.program.parents, axes, spans, salt_of(name), counted)
    spaces = _Spaces(compiled, table.freeze(), looks, HELD * most + _chunk(source))

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> None:
        space = spaces.borrow()
        bits = np.zeros((len(compiled.program.parents), (n + 7) // 8), dtype=np.uint8)
        gate_chunk(compiled, buffer, n, kept_events(None, n), space.gating, 0, bits)
        look_at(buffer, n, first, spaces.columns, looks, bits, space.looking, space.tally)
        _drop_high_keys(space.tally, most)
        spaces.give_back(space)

    if wanted:
        over_chunks(source, run, threads=threads)
    return spaces, order


def _only(strategy: GatingStrategy, source: EventSource, paths: list[str]) -> Compiled:
    """Return the program of some populations and of those that they are made from."""
    lowered = lower_all(strategy, None)
    needed: dict[str, None] = {}
    while paths:
        path = paths.pop()
        if path not in needed:
            needed[path] = None
            paths += needs_of(strategy, strategy.find(path), lowered[path])
    compiled = compile_program(strategy, source, earlier=Earlier({}, needed, ()))
    outputs = np.array([0, *compiled.program.outputs], dtype=np.int64)  # the root, as cleaning leaves it
    return replace(compiled, program=compiled.program._replace(outputs=outputs))


def _axes(wanted: list[Wanted], table: ColumnTable) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return slot and transform of each axis, and how far it goes, as `Looks` has them."""
    axes = np.full((len(wanted), 2, 2), -1, dtype=np.int64)
    spans = np.zeros((len(wanted), 2, 2))
    for row, entry in enumerate(wanted):
        for axis, (dim, span) in enumerate(zip(entry.dims, entry.spans, strict=True)):
            axes[row, axis] = table.axis(dim)
            spans[row, axis] = span.low, span.high
    return axes, spans


def _chunk(source: EventSource) -> int:
    """Return how many events come at once."""
    return min(source.n_events, max(2048, CHUNK_BYTES // max(1, source.layout.row_bytes)))


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """Working space and tally of one thread."""

    gating: Work
    looking: Work
    tally: Tally


class _Spaces:
    """Spaces, made once for each thread that asks, and lent again."""

    def __init__(self, compiled: Compiled, columns: Columns, looks: Looks, room: int) -> None:
        self.columns = columns
        self.tallies: list[Tally] = []
        self._compiled = compiled
        self._shape = (len(looks.masks), room)
        self._idle: list[_Space] = []

    def borrow(self) -> _Space:
        """Return a space that nobody uses."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def give_back(self, space: _Space) -> None:
        """Take a space back."""
        self._idle.append(space)

    def _make(self) -> _Space:
        n_masks = len(self._compiled.program.parents)
        n_looks, room = self._shape
        tally = Tally(
            counts=np.zeros((n_looks, 2, BINS), dtype=np.int64),
            planes=np.zeros((n_looks, BINS_2D, BINS_2D), dtype=np.int64),
            numbers=np.zeros((n_looks, 2), dtype=np.int64),
            keys=np.empty((n_looks, room), dtype=np.uint64),
            events=np.empty((n_looks, 2, room)),
            held=np.zeros(n_looks, dtype=np.int64),
            limits=np.full(n_looks, np.iinfo(np.uint64).max, dtype=np.uint64),
        )
        self.tallies.append(tally)
        return _Space(
            make_work(len(self._compiled.columns.slots), n_masks, self._compiled.n_axes),
            make_work(len(self.columns.slots), n_masks),
            tally,
        )


def _drop_high_keys(tally: Tally, most: int) -> None:
    """Make room: of each reservoir with more events than it may hold, only the lowest keys are kept."""
    for row in np.flatnonzero(tally.held > HELD * most):
        held = tally.held[row]
        keys, events = tally.keys[row, :held], tally.events[row, :, :held]
        limit = np.partition(keys, most - 1)[most - 1]
        kept = keys <= limit
        n = int(np.count_nonzero(kept))
        keys[:n], events[:, :n] = keys[kept], events[:, kept]
        tally.held[row], tally.limits[row] = n, limit


def _held(
    tallies: list[Tally], row: int, wanted: Wanted, most: int
) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Return the lowest keys that all threads together hold, and their events."""
    n_axes = len(wanted.dims)
    if not tallies:
        return np.empty(0, dtype=np.uint64), np.empty((0, n_axes))
    return lowest(
        np.concatenate([tally.keys[row, : tally.held[row]] for tally in tallies]),
        np.concatenate([tally.events[row, :n_axes, : tally.held[row]].T for tally in tallies]),
        most,
    )


def _summary(tallies: list[Tally], row: int, wanted: Wanted) -> Summary:
    """Return what all threads together saw of one population."""
    n_axes = len(wanted.dims)
    if not tallies:
        return Summary.empty(wanted.spans)
    keys, events = _held(tallies, row, wanted, RESERVOIR)
    counts = np.sum([tally.counts[row] for tally in tallies], axis=0)
    numbers = np.sum([tally.numbers[row] for tally in tallies], axis=0)
    return Summary(
        spans=wanted.spans,
        counts=tuple(counts[:n_axes]),
        plane=np.sum([tally.planes[row] for tally in tallies], axis=0) if n_axes == 2 else None,
        events=events,
        keys=keys,
        n=int(numbers[0]),
        n_nan=int(numbers[1]),
    )
