"""Local file: positioned reads of a regular file, compared with what it was when it was opened."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cytogate.errors import FcsError
from cytogate.fcs.storage.faults import changed, short, unreadable

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

_MOST_AT_ONCE = 2**30  # systems read less than 2**31 bytes in one call
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A regular file, as it was when it was first opened."""

    path: str
    size: int
    modified_ns: int
    changed_ns: int  # the system's own mark; changes with names and permissions, too
    node: int
    first: bytes

    @property
    def sha256(self) -> None:
        """Not known before the file is read."""
        return

    def open(self) -> LocalHandle:
        """Open the file again; refuse it when it has changed since."""
        handle = LocalHandle(self)
        try:
            handle.check()
        except FcsError:
            handle.close()
            raise
        return handle

    def is_still(self, status: os.stat_result) -> bool:
        """Say whether a file is the same one, unchanged.

        Another node alone is no sign, as some network file systems number files anew; with another mark of
        the system it is a file that took the place of this one.
        """
        if (status.st_size, status.st_mtime_ns) != (self.size, self.modified_ns):
            return False
        return status.st_ino == self.node or status.st_ctime_ns == self.changed_ns


class LocalHandle:
    """Reads a local file; several threads may share one."""

    def __init__(self, file: LocalFile) -> None:
        self._file = file
        self._descriptor = _open_descriptor(file.path)
        self._lock = threading.Lock()

    def check(self) -> None:
        """Refuse a file that is not what it was.

        Raises
        ------
        FcsError
            ``changed-while-reading``.
        """
        file = self._file
        status = os.fstat(self._descriptor)
        if not file.is_still(status):
            found = f"{status.st_size} bytes, changed at {status.st_mtime_ns} ns"
            if (status.st_size, status.st_mtime_ns) == (file.size, file.modified_ns):
                found = "another file in its place"
            expected = f"the file as it was opened: {file.size} bytes, changed at {file.modified_ns} ns"
            raise changed(file.path, None, found, expected)

    def read_into(self, offset: int, view: NDArray[np.uint8]) -> None:
        """Fill `view` with the bytes from `offset`."""
        done = 0
        while done < len(view):
            got = self._read(offset + done, view[done : done + _MOST_AT_ONCE].data)
            if got == 0:
                raise short(self._file.path, offset, len(view), offset + done)
            done += got

    def _read(self, offset: int, view: memoryview) -> int:
        try:
            if hasattr(os, "preadv"):
                return os.preadv(self._descriptor, [view], offset)
            with self._lock:  # no positioned reads on this system
                os.lseek(self._descriptor, offset, os.SEEK_SET)
                chunk = os.read(self._descriptor, len(view))
        except OSError as error:
            raise unreadable(self._file.path, error) from error
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # What cannot be read in a file that changed meanwhile is no fault of its writer.
            if kind is None or (isinstance(error, FcsError) and error.code != "changed-while-reading"):
                self.check()
        finally:
            self.close()


def open_local(name: str) -> LocalFile:
    """Return the storage of a file of this machine.

    Raises
    ------
    FcsError
        When there is no such file, it is not a regular file, or it cannot be read.
    """
    with os.fdopen(_open_descriptor(name), "rb", buffering=0) as stream:
        status = os.fstat(stream.fileno())
        try:
            first = stream.read(2) or b""
        except OSError as error:
            raise unreadable(name, error) from error
    return LocalFile(name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, first)


def _open_descriptor(name: str) -> int:
    """Open a regular file; look at it first, as opening a pipe would wait and opening a device may act."""
    flags = os.O_RDONLY
    for more in ("O_BINARY", "O_NONBLOCK", "O_CLOEXEC"):  # not all of them on every system
        flags |= getattr(os, more, 0)
    try:
        _check_regular(name, os.stat(name))  # noqa: PTH116 - text that is no path to pathlib stays text
        descriptor = os.open(name, flags)
    except (FileNotFoundError, UnicodeEncodeError) as error:
        raise _missing(name) from error
    except OSError as error:
        raise unreadable(name, error) from error
    try:
        _check_regular(name, os.fstat(descriptor))
    except FcsError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(name: str, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kind = next((words for is_kind, words in _KINDS if is_kind(status.st_mode)), "no regular file")
    fix = "Name the files in it." if kind == "a folder" else ""
    raise FcsError("file-not-regular", name, "file", None, kind, "an FCS file", fix=fix)


def _missing(name: str) -> FcsError:
    found, fix = "nothing", "Check the name and the folder."
    if not name:
        found, fix = "an empty name", "Name a file."
    elif os.path.islink(name):  # noqa: PTH114
        found, fix = "a link to a file that is not there", "Mount or restore what the link points to."
    elif name.partition(":/")[0].isalnum() and ":/" in name and len(name.partition(":/")[0]) > 1:
        fix = "Give a URL as text: a path object takes one of its slashes away."
    return FcsError("file-missing", name, "file", None, found, "an FCS file", fix=fix)
