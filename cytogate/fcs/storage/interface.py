"""Interface: what every storage and every handle can do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

CHUNK_BYTES = 2**20


class Handle(Protocol):
    """Positioned reads; a context manager; several threads may share one."""

    def read_into(self, offset: int, view: NDArray[np.uint8]) -> None:
        """Fill `view` with the bytes from `offset`, all of them or `FcsError`."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Storage(Protocol):
    """Bytes of known size that can be opened again and again."""

    @property
    def path(self) -> str:
        """The file as it may be shown: a URL without its secrets."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    @property
    def first(self) -> bytes:
        """The first bytes, enough to tell a gzip file."""

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the file as it lies in its place, where that is known already."""

    def open(self) -> Handle:
        """Return a handle, to be used in a with statement."""


def chunks(storage: Storage) -> Iterator[memoryview]:
    """Yield all bytes of a storage in order, in one buffer that is used again."""
    buffer = np.empty(min(CHUNK_BYTES, storage.size), np.uint8)
    with storage.open() as handle:
        for start in range(0, storage.size, CHUNK_BYTES):
            chunk = buffer[: min(CHUNK_BYTES, storage.size - start)]
            handle.read_into(start, chunk)
            yield chunk.data


def storage_sha256(storage: Storage) -> str:
    """Return the SHA-256 of a file as it lies on disk (or behind its URL), compressed or not.

    Raises
    ------
    FcsError
        When the file changed since it was opened.
    """
    if storage.sha256 is not None:
        return storage.sha256
    digest = hashlib.sha256()
    for chunk in chunks(storage):
        digest.update(chunk)
    return digest.hexdigest()
