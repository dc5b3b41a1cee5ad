"""Remote file: ranges of bytes from an fsspec file system, with a few blocks read ahead."""

from __future__ import annotations

import hashlib
import io
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from cytogate.errors import FcsError
from cytogate.fcs.storage.faults import changed, short, too_large
from cytogate.fcs.storage.filesystems import Facts, RemotePlace, Stream
from cytogate.fcs.storage.memory import MemoryFile
from cytogate.fcs.storage.urls import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from numpy.typing import NDArray

    from cytogate.fcs.limits import Limits

HEAD_BYTES = 2**18  # fetched at once: HEADER and TEXT of nearly every file
BLOCK_BYTES = 2**22  # fetched around a smaller stretch; requests cost more than bytes
_BLOCKS_KEPT = 32  # of all files of a process together: 128 MB
_DIRECT_BYTES = 2**24  # of a larger stretch, in one request


class _Blocks:
    """The blocks that were fetched last, of all files of this process: a run reads each file many times.

    A file is opened again only where it is what it was, so its blocks hold from one handle to the next.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._blocks: dict[tuple[object, int], Future[bytes]] = {}  # those used last are at the end
        self._lock = threading.Lock()

    def get(self, owner: object, number: int, fetch: Callable[[], bytes]) -> bytes:
        """Return a block; of threads that want the same one, the first fetches it."""
        key = (owner, number)
        with self._lock:
            block = self._blocks.pop(key, None)
            is_mine = block is None
            if block is None:
                block = Future()
                while len(self._blocks) >= self._most:
                    del self._blocks[next(iter(self._blocks))]
            self._blocks[key] = block
        if is_mine:
            try:
                block.set_result(fetch())
            except BaseException as error:  # the others must not wait for ever
                self._forget(key, block)
                block.set_exception(error)
                raise
        return block.result()

    def _forget(self, key: tuple[object, int], block: Future[bytes]) -> None:
        with self._lock:
            if self._blocks.get(key) is block:
                del self._blocks[key]


_BLOCKS = _Blocks(_BLOCKS_KEPT)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file behind a URL, as it was when it was first opened."""

    url: str = field(repr=False)
    path: str
    size: int
    first: bytes
    facts: Facts = field(repr=False)
    max_seconds: float = field(repr=False)
    # What was fetched to know the file; the first handle has it, later ones must ask whether it still holds.
    _head: list[bytes] = field(repr=False, compare=False, default_factory=list)
    owner: object = field(repr=False, compare=False, default_factory=object)  # of its blocks

    @property
    def sha256(self) -> None:
        """Not known before the file is read."""
        return

    def open(self) -> RemoteHandle:
        """Open the file again; refuse it when it has changed since."""
        if self._head:
            return RemoteHandle(self, self._head.pop())
        handle = RemoteHandle(self, b"")
        handle.check()
        return handle


class RemoteHandle:
    """Reads a remote file; several threads may share one."""

    def __init__(self, file: RemoteFile, head: bytes) -> None:
        self._file = file
        self._head = np.frombuffer(head, np.uint8)
        self._place: RemotePlace | None = None
        self._has_fetched = False
        self._lock = threading.Lock()

    def check(self) -> None:
        """Refuse a file that is not what it was.

        Raises
        ------
        FcsError
            ``changed-while-reading``, or what keeps the server from answering.
        """
        now, then = self._remote().facts(), self._file.facts
        if now != then:
            found = f"{now.size} bytes, {_words(now)}"
            expected = f"the file as it was opened: {then.size} bytes, {_words(then)}"
            raise changed(self._file.path, None, found, expected)

    def read_into(self, offset: int, view: NDArray[np.uint8]) -> None:
        """Fill `view` with the bytes from `offset`."""
        end = offset + len(view)
        if end > self._file.size:
            raise short(self._file.path, offset, len(view), self._file.size)
        if end <= len(self._head):
            view[:] = self._head[offset:end]
            return
        if len(view) >= BLOCK_BYTES:
            for start in range(offset, end, _DIRECT_BYTES):
                piece = self._fetch(start, min(start + _DIRECT_BYTES, end))
                view[start - offset : start - offset + len(piece)] = np.frombuffer(piece, np.uint8)
            return
        for number in range(offset // BLOCK_BYTES, -(-end // BLOCK_BYTES)):
            first = number * BLOCK_BYTES
            block = np.frombuffer(self._block(number), np.uint8)
            begin, stop = max(offset, first), min(end, first + len(block))
            view[begin - offset : stop - offset] = block[begin - first : stop - first]

    def _block(self, number: int) -> bytes:
        start = number * BLOCK_BYTES
        end = min(start + BLOCK_BYTES, self._file.size)
        return _BLOCKS.get(self._file.owner, number, lambda: self._fetch(start, end))

    def _fetch(self, start: int, end: int) -> bytes:
        self._has_fetched = True
        piece = self._remote().read(start, end)
        if len(piece) < end - start:
            raise short(self._file.path, start, end - start, start + len(piece))
        if len(piece) > end - start:
            found = f"{len(piece)} bytes for the range from {start} to {end}"
            fix = "The server gives whole files only now; try again."
            raise FcsError(
                "network-failed", self._file.path, "file", start, found, f"{end - start} bytes", fix=fix
            )
        return piece

    def _remote(self) -> RemotePlace:
        with self._lock:
            if self._place is None:
                self._place = RemotePlace(self._file.url, self._file.max_seconds)
            return self._place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._has_fetched and kind is None:
            self.check()


def open_remote(url: str, limits: Limits) -> RemoteFile | MemoryFile:
    """Return the storage of a file behind a URL; one of a server that gives whole files only is fetched now.

    Raises
    ------
    FcsError
        When there is no such file, or it cannot be read.
    """
    name = shown(url)
    place = RemotePlace(url, limits.max_request_seconds)
    facts = place.facts()
    head, stream = place.begin(HEAD_BYTES, facts.size)
    if stream is not None:
        with stream:
            return _fetched(name, stream, facts.size, limits)
    size = facts.size or 0
    if len(head) != min(HEAD_BYTES, size):
        raise short(name, 0, min(HEAD_BYTES, size), len(head))
    return RemoteFile(url, name, size, head[:2], facts, limits.max_request_seconds, [head])


def _fetched(name: str, pieces: Stream, size: int | None, limits: Limits) -> MemoryFile:
    """Read a stream to its end, within the limit."""
    if size is not None and size > limits.max_unpacked_bytes:
        raise too_large(name, f"{size} bytes of a server that gives whole files only", limits)
    content, digest = io.BytesIO(), hashlib.sha256()
    for piece in pieces:
        content.write(piece)
        digest.update(piece)
        if content.tell() > limits.max_unpacked_bytes:
            raise too_large(name, f"more than {limits.max_unpacked_bytes} bytes", limits)
    if size is not None and content.tell() != size:
        raise changed(name, content.tell(), f"{content.tell()} bytes", f"{size} bytes, as the server said")
    return MemoryFile(name, content.getvalue(), content.tell(), digest.hexdigest())


def _words(facts: Facts) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.marks) or "no mark of its content"
