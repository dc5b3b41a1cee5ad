"""Folds: the change of a subset from baseline as log2 factors, patient by visit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.report import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.plots.series import Course, Point
    from cytogate.report.section import RunLike

HALF_EVENT = 0.5  # stands for a count of 0 in a logarithm


@dataclass(frozen=True, slots=True)
class Changes:
    """log2 factors of one subset.

    Attributes
    ----------
    rows : mapping of patient to values
        One a visit; None where the visit, or the patient's baseline, has no value.
    visits : tuple of Visit
        The columns.
    uncertain : tuple of (patient, column)
        Where this value or that of baseline rests on too few events.
    """

    rows: dict[str, tuple[float | None, ...]]
    visits: tuple[facts.Visit, ...]
    uncertain: tuple[tuple[str, int], ...]


def changes(run: RunLike, drawn: Sequence[Course]) -> Changes | None:
    """Return the change of every patient against the study's baseline visit; None without one."""
    start, visits = facts.baseline(run), facts.visits(run)
    if start is None or len(visits) < 2:
        return None
    rows: dict[str, tuple[float | None, ...]] = {}
    uncertain: list[tuple[str, int]] = []
    by_subject = {course.subject: course for course in drawn}
    for subject in facts.subjects(run):
        points: dict[str, list[Point]] = {}
        for point in by_subject[subject].measured if subject in by_subject else ():
            points.setdefault(point.visit, []).append(point)
        first = _mean(points.get(start.name, ()))
        values = []
        for i, visit in enumerate(visits):
            found = _mean(points.get(visit.name, ()))
            known = first is not None and found is not None
            values.append(found - first if known else None)  # type: ignore[operator]
            used = (*points.get(visit.name, ()), *points.get(start.name, ()))
            if known and not all(point.quantitative for point in used):
                uncertain.append((subject, i))
        rows[subject] = tuple(values)
    return Changes(rows, visits, tuple(uncertain))


def _mean(points: Sequence[Point]) -> float | None:
    """Return the mean log2 of the tubes of a visit; half an event where none was counted."""
    logs = []
    for point in points:
        value = point.value or (
            100.0 * HALF_EVENT / point.denominator_count if point.denominator_count else 0
        )
        if value > 0:
            logs.append(math.log2(value))
    return sum(logs) / len(logs) if logs else None
