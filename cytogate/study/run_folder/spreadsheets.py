"""Rows as CSV and Excel in which no text can act as a formula."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

LEAST_WIDTH, MOST_WIDTH = 8, 60  # of a column, in letters
MOST_LETTERS = 32_767  # of a cell; what is longer is lost
MOST_ROWS = 1_048_575  # of a sheet, below its header
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV: nulls empty, numbers in full, an apostrophe before text that begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(row[column]) for column in columns])
    return out.getvalue()


def _csv_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        guarded = f"'{value}" if value.startswith(_ACTIVE) else value
        return guarded.replace("\r", " ")  # a bare one is a line end to most readers
    return value


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: its name, its columns, and its rows."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]


def xlsx_bytes(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as an Excel file of one sheet; text stays text."""
    return workbook_bytes([Sheet(name, columns, rows)])


def workbook_bytes(sheets: Iterable[Sheet]) -> bytes:
    """Return an Excel file: numbers as numbers, text as text, the header in view, columns wide enough."""
    from datetime import datetime

    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name), sheet, bold)
    return out.getvalue()


def _fill(page: Any, sheet: Sheet, bold: Any) -> None:
    widths = [len(title) for title in sheet.columns]
    for column, title in enumerate(sheet.columns):
        page.write_string(0, column, title, bold)
    line = 0
    for line, row in enumerate(sheet.rows, start=1):
        for column, title in enumerate(sheet.columns):
            value = row[title]
            if isinstance(value, bool):
                page.write_boolean(line, column, value)
            elif isinstance(value, str):
                page.write_string(line, column, _fitting(value))
                widths[column] = max(widths[column], len(value))
            elif value is not None and math.isfinite(value):
                page.write_number(line, column, value)
            elif value is not None:
                page.write_string(line, column, str(value))  # Excel has no infinities
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, line, max(len(sheet.columns) - 1, 0))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(max(width, LEAST_WIDTH) + 2, MOST_WIDTH))


def _fitting(text: str) -> str:
    """Return text that a cell can hold; what is cut off shows as an ellipsis."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
