"""Sheets as text: CSV or Excel to rows of strings, every cell verbatim, with what is wrong with the file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from python_calamine import CalamineWorkbook

MAX_BYTES = 64 << 20
MAX_COLUMNS = 1_000
MAX_ROWS = 1_000_000
EXCEL = (".xlsx", ".xlsm", ".xls", ".ods")
# What others call our columns; spelled without blanks, lines and case.
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "filename": "file",
        "fcs": "file",
        "fcsfile": "file",
        "path": "file",
        "filepath": "file",
        "id": "sample",
        "sampleid": "sample",
        "samplename": "sample",
        "tube": "sample",
        "name": "sample",
        "patient": "subject",
        "patientid": "subject",
        "subjectid": "subject",
        "participant": "subject",
        "donor": "subject",
        "person": "subject",
        "timepoint": "visit",
        "time": "visit",
        "visitname": "visit",
        "weeks": "week",
        "weekno": "week",
        "staining": "panel",
        "template": "panel",
        "run": "batch",
        "plate": "batch",
        "type": "role",
        "kind": "role",
        "controlfor": "control_for",
        "comment": "note",
        "comments": "note",
        "notes": "note",
        "parameter": "analyte",
        "marker": "analyte",
        "result": "value",
        "concentration": "value",
        "units": "unit",
        "assay": "method",
    }
)


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
    """

    name: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    sheets: str = ""


def read_table(path: Path, *, required: Sequence[str] = ()) -> TableText:
    """Read a sheet: CSV (commas; UTF-8, or Latin-1 with a warning), or one sheet of an Excel file.

    Of several sheets in an Excel file the first is read, unless it lacks a `required` column and exactly one
    other has them all: then that one. A warning says which.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return _refused(name, "table-too-large", f"{size:,} bytes; at most {MAX_BYTES:,} are read.")
        if path.suffix.lower() in EXCEL:
            return _from_excel(path, required)
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
    meant = guessed_columns(table.header, known)
    problems = [
        Problem("column-twice", place, f"column {name!r} stands twice.", "Keep one.")
        for name in dict.fromkeys(name for name in table.header if table.header.count(name) > 1)
    ]
    for name in required:
        if name not in table.header:
            near = [found for found, known_name in meant.items() if known_name == name]
            hint = f" Is it {near[0][:80]}?" if near else ""
            what = f"column {name!r} is missing.{hint}"
            problems.append(Problem("column-missing", place, what, table.sheets))
    if not others:
        problems += [
            Problem(
                "column-unknown",
                place,
                f"unknown column {name[:80]!r}.",
                f"Did you mean {meant[name]}?" if name in meant else nearest(name, known),
            )
            for name in dict.fromkeys(unknown)
        ]
    return problems[:MAX_COLUMNS]


def guessed_columns(header: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Return which unknown column stands for which known one that the header lacks: a synonym, or a slip.

    Examples
    --------
    >>> guessed_columns(["Patient", "fiel", "visit", "colour"], ["file", "subject", "visit"])
    {'Patient': 'subject', 'fiel': 'file'}
    """
    meant: dict[str, str] = {}
    free = [name for name in known if name not in header]
    for column in dict.fromkeys(header):
        plain = "".join(letter for letter in column.casefold() if letter.isalnum())
        close = get_close_matches(column.casefold(), free, n=1, cutoff=0.7)
        found = SYNONYMS.get(plain) or (close[0] if close else None)
        if column not in known and found in free:
            meant[column] = found
            free.remove(found)
    return meant


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


def _from_excel(path: Path, required: Sequence[str]) -> TableText:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        chosen = _sheet_with(workbook, required)
        cells = workbook.get_sheet_by_index(chosen).to_python(skip_empty_area=False) if names else []
    except (CalamineError, OSError, ValueError) as error:
        return _refused(path.name, "table-unreadable", f"cannot be read as Excel: {error}.")
    warnings = []
    sheets = ""
    if len(names) > 1:
        shown = ", ".join(repr(name) for name in names[:10])
        why = "the first" if chosen == 0 else "the only one with the columns that are needed"
        sheets = f"Sheet {names[chosen]!r} is read, {why}; the file has the sheets {shown}."
        warnings.append(Problem("table-sheets", path.name, sheets))
    rows = [[_cell(value) for value in row] for row in cells]
    return replace(_table(path.name, rows, 0, warnings), sheets=sheets)


def _sheet_with(workbook: CalamineWorkbook, required: Sequence[str]) -> int:
    """Return the index of the sheet to read: the first, unless exactly one other has the columns it lacks."""
    names = workbook.sheet_names
    if not required or len(names) < 2:
        return 0
    fitting = []
    for index in range(len(names)):
        rows = workbook.get_sheet_by_index(index).to_python(skip_empty_area=False, nrows=1)
        header = {_cell(value).strip() for value in rows[0]} if rows else set()
        if header.issuperset(required):
            fitting.append(index)
    return fitting[0] if len(fitting) == 1 else 0


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
