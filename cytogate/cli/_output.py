"""Results as text: aligned tables for people, one JSON object for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cytogate.platform import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cytogate.errors import Problem


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> str:
    """Return an aligned table of text.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    rows : iterable of sequences
        The cells; None is shown as an empty cell.
    right : iterable of str
        The columns that are aligned to the right.

    Examples
    --------
    >>> print(table(["population", "count"], [["B", 9], ["B/DN", 12]], right=["count"]))
    population  count
    B               9
    B/DN           12
    """
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    to_right = [name in set(right) for name in header]
    return "\n".join(_line(line, widths, to_right) for line in cells)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _line(line: Sequence[str], widths: Sequence[int], to_right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(line, widths, to_right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def numbered(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> numbered(1, "file"), numbered(2, "file")
    ('1 file', '2 files')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(value: float | None) -> str | None:
    """Return a percentage with two decimals, an en dash where there is none."""
    return "–" if value is None or value != value else f"{value:.2f}"


def problem_entry(problem: Problem) -> dict[str, str]:
    """Return a problem as plain values."""
    return {
        "code": problem.code,
        "location": problem.location,
        "message": problem.message,
        "fix": problem.fix,
    }


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object to stdout; numbers that JSON lacks become null."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole or not at all."""
    with write_atomically(path) as file:
        file.write(text.encode("utf-8"))
