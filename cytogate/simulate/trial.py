"""A whole trial on disk: tubes, truth, sheets, study file and README."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import Problem, StoreError, StudyError
from cytogate.platform import write_atomically
from cytogate.simulate.analytes import analyte_rows
from cytogate.simulate.clinical import clinical_rows
from cytogate.simulate.composition import family_of
from cytogate.simulate.keywords import labels_and_ranges, tube_keywords
from cytogate.simulate.panels import panels
from cytogate.simulate.spec import TrialSpec, read_spec
from cytogate.simulate.study_files import csv_text, readme_text, sheet_row, study_text
from cytogate.simulate.truth import EndpointRow, endpoint_rows, write_endpoints, write_events
from cytogate.simulate.tube import Tube, TubeName, simulate_tube
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VISITS = (0, 4, 12, 24)
SIMULATOR = 1  # rises whenever the same seed gives other numbers


def simulate_trial(
    folder: str | Path,
    *,
    seed: int,
    spec: TrialSpec | str | Path | None = None,
    visits: Sequence[int] | None = VISITS,
    events: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Write a synthetic lupus trial: FCS files, sheets, study file and the truth beside them.

    Parameters
    ----------
    folder : path
        Where to write: an empty folder, or one that is made. A folder that holds anything is left as it is.
    seed : int
        Everything random comes from it; the same seed gives the same bytes. A tube's content does not depend
        on which other tubes are simulated.
    spec : TrialSpec or path, optional
        What the trial is like; a path is read as YAML.
    visits : sequence of int, optional
        Weeks at which blood is drawn for flow cytometry; the clinic sees its patients at all its visits.
    events : int, optional
        Mean number of events of every file, instead of the specification's.
    progress : callable, optional
        Called with tubes done, tubes in all and the sample's name.

    Returns
    -------
    Path
        The study file, ``folder/study.yaml``.

    Raises
    ------
    StudyError
        When the specification, the seed or the visits are wrong.
    StoreError
        When the folder is not empty, or cannot be written.
    """
    chosen = _specification(spec, events)
    visits = VISITS if visits is None else visits
    names = tube_names(chosen, visits, seed)
    place = Path(folder)
    _refuse_content(place)
    _make_folders(place)
    rows: list[EndpointRow] = []
    shares: dict[str, list[float]] = {panel: [] for panel in panels()}
    for done, name in enumerate(names):
        tube = simulate_tube(name, chosen, seed=seed)
        write_tube(tube, place / "fcs" / f"{name.sample}.fcs", seed=seed, study=chosen.name)
        write_events(place / "truth" / f"{name.sample}.parquet", tube)
        rows.extend(endpoint_rows(tube))
        shares[name.panel].append(_share_of_family(tube))
        if progress is not None:
            progress(done + 1, len(names), name.sample)
    write_endpoints(place / "truth" / "subsets.parquet", rows)
    mean_shares = {panel: float(np.mean(found)) for panel, found in shares.items() if found}
    texts = {
        "samples.csv": csv_text([sheet_row(name) for name in names]),
        "clinical.csv": csv_text(clinical_rows(seed, chosen.subjects, visits)),
        "analytes.csv": csv_text(analyte_rows(seed, chosen.subjects, visits)),
        "study.yaml": study_text(chosen.name, baseline=f"W{min(visits)}", seed=seed),
        "README.md": readme_text(
            chosen,
            names,
            call=_call(seed, visits, events),
            numpy_version=np.__version__,
            version=f"{installed('cytogate')} (simulator {SIMULATOR})",
            shares={"bcell": 0.0, "treg": 0.0, **mean_shares},
        ),
    }
    for file_name, text in texts.items():
        _write_text(place / file_name, text)
    return place / "study.yaml"


def tube_names(spec: TrialSpec, visits: Sequence[int], seed: int) -> list[TubeName]:
    """Return the tubes of a trial: by patient, visit and panel, without the missing ones.

    Raises
    ------
    StudyError
        When a visit is negative or given twice, the seed is negative, or a sample that the specification
        names is none of the trial's.
    """
    problems = []
    if seed < 0:
        problems.append(Problem("seed", "seed", f"found {seed}, expected 0 or more."))
    if not visits or min(visits) < 0 or len(set(visits)) != len(visits):
        found = ", ".join(map(str, visits)) or "none"
        problems.append(Problem("visits", "visits", f"found {found}, expected weeks from 0, each once."))
    names = [
        TubeName(subject, week, panel)
        for subject in spec.subjects
        for week in sorted(visits)
        for panel in panels()
    ]
    known = {name.sample for name in names}
    problems += [
        Problem(
            "unknown-sample", field, f"{sample} is no sample of this trial.", "Samples look like P1_W0_B."
        )
        for field in ("missing", "clogged")
        for sample in getattr(spec, field)
        if sample not in known
    ]
    kept = [name for name in names if name.sample not in spec.missing]
    if not problems and not kept:
        problems.append(Problem("no-samples", "missing", "every sample of the trial is missing."))
    if problems:
        title = "The trial cannot be simulated:"
        raise StudyError(title, problems)
    return kept


def write_tube(tube: Tube, path: Path, *, seed: int, study: str) -> None:
    """Write the FCS file of a tube."""
    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.writing.write import write_fcs

    channels = [Channel(name, label, range=top) for name, label, top in labels_and_ranges(tube)]
    keywords = tube_keywords(tube, seed=seed, study=study, file_name=path.name)
    write_fcs(path, tube.values, channels, keywords=keywords)


def _refuse_content(place: Path) -> None:
    """Refuse a folder that holds anything: a trial written over another would be a mixture of both."""
    try:
        first = min((entry.name for entry in place.iterdir()), default=None)
    except FileNotFoundError:
        return
    except OSError as exc:
        message = f"{place}: the folder of the trial cannot be made: {exc.strerror}. Name another folder."
        raise StoreError(message) from exc
    if first is not None:
        message = (
            f"{place}: is not empty (it holds {first}), and stays as it is. "
            "Choose an empty or a new folder, or remove this one first."
        )
        raise StoreError(message)


def _make_folders(place: Path) -> None:
    try:
        for part in ("fcs", "truth"):
            (place / part).mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        message = f"{place}: the folder of the trial cannot be made: {exc.strerror}. Name another folder."
        raise StoreError(message) from exc


def _write_text(path: Path, text: str) -> None:
    try:
        with write_atomically(path) as file:
            file.write(text.encode("utf-8"))
    except OSError as exc:
        message = f"{path}: cannot be written: {exc.strerror}. Check space and rights."
        raise StoreError(message) from exc


def _specification(spec: TrialSpec | str | Path | None, events: int | None) -> TrialSpec:
    chosen = spec if isinstance(spec, TrialSpec) else TrialSpec() if spec is None else read_spec(spec)
    return chosen if events is None else replace(chosen, bcell_events=events, treg_events=events)


def _share_of_family(tube: Tube) -> float:
    counts = tube.counts()
    return sum(counts[name] for name in family_of(tube.panel.name)) / max(sum(counts.values()), 1)


def _call(seed: int, visits: Sequence[int], events: int | None) -> str:
    weeks = ",".join(map(str, sorted(visits)))
    more = "" if events is None else f" --events {events}"
    return f"cytogate simulate DIR --seed {seed} --visits {weeks}{more}"
