"""Bars of what is said about gates: gate or biology, planted bad gates, and tubes that are hardly any."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import cytogate as cg
from cytogate.gating.sampling import sample_events
from cytogate.gating.strategy import GatingStrategy
from cytogate.study.sample.gate_checks import gate_looks
from cytogate.study.sample.looks import SampleLook
from cytogate.study.sample.values import Job
from cytogate.study.writing.triage import triage_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from trials import Trial

PLANTED = 0.1  # of the axis: a factor of 2.8 on a logicle scale of 4.5 decades
ONE_IN = 4  # tubes, that get a bad gate
MIN_PARENT = 100  # as a study without limits of its own has it
HARD = (0, 1, 10, 100)  # events
GONE = {"bcell": "CD19", "treg": "CD4"}  # cells above the middle of this marker are taken out of a tube
DEAD = {"bcell": "CD27", "treg": "FoxP3"}  # this marker stains nothing


def split_parts(run: Path, seed: int) -> pd.DataFrame:
    """Return the splits of a run, each with its seed."""
    return pd.read_parquet(run / "splits.parquet").dropna(subset=["gate", "biology"]).assign(seed=seed)


def largest(splits: pd.DataFrame, part: str, of: str) -> float:
    """Return the median over subsets of the root mean square of a part, in percent of another's."""
    squares = (
        splits.assign(part=splits[part] ** 2, of=splits[of] ** 2).groupby("subset")[["part", "of"]].mean()
    )
    return float(100 * np.sqrt(squares["part"] / squares["of"]).median())


def rest(splits: pd.DataFrame) -> float:
    """Return the largest difference between a change and the sum of its parts, in points."""
    return float((splits["change"] - splits["gate"] - splits["biology"]).abs().max())


@dataclass(frozen=True)
class Planted:
    """How the bad gates of one trial were ranked: ranks of the best row of each, and the rows in all."""

    ranks: tuple[int, ...]
    n_rows: int

    @property
    def found(self) -> float:
        """Return the percentage in the top 5 % of the list."""
        return 100 * float(np.mean([rank <= 0.05 * self.n_rows for rank in self.ranks]))


def planted(trial: Trial, out: Path, templates: Mapping[str, str]) -> Planted:
    """Put one gate in four tubes where it does not belong, and look for it in the triage list.

    A bad cut is its own answer and nothing warns of it: what the fits knew of it is forgotten. `out` holds a
    run of the trial.
    """
    fits = json.loads((out / "run" / "fits.json").read_text(encoding="utf-8"))
    lines = (out / "run" / "gates.jsonl").read_text(encoding="utf-8").splitlines()
    strategies = {entry["sample"]: entry["strategy"] for entry in map(json.loads, lines)}
    sheet = pd.read_csv(out / "samples.csv", keep_default_na=False)
    samples, where = [], []
    for panel in templates:
        template = cg.load_template(str(out / f"{panel}.yaml"))
        known = cg.Fits.from_dict(fits["panels"][panel])
        tubes = sheet[(sheet["panel"] == panel) & sheet["sample"].isin(strategies)]
        for number, tube in enumerate(tubes.to_dict("records")):
            path = str(trial.folder / tube["file"])
            source, used = cg.read_fcs(path), known
            strategy = GatingStrategy.from_dict(strategies[tube["sample"]])
            if number % ONE_IN == 0 and (placements := known.placements_of(path)):
                cuts = sorted(name for name, entry in placements.items() if len(entry.position) == 1)
                name = cuts[(number // ONE_IN + trial.seed) % len(cuts)]
                used = _bad(known, path, name, PLANTED * (1 if number // ONE_IN % 2 else -1))
                strategy = template.resolve(source, fits=used)
                where.append((tube["sample"], name))
            job = Job(0, tube["sample"], tube["file"], path, template, used)
            looks = gate_looks(job, source, strategy, cg.gate(source, strategy))
            who = (str(tube[key]) for key in ("sample", "subject", "visit", "panel", "batch"))
            samples.append(SampleLook(*who, looks))
    rows = triage_rows(samples, min_parent=MIN_PARENT)
    gates = {
        (look.sample, gate.gate): {cut.name for cut in gate.fitted} for look in samples for gate in look.gates
    }
    ranks = [
        min(row["rank"] for row in rows if row["sample"] == sample and name in gates[sample, row["gate"]])
        for sample, name in where
    ]
    return Planted(tuple(ranks), len(rows))


def _bad(fits: cg.Fits, path: str, name: str, step: float) -> cg.Fits:
    """Return fits with a cut elsewhere in one file, as if it had found its place there."""
    placements = fits.placements_of(path) or {}
    there = tuple(value + step for value in placements[name].position)
    moved = fits.moved(path, {name: there})
    key = next(key for key, entry in moved.placements.items() if entry is moved.placements_of(path))
    bad = replace(
        moved.placements[key][name], own=there, z=(0.0,) * len(there), jumped=0.0, fallback="", doubts=()
    )
    return replace(moved, placements={**moved.placements, key: {**moved.placements[key], name: bad}})


def with_hard_tubes(trial: Trial, panels: Sequence[str]) -> list[str]:
    """Write hard tubes beside a trial's, with rows in its sheet, and return the names of the samples.

    Of the first tube of each panel: its first 0, 1, 10 and 100 events, one without a population, and one
    with a marker that stains nothing. Those of an earlier call are taken.
    """
    sheet = pd.read_csv(trial.folder / "samples.csv", keep_default_na=False, dtype=str)
    rows: list[dict[str, Any]] = []
    for panel in panels:
        tubes = sheet[(sheet["panel"] == panel) & sheet["role"].isin(["", "sample"])]
        model = tubes.iloc[0].to_dict()
        source = cg.read_fcs(trial.folder / model["file"])
        for kind, events in _hard(source, panel).items():
            name = f"{model['sample']}_{kind}"
            file = f"{name}.fcs"
            cg.write_fcs(trial.folder / file, cg.Events(events, source.channels, source.spillover))
            rows.append({**model, "sample": name, "file": file, "subject": f"hard {kind}"})
    names = [row["sample"] for row in rows]
    kept = sheet[~sheet["sample"].isin(names)]
    pd.concat([kept, pd.DataFrame(rows)]).to_csv(trial.folder / "samples.csv", index=False)
    return names


def _hard(source: cg.FcsFile, panel: str) -> dict[str, np.ndarray]:
    values = sample_events(source, source.channels.names, n_events=source.n_events)
    out = {f"{n}_events": values[:n] for n in HARD}
    columns = {marker: _column(source, marker) for marker in (GONE[panel], DEAD[panel])}
    bright = values[:, columns[GONE[panel]]]
    out["gone"] = values[bright < 1000]
    dead = values.copy()
    dead[:, columns[DEAD[panel]]] = np.random.default_rng(1).normal(0, 60, len(values))
    return {**out, "dead_marker": dead}


def _column(source: cg.FcsFile, marker: str) -> int:
    labels = [(channel.label or channel.name) for channel in source.channels]
    return next(at for at, label in enumerate(labels) if label.split()[0] == marker)


def without_row(run: Path, names: Sequence[str]) -> tuple[int, int]:
    """Return how many hard tubes have no row with a result or a reason, and how many others failed."""
    found = pd.read_parquet(run / "samples.parquet").set_index("sample")
    failures = {entry["sample"] for entry in json.loads((run / "failures.json").read_text(encoding="utf-8"))}
    subsets = set(pd.read_parquet(run / "subsets.parquet")["sample"])
    lost = [name for name in names if name not in found.index or not {name} & (failures | subsets)]
    others = failures.difference(names)
    return len(lost), len(others)
