"""Clinical and analyte tables: one row a subject and visit, one row a measurement; checked like the sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.stats.clinical import sledai
from cytogate.stats.clinical.sri import GRADES, SYSTEMS, ClinicalState
from cytogate.study.sheet import bad_id, number_of
from cytogate.study.table_text import check_header, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

KEYS = ("subject", "visit", "week")
SLEDAI_COLUMNS = tuple(f"sledai_{item}" for item in sledai.WEIGHTS)
BILAG_COLUMNS = tuple(f"bilag_{system}" for system in SYSTEMS)
NUMBERS = ("sledai_total", "pga", "prednisone_mg_day", "lymphocytes_1e9_l")
YES_NO = (*SLEDAI_COLUMNS, "meds_violation")
TEXT = ("date", "note", "group", "arm", "sex")
KNOWN = (*NUMBERS, *YES_NO, *BILAG_COLUMNS, *TEXT)
ANALYTE_COLUMNS = ("subject", "visit", "analyte", "value", "unit")
_YES = {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}


@dataclass(frozen=True, slots=True)
class ClinicalVisit:
    """A subject at a visit: what the response index looks at, and every number of the row by its column."""

    subject: str
    state: ClinicalState
    values: Mapping[str, float] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnalyteValue:
    """One measurement of a soluble analyte; `value` is None below the limit of the assay (``<0.1``)."""

    subject: str
    visit: str
    analyte: str
    value: float | None
    unit: str
    method: str = ""


class _Cells:
    """The cells of one row, read by kind; what is wrong is collected."""

    def __init__(self, table: str, row: int, cells: Mapping[str, str]) -> None:
        self.place = f"{table} row {row}"
        self.cells = cells
        self.problems: list[Problem] = []

    def wrong(self, column: str, code: str, message: str, fix: str = "") -> None:
        self.problems.append(Problem(code, f"{self.place}, column {column}", message, fix))

    def id(self, column: str) -> str:
        text = self.cells.get(column, "")
        trouble = bad_id(text, needed=True)
        if trouble:
            self.wrong(column, "id-wrong", trouble)
        return text

    def number(self, column: str) -> float | None:
        value, trouble = number_of(self.cells.get(column, ""))
        if trouble:
            self.wrong(column, "number-wrong", trouble)
        return value

    def yes_no(self, column: str) -> bool | None:
        text = self.cells.get(column, "").strip().casefold()
        if not text:
            return None
        if text not in _YES:
            self.wrong(column, "yes-no-wrong", f"{text[:40]!r} is neither yes nor no.", "Write 1 or 0.")
        return _YES.get(text)

    def grade(self, column: str) -> str | None:
        text = self.cells.get(column, "").strip().upper()
        if not text:
            return None
        if text not in GRADES or len(text) != 1:
            self.wrong(
                column, "grade-wrong", f"{text[:40]!r} is not a BILAG grade.", "Write A, B, C, D or E."
            )
            return None
        return text


def read_clinical(path: Path) -> tuple[tuple[ClinicalVisit, ...], list[Problem], list[Problem]]:
    """Read a clinical table.

    Columns: ``subject``, ``visit``, ``week``; the 24 items ``sledai_<item>`` or ``sledai_total``
    (cross-checked when both are there); ``bilag_<system>`` as grades A to E; ``pga`` on 0 to 3;
    ``prednisone_mg_day``; and any other column, kept as a clinical variable when it holds numbers.

    Returns
    -------
    (visits, problems, warnings)
    """
    table = read_table(path, required=KEYS)
    problems = [*table.problems]
    if table.header:
        problems += check_header(table, required=KEYS, optional=KNOWN, others=True)
        problems += _slips(table.name, table.header)
    if _unreadable(problems):
        return (), problems, list(table.warnings)
    visits: list[ClinicalVisit] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in table.rows:
        row = _Cells(table.name, number, dict(zip(table.header, cells, strict=True)))
        visit = _visit(row, table.header)
        first = seen.setdefault((visit.subject, visit.state.visit), number)
        if first != number:
            what = f"subject {visit.subject!r} at visit {visit.state.visit!r} stands in row {first} already."
            row.wrong("visit", "visit-twice", what)
        problems += row.problems
        visits.append(visit)
    return tuple(visits), problems, list(table.warnings)


def _unreadable(problems: Iterable[Problem]) -> bool:
    """Return whether the rows cannot be understood: the file, or the columns that say whose they are."""
    return any(
        problem.code.startswith("table-") or problem.code in ("column-missing", "column-twice")
        for problem in problems
    )


def _slips(name: str, header: tuple[str, ...]) -> list[Problem]:
    """Return columns that begin like an item and are none: they would be ignored in silence."""
    return [
        Problem("column-unknown", f"{name} row 1", f"unknown column {column!r}.", nearest(column, KNOWN))
        for column in header
        if column.startswith(("sledai_", "bilag_")) and column not in KNOWN
    ]


def _visit(row: _Cells, header: tuple[str, ...]) -> ClinicalVisit:
    subject, visit, week = row.id("subject"), row.id("visit"), row.number("week")
    items = {
        item: present for item in sledai.WEIGHTS if (present := row.yes_no(f"sledai_{item}")) is not None
    }
    recorded = row.number("sledai_total")
    trouble = sledai.disagreement(items, recorded)
    if trouble:
        row.wrong("sledai_total", "sledai-total", f"{trouble}.")
    if recorded is None and items:
        if len(items) == len(sledai.WEIGHTS):
            recorded = float(sledai.total(items))
        else:
            what = f"the total is empty and only {len(items)} of the 24 descriptors are given."
            row.wrong("sledai_total", "sledai-total", what)
    pga = row.number("pga")
    if pga is not None and not 0 <= pga <= 3:
        fix = "Divide a 10 cm scale by 10/3, a 100 mm scale by 100/3."
        row.wrong("pga", "pga-scale", f"{pga:g} is not on the scale 0 to 3.", fix)
    state = ClinicalState(
        visit=visit,
        week=week,
        sledai=recorded,
        bilag={s: grade for s in SYSTEMS if (grade := row.grade(f"bilag_{s}")) is not None},
        pga=pga,
        prednisone_mg_day=row.number("prednisone_mg_day"),
        meds_violation=row.yes_no("meds_violation"),
    )
    values, text = _others(row, header)
    if recorded is not None:
        values["sledai_total"] = recorded
    return ClinicalVisit(subject, state, values, text)


def _others(row: _Cells, header: tuple[str, ...]) -> tuple[dict[str, float], dict[str, str]]:
    values: dict[str, float] = {}
    text: dict[str, str] = {}
    for column in header:
        cell = row.cells[column].strip()
        if not cell or column in KEYS or column in YES_NO or column in BILAG_COLUMNS:
            continue
        value, trouble = number_of(cell)
        if trouble or value is None or column in TEXT:
            text[column] = cell
        else:
            values[column] = value
    return values, text


def read_analytes(path: Path) -> tuple[tuple[AnalyteValue, ...], list[Problem], list[Problem]]:
    """Read a long table of analytes: ``subject, visit, analyte, value, unit`` and optionally ``method``.

    Returns
    -------
    (values, problems, warnings)
    """
    table = read_table(path, required=ANALYTE_COLUMNS)
    problems = [*table.problems]
    if table.header:
        optional = ("method", "week", "note", "date")
        problems += check_header(table, required=ANALYTE_COLUMNS, optional=optional)
    if _unreadable(problems):
        return (), problems, list(table.warnings)
    values: list[AnalyteValue] = []
    units: dict[str, tuple[str, int]] = {}
    for number, cells in table.rows:
        row = _Cells(table.name, number, dict(zip(table.header, cells, strict=True)))
        analyte, unit = row.id("analyte"), row.cells["unit"].strip()
        first, where = units.setdefault(analyte, (unit, number))
        if first != unit:
            row.wrong(
                "unit", "unit-changes", f"{analyte!r} is in {unit!r} here and in {first!r} in row {where}."
            )
        below = row.cells["value"].strip().startswith("<")
        value = None if below else row.number("value")
        method = row.cells.get("method", "").strip()
        values.append(AnalyteValue(row.id("subject"), row.id("visit"), analyte, value, unit, method))
        problems += row.problems
    return tuple(values), problems, list(table.warnings)
