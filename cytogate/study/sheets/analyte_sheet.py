"""The table of analytes: one row a measurement, checked like the sample sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.study.sheets.decimal_marks import with_points
from cytogate.study.sheets.row_cells import RowCells, unreadable
from cytogate.study.sheets.table_columns import check_header
from cytogate.study.sheets.table_text import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from cytogate.errors import Problem

ANALYTE_COLUMNS = ("subject", "visit", "analyte", "value", "unit")


@dataclass(frozen=True, slots=True)
class AnalyteValue:
    """One measurement of a soluble analyte; below the limit of the assay (``<0.1``) `value` is None.

    `limit` is that limit then, and None otherwise.
    """

    subject: str
    visit: str
    analyte: str
    value: float | None
    unit: str
    method: str = ""
    limit: float | None = None


def read_analytes(path: Path) -> tuple[tuple[AnalyteValue, ...], list[Problem], list[Problem]]:
    """Read a long table of analytes: ``subject, visit, analyte, value, unit`` and optionally ``method``.

    Returns
    -------
    (values, problems, warnings)
    """
    table = with_points(read_table(path, required=ANALYTE_COLUMNS), ("value", "week"))
    problems = [*table.problems]
    if table.header:
        optional = ("method", "week", "note", "date")
        problems += check_header(table, required=ANALYTE_COLUMNS, optional=optional)
    if unreadable(problems):
        return (), problems, list(table.warnings)
    values: list[AnalyteValue] = []
    units: dict[str, tuple[str, int]] = {}
    for number, cells in table.rows:
        row = RowCells(table.name, number, dict(zip(table.header, cells, strict=True)))
        analyte, unit = row.id("analyte"), row.cells["unit"].strip()
        first, where = units.setdefault(analyte, (unit, number))
        if first != unit:
            what = f"{analyte!r} is in {unit!r} here and in {first!r} in row {where}."
            row.wrong("unit", "unit-changes", what)
        value, limit = row.measured("value")
        method = row.cells.get("method", "").strip()
        values.append(AnalyteValue(row.id("subject"), row.id("visit"), analyte, value, unit, method, limit))
        problems += row.problems
    return tuple(values), problems, list(table.warnings)
