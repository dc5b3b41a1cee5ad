"""The engine: one pass over the events through the compiled program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import CompensationError, GatingError, Problem
from cytogate.fcs.compensated import already_compensated
from cytogate.gates.dimension import FROM_FILE
from cytogate.gating.columns import matrix_of
from cytogate.gating.passes import fill_columns, over_chunks
from cytogate.gating.program import Program, compile_program
from cytogate.gating.result import GatingResult
from cytogate.gating.strategy import GatingStrategy
from cytogate.kernels.program import run_program

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from cytogate.fcs.source import EventSource


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
    _refuse_other_things(source, strategy)
    kept = _kept(keep, source.n_events)
    _refuse_compensation_gone_wrong(source, strategy)
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
    return GatingResult(source, strategy, bits, counts, _without_matrix(source, strategy))


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


def _refuse_other_things(source: object, strategy: object) -> None:
    if not hasattr(source, "layout"):
        message = f"source is {_named(source)}; a file that read_fcs opened, or Events, is expected."
        raise GatingError(message)
    if not isinstance(strategy, GatingStrategy):
        way = (
            "template.resolve(file) makes one"
            if hasattr(strategy, "resolve")
            else "see load_template, read_gatingml"
        )
        message = f"strategy is {_named(strategy)}; a GatingStrategy is expected: {way}."
        raise GatingError(message)


def _named(value: object) -> str:
    return repr(value) if isinstance(value, str) else f"a {type(value).__name__}"


def _refuse_compensation_gone_wrong(source: EventSource, strategy: GatingStrategy) -> None:
    if strategy.compensation == FROM_FILE and source.spillover is None:
        message = (
            f"{source.path or 'The events'}: the gates of {strategy.source} ask for the matrix that comes "
            "with the events, and none came. Give Events(..., spillover=matrix), or resolve the template on "
            "these events."
        )
        raise CompensationError(message)
    dims = {dim for population in strategy.populations for dim in population.gate.dims}
    if all(matrix_of(dim, source, strategy) is None for dim in dims):
        return
    done = already_compensated(source)
    if done is not None:
        message = f"{done} The gates of {strategy.source or 'this strategy'} would compensate them once more."
        raise CompensationError(message, problems=[done])


def _without_matrix(source: EventSource, strategy: GatingStrategy) -> tuple[Problem, ...]:
    """Return a warning where gates ask for the file's own matrix and the file has none."""
    dims = {dim for population in strategy.populations for dim in population.gate.dims}
    asking = sorted({dim.channel for dim in dims if dim.compensation == FROM_FILE})
    if source.spillover is not None or not asking:
        return ()
    text = f"it holds no spillover matrix, so {', '.join(asking)} were gated as they are."
    return (Problem("not-compensated", source.path or "the events", text, "Is that what the gates expect?"),)


def _external(program: Program, buffer: NDArray[np.uint8], n: int) -> NDArray[np.bool_]:
    """Ask the gates that lower to no primitive, for all events of a chunk."""
    inside = np.zeros((len(program.externals), n), dtype=np.bool_)
    for row, external in enumerate(program.externals):
        values = np.empty((len(external.axes), n))
        fill_columns(program.columns, external.axes, buffer, n, 0, values)
        inside[row] = external.population.gate.contains(values.T, external.population.part)
    return inside
