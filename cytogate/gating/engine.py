"""The engine: one pass over the events, in chunks that threads share, through the compiled program."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import CompensationError, GatingError
from cytogate.fcs.compensated import already_compensated
from cytogate.gating.columns import ColumnTable, matrix_of
from cytogate.gating.program import Program, compile_program
from cytogate.gating.result import GatingResult
from cytogate.kernels.program import BLOCK, run_columns, run_program
from cytogate.platform import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from cytogate.fcs.source import BlockReader, EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.columns import Columns
    from cytogate.gating.strategy import GatingStrategy

CHUNK_BYTES = 1 << 20  # one positioned read
MIN_EVENTS_A_THREAD = 65_536  # below, starting a thread costs more than it spares


def gate(
    source: EventSource,
    strategy: GatingStrategy,
    *,
    grid: str | None = None,
    keep: ArrayLike | None = None,
    threads: int | None = None,
) -> GatingResult:
    """Gate a file or array of events.

    Parameters
    ----------
    source : FcsFile or Events
        Events in scale values; read once, in blocks.
    strategy : GatingStrategy
        Concrete gates, from a template, a Gating-ML file or `GatingStrategy.build`.
    grid : None
        Exact geometry, the only mode that gates of this version carry.
    keep : array-like of bool, (n_events,), optional
        Events that take part; the others are in no population and not in the root.
    threads : int, optional
        How many threads share the file; by default as many as there are processors. The result does not
        depend on it.

    Returns
    -------
    GatingResult
        Counts, masks (one bit an event and population), percentages and intensities.

    Raises
    ------
    GatingError
        The strategy does not fit the source, or `keep` has the wrong length.
    PanelError, CompensationError
        A gate or a matrix names what the source lacks, or the events are compensated already.
    FcsError
        The file changed or cannot be read.
    """
    if grid is not None:
        message = (
            f"grid={grid!r}: no gate of this strategy carries a display grid. Leave it out: exact geometry."
        )
        raise GatingError(message)
    kept = _kept(keep, source.n_events)
    _refuse_to_compensate_twice(source, strategy)
    program = compile_program(strategy, source)
    n_masks = len(strategy.populations) + 1
    bits = np.zeros((n_masks, (source.n_events + 7) // 8), dtype=np.uint8)
    counts = np.zeros(n_masks, dtype=np.int64)

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> NDArray[np.int64]:
        counted = np.zeros(n_masks, dtype=np.int64)
        columns = program.columns
        run_program(
            buffer,
            n,
            kept[first : first + n],
            _external(program, buffer, n),
            columns.record,
            columns.ints,
            columns.floats,
            columns.masks,
            columns.slots,
            columns.terms,
            columns.coefficients,
            program.operations,
            program.bounds,
            program.axes,
            program.vertex_x,
            program.vertex_y,
            program.matrices,
            program.boolean_terms,
            columns.codes,
            columns.parameters,
            first,
            bits,
            counted,
        )
        return counted

    for counted in over_chunks(source, run, threads=threads):
        counts += counted
    return GatingResult(source=source, strategy=strategy, bits=bits, counts=counts)


def read_columns(
    source: EventSource, strategy: GatingStrategy, dims: Sequence[Dimension], *, threads: int | None = None
) -> NDArray[np.float64]:
    """Return values of dimensions for all events: (n_dims, n_events) float64, compensated and on scale."""
    table = ColumnTable(source, strategy)
    wanted = np.array([table.axis(dim) for dim in dims], dtype=np.int64).reshape(-1, 2)
    columns = table.freeze()
    out = np.empty((len(dims), source.n_events))

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> None:
        _fill(columns, wanted, buffer, n, first, out)

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


def _kept(keep: ArrayLike | None, n_events: int) -> NDArray[np.bool_]:
    if keep is None:
        return np.zeros(0, dtype=np.bool_)
    kept = np.ascontiguousarray(keep, dtype=np.bool_)
    if kept.shape != (n_events,):
        message = (
            f"keep has shape {kept.shape}; the source has {n_events} events: one bool an event is expected."
        )
        raise GatingError(message)
    return kept


def _refuse_to_compensate_twice(source: EventSource, strategy: GatingStrategy) -> None:
    dims = {dim for population in strategy.populations for dim in population.gate.dims}
    if all(matrix_of(dim, source, strategy) is None for dim in dims):
        return
    done = already_compensated(source)
    if done is not None:
        message = f"{done} The gates of {strategy.source or 'this strategy'} would compensate them once more."
        raise CompensationError(message, problems=[done])


def _external(program: Program, buffer: NDArray[np.uint8], n: int) -> NDArray[np.bool_]:
    """Ask the gates that lower to no primitive, for all events of a chunk."""
    inside = np.zeros((len(program.externals), n), dtype=np.bool_)
    for row, external in enumerate(program.externals):
        values = np.empty((len(external.axes), n))
        _fill(program.columns, external.axes, buffer, n, 0, values)
        inside[row] = external.population.gate.contains(values.T, external.population.part)
    return inside


def _fill(
    columns: Columns,
    wanted: NDArray[np.int64],
    buffer: NDArray[np.uint8],
    n: int,
    first_event: int,
    out: NDArray[np.float64],
) -> None:
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
