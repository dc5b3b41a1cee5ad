"""Sheets in Excel files: every cell as its owner sees it, as far as the file tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.study.sheets.table_rows import TableText, refused, table_of
from cytogate.study.sheets.workbook_guard import Sheet, TextInstead, UnfitWorkbook, look_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from python_calamine import CalamineWorkbook

EXCEL = (".xlsx", ".xlsm", ".xls", ".ods")
EXACT = 10**15  # Excel keeps 15 digits of a number


def read_excel(path: Path, required: Sequence[str]) -> TableText:
    """Return the table in an Excel file, of its first sheet or the only one with the `required` columns.

    A number that is formatted with zeros in front (``000``) keeps them, in .xlsx and .xlsm: it was typed, and
    is shown, as 007. The formats of .xls and .ods are not known here.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    name = path.name
    try:
        sheets = look_at(path)
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        chosen = _sheet_with(workbook, required)
        cells = workbook.get_sheet_by_index(chosen).to_python(skip_empty_area=False) if names else []
    except TextInstead:
        what = "is no Excel workbook: it holds text, whatever its name says."
        fix = "If it is a table with commas, semicolons or tabs, name it .csv; else save it from Excel again."
        return refused(name, "table-unreadable", what, fix)
    except UnfitWorkbook as error:
        fix = "Copy the cells that matter into a file of their own."
        code = "table-unreadable" if "damaged" in str(error) else "table-too-large"
        return refused(name, code, f"cannot be read as Excel: {error}.", fix)
    except (CalamineError, OSError, ValueError) as error:
        return refused(name, "table-unreadable", f"cannot be read as Excel: {error}.")
    warnings = []
    said = ""
    if len(names) > 1:
        shown = ", ".join(repr(sheet) for sheet in names[:10])
        why = "the first" if chosen == 0 else "the only one with the columns that are needed"
        said = f"Sheet {names[chosen]!r} is read, {why}; the file has the sheets {shown}."
        warnings.append(Problem("table-sheets", name, said))
    zeros = sheets.get(names[chosen], Sheet()).zeros if names else {}
    rows = [
        [_cell(value, zeros.get((line, column), 0)) for column, value in enumerate(row)]
        for line, row in enumerate(cells)
    ]
    warnings += _rounded(name, cells)
    return replace(table_of(name, rows, 0, warnings), sheets=said, mark="")


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


def _cell(value: object, digits: int = 0) -> str:
    """Return a cell as it was typed: Excel keeps 7 as 7.0, and 007 as 7 with a format of three digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < EXACT
        return f"{int(value):0{digits}d}" if whole else repr(value)
    return str(value)


def _rounded(name: str, cells: Sequence[Sequence[object]]) -> list[Problem]:
    """Return a warning of each column with whole numbers that Excel cannot have kept in full."""
    columns: dict[int, int] = {}
    for line, row in enumerate(cells, start=1):
        for column, value in enumerate(row):
            if isinstance(value, float) and value.is_integer() and abs(value) >= EXACT:
                columns.setdefault(column, line)
    return [
        Problem(
            "number-rounded",
            f"{name} row {line}, column {column + 1}",
            "a number of more than 15 digits, which Excel does not keep in full.",
            "Where it is an id, format the column as text and type it again.",
        )
        for column, line in sorted(columns.items())
    ]
