from __future__ import annotations

import os
import stat

import pytest

from cytogate.platform import WINDOWS, process_is_alive, usable_cpus, write_atomically


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
