"""The operating system behind one door: processors, processes, and files that are whole or not there."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WINDOWS = sys.platform == "win32"


def usable_cpus() -> int:
    """Return how many processors this process may use (a batch system may grant fewer than there are)."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


@contextmanager
def write_atomically(target: Path) -> Iterator[BinaryIO]:
    """Lend a new file that takes the place of `target` when the block ends well, and is gone otherwise.

    Readers, and whoever comes after a crash, meet the old file or the whole new one. The permissions of a
    file that is replaced stay as they were.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    draft = target.with_name(f".{target.name[:40]}.{secrets.token_hex(6)}.tmp")
    try:
        with draft.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows has no such call and needs none."""
    if WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def process_is_alive(number: int) -> bool:
    """Return whether a process of this machine runs under `number`; True where that cannot be told."""
    if WINDOWS:
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
