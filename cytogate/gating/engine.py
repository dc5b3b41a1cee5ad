"""The engine: one pass over the events through the compiled program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import CompensationError, GatingError, Problem
from cytogate.fcs.compensated import already_compensated
from cytogate.fcs.data.layout import AS_STORED
from cytogate.gates.dimension import FROM_FILE
from cytogate.gating.columns import compensated_channel, matrix_of
from cytogate.gating.passes import Workspaces, fill_columns, over_chunks
from cytogate.gating.program import compile_program
from cytogate.gating.result import GatingResult
from cytogate.gating.strategy import GatingStrategy
from cytogate.kernels.program import AS_RECORDS, run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.compiled import Compiled, External
    from cytogate.kernels.columns import Work


def gate(
    source: EventSource,
    strategy: GatingStrategy,
    *,
    grid: str | None = None,
    keep: ArrayLike | None = None,
    threads: int | None = None,
    masks: bool = True,
) -> GatingResult:
    """Gate a file or array of events.

    Parameters
    ----------
    source : FcsFile or Events
        Events in scale values; read once, in blocks.
    strategy : GatingStrategy
        Concrete gates, from a template, a Gating-ML file or `GatingStrategy.build`.
    grid : None or "flowjo"
        Exact geometry, or polygons and ellipsoids in the cells of the display grids that they carry.
    keep : array-like of bool, (n_events,), optional
        Events that take part; the others are in no population and not in the root.
    threads : int, optional
        How many threads share the file; by default as many as there are processors. The result does not
        depend on it.
    masks : bool
        Whether to keep membership, one bit an event and population. Without, memory does not grow with the
        file, and `GatingResult.mask` gates once more when it is first asked.

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
    check_fit(source, strategy)
    kept = kept_events(keep, source.n_events)
    compiled = compile_program(strategy, source, grid=grid)
    counts, bits = _run(source, compiled, kept, threads, masks=masks)
    made = bits if masks else partial(_bits, source, strategy, kept, grid, threads, counts)
    return GatingResult(source, strategy, made, counts, warnings_of(source, strategy))


