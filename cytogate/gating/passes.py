"""Passes over a source: chunks that threads share, and columns read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError
from cytogate.fcs.data.ranges import share_ranges
from cytogate.gating.columns import ColumnTable
from cytogate.kernels.columns import Work, run_columns
from cytogate.platform import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.kernels.columns import Columns

CHUNK_BYTES = 1 << 20  # one positioned read
BLOCK = 2048  # events; 30 columns of float64 are half a megabyte: they stay in the second-level cache
APART = 24  # values of 8 bytes between the rows of tables that a block fills: three lines of the cache
MIN_EVENTS_A_THREAD = 65_536  # below, starting a thread costs more than it spares


class Workspaces:
    """Working space for the driver, made once for each thread that asks, and lent again."""

    def __init__(
        self, n_slots: int, n_masks: int = 1, n_axes: int = 2, values: NDArray[np.float64] | None = None
    ) -> None:
        self._numbers = (n_slots, n_masks, n_axes, values)
        self._idle: list[Work] = []

    def borrow(self) -> Work:
        """Return working space that nobody uses."""
        try:
            return self._idle.pop()  # one step, so that no two threads get the same
        except IndexError:
            return make_work(*self._numbers)

    def give_back(self, work: Work) -> None:
        """Take working space back."""
        self._idle.append(work)


def make_work(
    n_slots: int, n_masks: int = 1, n_axes: int = 2, values: NDArray[np.float64] | None = None
) -> Work:
    """Return working space for one thread; `values` (n_slots, n_events) are columns in memory, if any."""
    return Work(
        values=np.empty((n_slots, BLOCK + APART)) if values is None else values,
        filled=np.empty(n_slots, dtype=np.int64),
        marks=np.empty((n_masks, BLOCK + 8 * APART), dtype=np.uint8),
        present=np.zeros(n_masks, dtype=np.int64),
        rows=np.empty((n_masks, BLOCK + 2 * APART), dtype=np.int32),
        listed=np.zeros(n_masks, dtype=np.int64),
        cells=np.empty(BLOCK, dtype=np.int32),
        some=np.empty(BLOCK, dtype=np.int32),
        scaled=np.empty((n_axes + 1, BLOCK + APART)),
    )


def read_columns(
    source: EventSource, strategy: GatingStrategy, dims: Sequence[Dimension], *, threads: int | None = None
) -> NDArray[np.float64]:
    """Return values of dimensions for all events: (n_dims, n_events) float64, compensated and on scale."""
    table = ColumnTable(source, strategy)
    wanted = np.array([table.axis(dim) for dim in dims], dtype=np.int64).reshape(-1, 2)
    columns = table.freeze()
    out = np.empty((len(dims), source.n_events))
    fill_slots(source, columns, wanted, out, threads=threads)
    return out


def fill_slots(
    source: EventSource,
    columns: Columns,
    wanted: NDArray[np.int64],
    out: NDArray[np.float64],
    *,
    threads: int | None = None,
) -> None:
    """Write columns of all events to `out` (n_wanted, n_events); wanted (n_wanted, 2): slot, transform."""
    spaces = Workspaces(len(columns.slots))

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> None:
        work = spaces.borrow()
        run_columns(buffer, n, columns, wanted, work, first, out)
        spaces.give_back(work)

    over_chunks(source, run, threads=threads)


def fill_columns(
    columns: Columns,
    wanted: NDArray[np.int64],
    buffer: NDArray[np.uint8],
    n: int,
    first_event: int,
    out: NDArray[np.float64],
) -> None:
    """Write columns of a chunk of `n` events to `out` (n_wanted, n_events), from `first_event` on."""
    run_columns(buffer, n, columns, wanted, make_work(len(columns.slots)), first_event, out)


def over_chunks(
    source: EventSource, run: Callable[[NDArray[np.uint8], int, int], Any], *, threads: int | None = None
) -> list[Any]:
    """Call ``run(buffer, first_event, n_events)`` for every chunk of a source; return the answers in order.

    Chunks are whole blocks, so that no result depends on how threads share them; each thread has one buffer.
    """
    row_bytes = source.layout.row_bytes
    step = max(1, CHUNK_BYTES // max(1, row_bytes) // BLOCK) * BLOCK
    buffers: list[NDArray[np.uint8]] = []

    with source.reader() as reader:

        def read_and_run(first: int, n: int) -> Any:
            try:
                buffer = buffers.pop()
            except IndexError:
                buffer = np.empty(min(step, source.n_events) * row_bytes, dtype=np.uint8)
            part = buffer[: n * row_bytes]
            reader.read_into(first, n, part)
            answer = run(part, first, n)
            buffers.append(buffer)
            return answer

        return over_ranges(source.n_events, step, read_and_run, threads=threads)


def over_ranges(
    n_events: int, step: int, run: Callable[[int, int], Any], *, threads: int | None = None
) -> list[Any]:
    """Call ``run(first_event, n_events)`` for ranges of `step` events; return the answers in order.

    Threads take the next range when they are done with one; the caller's own is one of them.
    """
    n_threads = _threads(threads, n_events, len(range(0, n_events, step)))
    return share_ranges(n_events, step, run, n_threads)


def _threads(asked: int | None, n_events: int, n_chunks: int) -> int:
    if asked is not None:
        if asked < 1:
            message = f"threads={asked}: at least one thread is needed."
            raise GatingError(message)
        return min(asked, n_chunks)
    return max(1, min(usable_cpus(), n_chunks, n_events // MIN_EVENTS_A_THREAD))
