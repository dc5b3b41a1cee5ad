"""The one place where numba's options are set, for all kernels."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

from cytogate.kernels._cache import Kernel, Part

if TYPE_CHECKING:
    from collections.abc import Callable


_OPTIONS = {
    "nopython": True,
    "nogil": True,
    "fastmath": False,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
}

Function = TypeVar("Function", bound="Callable[..., Any]")


@cache
def sources_digest() -> str:
    """Return a hash over all kernel sources and numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def kernel(function: Function) -> Function:
    """Compile `function` without the interpreter lock and keep the machine code on disk.

    Fast-math stays off: files hold NaN and infinities, and results must be the same everywhere.
    A compiled kernel holds the code of the kernels it calls, but numba's cache looks at its own file only.
    So every cache is stamped with all kernel sources: a change in any of them makes all of them new.
    """
    return _compiled(Kernel, function, kept=True)


def part(function: Function) -> Function:
    """Compile `function` for other kernels: as `kernel`, in less time, and slow to be called from Python."""
    return _compiled(Part, function, kept=True)


def inlined(function: Function) -> Function:
    """Compile a `part` into every kernel that calls it, so that loops may treat several values at once."""
    return _compiled(Part, function, kept=False, forceinline=True)


def _compiled(kind: type[Kernel], function: Function, *, kept: bool, **options: bool) -> Function:
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # plain Python, for tests that look inside
        return function
    dispatcher = kind(function, targetoptions={**_OPTIONS, **kind.options, **options})
    if kept:
        dispatcher.keep_on_disk(sources_digest())
    return cast("Function", dispatcher)


def is_compiled(dispatcher: Any) -> bool:
    """Return whether machine code of a kernel waits on disk, so that its first call is quick."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return True
    return bool(dispatcher._cache.is_filled)


def is_kept(dispatcher: Any) -> bool:
    """Return whether machine code of a kernel is kept on disk; where not, every process compiles it anew."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return True
    return dispatcher._cache.cache_path is not None
