"""Faults: the errors that every storage has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import FcsError

if TYPE_CHECKING:
    from cytogate.fcs.limits import Limits


OUTSIDE = frozenset(
    {
        "changed-while-reading",
        "file-forbidden",
        "file-missing",
        "file-unreadable",
        "network-failed",
        "network-timeout",
        "not-unpacked",
        "package-missing",
    }
)
"""Codes of errors for which no byte of the file is to blame."""


def unreadable(name: str, error: OSError) -> FcsError:
    """Return the error of a file that the system does not read."""
    fix = "Ask for the permission to read it." if isinstance(error, PermissionError) else ""
    found = error.strerror or str(error)
    return FcsError("file-unreadable", name, "file", None, found, "a file that can be read", fix=fix)


def changed(name: str, offset: int | None, found: str, expected: str) -> FcsError:
    """Return the error of a file that is no longer what it was when it was opened."""
    fix = "The file changed while it was read; read it again when it is complete."
    return FcsError("changed-while-reading", name, "file", offset, found, expected, fix=fix)


def short(name: str, offset: int, count: int, end: int) -> FcsError:
    """Return the error of a stretch of `count` bytes from `offset` that ends at byte `end` already."""
    return changed(name, end, f"the end of the file at byte {end}", f"{count} bytes from {offset}")


def too_large(name: str, found: str, limits: Limits) -> FcsError:
    """Return the error of a file that would have to be held in memory and is too large for that."""
    expected = f"at most {limits.max_unpacked_bytes} bytes in memory (limits.max_unpacked_bytes)"
    return FcsError("file-too-large", name, "file", None, found, expected)
