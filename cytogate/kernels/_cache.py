"""Machine code on disk: a checked file for each kernel and signature, made by one process for all."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import secrets
import sys
import time
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import llvmlite
import numba
from numba.core import compiler, runtime, sigutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.serialize import dumps

from cytogate.platform import hold_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# numba's types do not tell all that its own cache uses
_CompileResult: Any = compiler.CompileResult
_runtime: Any = vars(runtime)["rtsys"]

log = logging.getLogger(__name__)

LOOK_AGAIN = 0.05  # seconds between looks at the work of another process
PATIENCE = 120.0  # seconds; then a process compiles for itself: the other may hang, or be gone unseen
KEPT = 30 * 86400  # seconds
DIGEST = hashlib.sha256().digest_size


class Kernel(CPUDispatcher):
    """A compiled function; one whose machine code is kept on disk is compiled by one process at a time."""

    options: ClassVar[dict[str, bool]] = {}

    def keep_on_disk(self, stamp: str) -> None:
        """Keep machine code in files; `stamp` tells the sources of all kernels from other states of them."""
        context: Any = self.targetctx
        self._cache = KernelCache(self.py_func, stamp, context.codegen().magic_tuple())

    def compile(self, sig: Any) -> Any:
        """Load the machine code for a signature, or compile it when it is this process's turn."""
        turn = self._cache.turn(sig) if isinstance(self._cache, KernelCache) else nullcontext()
        with global_compiler_lock, turn:
            return super().compile(sig)


class Part(Kernel):
    """A kernel that only other kernels call: the code by which Python would call it is left out."""

    options: ClassVar[dict[str, bool]] = {"no_cpython_wrapper": True}

    def __call__(self, *_: Any) -> NoReturn:
        """Refuse: there is no code for this."""
        name = self.py_func.__name__
        message = f"{name} is compiled for other kernels alone; to call it from Python, name it without '_'."
        raise TypeError(message)


class KernelCache:
    """What numba asks of the cache of one function: load and save the code of one signature.

    numba's own cache names files in an index that two processes may overwrite, trusts what it reads, and sets
    up the whole compiler (scipy included) before it loads. Here the name of a file says all that its code
    depends on, a checksum shows damage (the file is then made anew), and loading needs no compiler.

    Parameters
    ----------
    function : callable
        The kernel in Python.
    stamp : str
        Hash of the sources of all kernels: machine code holds the code of the kernels that it calls.
    machine : tuple
        What numba says of the processor.
    """

    def __init__(self, function: Callable[..., Any], stamp: str, machine: tuple[object, ...]) -> None:
        code = function.__code__
        self._name = function.__qualname__
        self._code = (code.co_firstlineno, code.co_code, code.co_names)
        self._state = _digest(
            stamp, machine, numba.__version__, llvmlite.__version__, sys.implementation.cache_tag
        )
        self._loads, self._saves = folders(code.co_filename)

    @property
    def cache_path(self) -> str | None:
        """The folder where new machine code goes; None where none can be written."""
        return None if self._saves is None else str(self._saves)

    @property
    def is_filled(self) -> bool:
        """Whether code of this function for this machine waits on disk, for any signature."""
        pattern = f"{self._name}.{self._state}.*.nbc"
        return any(next(folder.glob(pattern), None) is not None for folder in self._loads)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return compiled code from disk; None where there is none that is whole."""
        for folder in self._loads:
            payload = _read(folder / self._file(sig))
            if payload is not None:
                _runtime.initialize(target_context)  # machine code may call numba's memory functions
                return _CompileResult._rebuild(target_context, *payload)
        log.info("compiling %s", self._name)
        return None

    def save_overload(self, sig: Any, compiled: Any) -> None:
        """Keep compiled code on disk; where that fails, this process goes on without."""
        if self._saves is None or compiled.lifted or compiled.library.has_dynamic_globals:
            return
        try:
            _write(self._saves / self._file(sig), dumps(compiled._reduce()))
            self._remove_old(self._saves)
        except OSError as error:
            log.warning("compiled kernels cannot be kept in %s: %s", self._saves, error.strerror or error)

    @contextmanager
    def turn(self, sig: Any) -> Iterator[None]:
        """Wait until the code is on disk or this process may compile it; others wait meanwhile.

        The lock of a process that died does not count. Where a folder can hold no lock, nobody waits.
        """
        end = time.monotonic() + PATIENCE
        while not (self._saves is None or _Turn.held or self._on_disk(sig) or time.monotonic() > end):
            try:
                with hold_lock(self._saves / f"cytogate-{self._state}.lock"), _Turn():
                    yield
                    return
            except BlockingIOError:
                time.sleep(LOOK_AGAIN)
            except OSError:
                break
        yield

    def _on_disk(self, sig: Any) -> bool:
        file = self._file(sig)
        return any((folder / file).is_file() for folder in self._loads)

    def _file(self, sig: Any) -> str:
        arguments = str(sigutils.normalize_signature(sig)[0])
        return f"{self._name}.{self._state}.{_digest(arguments, *self._code)}.nbc"

    def _remove_old(self, folder: Path) -> None:
        """Remove code that is old: an environment that shares the folder may still use what is younger."""
        for file in folder.glob(f"{self._name}.*.*.nbc"):
            if time.time() - file.stat().st_mtime > KEPT:
                file.unlink(missing_ok=True)


class _Turn:
    """The turn of this process: kernels that a kernel calls are compiled in it."""

    held = False  # numba's compiler lock guards it: one thread compiles at a time

    def __enter__(self) -> None:
        _Turn.held = True

    def __exit__(self, *_: object) -> None:
        _Turn.held = False


@cache
def folders(source: str) -> tuple[tuple[Path, ...], Path | None]:
    """Return where code of the kernels in a source file is looked for, and where new code goes.

    The folder that the environment variable NUMBA_CACHE_DIR names, or else ``__pycache__`` beside the source;
    and where that cannot be written the user's cache folder. The first is looked into even where it is
    read-only, so that an installation compiled once serves all its users.
    """
    home = Path(source).parent
    own = f"{home.name}-{_digest(os.fsencode(home))}"
    given = vars(numba.config)["CACHE_DIR"]
    first = Path(given) / own if given else home / "__pycache__"
    users = _user_cache()
    for folder in (first, *((users / "cytogate" / own,) if users else ())):
        if _is_writable(folder):
            return tuple(dict.fromkeys((first, folder))), folder
    return (first,), None


def _user_cache() -> Path | None:
    given = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    if given:
        return Path(given)
    try:
        return Path("~/Library/Caches" if sys.platform == "darwin" else "~/.cache").expanduser()
    except RuntimeError:  # a user without a home
        return None


def _is_writable(folder: Path) -> bool:
    trial = folder / f".{secrets.token_hex(6)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError:
        return False
    return True


def _digest(*things: object) -> str:
    return hashlib.sha256(repr(things).encode()).hexdigest()[:16]


def _read(file: Path) -> Any:  # what numba made of a compilation
    """Return what a file holds, None where there is none or its checksum does not fit."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
        log.warning("%s is damaged: the kernel is compiled anew.", file)
        return None
    return pickle.loads(content[DIGEST:])


def _write(file: Path, content: bytes) -> None:
    """Write a file at once; not made durable, since the checksum shows what a crash leaves half done."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)  # somebody may have cleared the cache
        draft.write_bytes(hashlib.sha256(content).digest() + content)
        draft.replace(file)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
