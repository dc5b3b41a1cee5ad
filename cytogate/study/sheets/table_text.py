"""Sheets as text: CSV or Excel to rows of strings, every cell verbatim, with what is wrong with the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.study.sheets.csv_table import read_csv
from cytogate.study.sheets.excel_table import EXCEL, read_excel
from cytogate.study.sheets.table_rows import refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cytogate.study.sheets.table_rows import TableText

MAX_BYTES = 64 << 20


def read_table(path: Path, *, required: Sequence[str] = ()) -> TableText:
    """Read a sheet: CSV (commas, semicolons, tabs; UTF-8, UTF-16, Latin-1), or one sheet of an Excel file.

    Of several sheets in an Excel file the first is read, unless it lacks a `required` column and exactly one
    other has them all: then that one. A warning says which.
    """
    name = path.name
    try:
        if not path.is_file():
            what = "is a folder." if path.is_dir() else "is no file." if path.exists() else "is not there."
            return refused(name, "table-unreadable", f"cannot be read: it {what}")
        size = path.stat().st_size
        if size > MAX_BYTES:
            return refused(name, "table-too-large", f"{size:,} bytes; at most {MAX_BYTES:,} are read.")
        if path.suffix.lower() in EXCEL:
            return read_excel(path, required)
        raw = path.read_bytes()
    except OSError as error:
        return refused(name, "table-unreadable", f"cannot be read: {error.strerror or error}.")
    return read_csv(raw, name, required)
