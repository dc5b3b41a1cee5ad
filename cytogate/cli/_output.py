"""Results as text: aligned tables for people, one JSON object for machines."""

from __future__ import annotations

import json
import shutil
import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any

import click

from cytogate.platform import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cytogate.errors import Problem

_LEAST = 8  # columns that a cut text keeps
_MOST = 120  # columns of a line
_MANY = 8  # names that are told before the others are counted


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Iterable[str] = (),
    width: int | None = None,
) -> str:
    """Return an aligned table of text.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    rows : iterable of sequences
        The cells; None is shown as an empty cell.
    right : iterable of str
        The columns that are aligned to the right.
    width : int, optional
        Columns of the terminal: where the table is wider, its widest columns of text are cut (…).

    Examples
    --------
    >>> print(table(["population", "count"], [["B", 9], ["B/DN", 12]], right=["count"]))
    population  count
    B               9
    B/DN           12
    """
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(columns_of(line[column]) for line in cells) for column in range(len(header))]
    to_right = [name in set(right) for name in header]
    if width is not None:
        widths = _narrowed(widths, to_right, width)
    return "\n".join(_line(line, widths, to_right) for line in cells)


def _narrowed(widths: list[int], to_right: Sequence[bool], width: int) -> list[int]:
    """Take what is too much from the widest columns of text, a column at a time, down to a few letters."""
    widths = list(widths)
    cuttable = [column for column, right in enumerate(to_right) if not right]
    while cuttable and sum(widths) + 2 * (len(widths) - 1) > width:
        widest = max(cuttable, key=lambda column: widths[column])
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths


def _cell(value: object) -> str:
    return "" if value is None else shown(str(value))


def _line(line: Sequence[str], widths: Sequence[int], to_right: Sequence[bool]) -> str:
    padded = [
        fitted(cell, width, right=right) for cell, width, right in zip(line, widths, to_right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def shown(text: str) -> str:
    r"""Return text without what a terminal would obey: control characters become escapes.

    Examples
    --------
    >>> shown("CD19\x1b[2J"), shown("CD3 \u03b5")
    ('CD19\\x1b[2J', 'CD3 ε')
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def columns_of(text: str) -> int:
    r"""Return how many columns of a terminal a text takes: two for wide letters, none for combining marks.

    Examples
    --------
    >>> columns_of("CD3"), columns_of("細胞"), columns_of("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Return text padded to so many columns of a terminal, or with an ellipsis for what is too much inside.

    Examples
    --------
    >>> fitted("405nm BV421 LogH", 10), fitted("B", 3, right=True)
    ('405nm…LogH', '  B')
    """
    if columns_of(text) > width:
        tail = len(text) - (width - 1) // 2 if width > 2 else len(text)
        while columns_of(text[tail:]) > (width - 1) // 2:
            tail += 1
        head = tail
        while head and columns_of(text[:head]) + columns_of(text[tail:]) > width - 1:
            head -= 1
        text = f"{text[:head]}…{text[tail:]}"
    padding = " " * (width - columns_of(text))
    return padding + text if right else text + padding


def line_width() -> int:
    """Return the columns of the terminal, from 80 to 120; where there is none, 120."""
    return min(max(shutil.get_terminal_size((_MOST, 24)).columns, 80), _MOST)


def numbered(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> numbered(1, "file"), numbered(2, "file")
    ('1 file', '2 files')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(names: Sequence[str]) -> str:
    """Return names in a row; of many, the first and how many more.

    Examples
    --------
    >>> some(["$CYT", "$OP"])
    '$CYT, $OP'
    """
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text; words are never broken."""
    return textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


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
    """Write one JSON object to stdout; numbers that JSON lacks become null.

    Bytes of a file's name that are no text are escapes, as JSON has them: no encoding takes them.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    click.echo(text.encode(errors="backslashreplace").decode())


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
