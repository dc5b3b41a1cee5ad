"""Runs that are killed, interrupted, or run out of disk: what was gated is kept, and the next run goes on."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from study.running.test_resume import SAMPLES, clean, gated
from study.test_run_study import figures

import cytogate
from cytogate.errors import StoreError
from cytogate.study.hooks import GRAB, HANG, KILL
from cytogate.study.run_folder.folder import RESULTS
from cytogate.study.run_study import run_study

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(cytogate.__file__).parents[1]
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


def start(trial, *words, **environment):
    """Start the command line on the trial."""
    return subprocess.Popen(
        [sys.executable, "-m", "cytogate", "run", trial.study, "--out", trial.out, "--no-report", *words],
        env=os.environ | {"PYTHONPATH": str(HOUSE)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def n_kept(trial) -> int:
    return len(list((trial.out / RESULTS).glob("sample-*.json.z")))


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def workers_of(number: int) -> set[int]:
    """Return the processes that a process has started."""
    found = set()
    for place in Path(f"/proc/{number}/task").glob("*/children"):
        with suppress(OSError):  # a thread may end meanwhile
            found |= {int(child) for child in place.read_text().split()}
    return found


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def drafts(trial) -> list[str]:
    return [place.name for place in trial.out.rglob(".*") if place.name.endswith(".tmp")]


@posix
@pytest.mark.parametrize("stage", ["keep", "write", "written", "kept"])
def test_a_run_killed_while_it_keeps_a_result_goes_on(trial, stage):
    with start(trial, "--executor", "serial", **{KILL: f"{stage}:1"}) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    found, anew, _ = gated(trial)
    assert anew == SAMPLES[2 if stage == "kept" else 1 :]
    assert figures(found) == clean(trial)
    assert drafts(trial) == []


@posix
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_run_that_is_ended_keeps_what_is_gated_and_leaves_no_worker(trial, number, code):
    with start(trial, "--workers", "2", **{HANG: "gate:3"}) as process:
        wait_until(lambda: n_kept(trial) == 3)
        workers = workers_of(process.pid)
        assert workers
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert number == signal.SIGKILL or said.rstrip().endswith("interrupted")
    wait_until(lambda: not any(map(is_running, workers)), seconds=20)
    found, anew, reused = gated(trial)
    assert (anew, sorted(reused)) == (["P2_W4"], SAMPLES[:3])
    assert figures(found) == clean(trial)


SLOW_TO_END = """
import click, sys
from cytogate.cli import main

@click.command()
def command():
    try:
        print("ready", flush=True)
        sys.stdin.readline()
    finally:
        print("ending", flush=True)
        print(sys.stdin.readline(), end="", flush=True)
        sys.stdin.readline()

main.LazyGroup.get_command = lambda *_: command
{setting}
main.main()
"""


@contextmanager
def slow_to_end(setting: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start a command that waits for its input, once more while it unwinds, and interrupt it."""
    words = [sys.executable, "-c", SLOW_TO_END.format(setting=setting), "run"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(words, text=True, cwd=HOUSE, **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "ending\n"
        yield process
        process.kill()


@posix
def test_a_second_signal_stops_at_once():
    with slow_to_end() as process:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143
    assert time.monotonic() - began < 20


@posix
def test_one_request_that_is_signalled_twice_ends_in_order():
    with slow_to_end("main._ONE_REQUEST = float('inf')") as process:
        process.send_signal(signal.SIGINT)
        process.stdin.write("unwound\n")
        process.stdin.flush()
        assert process.stdout.readline() == "unwound\n"


@posix
def test_the_same_signal_later_stops_at_once():
    with slow_to_end("main._ONE_REQUEST = 0.0") as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read().strip() == "stopped at once"


def full_at(monkeypatch, count) -> list[int]:
    """Let the disk be full at the `count`-th time that something is made durable, and from then on."""
    calls: list[int] = []
    sync = os.fsync

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) >= count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


def check_full_disk(trial, monkeypatch, count) -> bool:
    """Run on a disk that fills up; return whether it did before the end."""
    calls = full_at(monkeypatch, count)
    said = ""
    try:
        run_study(trial.study, trial.out, executor="serial")
    except StoreError as error:
        said = str(error)
    assert bool(said) is (len(calls) >= count)
    for words in (str(trial.out), "No space left on device", "GB are free there"):
        assert words in said or not said
    monkeypatch.undo()
    found, _, _ = gated(trial)
    assert figures(found) == clean(trial)
    assert drafts(trial) == []
    return len(calls) >= count


@pytest.mark.parametrize("count", [1, 2, 4, 9, 14, 30])
def test_a_full_disk_is_an_error_with_its_place_and_the_run_goes_on_later(trial, monkeypatch, count):
    assert check_full_disk(trial, monkeypatch, count)


def test_a_full_disk_is_exit_code_4(trial, monkeypatch, capsys):
    from cytogate.cli.main import run

    full_at(monkeypatch, 9)
    assert run(["run", str(trial.study), "--out", str(trial.out), "--executor", "serial"]) == 4
    assert "No space left on device" in capsys.readouterr().err


def test_a_folder_that_vanishes_meanwhile_is_an_error_with_its_place(trial):
    import shutil

    def lose(*_step):
        shutil.rmtree(trial.out)

    with pytest.raises(StoreError, match=r"resume.*: cannot be written: No such file or directory"):
        run_study(trial.study, trial.out, executor="serial", progress=lose)
    assert figures(gated(trial)[0]) == clean(trial)


def test_a_file_that_takes_too_long_is_a_row_and_the_others_are_done(trial, monkeypatch):
    monkeypatch.setenv(HANG, "gate:1")
    found, _, _ = gated(trial, executor="process", workers=2, deadline=20.0)
    assert list(found.failures[["sample", "code"]].itertuples(index=False, name=None)) == [
        ("P1_W4", "worker-hung")
    ]
    monkeypatch.delenv(HANG)
    assert gated(trial)[1] == ["P1_W4"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a cap")
def test_a_file_that_takes_too_much_memory_is_a_row_and_the_others_are_done(trial, monkeypatch):
    monkeypatch.setenv(GRAB, "gate:1:8000000000")
    found, _, _ = gated(trial, executor="process", workers=2, memory=1_500_000_000)
    assert list(found.failures[["sample", "stage", "code"]].itertuples(index=False, name=None)) == [
        ("P1_W4", "gate", "out-of-memory")
    ]
