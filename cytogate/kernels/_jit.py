"""The one place where numba's options are set, for all kernels."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable


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
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # plain Python, for tests that look inside
        return function
    dispatcher = numba.njit(nogil=True, fastmath=False, error_model="numpy")(function)
    try:
        dispatcher.enable_caching()
    except RuntimeError:  # no folder to write to: compile in every process
        return cast("Function", dispatcher)
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is not None:
        cache_file._source_stamp = sources_digest()
    return cast("Function", dispatcher)


def inlined(function: Function) -> Function:
    """Compile `function` into every kernel that calls it, so that loops may treat several values at once."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    dispatcher = numba.njit(nogil=True, fastmath=False, error_model="numpy", forceinline=True)(function)
    return cast("Function", dispatcher)


def is_compiled(dispatcher: Any) -> bool:
    """Return whether machine code of a kernel waits on disk, so that its first call is quick."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return True
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    return cache_file is not None and bool(cache_file._load_index())
