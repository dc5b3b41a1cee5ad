"""Sheets as text: CSV or Excel to rows of strings, every cell verbatim, with what is wrong with the file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MAX_BYTES = 64 << 20
MAX_COLUMNS = 1_000
MAX_ROWS = 1_000_000
EXCEL = (".xlsx", ".xlsm", ".xls", ".ods")


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
        With problems there are no rows to rely on.
    """

    name: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_table(path: Path) -> TableText:
    """Read a sheet: CSV (commas; UTF-8, or Latin-1 with a warning), or the first sheet of an Excel file."""
    name = path.name
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return _refused(name, "table-too-large", f"{size:,} bytes; at most {MAX_BYTES:,} are read.")
        if path.suffix.lower() in EXCEL:
            return _from_excel(path)
        raw = path.read_bytes()
    except OSError as error:
        return _refused(name, "table-unreadable", f"cannot be read: {error.strerror or error}.")
    return _from_csv(raw, name)


def check_header(
    table: TableText, *, required: Sequence[str], optional: Sequence[str], others: bool = False
) -> list[Problem]:
    """Return what is wrong with the columns: missing ones, unknown ones (unless `others` may be), twins."""
    place = f"{table.name} row 1"
    known = [*required, *optional]
    unknown = [name for name in table.header if name not in known]
    problems = [
        Problem("column-twice", place, f"column {name!r} stands twice.", "Keep one.")
        for name in dict.fromkeys(name for name in table.header if table.header.count(name) > 1)
    ]
    for name in required:
        if name not in table.header:
            near = nearest(name, unknown) if unknown else ""
            hint = f" {near.replace('Did you mean', 'Is it')}" if near.startswith("Did") else ""
            problems.append(Problem("column-missing", place, f"column {name!r} is missing.{hint}"))
    if not others:
        problems += [
            Problem("column-unknown", place, f"unknown column {name[:80]!r}.", nearest(name, known))
            for name in dict.fromkeys(unknown)
        ]
    return problems[:MAX_COLUMNS]


def _refused(name: str, code: str, message: str, fix: str = "") -> TableText:
    return TableText(name, problems=(Problem(code, name, message, fix),))


def _from_csv(raw: bytes, name: str) -> TableText:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:4096]:
        what = "is UTF-16 text (or not text at all)."
        return _refused(name, "table-encoding", what, "Save it as 'CSV UTF-8 (comma delimited)' or as .xlsx.")
    if raw.startswith(b"PK\x03\x04"):
        return _refused(name, "table-kind", "is an Excel file.", "Give it the ending .xlsx.")
    warnings = []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = raw.decode("latin-1")
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8 (line {line}); read as Latin-1."
        warnings.append(Problem("table-encoding", name, what, "Check letters such as µ and save as UTF-8."))
    if "\x00" in text:
        return _refused(name, "table-encoding", "holds NUL characters.", "Save it as 'CSV UTF-8'.")
    skipped, text, separator = _separator_line(text)
    first = text.split("\n", 1)[0]
    found = separator or _likely_separator(first)
    if found != ",":
        word = {";": "semicolons (;)", "\t": "tabs", "|": "bars (|)"}.get(found, repr(found))
        what = f"columns are separated by {word}, not by commas."
        return _refused(name, "table-separator", what, "Save it with commas, or as .xlsx.")
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return _refused(name, "table-syntax", f"not comma-separated values: {error}.")
    return _table(name, records, skipped, warnings)


def _separator_line(text: str) -> tuple[int, str, str]:
    """Return how many lines to skip, the rest, and the separator that a first line ``sep=;`` names."""
    first, _, rest = text.partition("\n")
    plain = first.strip().strip('"')
    if plain.lower().startswith("sep=") and len(plain) <= 5:
        return 1, rest, plain[4:5] or "\t"
    return 0, text, ""


def _likely_separator(header: str) -> str:
    counts = {mark: header.count(mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] > counts[","] else ","


def _from_excel(path: Path) -> TableText:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        cells = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False) if names else []
    except (CalamineError, OSError, ValueError) as error:
        return _refused(path.name, "table-unreadable", f"cannot be read as Excel: {error}.")
    warnings = []
    if len(names) > 1:
        what = f"has {len(names)} sheets; the first, {names[0]!r}, is read."
        warnings.append(Problem("table-sheets", path.name, what))
    return _table(path.name, [[_cell(value) for value in row] for row in cells], 0, warnings)


def _cell(value: object) -> str:
    """Return a cell as it was typed: Excel keeps 7 as 7.0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _table(
    name: str, records: Sequence[Sequence[str]], skipped: int, warnings: Iterable[Problem]
) -> TableText:
    if not records or not any(cell.strip() for cell in records[0]):
        return _refused(name, "table-empty", "is empty; the first row must name the columns.")
    header = [cell.strip() for cell in records[0]]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS or len(records) > MAX_ROWS:
        limits = f"at most {MAX_COLUMNS:,} and {MAX_ROWS:,} are read."
        what = f"{len(header):,} columns, {len(records):,} rows; {limits}"
        return _refused(name, "table-too-large", what)
    rows, problems = [], []
    for number, record in enumerate(records[1:], start=2 + skipped):
        if not any(cell.strip() for cell in record):
            continue
        extra = [cell for cell in record[len(header) :] if cell.strip()]
        if extra or len(record) < len(header):
            what = f"{len(record)} cells, and the header has {len(header)} columns."
            fix = "Quote cells that hold a comma."
            problems.append(Problem("row-length", f"{name} row {number}", what, fix))
            continue
        rows.append((number, tuple(record[: len(header)])))
    return TableText(name, tuple(header), tuple(rows), tuple(problems), tuple(warnings))
