"""Hashing the files of a study: many at a time, and none twice where its state may be trusted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.study.files.input_files import UNKNOWN, State, file_state, hash_file

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Hashed:
    """The content of a file by its SHA-256, and the state in which it was read."""

    state: State
    sha256: str


def hash_stable(path: str) -> Hashed | None:
    """Return hash and state of a file; None where it cannot be read, or is written to meanwhile."""
    try:
        before = file_state(path)
        sha256, size = hash_file(path)
        return Hashed(before, sha256) if file_state(path) == before and size == before[0] else None
    except (OSError, FcsError):
        return None


def hash_files(
    paths: Mapping[str, str], known: Mapping[str, Hashed], *, trust: bool, threads: int
) -> dict[str, Hashed | None]:
    """Return hash and state of many files, by name.

    Parameters
    ----------
    paths : mapping of name to path
    known : mapping of name to Hashed
        What an earlier run found.
    trust : bool
        Take a hash from `known` where size, time of change and node of the file are as they were then;
        otherwise every file is read.
    threads : int
        Files read at a time.
    """
    found: dict[str, Hashed | None] = {}
    for name, path in paths.items() if trust else ():
        before = known.get(name)
        if before is None or before.state[1] == UNKNOWN:
            continue
        if _state_or_none(path) == before.state:
            found[name] = before
    left = [name for name in paths if name not in found]
    if left:
        pool = ThreadPoolExecutor(threads, thread_name_prefix="cytogate-hash")
        try:
            found.update(zip(left, pool.map(hash_stable, [paths[name] for name in left]), strict=True))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return found


def _state_or_none(path: str) -> State | None:
    try:
        return file_state(path)
    except (OSError, FcsError):
        return None
