"""Memory file: bytes that were fetched or unpacked, and do not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from cytogate.errors import FcsError
from cytogate.fcs.storage.faults import short

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """A file that was fetched or unpacked into memory.

    Attributes
    ----------
    path : str
        The file, as it may be shown.
    content : bytes
        Its first bytes: all that HEADER and TEXT name.
    size : int
        How many bytes there are in all; more than `content` has where nothing names the others.
    sha256 : str
        Of the file as it lies in its place, before it was unpacked.
    """

    path: str
    content: bytes = field(repr=False)
    size: int
    sha256: str

    @property
    def first(self) -> bytes:
        """The first bytes."""
        return self.content[:2]

    def open(self) -> MemoryHandle:
        """Return a handle on the bytes."""
        return MemoryHandle(self)


class MemoryHandle:
    """Reads bytes in memory."""

    def __init__(self, file: MemoryFile) -> None:
        self._file = file
        self._bytes = np.frombuffer(file.content, np.uint8)

    def read_into(self, offset: int, view: NDArray[np.uint8]) -> None:
        """Fill `view` with the bytes from `offset`."""
        name, end = self._file.path, offset + len(view)
        if end > self._file.size:
            raise short(name, offset, len(view), self._file.size)
        if end > len(self._bytes):
            found = f"{len(view)} bytes from {offset} on"
            expected = f"the first {len(self._bytes)} bytes, which hold all segments that it names"
            fix = "Unpack the file first."
            raise FcsError("not-unpacked", name, "file", offset, found, expected, fix=fix)
        view[:] = self._bytes[offset:end]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
