"""Failures: why a sample has no result, as a row with its place and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, FcsError

if TYPE_CHECKING:
    from collections.abc import Iterable

PASSING = ("out-of-memory", "file-missing", "file-unreadable", "changed-while-reading")


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


def may_pass(failure: Failure) -> bool:
    """Return whether the next attempt may end otherwise: memory, a disk that was away, a lost worker."""
    return failure.stage == "worker" or failure.code in PASSING


def said_of(error: Exception, *, path: str, name: str) -> str:
    """Return what an error says of a file, on one line that begins with the file's name and has it once.

    Parameters
    ----------
    error : Exception
        Its text may begin with the path, name it somewhere, or not at all.
    path, name : str
        The file as it was opened, and as the user knows it.

    Examples
    --------
    >>> said_of(ValueError("/data/a.fcs does not fit."), path="/data/a.fcs", name="a.fcs")
    'a.fcs does not fit.'
    >>> said_of(ValueError("no events"), path="/data/a.fcs", name="a.fcs")
    'a.fcs: no events'
    """
    text = " ".join(str(error).replace(path, name).split())
    return text if text.startswith((f"{name}: ", f"{name} ")) else f"{name}: {text}"


def said_once(failures: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Return lines that say once what several tubes have in common, and then which other tubes.

    Parameters
    ----------
    failures : iterable of (place, sample, file, said)
        Where the tube stands, its sample and file, and what is said of it: the same where nothing but the
        name of the file differs.

    Examples
    --------
    >>> failures = [(f"row {n}", f"S{n}", f"{n}.fcs", f"{n}.fcs does not fit.") for n in (2, 3, 4)]
    >>> for line in said_once(failures):
    ...     print(line)
    row 2: 2.fcs does not fit.
      the same for 2 other tubes: S3, S4
    """
    groups: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for place, sample, file, said in failures:
        key = said.replace(file, "")
        first.setdefault(key, f"{place}: {said}")
        groups.setdefault(key, []).append(sample)
    lines = []
    for key, (_, *others) in groups.items():
        lines.append(first[key])
        if others:
            tubes = "1 other tube" if len(others) == 1 else f"{len(others)} other tubes"
            lines.append(f"  the same for {tubes}: {', '.join(others)}")
    return lines


def describe_failure(
    error: Exception, *, sample: str, file: str, stage: str, path: str | None = None
) -> Failure:
    """Return an error as a row: its code, the place in the file, and what to do.

    The message names the file as the sheet does and leaves out what to do, which stands in `fix`.
    """
    place = file if path is None else path
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
            message=_without(said_of(error, path=place, name=file), [error.fix]),
            fix=error.fix,
        )
    if isinstance(error, CytogateError):
        first = error.problems[0] if error.problems else None
        kind = type(error).__name__.removesuffix("Error").lower()
        code = first.code if first is not None else kind
        field = first.location.replace(place, file) if first is not None else ""
        fixes = list(dict.fromkeys(problem.fix for problem in error.problems if problem.fix))
        message = _without(said_of(error, path=place, name=file), fixes)
        return Failure(sample, file, stage, code, field, None, "", "", message, " ".join(fixes))
    if isinstance(error, MemoryError):
        message = f"{file}: not enough memory to gate this file."
        fix = "Raise --memory where it was given; else use fewer workers, or a machine with more memory."
        return Failure(sample, file, stage, "out-of-memory", "", None, "", "", message, fix)
    if isinstance(error, OSError):
        message = f"{file}: cannot be read: {error.strerror or error}."
        return Failure(sample, file, stage, "file-unreadable", "file", None, "", "", message, "")
    message = f"{file}: {type(error).__name__}: {error}"
    fix = "This is a fault of cytogate; please report it."
    return Failure(sample, file, stage, "unexpected", "", None, "", "", message, fix)


def _without(message: str, fixes: list[str]) -> str:
    for fix in fixes:
        message = message.replace(f" {fix}", "") if fix else message
    return message
