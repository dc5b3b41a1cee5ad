"""What the clinical table and the table of analytes measured, as series that tests of trends take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.study.files.names import natural
from cytogate.study.measuring.measures import Measure, Value, half_least, in_order, some, visit_weeks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.study.measuring.measures import Place
    from cytogate.study.sheets.analyte_sheet import AnalyteValue
    from cytogate.study.sheets.clinical_sheet import ClinicalVisit
    from cytogate.study.sheets.sheet import SheetRow


def study_weeks(rows: Iterable[SheetRow], clinical: Iterable[ClinicalVisit]) -> dict[str, float]:
    """Return the visits of sheet and clinical table and their weeks, in order of these."""
    in_sheet = ((row.visit, row.week) for row in rows if row.role == "sample")
    in_clinic = ((visit.state.visit, visit.state.week) for visit in clinical)
    return visit_weeks((*in_sheet, *in_clinic))


def analyte_measures(values: Sequence[AnalyteValue], weeks: Mapping[str, float]) -> tuple[Measure, ...]:
    """Return one measure an analyte, by name; half the limit stands for what is below it.

    Parameters
    ----------
    values : sequence of AnalyteValue
    weeks : mapping of visit to week
        Of sheet and clinical table; analytes have none of their own.
    """
    names = in_order(value.analyte for value in values)
    return tuple(
        _analyte(name, [value for value in values if value.analyte == name], weeks) for name in names
    )


def _analyte(name: str, mine: Sequence[AnalyteValue], weeks: Mapping[str, float]) -> Measure:
    groups: dict[Place, list[AnalyteValue]] = {}
    for value in mine:
        groups.setdefault((value.subject, value.visit), []).append(value)
    seen = {value.visit for value in mine}
    limits = [value.limit for value in mine if value.limit is not None]
    measured = [value.value for value in mine if value.value is not None]
    remarks = [
        f"visits of no known week left out: {some(sorted(seen - set(weeks), key=natural))}"
        if seen - set(weeks)
        else "",
        f"several methods: {', '.join(methods)}"
        if len(methods := sorted({value.method for value in mine})) > 1
        else "",
    ]
    return Measure(
        name=name,
        kind="analyte",
        unit=mine[0].unit,
        scale="log",
        subjects=in_order(value.subject for value in mine),
        weeks={visit: week for visit, week in weeks.items() if visit in seen},
        values={place: _level(entries) for place, entries in groups.items()},
        absent="not measured",
        floor=half_least(limits) or half_least(measured),
        remarks=tuple(filter(None, remarks)),
    )


def _level(entries: Sequence[AnalyteValue]) -> Value:
    """Return the mean of what was measured at a place, half the limit for what is below it."""
    levels, said = [], []
    for entry in entries:
        if entry.limit is not None:
            levels.append(entry.limit / 2)
            said.append("below the limit of the assay, half of it taken")
        elif entry.value is not None:
            levels.append(entry.value)
            said += ["no positive level, half the least taken"] if entry.value <= 0 else []
    if not levels:
        return Value(remark="not measured")
    if len(levels) > 1:
        said.append(f"mean of {len(levels)} measurements")
    return Value(math.fsum(levels) / len(levels), remark=", ".join(dict.fromkeys(said)))


def score_measure(clinical: Sequence[ClinicalVisit], column: str, *, unit: str = "points") -> Measure | None:
    """Return a column of the clinical table as a measure on a linear scale; None where it holds no number."""
    values = {
        (visit.subject, visit.state.visit): Value(visit.values[column])
        for visit in clinical
        if column in visit.values
    }
    if not values:
        return None
    seen = {visit for _, visit in values}
    weeks = visit_weeks((visit.state.visit, visit.state.week) for visit in clinical)
    return Measure(
        name=column,
        kind="score",
        unit=unit,
        scale="linear",
        subjects=in_order(visit.subject for visit in clinical),
        weeks={visit: week for visit, week in weeks.items() if visit in seen},
        values=values,
        absent="not recorded",
    )
