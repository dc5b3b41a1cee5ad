"""A real Dask cluster on this machine: the same figures as one process alone, workers that die included."""

from __future__ import annotations

import pytest
from study.test_run_study import figures

from cytogate.study.hooks import KILL
from cytogate.study.run_study import run_study

pytest.importorskip("distributed")


@pytest.mark.parametrize("kill", [False, True], ids=["in peace", "a worker killed in the middle"])
def test_a_cluster_of_two_gives_the_figures_of_one_process(trial, monkeypatch, kill):
    first = figures(run_study(trial.study, trial.folder / "serial", executor="serial"))
    if kill:
        monkeypatch.setenv(KILL, f"gate:1:{trial.folder / 'mark'}")
    found = run_study(trial.study, trial.out, executor="dask", workers=2)
    assert (trial.folder / "mark").exists() is kill
    assert len(found.failures) == 0
    assert figures(found) == first


def test_a_tube_that_kills_every_worker_is_a_row_and_the_others_are_done(trial, monkeypatch):
    monkeypatch.setenv(KILL, "gate:1")
    found = run_study(trial.study, trial.out, executor="dask", workers=2)
    failures = found.failures[["sample", "stage", "code"]]
    assert list(failures.itertuples(index=False, name=None)) == [("P1_W4", "worker", "worker-died")]
