"""Rows as CSV and Excel in which no text can act as a formula."""

from __future__ import annotations

import csv
import io
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import IO, Any, TextIO

    AddSheet = Callable[[str, Sequence[str]], "GrowingSheet"]

LEAST_WIDTH, MOST_WIDTH = 8, 60  # of a column, in letters
MOST_LETTERS = 32_767  # of a cell; what is longer is lost
MOST_ROWS = 1_048_575  # of a sheet, below its header
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV: nulls empty, numbers in full, an apostrophe before text that begins a formula."""
    out = io.StringIO()
    GrowingCsv(out, columns).add(rows)
    return out.getvalue()


class GrowingCsv:
    """A CSV file to which rows are added; see `csv_text`.

    Parameters
    ----------
    stream : text stream
        Open for writing, without translation of line ends.
    columns : sequence of str
    """

    def __init__(self, stream: TextIO, columns: Sequence[str]) -> None:
        self._columns = columns
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(columns)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows."""
        self._writer.writerows([_csv_cell(row[column]) for column in self._columns] for row in rows)


def _csv_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        guarded = f"'{value}" if value.startswith(_ACTIVE) else value
        return guarded.replace("\r", " ")  # a bare one is a line end to most readers
    return value


@contextmanager
def growing_workbook(file: IO[bytes], scratch: Path) -> Iterator[AddSheet]:
    """Lend what adds a sheet of a name and columns to a new Excel file; sheets take rows until the end.

    Numbers are numbers, text stays text, the header is in view, columns are wide enough. Text stands in its
    cell: a table of all texts would be in memory until the end, with all that point to it.

    Parameters
    ----------
    file : binary stream
        Takes the workbook at the end.
    scratch : Path
        A folder with room for rows until then.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    from datetime import datetime
    from tempfile import TemporaryDirectory

    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    with TemporaryDirectory(prefix=".workbook-", dir=scratch) as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        book = xlsxwriter.Workbook(file, options)
        book.set_properties({"created": datetime(2000, 1, 1)})
        bold = book.add_format({"bold": True})
        sheets: list[GrowingSheet] = []

        def add(name: str, columns: Sequence[str]) -> GrowingSheet:
            sheets.append(GrowingSheet(book.add_worksheet(name), columns, bold))
            return sheets[-1]

        try:
            yield add
            for sheet in sheets:
                sheet.end()
            book.close()
        except FileCreateError as error:
            raise error.args[0] from error  # what the disk said
        finally:
            for sheet in sheets:
                sheet.close()


class GrowingSheet:
    """One sheet of a workbook, to which rows are added: they wait in a file."""

    def __init__(self, page: Any, columns: Sequence[str], bold: Any) -> None:
        self._page = page
        self._columns = columns
        self._widths = [len(title) for title in columns]
        self._line = 0
        for column, title in enumerate(columns):
            page.write_string(0, column, title, bold)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows below those that are there."""
        for row in rows:
            self._line += 1
            self._write([row[title] for title in self._columns])

    def _write(self, cells: Sequence[Any]) -> None:
        page, line, widths = self._page, self._line, self._widths
        for column, value in enumerate(cells):
            if isinstance(value, bool):
                page.write_boolean(line, column, value)
            elif isinstance(value, str):
                page.write_string(line, column, _fitting(value))
                widths[column] = max(widths[column], len(value))
            elif value is not None and math.isfinite(value):
                page.write_number(line, column, value)
            elif value is not None:
                page.write_string(line, column, str(value))  # Excel has no infinities

    def end(self) -> None:
        """Say how the sheet is shown."""
        self._page.freeze_panes(1, 0)
        self._page.autofilter(0, 0, self._line, max(len(self._columns) - 1, 0))
        for column, width in enumerate(self._widths):
            self._page.set_column(column, column, min(max(width, LEAST_WIDTH) + 2, MOST_WIDTH))

    def close(self) -> None:
        """Let go of the file in which rows wait."""
        self._page.row_data_fh.close()


def _fitting(text: str) -> str:
    """Return text that a cell can hold; what is cut off shows as an ellipsis."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
