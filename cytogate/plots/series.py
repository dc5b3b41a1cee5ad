"""One patient's course of one subset: its points in time, and the gaps between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Point:
    """One sample's value of one subset, or of an analyte; `value` is None where a visit gave none (a gap).

    `panel` is the version of the panel that it was stained with, where the values of a figure have several.
    `ci_low` and `ci_high` are of counting alone, `gate_ci_low` and `gate_ci_high` hold what gates that were
    found in the data leave open as well; all in the unit of the value (subsets: percent).
    """

    week: float
    visit: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    gate_ci_low: float | None = None
    gate_ci_high: float | None = None
    count: float | None = None
    denominator_count: float | None = None
    flag: str = "ok"
    sample: str = ""
    panel: str = ""

    @property
    def percent(self) -> float | None:
        """Return the value of a subset, which is a percentage."""
        return self.value

    @property
    def quantitative(self) -> bool:
        """Tell whether enough events were counted, and enough in the denominator; else the symbol is open."""
        return self.flag == "ok"

    @property
    def counted(self) -> tuple[float, float] | None:
        """Return the interval of counting alone."""
        return _both(self.ci_low, self.ci_high)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the interval to draw: with the gates' uncertainty where there is one."""
        return _both(self.gate_ci_low, self.gate_ci_high) or self.counted

    @property
    def of_gates(self) -> bool:
        """Tell whether `interval` holds more than counting: gates of the value were found in the data."""
        return self.interval != self.counted


def _both(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


@dataclass(frozen=True, slots=True)
class Course:
    """One patient's points by week, gaps included, so that a line never joins across a missing visit."""

    subject: str
    points: tuple[Point, ...]

    @property
    def measured(self) -> tuple[Point, ...]:
        """Return the points that have a value."""
        return tuple(point for point in self.points if point.value is not None)


PERCENT = ("percent", "ci_low", "ci_high", "gate_ci_low", "gate_ci_high")
ABSOLUTE = ("absolute_per_ul", "absolute_ci_low", "absolute_ci_high", "", "")


def courses(
    rows: pd.DataFrame,
    subjects: Sequence[str] | None = None,
    *,
    columns: tuple[str, str, str, str, str] = PERCENT,
) -> tuple[Course, ...]:
    """Turn the rows of one subset into one course per patient.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``subsets`` for one subset: sample, subject, visit, week, percent, ci_low, ci_high, count,
        denominator_count, flag, and panel, gate_ci_low, gate_ci_high where there are. Rows without a week
        cannot be drawn and are left out.
    subjects : sequence of str, optional
        Their order; by default the order of first appearance.
    columns : tuple of str
        Of the value, its interval, and that with the uncertainty of gates: `PERCENT` or `ABSOLUTE`.

    Returns
    -------
    tuple of Course
        Patients with at least one value. A visit that at least half of the patients have is scheduled; a
        patient who lacks it between the first and the last value has a gap there.
    """
    by_subject: dict[str, list[Point]] = {}
    several = "panel" in rows.columns and rows["panel"].nunique() > 1
    for row in rows.to_dict("records"):
        point = _point(row, columns)
        if point is not None:
            point = replace(point, panel=_text(row["panel"])) if several else point
            by_subject.setdefault(str(row["subject"]), []).append(point)
    return courses_of(by_subject, subjects)


def courses_of(
    by_subject: Mapping[str, Sequence[Point]], subjects: Sequence[str] | None = None
) -> tuple[Course, ...]:
    """Turn points into one course per patient, with gaps where a scheduled visit is missing.

    Parameters
    ----------
    by_subject : mapping of patient to points
        In any order.
    subjects : sequence of str, optional
        Which patients, in order; by default all.
    """
    schedule = _schedule(by_subject)
    found = []
    for subject in subjects if subjects is not None else by_subject:
        points = by_subject.get(subject, [])
        if any(point.value is not None for point in points):
            found.append(Course(subject, _with_gaps(points, schedule)))
    return tuple(found)


def _point(row: Mapping[object, object], columns: Sequence[str]) -> Point | None:
    week = _number(row.get("week"))
    if week is None:
        return None
    value, low, high, gate_low, gate_high = (_number(row.get(column)) for column in columns)
    return Point(
        week=week,
        visit=_text(row.get("visit")),
        value=value,
        ci_low=low,
        ci_high=high,
        gate_ci_low=gate_low,
        gate_ci_high=gate_high,
        count=_number(row.get("count")),
        denominator_count=_number(row.get("denominator_count")),
        flag=_text(row.get("flag")) or "ok",
        sample=_text(row.get("sample")),
    )


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # None, pandas.NA
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _schedule(by_subject: Mapping[str, Sequence[Point]]) -> dict[str, float]:
    """Return the median week of each visit that at least half of the patients have."""
    weeks: dict[str, list[float]] = {}
    for points in by_subject.values():
        for visit, week in {point.visit: point.week for point in points if point.visit}.items():
            weeks.setdefault(visit, []).append(week)
    return {
        visit: sorted(seen)[len(seen) // 2]
        for visit, seen in weeks.items()
        if 2 * len(seen) >= len(by_subject)
    }


def _with_gaps(points: Sequence[Point], schedule: Mapping[str, float]) -> tuple[Point, ...]:
    valued = [point.week for point in points if point.value is not None]
    have = {point.visit for point in points}
    missing = [
        Point(week=week, visit=visit, value=None)
        for visit, week in schedule.items()
        if visit not in have and min(valued) < week < max(valued)
    ]
    # A failed sample beside a repeat that worked is no gap.
    worked = {point.visit for point in points if point.value is not None}
    kept = [point for point in points if point.value is not None or point.visit not in worked]
    return tuple(sorted([*kept, *missing], key=lambda point: (point.week, point.sample)))


def interval_words(points: Sequence[Point]) -> str:
    """Say what the intervals of a figure hold: counting, or the uncertainty of fitted gates as well.

    Examples
    --------
    >>> fixed = Point(0.0, "W0", 10.0, 9.0, 11.0)
    >>> interval_words([fixed])
    'Intervals: Wilson, 95 %, counting error only.'
    """
    known = [point for point in points if point.interval is not None]
    if not any(point.of_gates for point in known):
        return "Intervals: Wilson, 95 %, counting error only."
    some = "" if all(point.of_gates for point in known) else "; counting error only where no gate was fitted"
    return f"Intervals: 95 %, counting error and the uncertainty of the fitted gates{some}."
