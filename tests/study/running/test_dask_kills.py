"""Workers of a real Dask cluster that are killed at random places: the figures of one process."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from study.running.test_random_kills import larger_trial
from study.running.test_survival import workers_of
from study.running.whole_runs import check_log, check_whole, contents

from cytogate.study.run_study import run_study
from cytogate.study.running.events import SampleDone

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
    pytest.mark.soak,
    pytest.mark.timeout(1800),
]
log = logging.getLogger(__name__)


def kill_one() -> bool:
    """Kill a worker of the cluster that this process started."""
    for child in workers_of(os.getpid()):
        with suppress(OSError):
            words = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"spawn_main" in words:
                os.kill(child, signal.SIGKILL)
                return True
    return False


def test_a_worker_killed_between_any_tubes_changes_no_figure(tmp_path):
    trial = larger_trial(tmp_path)
    expected = contents(run_study(trial.study, trial.folder / "serial", executor="serial").path)
    rng = random.Random(7)
    moments = []
    for turn in range(10):
        after = rng.randrange(1, len(trial.rows))

        def told(event: object, after: int = after) -> None:
            if isinstance(event, SampleDone) and event.done == after and kill_one():
                moments.append(after)

        out = trial.folder / f"run{turn}"
        found = run_study(trial.study, out, executor="dask", workers=2, observe=told)
        assert found.failures.empty
        check_whole(out)
        check_log(out)
        assert contents(out) == expected
    assert len(moments) == 10
    log.warning("10 workers of Dask killed, after so many of 16 tubes: %s", sorted(moments))
