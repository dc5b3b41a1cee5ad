"""Decimal commas in tables, told from commas that part thousands or nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from cytogate.study.sheets.table_rows import TableText

_COMMA = re.compile(r"\s*[<>]?\s*[+-]?\d+,\d+\s*")
_POINT = re.compile(r"\s*[<>]?\s*[+-]?\d*\.\d+\s*")
_THOUSANDS = re.compile(r"\s*[<>]?\s*[+-]?[1-9]\d{0,2},\d{3}\s*")


def with_points(table: TableText, columns: Collection[str]) -> TableText:
    """Return a table whose numbers have decimal points, where it plainly writes decimal commas.

    That is plain where commas do not separate the columns, no number of the table has a point, and at least
    one comma cannot be meant to part thousands (``0,5``; ``1,234`` may be). Otherwise all cells stay, and a
    number with a comma is a problem of its own cell.

    Parameters
    ----------
    table : TableText
    columns : collection of str
        Names of the columns that hold numbers; cells of others stay verbatim.
    """
    places = [number for number, name in enumerate(table.header) if name in columns]
    cells = [row[place] for _, row in table.rows for place in places]
    commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
    sure = any(not _THOUSANDS.fullmatch(cell) for cell in commas)
    if table.mark == "," or not sure or any(_POINT.fullmatch(cell) for cell in cells):
        return table
    changed = [
        table.header[place] for place in places if any(_COMMA.fullmatch(row[place]) for _, row in table.rows)
    ]
    what = f"decimal commas in {', '.join(changed[:10])}: read as decimal points."
    rows = tuple(
        (
            number,
            tuple(
                cell.replace(",", ".") if place in places and _COMMA.fullmatch(cell) else cell
                for place, cell in enumerate(row)
            ),
        )
        for number, row in table.rows
    )
    warning = Problem("decimal-commas", table.name, what)
    return replace(table, rows=rows, warnings=(*table.warnings, warning))
