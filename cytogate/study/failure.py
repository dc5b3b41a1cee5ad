"""Failures: why a sample has no result, as a row with its place and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from cytogate.errors import CytogateError, FcsError


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sample has no result: a row of ``failures.json``."""

    sample: str
    file: str
    stage: str
    code: str
    field: str
    offset: int | None
    found: str
    expected: str
    message: str
    fix: str


def describe_failure(error: Exception, *, sample: str, file: str, stage: str) -> Failure:
    """Return an error as a row: its code, the place in the file, and what to do."""
    if isinstance(error, FcsError):
        return Failure(
            sample=sample,
            file=file,
            stage=stage,
            code=error.code,
            field=error.field,
            offset=error.offset,
            found=error.found,
            expected=error.expected,
            message=str(error),
            fix=error.fix,
        )
    if isinstance(error, CytogateError):
        first = error.problems[0] if error.problems else None
        kind = type(error).__name__.removesuffix("Error").lower()
        code = first.code if first is not None else kind
        place = first.location if first is not None else ""
        fix = first.fix if first is not None else ""
        return Failure(sample, file, stage, code, place, None, "", "", str(error), fix)
    if isinstance(error, MemoryError):
        message = f"{file}: not enough memory to gate this file."
        fix = "Use fewer workers, or a machine with more memory."
        return Failure(sample, file, stage, "out-of-memory", "", None, "", "", message, fix)
    if isinstance(error, OSError):
        message = f"{file}: cannot be read: {error.strerror or error}."
        return Failure(sample, file, stage, "file-unreadable", "file", None, "", "", message, "")
    message = f"{file}: {type(error).__name__}: {error}"
    fix = "This is a fault of cytogate; please report it."
    return Failure(sample, file, stage, "unexpected", "", None, "", "", message, fix)
