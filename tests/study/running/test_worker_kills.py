"""Worker processes that are killed: at each stage of their work, and at random moments, alone or many."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from study.running.test_random_kills import N_TUBES, larger_trial
from study.running.test_resume import SAMPLES, gated
from study.running.test_survival import workers_of
from study.running.whole_runs import check_log, check_whole, contents, drafts

from cytogate.errors import CytogateError
from cytogate.study.hooks import KILL
from cytogate.study.run_study import run_study

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
    pytest.mark.soak,
    pytest.mark.timeout(3600),
]
log = logging.getLogger(__name__)
STAGES = ("read", "resolve", "clean", "gate", "measure", "check", "draw", "end")
N_KILLS = 100  # for each number in a run


def codes(run) -> list[tuple[str, str]]:
    return list(run.failures[["sample", "code"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("stage", STAGES)
def test_a_worker_killed_at_any_stage_costs_one_more_attempt_and_at_both_a_row(trial, monkeypatch, stage):
    expected = contents(run_study(trial.study, trial.folder / "clean", executor="serial").path)
    monkeypatch.setenv(KILL, f"{stage}:1")
    found, _, _ = gated(trial, executor="process", workers=2)
    assert codes(found) == [("P1_W4", "worker-died")]
    others = found.subsets[found.subsets["sample"] != "P1_W4"]
    assert set(others["flag"]) == {"ok"}
    monkeypatch.setenv(KILL, f"{stage}:1:{trial.folder / 'mark'}")
    found, anew, reused = gated(trial, executor="process", workers=2)
    assert (trial.folder / "mark").exists()
    assert (anew, sorted(reused)) == (["P1_W4"], [name for name in SAMPLES if name != "P1_W4"])
    assert found.failures.empty
    assert contents(trial.out) == expected


@contextmanager
def killing(moments: list[float]) -> Iterator[list[int]]:
    """Kill one worker of this process after each of so many seconds; lend the list of those killed."""
    killed: list[int] = []
    over = threading.Event()

    def work() -> None:
        begun = time.monotonic()
        for moment in sorted(moments):
            while not over.is_set() and (time.monotonic() - begun < moment or not kill_one(killed)):
                over.wait(0.002)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def kill_one(killed: list[int]) -> bool:
    for child in sorted(workers_of(os.getpid()) - set(killed), reverse=len(killed) % 2 == 0):
        with suppress(OSError):
            if b"study.running.worker_process" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)
                killed.append(child)
                return True
    return False


@pytest.mark.parametrize("n_kills", [1, 3, 20])
def test_workers_killed_at_random_moments_cost_at_most_rows_of_their_own_tubes(tmp_path, n_kills):
    trial = larger_trial(tmp_path)
    expected = contents(run_study(trial.study, trial.folder / "serial", executor="serial").path)
    began = time.monotonic()
    run_study(trial.study, trial.folder / "process", executor="process", workers=2)
    usual = time.monotonic() - began
    rng = random.Random(n_kills)
    ends: Counter[str] = Counter()
    total = turn = 0
    while total < N_KILLS:
        turn += 1
        out = trial.folder / f"run{turn}"
        run = partial(run_study, trial.study, out, executor="process", workers=2)
        with killing([rng.uniform(0, usual * n_kills**0.5) for _ in range(n_kills)]) as killed:
            try:
                found = run()
            except CytogateError as error:
                if "3 in a row" not in str(error):
                    raise
                found = None
        total += len(killed)
        if found is None:
            ends["no worker could start"] += 1
            assert not check_whole(out)
            found = run()
            assert found.failures.empty
        else:
            lost = {sample for sample, code in codes(found) if code == "worker-died"}
            assert len(found.failures) == len(lost) <= len(killed) // 2  # each was tried twice
            assert set(found.subsets.loc[~found.subsets["sample"].isin(lost), "flag"]) == {"ok"}
            ends[f"{len(lost)} lost"] += 1
            assert check_whole(out)
            if lost:
                gated_now = run().manifest["resumed"]["gated"]
                assert gated_now in (
                    len(lost),
                    N_TUBES,
                )  # all, where a lost look changed fits
        check_log(out)
        assert contents(out) == expected
        assert drafts(out) == []
    log.warning("%d workers killed in %d runs, %d in each: %s", total, turn, n_kills, dict(ends))
