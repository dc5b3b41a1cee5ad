"""What is measured beside shares of cells, as courses: cells in blood, analytes, disease activity, doses."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from cytogate.plots.quantity import Quantity
from cytogate.plots.series import ABSOLUTE, Point, courses, courses_of
from cytogate.report import facts, labels
from cytogate.report.panel_changes import stopped
from cytogate.report.plain import plain, text
from cytogate.stats.clinical.steroids import EQUIVALENTS, prednisone_equivalent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.plots.series import Course
    from cytogate.report.section import RunLike

SLEDAI, DOSE = "sledai_total", "prednisone equivalent"
SEROLOGY = ("anti_dsdna", "dsdna", "c3", "c4")  # clinical columns that are drawn, but for their units
UNITS = {
    "iu_ml": "IU/mL", "u_ml": "U/mL", "ng_ml": "ng/mL", "pg_ml": "pg/mL", "ug_ml": "µg/mL", "g_l": "g/L",
    "mg_l": "mg/L", "mg_dl": "mg/dL", "g_g": "g/g", "mg_day": "mg/day", "1e9_l": "10⁹/L",
}  # fmt: skip
NAMES = {"anti_dsdna": "Anti-dsDNA", "dsdna": "Anti-dsDNA", "c3": "C3", "c4": "C4", "pga": "PGA"}
COUNTS = "counting, pipettes and blood count"  # what intervals of absolute counts hold
BELOW = "below_limit"


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure and its courses.

    Attributes
    ----------
    name : str
        As ``comparisons`` names it.
    title : str
        Plain text.
    quantity : Quantity
        Of its values.
    courses : tuple of Course
        Patients with a value.
    what : str
        What is measured and how, for captions; plain text.
    limit : float or None
        The limit of the assay, where it is one.
    """

    name: str
    title: str
    quantity: Quantity
    courses: tuple[Course, ...]
    what: str = ""
    limit: float | None = None


def counts(run: RunLike) -> Iterator[Measured]:
    """Yield the cells in blood of each subset that has absolute counts."""
    table = run.subsets
    if "absolute_per_ul" not in table.columns or not table["absolute_per_ul"].notna().any():
        return
    for subset in facts.subsets(run):
        drawn = courses(facts.rows_of(run, subset.name), facts.subjects(run), columns=ABSOLUTE)
        drawn = stopped(run, subset.name, drawn)
        if drawn:
            quantity = Quantity(
                "cells/µL blood", "cells/µL", counted=COUNTS, log=facts.on_log_axis(run, subset.name)
            )
            yield Measured(
                subset.name, subset.title, quantity, drawn, f"{subset.label} in cells per µL of blood"
            )


def analytes(run: RunLike) -> Iterator[Measured]:
    """Yield each analyte; a value below the limit of its assay stands at the limit, with an open symbol."""
    table = run.analytes
    if not len(table):
        return
    weeks = {visit.name: visit.week for visit in facts.visits(run)}
    for (analyte, unit), rows in table.groupby(["analyte", "unit"], sort=False):
        by_visit: dict[tuple[str, str, float], list[tuple[float, bool]]] = {}
        for row in rows.to_dict("records"):
            visit, value, limit = text(row["visit"]), plain(row["value"]), plain(row["limit"])
            week = plain(row["week"])
            week = weeks.get(visit) if week is None else week
            found = limit if value is None else value
            if week is not None and found is not None:
                key = (str(row["subject"]), visit, float(week))
                by_visit.setdefault(key, []).append((float(found), value is None))
        points: dict[str, list[Point]] = {}
        for (subject, visit, week), measured in by_visit.items():
            mean = sum(value for value, _ in measured) / len(measured)
            flag = BELOW if any(below for _, below in measured) else "ok"
            points.setdefault(subject, []).append(Point(week, visit, mean, flag=flag))
        limits = {float(limit) for limit in rows["limit"].dropna()}
        title = labels.analyte(run, str(analyte))
        what = f"{title} in {unit}" if unit else title
        drawn = courses_of(points, facts.subjects(run))
        if drawn:
            short = labels.without_method(title)
            axis = f"{short}, {unit}" if unit else short
            quantity = Quantity(axis, str(unit), log=facts.on_log_axis(run, str(analyte)))
            only = limits.pop() if len(limits) == 1 else None
            yield Measured(str(analyte), title, quantity, drawn, what, only)


def clinical(run: RunLike) -> Iterator[Measured]:
    """Yield SLEDAI, the dose of steroids, and the serology of the clinical table."""
    table = run.clinical
    if not len(table):
        return
    values: dict[str, dict[tuple[str, str], float]] = {}
    weeks: dict[tuple[str, str], float] = {}
    of_visit: dict[str, list[float]] = {}
    for row in table.to_dict("records"):
        key, week, value = (text(row["subject"]), text(row["visit"])), plain(row["week"]), plain(row["value"])
        if week is not None:
            weeks[key] = float(week)
            of_visit.setdefault(key[1], []).append(float(week))
        if value is not None:
            values.setdefault(text(row["variable"]), {})[key] = float(value)
    weeks = {key: median(of_visit[key[1]]) for column in values.values() for key in column
             if key[1] in of_visit} | weeks  # fmt: skip
    wanted = [(SLEDAI, "SLEDAI", Quantity("SLEDAI", "points"), values.get(SLEDAI, {}))]
    wanted.append((DOSE, "Prednisone equivalent", Quantity("Prednisone, mg/day", "mg/day"), _doses(values)))
    for column, found in values.items():
        stem, unit = _named(column)
        if stem in SEROLOGY:
            title = NAMES.get(stem, stem)
            quantity = Quantity(
                f"{title}, {unit}" if unit else title, unit, log=facts.on_log_axis(run, column)
            )
            wanted.append((column, title, quantity, found))
    for name, title, quantity, found in wanted:
        points: dict[str, list[Point]] = {}
        for (subject, visit), amount in found.items():
            if (subject, visit) in weeks:
                points.setdefault(subject, []).append(Point(weeks[subject, visit], visit, amount))
        drawn = courses_of(points, facts.subjects(run))
        if drawn:
            yield Measured(name, title, quantity, drawn, quantity.axis)


def _doses(values: dict[str, dict[tuple[str, str], float]]) -> dict[tuple[str, str], float]:
    taken: dict[tuple[str, str], dict[str, float]] = {}
    for steroid in EQUIVALENTS:
        for key, dose in values.get(f"{steroid}_mg_day", {}).items():
            taken.setdefault(key, {})[steroid] = dose
    summed = {key: prednisone_equivalent(found) for key, found in taken.items()}
    return {key: dose for key, dose in summed.items() if dose is not None}


def _named(column: str) -> tuple[str, str]:
    """Split the name of a clinical column into what it is and its unit.

    Examples
    --------
    >>> _named("anti_dsdna_iu_ml"), _named("c3")
    (('anti_dsdna', 'IU/mL'), ('c3', ''))
    """
    for ending, unit in UNITS.items():
        if column.endswith(f"_{ending}"):
            return column.removesuffix(f"_{ending}"), unit
    return column, ""
