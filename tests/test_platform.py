from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import cytogate
from cytogate.platform import (
    WINDOWS,
    appending,
    hold_lock,
    peak_memory,
    process_is_alive,
    usable_cpus,
    write_all,
    write_atomically,
)


def test_file_appears_whole_and_nothing_is_left_beside_it(tmp_path):
    with write_atomically(tmp_path / "out.bin") as file:
        file.write(b"first ")
        assert not (tmp_path / "out.bin").exists()
        file.write(b"second")
    assert (tmp_path / "out.bin").read_bytes() == b"first second"
    assert [place.name for place in tmp_path.iterdir()] == ["out.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_error_in_the_block_keeps_the_old_file(tmp_path, error):
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")

    def fail() -> None:
        with write_atomically(target) as file:
            file.write(b"new")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_bytes() == b"old"
    assert [place.name for place in tmp_path.iterdir()] == ["out.bin"]


def test_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), write_atomically(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"old"
    assert [place.name for place in tmp_path.iterdir()] == ["out.bin"]


def test_all_is_written_where_the_system_takes_a_part_at_a_time(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:3]))
    with appending(tmp_path / "log") as file:
        write_all(file.fileno(), b"one line\n")
    assert (tmp_path / "log").read_bytes() == b"one line\n"


@pytest.mark.skipif(WINDOWS, reason="Windows has no such permissions")
def test_permissions_are_the_old_ones_or_the_usual_ones(tmp_path):
    old, new, usual = (tmp_path / name for name in ("old", "new", "usual"))
    old.touch()
    old.chmod(0o640)
    usual.touch()
    for target in (old, new):
        with write_atomically(target) as file:
            file.write(b"x")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_longest_name_can_be_written(tmp_path):
    target = tmp_path / ("µ" * 127)  # 254 bytes, as many as a name may have
    with write_atomically(target) as file:
        file.write(b"x")
    assert target.read_bytes() == b"x"


def test_folder_in_the_way_is_an_error_and_stays(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OSError, match="out"), write_atomically(tmp_path / "out"):
        pass
    assert [place.name for place in tmp_path.iterdir()] == ["out"]


def test_this_process_is_alive_and_has_a_processor():
    assert process_is_alive(os.getpid())
    assert usable_cpus() >= 1


LOCKER = """
import sys, time
from pathlib import Path
from cytogate.platform import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def locked_elsewhere(place):
    """Lend a process of another that holds the lock."""
    environment = os.environ | {"PYTHONPATH": str(Path(cytogate.__file__).parents[1])}
    command = [sys.executable, "-c", LOCKER, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def try_lock(place):
    with hold_lock(place):
        return place.exists()


def no_locks(_handle: int, _how: int) -> None:
    raise OSError(errno.ENOSYS, "Function not implemented")


@pytest.fixture(params=["system", "file"])
def way(request, monkeypatch):
    """Locks of the system, and the file that must do where there are none."""
    if request.param == "file":
        monkeypatch.setattr("cytogate.platform.WINDOWS", True)
    elif WINDOWS:
        pytest.skip("Windows has no flock")
    return request.param


def test_a_lock_is_held_once_by_two_threads_and_is_gone_afterwards(tmp_path, way):
    place = tmp_path / "lock"
    with ThreadPoolExecutor(1) as other, hold_lock(place):
        assert place.read_text() == f"{os.getpid()} {socket.gethostname()}"
        with pytest.raises(BlockingIOError, match=rf"process {os.getpid()} on {socket.gethostname()}"):
            other.submit(try_lock, place).result()
        assert place.exists()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError), hold_lock(place):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(WINDOWS, reason="Windows keeps the file")
def test_a_lock_of_another_process_is_named_and_ends_with_its_death(tmp_path):
    place = tmp_path / "lock"
    with locked_elsewhere(place) as process:
        with pytest.raises(BlockingIOError, match=rf"process {process.pid} on {socket.gethostname()}"):
            try_lock(place)
        process.kill()
        process.wait()
        assert place.read_text().startswith(f"{process.pid} ")
        assert try_lock(place)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(WINDOWS, reason="whether a process lives cannot be told there")
def test_a_lock_file_without_a_system_lock_is_taken_over_only_from_the_dead_of_this_host(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("fcntl.flock", no_locks)
    place, held = tmp_path / "lock", tmp_path / "lock.held"
    held.write_text(f"999999999 {socket.gethostname()}")
    assert not try_lock(place)
    assert list(tmp_path.iterdir()) == []
    for holder in (f"{os.getppid()} {socket.gethostname()}", "999999999 elsewhere"):
        held.write_text(holder)
        with pytest.raises(BlockingIOError, match=rf"{' on '.join(holder.split())} \(if it is gone, remove"):
            try_lock(place)
        assert held.read_text() == holder
    held.write_text("")
    with pytest.raises(BlockingIOError, match="another process"):
        try_lock(place)


def test_many_that_want_a_lock_at_once_have_it_one_after_the_other(tmp_path, way):
    place, inside, most, turns = tmp_path / "lock", [], [], []

    def work(number: int) -> None:
        while len(turns) < 60:
            try:
                with hold_lock(place):
                    inside.append(number)
                    most.append(len(inside))
                    inside.remove(number)
                    turns.append(number)
            except BlockingIOError:
                continue

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert max(most) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(WINDOWS, reason="Windows tells no peak without further packages")
def test_the_peak_of_memory_grows_with_what_is_held_and_stays():
    before = peak_memory()
    held = bytearray(b"x") * (before + (64 << 20))
    grown = peak_memory()
    assert grown >= len(held)
    del held
    assert peak_memory() > 0.98 * grown  # the system counts pages in strides
