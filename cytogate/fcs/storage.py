"""Storage: where the bytes of a file come from, and that they stay the same while they are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import threading
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from cytogate.errors import FcsError
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.sniff import looks_like

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

_CHUNK = 2**20
_GZIP_MAGIC = b"\x1f\x8b"


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
    def size(self) -> int:
        """Number of bytes."""

    def open(self) -> Handle:
        """Return a handle, to be used in a with statement."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A regular file, as it was when it was first opened."""

    path: str
    size: int
    modified_ns: int

    def open(self) -> Handle:
        """Open the file again; refuse it when it has changed since."""
        handle = _LocalHandle(self)
        try:
            handle.check()
        except FcsError:
            handle.close()
            raise
        return handle


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """A file that was fetched or unpacked into memory."""

    path: str
    content: bytes = field(repr=False)
    sha256: str  # of the file as it was fetched, before it was unpacked

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.content)

    def open(self) -> Handle:
        """Return a handle on the bytes."""
        return _MemoryHandle(self)


class _LocalHandle:
    def __init__(self, file: LocalFile) -> None:
        self._file = file
        self._descriptor = _open_descriptor(file.path)
        self._lock = threading.Lock()

    def check(self) -> None:
        """Refuse a file whose size or time of change is not what it was."""
        status = os.fstat(self._descriptor)
        if (status.st_size, status.st_mtime_ns) != (self._file.size, self._file.modified_ns):
            found = f"{status.st_size} bytes, changed at {status.st_mtime_ns} ns"
            expected = (
                f"the file as it was opened: {self._file.size} bytes, changed at {self._file.modified_ns} ns"
            )
            raise _changed(self._file.path, None, found, expected)

    def read_into(self, offset: int, view: NDArray[np.uint8]) -> None:
        done = 0
        while done < len(view):
            got = self._read(offset + done, view[done : done + 2**30].data)
            if got == 0:
                found = f"the end of the file at byte {offset + done}"
                raise _changed(self._file.path, offset + done, found, f"{len(view)} bytes from {offset}")
            done += got

    def _read(self, offset: int, view: memoryview) -> int:
        try:
            if hasattr(os, "preadv"):
                return os.preadv(self._descriptor, [view], offset)
            with self._lock:  # no positioned reads on this system
                os.lseek(self._descriptor, offset, os.SEEK_SET)
                chunk = os.read(self._descriptor, len(view))
        except OSError as error:
            raise _unreadable(self._file.path, error) from error
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            self.close()


class _MemoryHandle:
    def __init__(self, file: MemoryFile) -> None:
        self._file = file
        self._bytes = np.frombuffer(file.content, np.uint8)

    def read_into(self, offset: int, view: NDArray[np.uint8]) -> None:
        if offset + len(view) > len(self._bytes):
            raise _changed(self._file.path, offset, f"{len(self._bytes)} bytes", f"{len(view)} from {offset}")
        view[:] = self._bytes[offset : offset + len(view)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def open_storage(path: str | os.PathLike[str], limits: Limits = LIMITS) -> LocalFile | MemoryFile:
    """Return the storage of a local file, a gzip-compressed one, or an fsspec URL.

    Raises
    ------
    FcsError
        When there is no such file, it is not a regular file, or it cannot be read or unpacked.
    """
    name = os.fspath(path)
    if not isinstance(name, str):
        raise FcsError("path-not-text", repr(name), "file", None, type(name).__name__, "a path as text")
    if "\0" in name:
        raise FcsError(
            "file-missing", repr(name), "file", None, "a name with a NUL byte", "the name of a file"
        )
    if "://" in name:
        return _fetch(name, limits)
    descriptor = _open_descriptor(name)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        try:
            magic = stream.read(2)
            if magic == _GZIP_MAGIC:
                stream.seek(0)
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                stream.seek(0)
                return MemoryFile(name, _unpack(stream, name, limits), digest)
        except OSError as error:
            raise _unreadable(name, error) from error
    return LocalFile(name, status.st_size, status.st_mtime_ns)


def storage_sha256(storage: Storage) -> str:
    """Return the SHA-256 of a file as it lies on disk (or behind its URL), compressed or not."""
    if isinstance(storage, MemoryFile):
        return storage.sha256
    digest = hashlib.sha256()
    buffer = np.empty(_CHUNK, np.uint8)
    with storage.open() as handle:
        for start in range(0, storage.size, _CHUNK):
            chunk = buffer[: min(_CHUNK, storage.size - start)]
            handle.read_into(start, chunk)
            digest.update(chunk.data)
    return digest.hexdigest()


def _open_descriptor(name: str) -> int:
    flags = (
        os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    )
    try:
        if Path(name).is_dir():
            raise FcsError("file-not-regular", name, "file", None, "a folder", "an FCS file")
        descriptor = os.open(name, flags)
    except FileNotFoundError as error:
        fix = "Check the name and the folder."
        raise FcsError("file-missing", name, "file", None, "nothing", "an FCS file", fix=fix) from error
    except OSError as error:
        raise _unreadable(name, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FcsError("file-not-regular", name, "file", None, "a pipe, device or socket", "a regular file")
    return descriptor


def _unreadable(name: str, error: OSError) -> FcsError:
    return FcsError(
        "file-unreadable", name, "file", None, error.strerror or str(error), "a file that can be read"
    )


def _changed(name: str, offset: int | None, found: str, expected: str) -> FcsError:
    fix = "The file changed while it was read; read it again when it is complete."
    return FcsError("changed-while-reading", name, "file", offset, found, expected, fix=fix)


def _fetch(url: str, limits: Limits) -> MemoryFile:
    packed = _fetch_bytes(url, limits)
    digest = hashlib.sha256(packed).hexdigest()
    if packed[:2] == _GZIP_MAGIC:
        return MemoryFile(url, _unpack(io.BytesIO(packed), url, limits), digest)
    return MemoryFile(url, packed, digest)


def _fetch_bytes(url: str, limits: Limits) -> bytes:
    import fsspec

    try:
        with fsspec.open(url, "rb") as stream:
            content: bytes = stream.read(limits.max_unpacked_bytes + 1)
    except FileNotFoundError as error:
        raise FcsError(
            "file-missing", url, "file", None, "nothing", "an FCS file", fix="Check the URL."
        ) from error
    except (OSError, ValueError, ImportError) as error:
        raise FcsError("file-unreadable", url, "file", None, str(error), "a URL that can be read") from error
    if len(content) > limits.max_unpacked_bytes:
        raise _too_large(url, limits)
    return content


def _unpack(stream: Any, name: str, limits: Limits) -> bytes:
    """Unpack a gzip stream, but stop after the first bytes when it is not FCS, and at the limit."""
    parts, total = [], 0
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
            first = unpacked.read(64)
            if not first.startswith(b"FCS"):
                found = f"compressed data; unpacked {looks_like(first)}"
                raise FcsError("not-fcs", name, "HEADER", 0, found, "'FCS' at the beginning of the file")
            parts.append(first)
            while chunk := unpacked.read(_CHUNK):
                parts.append(chunk)
                total += len(chunk)
                if total > limits.max_unpacked_bytes:
                    raise _too_large(name, limits)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        fix = "The file is cut short or damaged. Copy it again from the instrument."
        raise FcsError(
            "gzip-damaged", name, "file", None, str(error), "a complete gzip file", fix=fix
        ) from error
    return b"".join(parts)


def _too_large(name: str, limits: Limits) -> FcsError:
    found = f"more than {limits.max_unpacked_bytes} bytes"
    return FcsError(
        "file-too-large", name, "file", None, found, "at most limits.max_unpacked_bytes in memory"
    )
