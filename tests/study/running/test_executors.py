"""Executors: the same outcomes whoever works; a worker that dies costs its own job only."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from operator import neg
from pathlib import Path

import pytest

import cytogate
from cytogate.errors import CytogateError
from cytogate.study.hooks import HANG, KILL, fault_point
from cytogate.study.running import worker_process
from cytogate.study.running.executors import make_executor
from cytogate.study.running.outcomes import Lost
from cytogate.study.running.process_pool import ProcessExecutor


def outcomes(executor, task, jobs) -> list[object]:
    found = {done.index: done.outcome for done in executor.run(task, jobs)}
    return [found[index] for index in range(len(jobs))]


@pytest.mark.parametrize("name", ["serial", "thread", "process"])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_job_has_its_own_outcome(name, workers):
    assert outcomes(make_executor(name, workers=workers), neg, list(range(8))) == [-n for n in range(8)]


@pytest.mark.parametrize("name", ["serial", "thread", "process", "dask"])
def test_no_jobs_are_no_work(name):
    assert outcomes(make_executor(name, workers=2), neg, []) == []


def test_dask_gives_the_same_outcomes():
    pytest.importorskip("distributed")
    assert outcomes(make_executor("dask", workers=2), neg, list(range(4))) == [0, -1, -2, -3]


def test_a_cluster_that_cannot_start_says_so(monkeypatch):
    pytest.importorskip("distributed")

    def fail(**_how):
        message = "Nanny failed to start."
        raise RuntimeError(message)

    monkeypatch.setattr("cytogate.study.running.dask_cluster.Client", fail)
    with pytest.raises(
        CytogateError, match=r"The Dask cluster cannot start: Nanny failed to start\. Run again"
    ):
        outcomes(make_executor("dask", workers=2), neg, [1])


def test_an_unknown_executor_names_the_nearest():
    with pytest.raises(CytogateError, match=r"Unknown executor 'proces'. Did you mean process"):
        make_executor("proces")


def test_no_workers_cannot_work():
    with pytest.raises(CytogateError, match="0 workers cannot work"):
        make_executor("process", workers=0)


def tried_at(folder: Path, number: int) -> None:
    """Note that a job was begun, in a file of this process."""
    (folder / f"{number}-{os.getpid()}").touch()
    fault_point("read", number)


def test_a_killed_worker_costs_its_job_one_retry(monkeypatch, tmp_path):
    monkeypatch.setenv(KILL, f"read:2:{tmp_path / 'mark'}")
    found = outcomes(ProcessExecutor(2), partial(fault_point, "read"), list(range(5)))
    assert found == [None] * 5
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_kills_every_worker_is_lost_after_two_attempts_and_the_others_are_done(
    monkeypatch, tmp_path, workers
):
    monkeypatch.setenv(KILL, "read:2")
    task = partial(tried_at, tmp_path)
    found = outcomes(ProcessExecutor(workers), task, list(range(5)))
    assert [len(list(tmp_path.glob(f"{number}-*"))) for number in range(5)] == [1, 1, 2, 1, 1]
    assert [found[index] for index in (0, 1, 3, 4)] == [None] * 4
    assert isinstance(found[2], Lost)
    assert found[2].code == "worker-died"
    assert "killed by SIGKILL" in found[2].detail


def test_a_job_that_hangs_is_lost_at_the_deadline(monkeypatch):
    monkeypatch.setenv(HANG, "read:1")
    began = time.monotonic()
    found = outcomes(ProcessExecutor(2, deadline=3.0), partial(fault_point, "read"), list(range(3)))
    assert (found[0], found[2]) == (None, None)
    assert found[1].code == "worker-hung"
    assert "no answer in 3 s" in found[1].detail
    assert time.monotonic() - began < 60


def children() -> set[str]:
    """Return the ids of the processes that this one started and that are there, defunct ones included."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_an_outcome_that_is_left_unread_leaves_no_process_behind():
    before = children()
    running = ProcessExecutor(2).run(neg, list(range(20)))
    next(running)
    running.close()
    assert children() <= before


def test_what_a_task_prints_does_not_mix_with_the_answers():
    assert outcomes(ProcessExecutor(1), print, ["noise", "more"]) == [None, None]


def test_a_job_that_cannot_be_sent_is_an_error_of_the_caller():
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError), match=r"lambda|pickle"):
        outcomes(ProcessExecutor(1), neg, [lambda: 1])


def test_a_script_without_a_guard_may_use_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from operator import neg\n"
        "from cytogate.study.running.process_pool import ProcessExecutor\n"
        "print(sorted(done.outcome for done in ProcessExecutor(2).run(neg, [1, 2, 3])))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    told = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, check=True
    )
    assert told.stdout == "[-3, -2, -1]\n"


