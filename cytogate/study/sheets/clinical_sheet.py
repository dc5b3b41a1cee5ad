"""The clinical table: one row a subject and visit, checked like the sample sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.stats.clinical import bilag, sledai
from cytogate.stats.clinical.pga import SCALES, rescale_pga
from cytogate.stats.clinical.state import ClinicalState
from cytogate.stats.clinical.steroids import EQUIVALENTS, prednisone_equivalent
from cytogate.study.sheets.cells import number_of
from cytogate.study.sheets.decimal_marks import with_points
from cytogate.study.sheets.row_cells import RowCells, unreadable
from cytogate.study.sheets.table_columns import check_header
from cytogate.study.sheets.table_text import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEYS = ("subject", "visit", "week")
SLEDAI_COLUMNS = tuple(f"sledai_{item}" for item in sledai.WEIGHTS)
BILAG_COLUMNS = tuple(f"bilag_{system}" for system in bilag.ALL_SYSTEMS)
STEROID_COLUMNS = tuple(f"{steroid}_mg_day" for steroid in EQUIVALENTS)
EQUIVALENT = "prednisone_equivalent_mg_day"  # of all steroids, where one other than prednisone has a column
NUMBERS = ("sledai_total", "pga", "pga_scale", *STEROID_COLUMNS, "lymphocytes_1e9_l")
YES_NO = (*SLEDAI_COLUMNS, "meds_violation")
TEXT = ("date", "note", "group", "arm", "sex")
KNOWN = (*NUMBERS, *YES_NO, *BILAG_COLUMNS, *TEXT)
NOT_NUMBERS = ("subject", "visit", *YES_NO, *BILAG_COLUMNS, *TEXT)


@dataclass(frozen=True, slots=True)
class ClinicalVisit:
    """A subject at a visit: what the response index looks at, and every number of the row by its column."""

    subject: str
    state: ClinicalState
    values: Mapping[str, float] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


def read_clinical(
    path: Path, *, pga_scale: int = 3
) -> tuple[tuple[ClinicalVisit, ...], list[Problem], list[Problem]]:
    """Read a clinical table.

    Columns: ``subject``, ``visit``, ``week``; the 24 items ``sledai_<item>`` or ``sledai_total``
    (cross-checked when both are there); ``bilag_<system>`` as grades A to E, of BILAG-2004 or the classic
    index; ``pga``, with ``pga_scale`` where rows differ; ``<steroid>_mg_day``; and any other column, kept as
    a clinical variable when it holds numbers.

    Parameters
    ----------
    path : Path
    pga_scale : int
        Top of the scale of ``pga`` in rows that do not say: 3, 10 (cm) or 100 (mm).

    Returns
    -------
    (visits, problems, warnings)
    """
    table = read_table(path, required=KEYS)
    table = with_points(table, set(table.header).difference(NOT_NUMBERS))
    problems = [*table.problems]
    if table.header:
        problems += check_header(table, required=KEYS, optional=KNOWN, others=True)
        problems += _slips(table.name, table.header)
        problems += _mixed(table.name, table.header)
    if unreadable(problems):
        return (), problems, list(table.warnings)
    visits: list[ClinicalVisit] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in table.rows:
        row = RowCells(table.name, number, dict(zip(table.header, cells, strict=True)))
        visit = _visit(row, table.header, pga_scale)
        first = seen.setdefault((visit.subject, visit.state.visit), number)
        if first != number:
            what = f"subject {visit.subject!r} at visit {visit.state.visit!r} stands in row {first} already."
            row.wrong("visit", "visit-twice", what)
        problems += row.problems
        visits.append(visit)
    return tuple(visits), problems, list(table.warnings)


def _slips(name: str, header: tuple[str, ...]) -> list[Problem]:
    """Return columns that begin like an item and are none: they would be ignored in silence."""
    return [
        Problem("column-unknown", f"{name} row 1", f"unknown column {column!r}.", nearest(column, KNOWN))
        for column in header
        if column.startswith(("sledai_", "bilag_")) and column not in KNOWN
    ]


def _mixed(name: str, header: tuple[str, ...]) -> list[Problem]:
    """Return systems of both versions of BILAG in one table: their grades do not mean the same."""
    systems = [column.removeprefix("bilag_") for column in header if column in BILAG_COLUMNS]
    if bilag.version_of(systems) is not None:
        return []
    new, old = (
        [f"bilag_{s}" for s in systems if s in one.systems and s not in other.systems]
        for one, other in ((bilag.BILAG_2004, bilag.CLASSIC), (bilag.CLASSIC, bilag.BILAG_2004))
    )
    what = f"{', '.join(new)} of BILAG-2004 stand beside {', '.join(old)} of the classic index."
    return [Problem("bilag-mixed", f"{name} row 1", what, "Keep the systems of one version.")]


def _visit(row: RowCells, header: tuple[str, ...], pga_scale: int) -> ClinicalVisit:
    subject, visit, week = row.id("subject"), row.id("visit"), row.number("week")
    items = {
        item: present for item in sledai.WEIGHTS if (present := row.yes_no(f"sledai_{item}")) is not None
    }
    grades = {s: grade for s in bilag.ALL_SYSTEMS if (grade := row.grade(f"bilag_{s}")) is not None}
    recorded, pga, doses = _total(row, items), _pga(row, pga_scale), _doses(row)
    state = ClinicalState(
        visit=visit,
        week=week,
        sledai=recorded,
        bilag=grades,
        pga=pga,
        prednisone_mg_day=prednisone_equivalent(doses),
        meds_violation=row.yes_no("meds_violation"),
        items=items,
    )
    values, text = _others(row, header)
    version = bilag.version_of(column.removeprefix("bilag_") for column in header if column in BILAG_COLUMNS)
    score = None if version is None else bilag.score(grades, version)
    others = any(column in header for column in STEROID_COLUMNS if column != "prednisone_mg_day")
    derived = {
        "sledai_total": recorded,
        "sledai_clinical": None if not items else sledai.clinical_score(recorded, items),
        "bilag_score": score,
        "pga": pga,
        EQUIVALENT: state.prednisone_mg_day if others else None,
    }
    values |= {column: float(value) for column, value in derived.items() if value is not None}
    return ClinicalVisit(subject, state, values, text)


def _total(row: RowCells, items: Mapping[str, bool]) -> float | None:
    recorded = row.number("sledai_total")
    trouble = sledai.disagreement(items, recorded)
    if trouble:
        row.wrong("sledai_total", "sledai-total", f"{trouble}.", "Correct the total or the descriptors.")
    if recorded is None and items:
        if len(items) == len(sledai.WEIGHTS):
            return float(sledai.total(items))
        what = f"the total is empty and only {len(items)} of the 24 descriptors are given."
        row.wrong("sledai_total", "sledai-total", what)
    return recorded


def _pga(row: RowCells, usual: int) -> float | None:
    """Return the global assessment on 0 to 3."""
    pga, scale = row.number("pga"), row.number("pga_scale") or usual
    if scale not in SCALES:
        row.wrong("pga_scale", "pga-scale", f"{scale:g} is no scale of the PGA.", "Write 3, 10 or 100.")
        return None
    if pga is None or 0 <= pga <= scale:
        return None if pga is None else rescale_pga(pga, scale=scale)
    fix = "Say its scale: a column pga_scale (3, 10 or 100), or response: {pga_scale: 100} in the study."
    row.wrong("pga", "pga-scale", f"{pga:g} is not on the scale 0 to {scale:g}.", fix if pga >= 0 else "")
    return None


def _doses(row: RowCells) -> dict[str, float]:
    doses = {}
    for steroid, column in zip(EQUIVALENTS, STEROID_COLUMNS, strict=True):
        dose = row.number(column)
        if dose is not None and dose < 0:
            row.wrong(column, "dose-wrong", f"a dose of {dose:g} mg a day is below 0.")
        elif dose is not None:
            doses[steroid] = dose
    return doses


def _others(row: RowCells, header: tuple[str, ...]) -> tuple[dict[str, float], dict[str, str]]:
    values: dict[str, float] = {}
    text: dict[str, str] = {}
    for column in header:
        cell = row.cells[column].strip()
        if not cell or column in (*KEYS, *YES_NO, *BILAG_COLUMNS, "pga", "pga_scale"):
            continue
        value, trouble = number_of(cell)
        if trouble or value is None or column in TEXT:
            text[column] = cell
        else:
            values[column] = value
    return values, text
