"""Machine code on disk: a checked file for each kernel and signature, made by one process for all."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import pickle
import secrets
import sys
import time
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba.core import compiler, runtime, sigutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.serialize import dumps

from cytogate.platform import hold_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

LOOK_AGAIN = 0.05  # seconds between looks at the work of another process
PATIENCE = 120.0  # seconds; then a process compiles for itself: the other may hang, or be gone unseen
KEPT = 30 * 86400  # seconds
DIGEST = hashlib.sha256().digest_size

# What else changes the code that numba makes, and numba's own cache forgets: checks of bounds, and Intel's
# mathematical functions where they are installed.
SETTINGS = ("BOUNDSCHECK", "LOOP_VECTORIZE", "OPT", "SLP_VECTORIZE", "USING_SVML")


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
        with global_compiler_lock, turn, _no_collection():
            return super().compile(sig)


class Part(Kernel):
    """A kernel that other kernels call: the code by which Python would call it, a seventh, is left out."""

    options: ClassVar[dict[str, bool]] = {"no_cpython_wrapper": True}

    def __call__(self, *arguments: Any) -> Any:
        """Call it from Python all the same, as tests do: a whole kernel is compiled for this process."""
        return self._whole(*arguments)

    @cached_property
    def _whole(self) -> Kernel:
        return Kernel(self.py_func, targetoptions={**self.targetoptions, "no_cpython_wrapper": False})


@contextmanager
def _no_collection() -> Iterator[None]:
    """Put Python's garbage collector off: a tenth of the time of compiling is its search in vain."""
    works = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if works:
            gc.enable()


class KernelCache:
    """What numba asks of the cache of one function: load and save the code of one signature.

    numba's own cache names files in an index that two processes may overwrite, trusts what it reads, and sets
    up the whole compiler (scipy included) before it loads. Here the name of a file says all that its code
    depends on, a checksum shows damage (the file is then made anew), and loading needs no compiler: what the
    code calls outside itself is kept with it and looked up first, since LLVM ends the process where it misses
    one. Where anything goes wrong with a file, or numba has changed within, the kernel is compiled as always.

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
        versions = (numba.__version__, llvmlite.__version__, np.__version__, sys.implementation.cache_tag)
        settings = [str(vars(numba.config).get(name)) for name in SETTINGS]
        self._state = _digest(stamp, machine, versions, settings)
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
        """Return compiled code from disk; None where there is none that is whole and can be used."""
        for folder in self._loads:
            compiled = _load(folder / self._file(sig), target_context)
            if compiled is not None:
                return compiled
        log.info("compiling %s", self._name)
        return None

    def save_overload(self, sig: Any, compiled: Any) -> None:
        """Keep compiled code on disk; where that fails, this process goes on without."""
        if self._saves is None:
            return
        try:
            if not (compiled.lifted or compiled.library.has_dynamic_globals):
                _write(self._saves / self._file(sig), dumps((_outside(compiled.library), compiled._reduce())))
                self._remove_old(self._saves)
        except OSError as error:
            _warn_once(f"compiled kernels cannot be kept in {self._saves}: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001  # of numba, which may have changed within
            _warn_once(f"compiled kernels cannot be kept: {error!r}")

    @contextmanager
    def turn(self, sig: Any) -> Iterator[None]:
        """Wait until the code is on disk or this process may compile it; others wait meanwhile.

        The lock of a process that died does not count. Where a folder can hold no lock, nobody waits.
        """
        end = time.monotonic() + PATIENCE
        with ExitStack() as turn:
            while not (self._saves is None or _Turn.held or self._on_disk(sig) or time.monotonic() > end):
                try:
                    turn.enter_context(hold_lock(self._saves / f"cytogate-{self._state}.lock"))
                    turn.enter_context(_Turn())
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
        for pattern in (
            f"{self._name}.*.nbc",
            f".{self._name}.*.tmp",
        ):  # drafts, of processes that were killed
            for file in folder.glob(pattern):
                with suppress(FileNotFoundError):  # another process removes it too
                    if time.time() - file.stat().st_mtime > KEPT:
                        file.unlink()


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


def _load(file: Path, target_context: Any) -> Any:  # what numba makes of a compilation
    """Return the compiled code that a file holds; None where there is none, or it cannot be used here."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
        log.warning("%s is damaged: the kernel is compiled anew.", file)
        return None
    try:
        outside, reduced = pickle.loads(content[DIGEST:])
        memory: Any = vars(runtime)["rtsys"]  # numba's types do not tell it
        memory.initialize(target_context)  # machine code may call numba's memory functions
        missing = [name for name in outside if binding.address_of_symbol(name) is None]
        if missing:
            log.warning("%s needs %s, which is not here: the kernel is compiled anew.", file, missing[0])
            return None
        result: Any = compiler.CompileResult
        return result._rebuild(target_context, *reduced)
    except Exception as error:  # noqa: BLE001  # of numba, which may have changed within
        log.warning("%s cannot be used: %r; the kernel is compiled anew.", file, error)
        return None


def _outside(library: Any) -> tuple[str, ...]:
    """Return the names of functions and variables that machine code uses and does not hold."""
    module = library._final_module
    names = [
        thing.name
        for things in (module.functions, module.global_variables)
        for thing in things
        if thing.is_declaration
    ]
    return tuple(sorted(name for name in names if not name.startswith("llvm.")))


@cache
def _warn_once(message: str) -> None:
    log.warning("%s", message)


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