def test_workers_that_cannot_start_say_so(monkeypatch):
    monkeypatch.setattr("cytogate.study.running.worker_process._BOOT", "raise SystemExit(3)")
    with pytest.raises(CytogateError, match=r"end as soon as they start \(ended with status 3\)"):
        outcomes(ProcessExecutor(2), neg, [1, 2, 3])


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
def test_a_worker_killed_while_it_starts_is_replaced(monkeypatch, tmp_path):
    fatal = f"""
import os, pathlib
mark = pathlib.Path({str(tmp_path / "mark")!r})
if not mark.exists():
    mark.touch()
    os.kill(os.getpid(), 9)
"""
    monkeypatch.setattr(worker_process, "_BOOT", fatal + worker_process._BOOT)
    assert outcomes(ProcessExecutor(1), neg, [1, 2, 3]) == [-1, -2, -3]
    assert (tmp_path / "mark").exists()
    monkeypatch.setattr(worker_process, "_BOOT", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(CytogateError, match=r"killed by SIGKILL\): 3 in a row\. .* with fewer workers"):
        outcomes(ProcessExecutor(1), neg, [1])


def test_workers_that_hang_while_they_start_say_so(monkeypatch):
    monkeypatch.setattr(worker_process, "_BOOT", "import time; time.sleep(600)")
    with pytest.raises(CytogateError, match=r"not ready in 0\.5 s, 3 in a row\. .* a longer deadline"):
        outcomes(ProcessExecutor(2, deadline=0.5), neg, [1, 2])


def test_a_fault_point_is_inert_unless_asked(monkeypatch):
    monkeypatch.delenv(KILL, raising=False)
    monkeypatch.delenv(HANG, raising=False)
    fault_point("read", 0)
    monkeypatch.setenv(KILL, "gate:0")
    fault_point("read", 0)
    fault_point("gate", 1)
    assert os.environ[KILL] == "gate:0"


def of_process(_job: object) -> int:
    return os.getpid()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_held_workers_go_on_with_the_next_jobs_and_end_with_the_block():
    before = children()
    with ProcessExecutor(2).held() as crew:
        first, second = (set(outcomes(crew, of_process, list(range(6)))) for _ in range(2))
    assert second <= first
    assert os.getpid() not in first
    assert children() <= before


def test_held_workers_are_new_for_each_run_where_their_memory_is_capped():
    with ProcessExecutor(1, memory=2_000_000_000).held() as crew:
        first, second = (set(outcomes(crew, of_process, [0])) for _ in range(2))
    assert first.isdisjoint(second)


def test_a_held_worker_that_died_meanwhile_is_replaced():
    with ProcessExecutor(1).held() as crew:
        (number,) = outcomes(crew, of_process, [0])
        os.kill(number, signal.SIGKILL)
        while outcomes(crew, of_process, [0]) == [number]:
            time.sleep(0.01)
        assert outcomes(crew, neg, [1]) == [-1]


def leave(job: tuple[Path, bytes]) -> str:
    """Leave a file, and return its name."""
    job[0].touch()
    return job[0].name


def shows_up(place: Path) -> bool:
    """Return whether a file shows up soon."""
    until = time.monotonic() + 10
    while not place.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return place.exists()


@pytest.fixture
def worker():
    found = worker_process.Worker()
    assert found.is_ready(None, None)
    yield found
    found.end()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much a pipe holds")
def test_a_worker_goes_on_with_the_next_job_before_anybody_asks(worker, tmp_path):
    first, second = (worker_process.pickled((leave, (tmp_path / name, b""))) for name in "ab")
    assert worker.ask([first, second], None) == "a"
    assert shows_up(tmp_path / "b")
    assert worker.ask([second], None) == "b"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much a pipe holds")
@pytest.mark.parametrize("large", [(0, 1), (1,), (0,)])
def test_jobs_that_a_pipe_does_not_hold_are_sent_when_they_are_asked_for(worker, tmp_path, large):
    jobs = [(tmp_path / name, bytes(2**20 * (number in large))) for number, name in enumerate("ab")]
    first, second = (worker_process.pickled((leave, job)) for job in jobs)
    assert worker.ask([first, second], None) == "a"
    time.sleep(0.1)
    assert not (tmp_path / "b").exists()
    assert worker.ask([second], None) == "b"


def test_a_job_that_was_sent_ahead_is_done_by_another_when_the_one_before_it_kills(monkeypatch, tmp_path):
    monkeypatch.setenv(KILL, "read:0")
    task = partial(tried_at, tmp_path)
    found = outcomes(ProcessExecutor(1), task, list(range(6)))
    assert isinstance(found[0], Lost)
    assert found[1:] == [None] * 5
    assert [len(list(tmp_path.glob(f"{number}-*"))) for number in range(6)] == [2, 1, 1, 1, 1, 1]


def slow_first(number: int) -> int:
    """Take long over job 0; return which process it was."""
    time.sleep(3 if number == 0 else 0.01)
    return os.getpid()


def test_the_last_jobs_do_not_wait_behind_a_long_one():
    slow, *others = outcomes(ProcessExecutor(2), slow_first, [0, 1, 2])
    assert slow not in others
