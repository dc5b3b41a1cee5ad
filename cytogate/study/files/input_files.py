"""Files that a run rests on: their hashes, and whether one was written to meanwhile."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.storage import storage_sha256
from cytogate.fcs.storage.urls import is_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.fcs.storage import Storage

State = tuple[int, int, int]
UNKNOWN = 0  # in place of a time of change, of a server that tells none: nothing to trust


def file_state(path: str) -> State:
    """Return size, time of change (ns) and node of a file; of a URL, size and a number for its marks."""
    if is_url(path):
        return _remote_state(path)
    found = Path(path).stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def check_unchanged(path: str, before: State) -> None:
    """Refuse figures of a file that was written to between its hash and the end of gating.

    Raises
    ------
    FcsError
        Its state is not the one of `before`.
    """
    if file_state(path) != before:
        found, expected = "another size or time of change than before", "a file that nobody writes to"
        fix = "Run again when the file is complete."
        code = "changed-while-reading"
        raise FcsError(code, path, "file", None, found, expected, fix=fix)


def hash_file(path: str | Path) -> tuple[str, int]:
    """Return the SHA-256 of a file's bytes, and their number; of a URL too.

    Raises
    ------
    OSError
        The file cannot be read, or is not a regular one: a pipe is not waited for.
    FcsError
        A URL cannot be read.
    """
    if isinstance(path, str) and is_url(path):
        storage = _remote(path)
        return storage_sha256(storage), storage.size
    digest = hashlib.sha256()
    size = 0
    buffer = bytearray(1 << 20)
    view = memoryview(buffer)
    with open(path, "rb", buffering=0, opener=_regular) as file:
        while n := file.readinto(buffer):
            digest.update(view[:n])
            size += n
    return digest.hexdigest(), size


def _regular(path: str, flags: int) -> int:
    """Open a regular file, and nothing else: opening a pipe waits for who writes into it."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return descriptor


def _remote(url: str) -> Storage:
    from cytogate.fcs.limits import LIMITS
    from cytogate.fcs.storage.remote import open_remote

    return open_remote(url, LIMITS)


def _remote_state(url: str) -> State:
    """Return size, and a number that changes with what the server says of a file: its time or its version."""
    from cytogate.fcs.limits import LIMITS
    from cytogate.fcs.storage.filesystems import RemotePlace

    facts = RemotePlace(url, LIMITS.max_request_seconds).facts()
    marks = hashlib.sha256(repr(facts.marks).encode(errors="replace")).hexdigest()
    return facts.size or 0, int(marks[:15], 16) if facts.marks else UNKNOWN, 0


def folder_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder, and one of each folder that lies in one of its folders.

    A study has few tables and many pictures: those of a sample, ``previews/<sample>/``, have one hash
    together, that of the lines "name, hash" of its files in order.
    """
    found = {}
    for place in entries_of(folder):
        if place.is_file():
            found[place.name] = hash_file(place.path)[0]
        elif place.is_dir():
            found |= {
                f"{place.name}/{inner.name}": hash_file(inner.path)[0]
                if inner.is_file()
                else hash_folder(inner.path)
                for inner in entries_of(place.path)
            }
    return found


def entries_of(folder: str | Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name."""
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def hash_folder(folder: str | Path, names: Iterable[str] | None = None) -> str:
    """Return one SHA-256 of names and bytes of files in a folder: of all, or of those of `names`."""
    wanted = None if names is None else set(names)
    digest = hashlib.sha256()
    for place in entries_of(folder):
        if (wanted is None or place.name in wanted) and place.is_file():
            digest.update(f"{place.name}\0{hash_file(place.path)[0]}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