def _bits(
    source: EventSource,
    strategy: GatingStrategy,
    kept: NDArray[np.bool_],
    grid: str | None,
    threads: int | None,
    expected: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Gate once more, for the masks; refuse those that are not of the events that were counted."""
    counts, bits = _run(source, compile_program(strategy, source, grid=grid), kept, threads, masks=True)
    if not np.array_equal(counts, expected):
        different = int((counts != expected).sum())
        message = (
            f"{source.path or 'The events'}: gating again for the masks, {different} of {len(counts)} counts "
            "differ: the events have changed. Gate them anew, or with masks=True."
        )
        raise GatingError(message)
    return bits


def _run(
    source: EventSource, compiled: Compiled, kept: NDArray[np.bool_], threads: int | None, *, masks: bool
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return counts (n_masks,) and bits (n_masks, bytes), or no bits."""
    n_masks = len(compiled.program.parents)
    bits = np.zeros((n_masks if masks else 0, (source.n_events + 7) // 8), dtype=np.uint8)
    spaces = Workspaces(len(compiled.columns.slots), n_masks, compiled.n_axes)

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> NDArray[np.int64]:
        work = spaces.borrow()
        counted = gate_chunk(compiled, buffer, n, kept[first : first + n], work, first, bits)
        spaces.give_back(work)
        return counted

    counts = np.zeros(n_masks, dtype=np.int64)
    for counted in over_chunks(source, run, threads=threads):
        counts += counted
    return counts, bits


def gate_chunk(
    compiled: Compiled,
    buffer: NDArray[np.uint8],
    n: int,
    kept: NDArray[np.bool_],
    work: Work,
    first: int,
    bits: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Gate a chunk of `n` records, of which `kept` (n,), or of length 0 all, take part.

    Returns the events of each mask in it, (n_masks,), and writes membership to `bits`, from event `first` on;
    of no rows, or those of `first` and the events after it.
    """
    columns = compiled.columns

    def fill(external: External, out: NDArray[np.float64]) -> None:
        fill_columns(columns, external.axes, buffer, n, 0, out)

    counted = np.zeros(len(compiled.program.parents), dtype=np.int64)
    external = ask_externals(compiled.externals, n, fill)
    none_stored = np.zeros((0, 0), dtype=np.uint8)
    run_program(
        buffer, n, AS_RECORDS, kept, external, none_stored, columns, compiled.program, work, first, bits,
        counted,
    )  # fmt: skip
    return counted


def kept_events(keep: ArrayLike | None, n_events: int) -> NDArray[np.bool_]:
    """Return `keep` as (n_events,) bool, or of length 0 where all events take part."""
    if keep is None:
        return np.zeros(0, dtype=np.bool_)
    given = np.asarray(keep)
    if given.dtype != np.bool_ and given.size:  # event numbers, or a number an event, mean something else
        message = f"keep holds {given.dtype}; one bool an event is expected, say `values > 0`."
        raise GatingError(message)
    kept = np.array(given, dtype=np.bool_, order="C")  # its own: masks made later are of the same events
    if kept.shape != (n_events,):
        message = (
            f"keep has shape {kept.shape}; the source has {n_events} events: one bool an event is expected."
        )
        raise GatingError(message)
    return kept


def check_fit(source: EventSource, strategy: GatingStrategy) -> None:
    """Refuse what is no source or no strategy, and compensation that is asked for and cannot be right.

    Raises
    ------
    GatingError, CompensationError
    """
    _refuse_other_things(source, strategy)
    _refuse_unknown_unit(source, strategy)
    _refuse_compensation_gone_wrong(source, strategy)


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


def _refuse_unknown_unit(source: EventSource, strategy: GatingStrategy) -> None:
    """Refuse a channel of compensated values that has a gain: gates were written for one that has none."""
    dims = {dim for population in strategy.populations for dim in population.gate.dims}
    for dim in dims:
        name = compensated_channel(dim, source, strategy)
        if name is not None and source.layout.scale_kinds[source.channels.index(name)] != AS_STORED:
            message = (
                f"{source.path or 'The events'}: {name} is compensated already and has a gain or a "
                f"logarithmic amplification, which {dim.channel} of {strategy.source} has not. "
                "Make the strategy for this file: workspace.strategy(name, file)."
            )
            raise CompensationError(message)


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
    applied = {dim.compensation for dim in dims if matrix_of(dim, source, strategy) is not None}
    done = already_compensated(source) if applied - set(strategy.compensated_channels) else None
    if done is not None:
        message = f"{done} The gates of {strategy.source or 'this strategy'} would compensate them once more."
        raise CompensationError(message, problems=[done])


def warnings_of(source: EventSource, strategy: GatingStrategy) -> tuple[Problem, ...]:
    """Return warnings where what is compensated may not be what the caller takes for granted."""
    dims = {dim for population in strategy.populations for dim in population.gate.dims}
    return (*_taken_as_they_are(dims, source, strategy), *_lacking_a_matrix(dims, source))


def _taken_as_they_are(
    dims: set[Dimension], source: EventSource, strategy: GatingStrategy
) -> tuple[Problem, ...]:
    """Tell of channels that were compensated before, and of a matrix applied where values look so."""
    place = source.path or "the events"
    found = sorted({own for dim in dims if (own := compensated_channel(dim, source, strategy)) is not None})
    if found:
        text = f"compensated already, so gated as they are: {', '.join(found)}."
        return (Problem("compensated-already", place, text),)
    explicit = {dim for dim in dims if dim.compensation in strategy.compensated_channels}
    if all(matrix_of(dim, source, strategy) is None for dim in explicit):
        return ()
    done = already_compensated(source)
    if done is None:
        return ()
    text = f"{done.message} They were compensated once more, as {strategy.source} does."
    return (Problem("compensated-twice", place, text, "Is this the file that it was made for?"),)


def _lacking_a_matrix(dims: set[Dimension], source: EventSource) -> tuple[Problem, ...]:
    asking = sorted({dim.channel for dim in dims if dim.compensation == FROM_FILE})
    if source.spillover is not None or not asking:
        return ()
    text = f"it holds no spillover matrix, so {', '.join(asking)} were gated as they are."
    return (Problem("not-compensated", source.path or "the events", text, "Is that what the gates expect?"),)


def ask_externals(
    externals: Sequence[External], n: int, fill: Callable[[External, NDArray[np.float64]], None]
) -> NDArray[np.bool_]:
    """Ask the gates that lower to no primitive, for `n` events; `fill` writes their columns (n_axes, n)."""
    inside = np.zeros((len(externals), n), dtype=np.bool_)
    for row, external in enumerate(externals):
        values = np.empty((len(external.axes), n))
        fill(external, values)
        inside[row] = external.population.gate.contains(values.T, external.population.part)
    return inside
