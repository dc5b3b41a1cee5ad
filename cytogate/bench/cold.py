"""Cold runs: the file not in memory, and a process that has nothing imported yet."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING, Any

from cytogate.bench.clock import Job, in_turns, spread
from cytogate.bench.fresh import in_fresh_process
from cytogate.bench.work import count_tubes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.bench.inputs import Tube

STATES = {
    "warm": "the file in memory, the process has gated it before",
    "file dropped": "the file was given back to the disk, the process has gated it before",
    "fresh process": "the file in memory; from the start of a Python process to its counts",
    "fresh process, file dropped": "the file was given back to the disk; from the start of a Python process",
}
_PROBES = 16


def cold_runs(
    tubes: Sequence[Tube], threads: int, repeat: int, step: Callable[[str], None]
) -> dict[str, Any]:
    """Time the whole job warm and cold, in turns.

    The page cache cannot be emptied without root; ``posix_fadvise(DONTNEED)`` asks the system to drop one
    file, and whether it did is looked at.

    Returns
    -------
    dict
        ``dropped`` (True, False, or None where it cannot be told) and ``runs``, one entry a state. Where the
        system has no such call the dropped states are missing.
    """
    paths = [tube.path for tube in tubes]
    warm = Job("warm", lambda _: count_tubes(tubes, threads))
    fresh = Job("fresh process", lambda _: in_fresh_process(_count, tuple(tubes), threads)[1])
    jobs = [warm, fresh]
    looked: list[bool | None] = []
    if hasattr(os, "posix_fadvise"):

        def drop() -> None:
            looked.append(drop_from_memory(paths))

        jobs += [
            Job("file dropped", warm.run, drop),
            Job("fresh process, file dropped", fresh.run, drop),
        ]
    times = in_turns(jobs, repeat, step)
    runs = [
        {"state": name, "what": STATES[name], "threads": threads, **spread(times[name].seconds)}
        for name in STATES
        if name in times
    ]
    inside = list(times["fresh process"].answers)
    return {"dropped": _all(looked), "runs": runs, "in_fresh_process": spread(inside)}


def _count(tubes: Sequence[Tube], threads: int) -> float:
    """Return the seconds of the job itself, its first in this process."""
    start = time.perf_counter()
    count_tubes(tubes, threads)
    return time.perf_counter() - start


def _all(looked: Sequence[bool | None]) -> bool | None:
    return None if not looked or None in looked else all(looked)


def drop_from_memory(paths: Sequence[str]) -> bool | None:
    """Ask the system to drop files from memory; return whether it did, None where it cannot be told."""
    gone: list[bool | None] = []
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # what waits to be written cannot be dropped
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            gone.append(_is_dropped(descriptor))
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # looking may have read some
        finally:
            os.close(descriptor)
    return _all(gone)


def _is_dropped(descriptor: int) -> bool | None:
    """Return whether places all over the file would have to wait for the disk."""
    flag = getattr(os, "RWF_NOWAIT", None)
    if flag is None or not hasattr(os, "preadv"):
        return None
    size = os.fstat(descriptor).st_size
    for probe in range(_PROBES):
        try:
            os.preadv(descriptor, [bytearray(1)], probe * size // _PROBES, flag)
        except BlockingIOError:
            continue
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EINVAL):
                return None  # this file system cannot tell
            raise
        return False
    return True
