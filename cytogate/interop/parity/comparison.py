"""Parity: a FlowJo workspace's own counts beside ours, population by population."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, GatingError, Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gating.engine import gate as gate_events
from cytogate.interop.parity.reach import Reach, reaches
from cytogate.interop.parity.verdict import Parity, PopulationParity, SampleParity, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cytogate.fcs.file import FcsFile
    from cytogate.fcs.source import EventSource
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy, Population
    from cytogate.interop.flowjo import FlowJoWorkspace


def compare(
    workspace: FlowJoWorkspace,
    files: Iterable[FcsFile],
    *,
    threads: int | None = None,
    tell: Callable[[str], None] = lambda _path: None,
) -> Parity:
    """Gate the samples whose files are given, and hold every count against FlowJo's.

    Parameters
    ----------
    workspace : FlowJoWorkspace
        Read it with ``on_unsupported="skip"``, or one gate that is not read fails its sample.
    files : iterable of FcsFile
        They are matched to samples by `FlowJoWorkspace.match`; those in doubt are listed, never guessed.
    threads : int, optional
        How many threads share a file.
    tell : callable
        Called with the path of a file once it is done.
    """
    given = list(files)
    matches = workspace.match(given)
    by_path = {file.path: file for file in given}
    samples, failed = [], []
    for match in matches.pairs:
        file = by_path[match.path]
        try:
            strategy = workspace.strategy(match.sample, file)
            rows, notes = compare_sample(
                file, strategy, workspace.stored_counts(match.sample), threads=threads
            )
        except CytogateError as error:
            failed.append(Problem("parity-failed", f"{match.path}, sample {match.sample!r}", str(error)))
        else:
            samples.append(SampleParity(match.sample, file.path, match.by, file.n_events, rows, notes))
        tell(file.path)
    return Parity(
        workspace.path,
        workspace.version,
        tuple(samples),
        matches.unmatched_samples,
        matches.unmatched_files,
        (*matches.ambiguous, *matches.unreadable, *failed),
    )


def compare_sample(
    source: EventSource,
    strategy: GatingStrategy,
    stored: Mapping[str, int | None],
    *,
    threads: int | None = None,
) -> tuple[tuple[PopulationParity, ...], tuple[Problem, ...]]:
    """Return one row for each population of `stored`, parents first, and what was noticed.

    Parameters
    ----------
    source : EventSource
        The events.
    strategy : GatingStrategy
        FlowJo's gates, polygons and ellipses with their grids.
    stored : mapping of path to int or None
        FlowJo's counts; populations that the strategy lacks are listed as not gated.
    threads : int, optional
        How many threads share the file.

    Raises
    ------
    CytogateError
        The strategy does not fit the events.
    """
    exact = gate_events(source, strategy, threads=threads)
    notes = [*strategy.warnings, *exact.warnings]
    try:
        on_grid: GatingResult | None = gate_events(source, strategy, grid="flowjo", threads=threads)
    except GatingError as error:  # a polygon of the workspace has no cells
        on_grid = None
        notes.append(Problem("no-grid", source.path or "the events", str(error)))
    reach = reaches(exact, threads=threads)
    rows: dict[str, PopulationParity] = {}
    for population in strategy.populations:
        path = population.path
        if path in stored:
            counted = None if on_grid is None else on_grid.count(path)
            rows[path] = _row(population, strategy, stored, exact.count(path), counted, reach, rows)
    for path, count in stored.items():
        if path not in rows:
            why = "cytogate does not read its gate, or one that it needs"
            rows[path] = PopulationParity(path, _above(path), "", count, None, why=why)
    return tuple(rows[path] for path in stored), tuple(notes)


def _above(path: str) -> str | None:
    r"""Return the path of the parent: what stands before the last ``/`` that is no ``\/``."""
    cut = len(path)
    while cut > 0:
        cut = path.rfind("/", 0, cut)
        if cut < 1 or path[cut - 1] != "\\":
            break
    return path[:cut] or None


def _row(
    population: Population,
    strategy: GatingStrategy,
    stored: Mapping[str, int | None],
    exact: int,
    on_grid: int | None,
    reach: Mapping[str, Reach],
    before: Mapping[str, PopulationParity],
) -> PopulationParity:
    drawn = _drawn(population, strategy, stored)
    origins = [] if population.parent is None else [population.parent]
    if isinstance(drawn.gate, BooleanGate):
        origins += [strategy.find(reference.population).path for reference in drawn.gate.references]
    above = [before[path] for path in dict.fromkeys(origins) if path in before]
    has_cells = reach[drawn.path].near is not None
    own, count = reach[population.path], stored[population.path]
    verdict, why = judge(count, exact, on_grid, own, above, has_cells=has_cells)
    return PopulationParity(
        population.path,
        population.parent,
        drawn.gate.kind,
        count,
        exact,
        on_grid,
        reach[drawn.path].near,
        own.low,
        own.high,
        verdict,
        why,
    )


def _drawn(population: Population, strategy: GatingStrategy, stored: Mapping[str, int | None]) -> Population:
    """Return the population whose gate was drawn: itself, or what it is the outside of and FlowJo lacks."""
    gate = population.gate
    if isinstance(gate, BooleanGate) and gate.operation == "not":
        inside = strategy.find(gate.references[0].population)
        return population if inside.path in stored else inside
    return population
