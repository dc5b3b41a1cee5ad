"""Rows of a sheet as text, whatever kind of file they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_COLUMNS = 1_000
MAX_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class TableText:
    """The cells of a sheet as text.

    Attributes
    ----------
    name : str
        Name of the file, for messages.
    header : tuple of str
        Names of the columns, without blanks around them.
    rows : tuple of (int, tuple of str)
        Row number as a spreadsheet shows it, and the cells, as many as there are columns.
    problems, warnings : tuple of Problem
        With problems the rows are those that could be read.
    sheets : str
        Which sheet of an Excel file was read and which there are; empty where there is one.
    mark : str
        What stands between columns of a text file; empty for Excel.
    """

    name: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    sheets: str = ""
    mark: str = ","


def refused(name: str, code: str, message: str, fix: str = "") -> TableText:
    """Return the table of a file that is none: one problem, no rows."""
    return TableText(name, problems=(Problem(code, name, message, fix),))


def table_of(
    name: str, records: Sequence[Sequence[str]], skipped: int, warnings: Iterable[Problem]
) -> TableText:
    """Return records as a table: the first names the columns; `skipped` lines stand above it."""
    if not records or not any(cell.strip() for cell in records[0]):
        return refused(name, "table-empty", "is empty; the first row must name the columns.")
    header = [cell.strip() for cell in records[0]]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS or len(records) > MAX_ROWS:
        limits = f"at most {MAX_COLUMNS:,} and {MAX_ROWS:,} are read."
        what = f"{len(header):,} columns, {len(records):,} rows; {limits}"
        return refused(name, "table-too-large", what)
    rows, problems = [], []
    for number, record in enumerate(records[1:], start=2 + skipped):
        if not any(cell.strip() for cell in record):
            continue
        extra = [cell for cell in record[len(header) :] if cell.strip()]
        if extra or len(record) < len(header):
            what = f"{len(record)} cells, and the header has {len(header)} columns."
            fix = "Quote cells that hold the mark between columns."
            problems.append(Problem("row-length", f"{name} row {number}", what, fix))
            continue
        rows.append((number, tuple(record[: len(header)])))
    return TableText(name, tuple(header), tuple(rows), tuple(problems), tuple(warnings))
