"""The operating system behind one door: processors, processes, and files that are whole or not there."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOWS = sys.platform == "win32"
_WATCH = 0.5  # seconds
_PIPE = 1 << 18  # bytes; the system grants a user 256 pipes of this width


def usable_cpus() -> int:
    """Return how many processors this process may use (a batch system may grant fewer than there are)."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def cap_address_space(more: int) -> bool:
    """Let this process have `more` bytes of address space beyond what it has; return whether that holds.

    Only Linux keeps to it. An allocation beyond is a `MemoryError`.
    """
    try:
        import resource

        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = held + more if hard == resource.RLIM_INFINITY else min(held + more, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (ImportError, OSError, ValueError):
        return False
    return True


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process has held; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss of a child would begin at the peak of its parent
        text = status.read_text(encoding="ascii", errors="replace")
        kilobytes = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM")]
        if kilobytes:
            return int(kilobytes[0]) * 1024
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def widened(pipe: int) -> int:
    """Make a pipe wide, and return how many bytes it takes before anybody reads; 0 where that is not told."""
    try:
        import fcntl

        with suppress(OSError):  # it stays as it is
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        return int(fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ))
    except (ImportError, AttributeError, OSError):
        return 0


@contextmanager
def write_atomically(target: Path, *, sync_name: bool = True) -> Iterator[BinaryIO]:
    """Lend a new file that takes the place of `target` when the block ends well, and is gone otherwise.

    Readers, and whoever comes after a crash, meet the old file or the whole new one. The permissions of a
    file that is replaced stay as they were. With `sync_name` the new name outlasts a loss of power too; else
    the old file may be back after one.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    draft = target.with_name(f".{target.name[:40]}.{os.urandom(6).hex()}.tmp")
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
    if sync_name:
        sync_folder(target.parent)


def sync_folder(folder: Path | str) -> None:
    """Make the names in a folder durable; Windows has no such call and needs none."""
    if WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def appending(place: Path) -> Iterator[BinaryIO]:
    """Lend a file that is read anywhere and written at its end, to one holder at a time; others wait.

    What was written is durable when the block ends. Where a file system has no locks nobody waits.

    Raises
    ------
    OSError
        The file cannot be opened or written.
    """
    is_new = not place.exists()
    with place.open("ab+", buffering=0) as file:
        _wait_for(file)
        file.seek(0)
        yield file  # closing it ends the lock
        os.fsync(file.fileno())
    if is_new:
        sync_folder(place.parent)


def write_all(handle: int, content: bytes) -> None:
    """Write all bytes: the system may take a part of them at a time.

    Raises
    ------
    OSError
        A part of them may be there.
    """
    while content:
        content = content[os.write(handle, content) :]


def _wait_for(file: BinaryIO) -> None:
    with suppress(OSError):  # no locks there
        if WINDOWS:
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)


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


def end_with_parent() -> None:
    """End this process soon after the one that started it: nobody waits for its work any more."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH)
        os._exit(1)

    if not WINDOWS:  # where a process keeps the number of a parent that is gone
        threading.Thread(target=watch, name="cytogate-parent", daemon=True).start()


@contextmanager
def hold_lock(place: Path) -> Iterator[None]:
    """Hold a lock file that one holder at a time can have, in any process or thread; it is gone afterwards.

    The file names the holder: process and host. On POSIX the system takes the lock from a holder that dies.
    Elsewhere, and on file systems without locks, the file itself is the lock: it stays when its holder dies,
    and is taken over where that can be told.

    Raises
    ------
    BlockingIOError
        Another holds it; ``strerror`` says who.
    OSError
        The file cannot be made.
    """
    own = place
    handle = None if WINDOWS else _locked(place)
    if handle is None:
        own = place if WINDOWS else place.with_name(f"{place.name}.held")
        _made_alone(own)
    try:
        yield
    finally:
        with suppress(OSError):
            own.unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)


def _locked(place: Path) -> int | None:
    """Return the handle of a file that is locked; None where the file system has no locks."""
    import fcntl

    while True:
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(place, handle):  # else the holder before took the file away meanwhile
                os.truncate(handle, 0)
                os.write(handle, _this_process().encode())
                return handle
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
                place.unlink(missing_ok=True)
                return None
            if isinstance(error, BlockingIOError):
                raise BlockingIOError(errno.EWOULDBLOCK, _holder(place)) from error
            raise
        os.close(handle)


def _is_at(place: Path, handle: int) -> bool:
    try:
        return os.path.samestat(place.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _made_alone(place: Path) -> None:
    """Make a file that must not be there, unless its maker is known to be dead."""
    for again in (True, False):
        try:
            with place.open("x", encoding="utf-8") as file:
                file.write(_this_process())
        except FileExistsError as error:
            if not (again and _is_left(place)):
                holder = f"{_holder(place)} (if it is gone, remove {place})"
                raise BlockingIOError(errno.EWOULDBLOCK, holder) from error
            place.unlink(missing_ok=True)
        else:
            return


def _is_left(place: Path) -> bool:
    number, _, host = _text(place).partition(" ")
    return host == _this_host() and number.isdigit() and not process_is_alive(int(number))


def _this_process() -> str:
    return f"{os.getpid()} {_this_host()}"


def _this_host() -> str:
    import socket  # takes its time, and opening a file needs none of it

    return socket.gethostname()


def this_user() -> str:
    """Return who runs this process, as the system knows it: user and host, or the host alone."""
    import getpass

    try:
        return f"{getpass.getuser()}@{_this_host()}"
    except (OSError, KeyError, ImportError):  # a container may run under a number without a name
        return f"@{_this_host()}"


def _holder(place: Path) -> str:
    number, _, host = _text(place).partition(" ")
    return f"process {number} on {host}" if host else "another process"


def _text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
