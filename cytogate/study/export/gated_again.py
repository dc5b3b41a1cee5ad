"""A sample of a run, gated once more exactly as the run did: its events with their populations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import GatingError, StoreError, listed
from cytogate.fcs.storage.urls import is_url
from cytogate.gating.tree import ROOT
from cytogate.study.files.input_files import hash_file
from cytogate.study.files.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.study.run_folder.run import Run

CHANGED = "Put the file of the run back, or run the study again."


@dataclass(frozen=True, slots=True)
class KeptSample:
    """One gated sample of a run, before its file is opened.

    Attributes
    ----------
    row : mapping
        Its row of ``samples``.
    path : str
        Where its file should lie; a URL as the sheet has it.
    strategy : GatingStrategy
        The gates that were applied.
    population : str
        Full path of the population asked for; ``"/"`` is all events.
    n_events : int
        How many events the run counted in it.
    """

    row: Mapping[str, Any]
    path: str
    strategy: GatingStrategy
    population: str
    n_events: int

    @property
    def sample(self) -> str:
        """Return the id of the sample."""
        return str(self.row["sample"])


def samples_with(run: Run, population: str, *, data: str | Path | None = None) -> tuple[KeptSample, ...]:
    """Return the gated samples whose panel has a population, in the order of the sheet.

    Parameters
    ----------
    run : Run
        An opened run folder.
    population : str
        Full path or unique ending; ``"/"`` for all events.
    data : str or Path, optional
        Folder that the files of the sheet lie below; by default that of the run.

    Raises
    ------
    GatingError
        No sample has such a population (the nearest are named), or the name is ambiguous.
    StoreError
        Files are not where the run found them, or the run holds no gates.
    """
    root = Path(data if data is not None else str(run.manifest.get("data_root") or "."))
    rows: dict[str, dict[str, Any]] = {
        str(row["sample"]): {str(key): value for key, value in row.items()}
        for row in run.samples.to_dict("records")
    }
    counts = _counts(run)
    unknown: GatingError | None = None
    found = []
    for sample, strategy in _strategies(run):
        try:
            path = ROOT if population == ROOT else strategy.find(population).path
        except GatingError as error:
            if any(problem.code != "population-unknown" for problem in error.problems):
                raise
            unknown = unknown or error
            continue
        cleaned = next((counts[sample, top.path][1] for top in strategy.children(None)), None)
        whole = int(rows[sample]["n_events"]) if cleaned is None else cleaned
        n_events = whole if path == ROOT else counts[sample, path][0]
        place = place_of(str(rows[sample]["file"]), root)
        found.append(KeptSample(rows[sample], place, strategy, path, n_events))
    if unknown is not None and not found:
        raise unknown
    if not found:
        message = f"{run.path}: no sample of this run was gated, so there are no events to export."
        raise StoreError(message)
    missing = [kept for kept in found if not is_url(kept.path) and not Path(kept.path).is_file()]
    if missing:
        names = listed([str(kept.row["file"]) for kept in missing])
        message = f"{root}: {names} not found. Say where the files lie now (--data)."
        raise StoreError(message)
    return tuple(found)


def gated_again(run: Run, kept: KeptSample, *, threads: int | None = None) -> GatingResult:
    """Open a sample's file, make sure that it is the one of the run, and gate it.

    Raises
    ------
    StoreError
        The file is not the one that the run gated, or gives another count.
    FcsError
        The file cannot be read.
    """
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.engine import gate

    digest, _ = hash_file(kept.path)
    if digest != kept.row["input_sha256"]:
        message = f"{kept.path}: is not the file that this run gated (another SHA-256). {CHANGED}"
        raise StoreError(message)
    reading: Mapping[str, Any] = (run.manifest.get("study") or {}).get("reading") or {}
    source: FcsFile = read_fcs(
        kept.path,
        dataset=int(reading.get("dataset") or 0),
        lenient=bool(reading.get("lenient")),
        refuse=tuple(reading.get("refuse") or ()),
    )
    result = gate(source, kept.strategy, threads=threads)
    n_events = result.count(kept.population)
    if n_events != kept.n_events:
        message = (
            f"{kept.path}: {n_events} events in {kept.population}; the run counted {kept.n_events}. {CHANGED}"
        )
        raise StoreError(message)
    return result


def _counts(run: Run) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the events of each sample and population, and those of its parent."""
    table = run.populations
    columns = (table[name] for name in ("sample", "population", "count", "parent_count"))
    return {
        (str(sample), str(path)): (int(count), int(above))
        for sample, path, count, above in zip(*columns, strict=True)
    }


def _strategies(run: Run) -> Iterator[tuple[str, GatingStrategy]]:
    """Yield each gated sample and the gates that were applied to it."""
    from cytogate.gating.strategy import GatingStrategy

    place = run.path / "gates.jsonl"
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line]
        for entry in entries:
            yield str(entry["sample"]), GatingStrategy.from_dict(entry["strategy"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, GatingError):
            raise
        message = f"{place}: cannot be read: {error}. Run the study again with --force."
        raise StoreError(message) from error
