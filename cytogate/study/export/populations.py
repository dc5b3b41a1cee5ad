"""The events of a population as FCS files, one a sample, that say what was done to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError, printable
from cytogate.fcs.writing.write import write_fcs
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED
from cytogate.gating.tree import shortest
from cytogate.study.export.gated_again import gated_again, samples_with
from cytogate.study.export.places import make_room, population_stem
from cytogate.study.files.names import file_stems
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.gating.result import GatingResult
    from cytogate.study.export.gated_again import KeptSample
    from cytogate.study.run_folder.run import Run


def export_fcs(
    run: Run,
    folder: str | Path,
    population: str,
    *,
    compensated: bool = True,
    data: str | Path | None = None,
    force: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Path, ...]:
    """Write the events of a population as FCS 3.1 files, one for each gated sample that has it.

    Parameters
    ----------
    run : Run
        An opened run folder.
    folder : str or Path
        Made where it is missing.
    population : str
        Full path or unique ending; ``"/"`` for all events.
    compensated : bool
        Compensated values, as the gates saw them: channels are called ``Comp-...`` and come without a
        spillover matrix. Otherwise values as the file has them, with its matrix, so that the reader's
        program compensates.
    data : str or Path, optional
        Folder that the files of the sheet lie below; by default that of the run.
    force : bool
        Write over files that are there.
    progress : callable, optional
        Called with the number of samples done, of all, and the last one's id.

    Returns
    -------
    tuple of Path
        The files written: ``<sample>.<population>.fcs``, the population by its shortest unique ending, so
        that no ancestor repeats what the sample's id says.

    Raises
    ------
    GatingError
        No sample has such a population, or the name is ambiguous.
    StoreError
        Files are there already, cannot be written, or a file of the study is not the one that was gated.
        Files that were complete by then stay.
    """
    kept = samples_with(run, population, data=data)
    stems = file_stems(entry.sample for entry in kept)
    ending = "" if compensated else "_raw"
    targets = [
        Path(folder) / f"{stems[entry.sample]}.{population_stem(_ending(entry))}{ending}.fcs"
        for entry in kept
    ]
    make_room(targets, force=force)
    for done, (entry, target) in enumerate(zip(kept, targets, strict=True), start=1):
        result = gated_again(run, entry)
        matrix = matrix_of_gates(result) if compensated else None
        said = keywords(run, entry, result, compensated=compensated, matrix=matrix)
        mask = result.mask(entry.population)
        write_fcs(target, result.source, keywords=said, keep=mask, compensation=matrix)
        if progress is not None:
            progress(done, len(kept), entry.sample)
    return tuple(targets)


def _ending(kept: KeptSample) -> str:
    return shortest(kept.population, [population.path for population in kept.strategy.populations])


def matrix_of_gates(result: GatingResult) -> CompensationMatrix | None:
    """Return the one matrix that the gates were drawn behind; None where values are taken as they are.

    Raises
    ------
    StoreError
        Gates use several matrices: no one table of compensated values is meant.
    """
    strategy, source = result.strategy, result.source
    used = {dim.compensation for population in strategy.populations for dim in population.gate.dims}
    named = sorted((used - {UNCOMPENSATED}) if strategy.compensation is None else {strategy.compensation})
    if named == [UNCOMPENSATED] or not named:
        return None
    if len(named) > 1:
        message = (
            f"{source.path}: gates are drawn behind several matrices ({', '.join(named)}), so compensated "
            "values of one file are not defined. Export them raw (--raw)."
        )
        raise StoreError(message)
    return source.spillover if named[0] == FROM_FILE else strategy.compensations[named[0]]


def keywords(
    run: Run, kept: KeptSample, result: GatingResult, *, compensated: bool, matrix: Any
) -> dict[str, str]:
    """Return the keywords that say where the events come from and what was done to them."""
    if not compensated:
        values = "as the file has them, not compensated"
    elif matrix is None:
        values = "as the file has them; the gates were drawn on these"
    else:
        values = "compensated as the gates of the run were"
    said = {
        "CYTOGATE_VERSION": installed("cytogate"),
        "CYTOGATE_STUDY": run.manifest.get("name"),
        "CYTOGATE_SAMPLE": kept.sample,
        "CYTOGATE_SUBJECT": kept.row.get("subject"),
        "CYTOGATE_VISIT": kept.row.get("visit"),
        "CYTOGATE_POPULATION": kept.population,
        "CYTOGATE_DEFINITION": kept.strategy.definitions.get(kept.population),
        "CYTOGATE_VALUES": values,
        "CYTOGATE_EVENTS": f"{kept.n_events} of {result.n_events}",
        "CYTOGATE_INPUT_SHA256": kept.row.get("input_sha256"),
        "CYTOGATE_TEMPLATE_SHA256": kept.row.get("template_sha256"),
    }
    return {key: printable(str(value)) for key, value in said.items() if value}
