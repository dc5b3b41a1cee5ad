"""The looks that fits need: the same fits on every executor, and a worker that dies costs its own tube."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from study.conftest import CHANNELS, TinyTrial, small_trial
from study.running.test_executors import children

from cytogate.fcs.writing.write import write_fcs
from cytogate.study.hooks import GRAB, HANG, KILL
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_study import run_study
from cytogate.study.running.executors import make_executor
from cytogate.study.running.fit_crew import FitCrew

FITTED = """\
format: cytogate.template
version: 1
name: fitted
panel:
  CD19: []
  CD27: [BV605-A]
compensation: none
scales:
  default: {kind: logicle, T: 262144, W: auto, M: 4.5, A: 0}
cuts:
  b: {marker: CD19, of: Cells, method: mindensity, fallback: 1000, anchor: subject}
  memory: {marker: CD27, of: B, method: shift, fallback: 1000, anchor: batch}
  of_batch: {marker: CD27, of: B, method: mindensity, fallback: 1000, scope: batch}
  fmo: {marker: CD27, of: Cells, method: fmo, fallback: 2000, anchor: none}
  fmo_of_all: {marker: CD27, method: fmo, fallback: 2000, anchor: none}
gates:
  - name: Cells
    method:
      kind: shift
      x: FSC-A
      y: CD19
      fallback: {vertices: [[20000, -500], [20000, 200000], [180000, 200000], [180000, -500]]}
  - {name: B, parent: Cells, threshold: {x: CD19, above: {cut: b}}}
  - {name: Memory, parent: B, threshold: {x: CD27, above: {cut: memory}}}
  - {name: Other, parent: B, threshold: {x: CD27, above: {cut: of_batch}}}
  - {name: Bright, parent: Cells, threshold: {x: CD27, above: {cut: fmo}}}
  - {name: Any, threshold: {x: CD27, above: {cut: fmo_of_all}}}
definitions:
  B/Memory: {id: memory.cd27, text: "CD27+ B cells.", citation: "A source"}
