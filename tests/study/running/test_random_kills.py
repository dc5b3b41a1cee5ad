"""Runs that are ended at random moments, again and again, by the signals that end processes."""

from __future__ import annotations

import json
import logging
import random
import shutil
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from study.conftest import TinyTrial, small_trial
from study.running.test_survival import is_running, start, workers_of
from study.running.whole_runs import check_log, check_whole, contents, drafts

from cytogate.study.run_folder.folder import LOCK, MANIFEST, RESULTS
from cytogate.study.running.journal import read_journal

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and POSIX signals"),
    pytest.mark.soak,
    pytest.mark.timeout(3600),
]
log = logging.getLogger(__name__)
N_TUBES = 16
KILLS = {signal.SIGKILL: 200, signal.SIGINT: 25, signal.SIGTERM: 25}
CODES = {signal.SIGKILL: 137, signal.SIGINT: 130, signal.SIGTERM: 143}  # as a shell has them


def n_kept(trial: TinyTrial) -> int:
    """Return how many samples the journal tells of."""
    entries, _ = read_journal(trial.out / RESULTS / "journal.jsonl")
    return len({entry["name"] for entry in entries if entry.get("kept") == "sample"})


def moment(out: Path) -> str:
    """Say from what is there what a run did when it was ended."""
    if any(name.endswith(".tmp") for name in drafts(out)):
        return "in the middle of a file"
    if (out / MANIFEST).exists():
        return "when all was written"
    if any(place.is_file() for aside in out.glob(".partial-*") for place in aside.rglob("*")):
        return "while tables were written"
    if any((out / RESULTS).glob("sample-*")):
        return "while tubes were gated"
    return "before the first tube was kept"


def larger_trial(folder: Path) -> TinyTrial:
    """More and larger tubes than the usual ones, so that gating and writing take some of the time."""
    made = small_trial(folder)
    made.rows.clear()
    for number in range(N_TUBES):
        subject, visit = f"P{number // 2 + 1}", 4 * (number % 2)
        sample = f"{subject}_W{visit}"
        made.tube(f"{sample}.fcs", 4000, seed=number)
        made.rows.append(f"fcs/{sample}.fcs,{sample},{subject},W{visit},{visit},b,batch1,sample,")
    made.sheet()
    return made


@pytest.mark.parametrize("number", KILLS, ids=lambda number: number.name)
def test_runs_ended_at_random_moments_end_where_a_run_in_peace_does(tmp_path, number):
    trial = larger_trial(tmp_path)
    with start(trial, "--workers", "2") as process:
        while not (trial.out / LOCK).exists():
            assert process.poll() is None
            time.sleep(0.005)
        began = time.monotonic()
        process.communicate()
    assert process.returncode == 0
    usual = time.monotonic() - began
    clean = contents(trial.out)
    rng = random.Random(number)
    found: Counter[str] = Counter()
    n_whole = n_workers = 0
    is_last = False
    while not is_last:
        is_last = found.total() >= KILLS[number]
        if (trial.out / MANIFEST).exists():
            shutil.rmtree(trial.out)
        kept = n_kept(trial)
        with start(trial, "--workers", "2") as process:
            workers = set() if is_last else send_after(process, trial, number, rng.uniform(0, usual))
            said = process.communicate(timeout=120)[1]
        check_whole(trial.out)
        if process.returncode:
            code = process.returncode if process.returncode > 0 else 128 - process.returncode
            assert code == CODES[number], said
            assert "Traceback" not in said
            found[moment(trial.out)] += 1
            assert n_kept(trial) >= kept
            wait_until_gone(workers)
            n_workers += len(workers)
            if not found.total() % 25:
                log.warning("%s: %d so far", number.name, found.total())
        else:
            n_whole += 1
            assert json.loads((trial.out / MANIFEST).read_text())["resumed"]["reused"] == kept
            check_log(trial.out)
            assert contents(trial.out) == clean
            assert drafts(trial.out) == []
    log.warning("%s: %d times: %s; %d workers left", number.name, found.total(), dict(found), n_workers)
    log.warning("%d runs came to their end, each equal to one in peace", n_whole)


def send_after(process: subprocess.Popen[str], trial: TinyTrial, number: int, seconds: float) -> set[int]:
    """Send a signal some time after the run has its folder; return the workers that were there."""
    while process.poll() is None and not _is_of(trial.out / LOCK, process.pid):
        time.sleep(0.002)
    end = time.monotonic() + seconds
    workers: set[int] = set()
    while process.poll() is None and time.monotonic() < end:
        workers = workers_of(process.pid) or workers
        time.sleep(0.002)
    process.send_signal(number)
    return workers


def _is_of(lock: Path, number: int) -> bool:
    try:
        return lock.read_text().startswith(f"{number} ")
    except OSError:
        return False


def wait_until_gone(workers: set[int]) -> None:
    end = time.monotonic() + 30
    while any(map(is_running, workers)):
        assert time.monotonic() < end
        time.sleep(0.05)
