"""Files that a run rests on: their hashes, and whether one was written to meanwhile."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cytogate.errors import FcsError

State = tuple[int, int, int]


def file_state(path: str) -> State:
    """Return size, time of change (ns) and node of a file."""
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
    """Return the SHA-256 of a file's bytes, and their number."""
    digest = hashlib.sha256()
    size = 0
    buffer = bytearray(1 << 20)
    view = memoryview(buffer)
    with Path(path).open("rb", buffering=0) as file:
        while n := file.readinto(buffer):
            digest.update(view[:n])
            size += n
    return digest.hexdigest(), size