"""


def two_peaks(n: int, seed: int, high: float = 0.4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scatter = rng.normal(90_000, 15_000, n)
    dyes = [np.where(rng.random(n) < high, 9000.0, 60.0) * rng.lognormal(0, 0.5, n) for _ in range(2)]
    dyes = [dye + rng.normal(0, 60, n) for dye in dyes]
    return np.column_stack([scatter, *dyes, np.arange(n)]).astype(np.float32)


@pytest.fixture
def trial(tmp_path: Path) -> TinyTrial:
    """Six tubes of two batches, and an FMO of the first, with peaks to be found."""
    made = small_trial(tmp_path)
    made.write("template.yaml", FITTED)
    made.rows.clear()
    for number in range(6):
        subject, week = f"P{number // 2 + 1}", 4 * (number % 2)
        sample, batch = f"{subject}_W{week}", f"batch{number // 3 + 1}"
        write_fcs(tmp_path / "fcs" / f"{sample}.fcs", two_peaks(1500 + 100 * number, number), CHANNELS)
        made.rows.append(f"fcs/{sample}.fcs,{sample},{subject},W{week},{week},b,{batch},sample,")
    write_fcs(tmp_path / "fcs" / "fmo.fcs", two_peaks(6000, 9, high=0.0), CHANNELS)
    made.rows.append("fcs/fmo.fcs,fmo,,,,b,batch1,fmo,CD27")
    made.sheet()
    return made


def fits_of(folder: Path) -> bytes:
    return (folder / "fits.json").read_bytes()


def fallbacks(fits: bytes, cut: str) -> set[str]:
    placements = json.loads(fits)["panels"]["b"]["placements"]
    return {placed[cut]["fallback"] for placed in placements.values()}


def failures(run) -> list[tuple[str, str, str]]:
    return list(run.failures[["sample", "stage", "code"]].itertuples(index=False, name=None))


@pytest.fixture
def alone(trial) -> bytes:
    """Return the fits that one process finds."""
    run_study(trial.study, trial.folder / "serial", executor="serial")
    return fits_of(trial.folder / "serial")


def test_every_part_of_the_template_is_found_in_the_data(alone):
    """What the other tests compare is no set of fallbacks."""
    panel = json.loads(alone)["panels"]["b"]
    assert [panel["common"][name]["common"]["n"] for name in ("b", "memory", "Cells")] == [6, 6, 6]
    for cut in ("fmo", "fmo_of_all"):
        assert fallbacks(alone, cut) == {"", "no-control"}
    assert len({placed["of_batch"]["position"][0] for placed in panel["placements"].values()}) == 2


@pytest.mark.parametrize(
    ("executor", "workers"), [("thread", 3), ("process", 1), ("process", 2), ("dask", 2)]
)
def test_every_executor_finds_the_same_fits(trial, alone, executor, workers):
    if executor == "dask":
        pytest.importorskip("distributed")
    run = run_study(trial.study, trial.out, executor=executor, workers=workers)
    assert failures(run) == []
    assert fits_of(trial.out) == alone


@pytest.mark.parametrize("executor", ["process", "dask"])
def test_a_worker_that_dies_at_a_look_costs_one_more_attempt(trial, alone, monkeypatch, executor):
    if executor == "dask":
        pytest.importorskip("distributed")
    monkeypatch.setenv(KILL, f"fit:1:{trial.folder / 'mark'}")
    run = run_study(trial.study, trial.out, executor=executor, workers=2)
    assert (trial.folder / "mark").exists()
    assert failures(run) == []
    assert fits_of(trial.out) == alone


def test_a_tube_that_kills_every_worker_that_looks_at_it_is_a_row_and_the_next_run_is_whole(
    trial, alone, monkeypatch
):
    monkeypatch.setenv(KILL, "fit:1")
    run = run_study(trial.study, trial.out, executor="process", workers=2)
    assert failures(run) == [("P1_W4", "worker", "worker-died")]
    assert run.samples["n_events"].notna().sum() == 5
    (skipped,) = json.loads(fits_of(trial.out))["panels"]["b"]["skipped"]
    assert (skipped["code"], skipped["location"]) == ("fit-lost", "fcs/P1_W4.fcs")
    monkeypatch.delenv(KILL)
    assert failures(run_study(trial.study, trial.out, executor="serial")) == []
    assert fits_of(trial.out) == alone


def test_a_control_that_kills_its_worker_is_as_good_as_none_and_looked_at_again_next_time(
    trial, alone, monkeypatch
):
    monkeypatch.setenv(KILL, "fit:6")
    run = run_study(trial.study, trial.out, executor="process", workers=2)
    assert failures(run) == []
    assert fallbacks(fits_of(trial.out), "fmo_of_all") == {"no-control"}
    monkeypatch.delenv(KILL)
    assert not run_study(trial.study, trial.out, executor="serial").up_to_date
    assert fits_of(trial.out) == alone


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class Look:
    tube: Named


def out_of_memory(_job: Look) -> object:
    raise MemoryError


def at_fault(_job: Look) -> object:
    message = "a fault of the program"
    raise RuntimeError(message)


@pytest.mark.parametrize(("task", "code"), [(out_of_memory, "out-of-memory"), (at_fault, "unexpected")])
def test_what_is_no_fault_of_the_file_fails_its_sample_and_not_the_run(trial, task, code):
    rows = plan_study(trial.study).rows
    crew = FitCrew(make_executor("serial"), rows)
    jobs = [Look(Named(row.path)) for row in rows[:2]]
    found = dict(crew(task, jobs))
    assert [found[number].code for number in (0, 1)] == ["fit-lost"] * 2
    assert [found[number].location for number in (0, 1)] == [row.path for row in rows[:2]]
    told = {sample: (failure.stage, failure.code) for sample, failure in crew.failures.items()}
    assert told == dict.fromkeys([row.sample for row in rows[:2]], ("fit", code))


@pytest.mark.soak
def test_a_look_that_takes_too_long_is_a_row(trial, monkeypatch):
    monkeypatch.setenv(HANG, "fit:1")
    run = run_study(trial.study, trial.out, executor="process", workers=2, deadline=30.0)
    assert failures(run) == [("P1_W4", "worker", "worker-hung")]


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a cap")
def test_a_look_that_takes_too_much_memory_is_a_row(trial, monkeypatch):
    monkeypatch.setenv(GRAB, "fit:1:8000000000")
    run = run_study(trial.study, trial.out, executor="process", workers=2, memory=1_500_000_000)
    assert failures(run) == [("P1_W4", "fit", "out-of-memory")]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_run_leaves_no_worker_behind(trial):
    before = children()
    run_study(trial.study, trial.out, executor="process", workers=2)
    assert children() <= before
