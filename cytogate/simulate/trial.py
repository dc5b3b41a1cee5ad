"""A whole trial on disk: tubes, truth, sheets, study file and README."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import StoreError
from cytogate.platform import usable_cpus, write_atomically
from cytogate.simulate.analytes import analyte_rows
from cytogate.simulate.clinical import clinical_rows
from cytogate.simulate.composition import family_of
from cytogate.simulate.keywords import labels_and_ranges, tube_keywords
from cytogate.simulate.panels import panels
from cytogate.simulate.schedule import schedule
from cytogate.simulate.spec import TrialSpec, read_spec
from cytogate.simulate.study_files import csv_text, readme_text, sheet_row, study_text
from cytogate.simulate.truth import (
    Row,
    endpoint_rows,
    shift_rows,
    tube_row,
    write_endpoints,
    write_events,
    write_shifts,
    write_tubes,
)
from cytogate.simulate.tube import Tube, simulate_tube
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.simulate.names import TubeName

SIMULATOR = 1  # rises whenever the same seed gives other numbers


def simulate_trial(
    folder: str | Path,
    *,
    seed: int,
    spec: TrialSpec | str | Path | None = None,
    visits: Sequence[int] | None = None,
    events: int | None = None,
    workers: int | None = None,
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
        Weeks at which blood is drawn for flow cytometry, instead of the specification's; the clinic sees its
        patients at all its visits.
    events : int, optional
        Mean number of events of every sample, instead of the specification's.
    workers : int, optional
        Tubes simulated at a time; as many as there are processors if not given. Changes no byte.
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
    given = _specification(spec, events)
    visits = given.weeks if visits is None else visits
    chosen, names = schedule(given, visits, seed)
    place = Path(folder)
    _refuse_content(place)
    _make_folders(place)
    made = []
    with ThreadPoolExecutor(
        workers or usable_cpus()
    ) as pool:  # numpy computes without the interpreter's lock
        tubes = [pool.submit(_make, name, chosen, place, seed) for name in names]
        try:
            for done, (name, tube) in enumerate(zip(names, tubes, strict=True)):
                made.append(tube.result())
                if progress is not None:
                    progress(done + 1, len(names), name.sample)
        finally:
            pool.shutdown(cancel_futures=True)
    rows = [row for tube in made for row in tube.endpoints]
    write_endpoints(place / "truth" / "subsets.parquet", rows)
    write_tubes(place / "truth" / "tubes.parquet", [tube.row for tube in made])
    write_shifts(place / "truth" / "shifts.parquet", [row for tube in made for row in tube.shifts])
    mean_shares = {panel: _mean_share(panel, names, made) for panel in panels()}
    texts = {
        "samples.csv": csv_text([sheet_row(name, chosen) for name in names]),
        "clinical.csv": csv_text(clinical_rows(seed, chosen.subjects, visits, chosen.biology)),
        "analytes.csv": csv_text(analyte_rows(seed, chosen.subjects, visits, change=chosen.biology.change)),
        "study.yaml": study_text(chosen.name, visits=visits, seed=seed),
        "README.md": readme_text(
            given,
            names,
            call=_call(seed, visits, events),
            numpy_version=np.__version__,
            version=f"{installed('cytogate')} (simulator {SIMULATOR})",
            shares=mean_shares,
        ),
    }
    for file_name, text in texts.items():
        _write_text(place / file_name, text)
    return place / "study.yaml"


def write_tube(tube: Tube, path: Path, *, seed: int, study: str, enriched: bool = True) -> None:
    """Write the FCS file of a tube."""
    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.writing.write import write_fcs

    channels = [Channel(name, label, range=top) for name, label, top in labels_and_ranges(tube)]
    keywords = tube_keywords(tube, seed=seed, study=study, file_name=path.name, enriched=enriched)
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


@dataclass(frozen=True, slots=True)
class _Made:
    """What is kept of a tube once it is written."""

    endpoints: list[Row]
    row: Row
    shifts: list[Row]
    share: float


def _make(name: TubeName, spec: TrialSpec, place: Path, seed: int) -> _Made:
    tube = simulate_tube(name, spec, seed=seed)
    path = place / "fcs" / f"{name.sample}.fcs"
    write_tube(tube, path, seed=seed, study=spec.name, enriched=spec.enriched)
    write_events(place / "truth" / f"{name.sample}.parquet", tube)
    return _Made(endpoint_rows(tube), tube_row(tube, spec), shift_rows(tube), _share_of_family(tube))


def _mean_share(panel: str, names: Sequence[TubeName], made: Sequence[_Made]) -> float:
    """Return the mean share of the cells that the tubes of a panel are about; 0 without such a tube."""
    shares = [tube.share for name, tube in zip(names, made, strict=True) if name.panel == panel]
    return float(np.mean(shares)) if shares else 0.0


def _share_of_family(tube: Tube) -> float:
    counts = tube.counts()
    return sum(counts[name] for name in family_of(tube.panel.name)) / max(sum(counts.values()), 1)


def _call(seed: int, visits: Sequence[int], events: int | None) -> str:
    weeks = ",".join(map(str, sorted(visits)))
    more = "" if events is None else f" --events {events}"
    return f"cytogate simulate DIR --seed {seed} --visits {weeks}{more}"
