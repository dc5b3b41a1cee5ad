"""Local files: names, kinds, and files that change while they are read."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fcs.build import ROWS, build, keywords, plain

from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs
from cytogate.fcs.storage import local, open_storage

VALUES = np.array(ROWS, np.float32)
posix = pytest.mark.skipif(os.name != "posix", reason="links, modes and pipes are POSIX")


def refused(path):
    with pytest.raises(FcsError) as caught:
        read_fcs(path)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()
    return caught.value


# --- names and kinds


def test_names_that_are_no_file(tmp_path):
    assert refused("").found == "an empty name"
    assert refused(tmp_path / "no.fcs").code == "file-missing"
    assert refused(tmp_path / "no" / "a.fcs").code == "file-missing"
    assert refused("\ud800.fcs").code == "file-missing"
    assert refused("a\nb\x1b[31m.fcs").path == "a\nb\x1b[31m.fcs"
    assert r"a\nb\x1b[31m.fcs" in str(refused("a\nb\x1b[31m.fcs"))
    assert refused(tmp_path / ("x" * 300)).code in {"file-unreadable", "file-missing"}
    assert "as text" in refused(Path("s3://bucket/a.fcs")).fix


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert refused(tmp_path / "a" / "b.fcs").code in {"file-unreadable", "file-missing"}


@posix
@pytest.mark.parametrize("name", ["a\nb.fcs", "a\udcff.fcs", "µ ü 日本.fcs", " .fcs", "-rf", "a::b", "~"])
def test_odd_names_are_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(plain())
    f = read_fcs(path)
    assert f.path == str(path)
    np.testing.assert_array_equal(f.raw(), VALUES)
    os.truncate(path, 100)
    assert refused(path).code == "text-truncated"


@posix
def test_what_is_no_regular_file_is_named_and_not_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as place:
        place.bind("socket")
        opened = []
        monkeypatch.setattr(os, "open", lambda *arguments: opened.append(arguments))
        assert refused("socket").found == "a socket"
        assert refused("pipe").found == "a pipe"
        assert refused(tmp_path).found == "a folder"
        assert refused("/dev/zero").found == "a device"
        assert refused("link").found == "a link to a file that is not there"
        assert refused("circle").code == "file-unreadable"
        assert opened == []


@posix
def test_a_pipe_that_takes_the_place_of_a_file_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "a.fcs")
    (tmp_path / "b.fcs").write_bytes(plain())
    regular = (tmp_path / "b.fcs").stat()
    monkeypatch.setattr(os, "stat", lambda _name: regular)  # as it was a moment before
    assert refused(tmp_path / "a.fcs").found == "a pipe"


def test_a_file_without_permission_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain())

    def fail(*_arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", fail)
    error = refused(path)
    assert (error.code, error.found) == ("file-unreadable", "Permission denied")
    assert "permission" in error.fix


@posix
@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_with_no_mode_is_named(tmp_path):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain())
    path.chmod(0)
    assert refused(path).code == "file-unreadable"


def test_a_disk_that_fails_at_once_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain())

    class Broken:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            os.close(self.descriptor)

        def fileno(self):
            return self.descriptor

        def read(self, _count):
            raise OSError(5, "Input/output error")

    def fdopen(descriptor, *_arguments, **_options):
        Broken.descriptor = descriptor
        return Broken()

    monkeypatch.setattr(local.os, "fdopen", fdopen)
    assert refused(path).found == "Input/output error"


# --- changes


@pytest.fixture
def large(tmp_path):
    """A file of many blocks."""
    path = tmp_path / "large.fcs"
    values = np.arange(300_000 * 4, dtype=np.float32).reshape(-1, 4)
    path.write_bytes(build(keywords(4, 300_000), values.astype("<f4").tobytes()))
    return path


def shrink(path):
    os.truncate(path, path.stat().st_size // 2)


def grow(path):
    with path.open("ab") as file:
        file.write(b"x")


def rewrite(path):
    content = path.read_bytes()
    time.sleep(0.02)  # longer than a tick of the file system's clock
    path.write_bytes(content)


def replace(path):
    """Another file of the same size and time in its place."""
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[:-16] + bytes(16))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def touch(path):
    time.sleep(0.02)
    path.touch()


@posix
@pytest.mark.parametrize("change", [shrink, grow, rewrite, replace, touch])
@pytest.mark.parametrize("use", ["raw", "events", "sha256", "raw_column"])
def test_a_change_between_opening_and_reading_is_an_error(large, change, use):
    f = read_fcs(large)
    change(large)
    with pytest.raises(FcsError, match=r"large\.fcs.*changed-while-reading"):
        getattr(f, use)(*([0] if use == "raw_column" else []))


def blocks(f, between):
    """Read all records in blocks; `between` happens after the first."""
    parts = []
    with f.reader() as reader:
        for start in range(0, f.n_events, 10_000):
            parts.append(np.empty(10_000 * f.layout.row_bytes, np.uint8))
            reader.read_into(start, 10_000, parts[-1])
            if start == 0:
                between()
    return np.concatenate(parts).view("<f4").reshape(f.n_events, -1)


@posix
@pytest.mark.parametrize("change", [shrink, grow, rewrite, touch])
def test_a_change_between_two_blocks_is_an_error(large, change):
    f = read_fcs(large)
    with pytest.raises(FcsError, match="changed-while-reading"):
        blocks(f, lambda: change(large))


@posix
def test_a_file_that_is_replaced_between_two_blocks_is_read_to_the_end_as_it_was(large):
    f = read_fcs(large)
    expected = f.raw()
    np.testing.assert_array_equal(blocks(f, lambda: None), expected)
    np.testing.assert_array_equal(blocks(f, lambda: replace(large)), expected)  # which is still open
    with pytest.raises(FcsError, match=r"another file in its place.*changed-while-reading"):
        f.raw()


@posix
def test_a_file_that_shrinks_is_an_error_in_every_thread(large):
    f = read_fcs(large)
    codes, started = [], threading.Barrier(5)

    def read_all():
        with f.reader() as reader, ThreadPoolExecutor(4) as pool:

            def work(first):
                buffer = np.empty(16_000, np.uint8)
                started.wait()
                places = itertools.cycle(range(first, 300_000 - 1000, 4000))
                for start in itertools.islice(places, 200_000):  # the file shrinks while these go on
                    try:
                        reader.read_into(start, 1000, buffer)
                    except FcsError as error:
                        codes.append(error.code)
                        return

            futures = [pool.submit(work, 1000 * k) for k in range(4)]
            started.wait()
            os.truncate(large, 20_000)
            for future in futures:
                future.result()

    with pytest.raises(FcsError, match="changed-while-reading"):
        read_all()
    assert codes == ["changed-while-reading"] * 4


@posix
def test_a_file_that_changes_while_it_is_opened_is_called_changed_not_damaged(large):
    storage = open_storage(large)

    def fail():
        with storage.open():
            os.truncate(large, 100)
            raise FcsError("text-truncated", str(large), "TEXT", 0, "less", "more")

    with pytest.raises(FcsError, match="changed-while-reading"):
        fail()


@posix
def test_another_name_or_mode_is_no_change(large, tmp_path):
    f = read_fcs(large)
    os.link(large, tmp_path / "second.fcs")
    large.chmod(0o444)
    assert f.raw().shape == (300_000, 4)


# --- systems without positioned reads


def test_windows_reads_the_same(large, monkeypatch):
    expected = read_fcs(large).raw()
    for name in ("preadv", "O_NONBLOCK", "O_CLOEXEC"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(os, "O_BINARY", 0, raising=False)
    f = read_fcs(large)
    with f.reader() as reader, ThreadPoolExecutor(4) as pool:

        def block(start):
            buffer = np.empty(16_000, np.uint8)
            reader.read_into(start, 1000, buffer)
            return buffer.view("<f4").reshape(-1, 4)

        parts = list(pool.map(block, range(0, 300_000, 1000)))
    np.testing.assert_array_equal(np.concatenate(parts), expected)
    shrink(large)
    with pytest.raises(FcsError, match="changed-while-reading"):
        f.raw()
