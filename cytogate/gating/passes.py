"""Passes over a source: chunks that threads share, and columns read whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError
from cytogate.gating.columns import ColumnTable
from cytogate.kernels.program import BLOCK, run_columns
from cytogate.platform import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import BlockReader, EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.columns import Columns
    from cytogate.gating.strategy import GatingStrategy

CHUNK_BYTES = 1 << 20  # one positioned read
MIN_EVENTS_A_THREAD = 65_536  # below, starting a thread costs more than it spares


def read_columns(
    source: EventSource, strategy: GatingStrategy, dims: Sequence[Dimension], *, threads: int | None = None
) -> NDArray[np.float64]:
    """Return values of dimensions for all events: (n_dims, n_events) float64, compensated and on scale."""
    table = ColumnTable(source, strategy)
    wanted = np.array([table.axis(dim) for dim in dims], dtype=np.int64).reshape(-1, 2)
    columns = table.freeze()
    out = np.empty((len(dims), source.n_events))

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> None:
        fill_columns(columns, wanted, buffer, n, first, out)

    for _ in over_chunks(source, run, threads=threads):
        pass
    return out


def over_chunks(
    source: EventSource, run: Callable[[NDArray[np.uint8], int, int], Any], *, threads: int | None = None
) -> list[Any]:
    """Call ``run(buffer, first_event, n_events)`` for every chunk of a source; return what the calls return.

    Chunks are whole blocks, so that no result depends on how threads share them; each thread has one buffer.
    """
    row_bytes = source.layout.row_bytes
    step = max(1, CHUNK_BYTES // max(1, row_bytes) // BLOCK) * BLOCK
    starts = range(0, source.n_events, step)
    n_threads = _threads(threads, source.n_events, len(starts))
    with source.reader() as reader:
        if n_threads <= 1:
            buffer = np.empty(min(step, source.n_events) * row_bytes, dtype=np.uint8)
            return [
                _run_chunk(reader, run, buffer, first, step, source.n_events, row_bytes) for first in starts
            ]

        def share(number: int) -> list[Any]:
            buffer = np.empty(step * row_bytes, dtype=np.uint8)
            return [
                _run_chunk(reader, run, buffer, first, step, source.n_events, row_bytes)
                for first in starts[number::n_threads]
            ]

        with ThreadPoolExecutor(n_threads, thread_name_prefix="cytogate") as pool:
            return [answer for answers in pool.map(share, range(n_threads)) for answer in answers]


def _run_chunk(
    reader: BlockReader,
    run: Callable[[NDArray[np.uint8], int, int], Any],
    buffer: NDArray[np.uint8],
    first: int,
    step: int,
    n_events: int,
    row_bytes: int,
) -> Any:  # whatever `run` returns
    n = min(step, n_events - first)
    part = buffer[: n * row_bytes]
    reader.read_into(first, n, part)
    return run(part, first, n)


def _threads(asked: int | None, n_events: int, n_chunks: int) -> int:
    if asked is not None:
        if asked < 1:
            message = f"threads={asked}: at least one thread is needed."
            raise GatingError(message)
        return min(asked, n_chunks)
    return max(1, min(usable_cpus(), n_chunks, n_events // MIN_EVENTS_A_THREAD))


def fill_columns(
    columns: Columns,
    wanted: NDArray[np.int64],
    buffer: NDArray[np.uint8],
    n: int,
    first_event: int,
    out: NDArray[np.float64],
) -> None:
    """Write columns of a chunk of `n` events to `out` (n_wanted, n_events), from `first_event` on."""
    run_columns(
        buffer,
        n,
        columns.record,
        columns.ints,
        columns.floats,
        columns.masks,
        columns.slots,
        columns.terms,
        columns.coefficients,
        wanted,
        columns.codes,
        columns.parameters,
        first_event,
        out,
    )
