"""Changes of panel in courses: between which visits they lie, and lines that stop at them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cytogate.plots.series import Course, Point


@dataclass(frozen=True, slots=True)
class PanelChange:
    """One version of a panel gives way to another, between two visits.

    Attributes
    ----------
    old, new : str
        The versions.
    before, after : str
        The last visit with the old one, the first with the new one.
    week : float
        Half way between them; the median of the patients.
    subjects : tuple of str
        Whose panel changes there.
    crossing : int
        Of how many patients the panel changes anywhere.
    """

    old: str
    new: str
    before: str
    after: str
    week: float
    subjects: tuple[str, ...]
    crossing: int

    @property
    def of(self) -> str:
        """Return of how many patients it is; empty where it is of all whose panel changes."""
        n = len(self.subjects)
        return "" if n == self.crossing else f" ({n} of {self.crossing} patients)"


def panel_changes(drawn: Iterable[Course]) -> tuple[PanelChange, ...]:
    """Return where the panel of patients' values changes, by week; none where all have one panel."""
    found: dict[tuple[str, str, str, str], list[tuple[float, str]]] = {}
    for course in drawn:
        for first, second in pairwise(course.measured):
            if first.panel != second.panel:
                key = (first.panel, second.panel, first.visit, second.visit)
                found.setdefault(key, []).append(((first.week + second.week) / 2, course.subject))
    crossing = len({subject for places in found.values() for _, subject in places})
    changes = [
        PanelChange(
            *key, median(week for week, _ in places), tuple(subject for _, subject in places), crossing
        )
        for key, places in found.items()
    ]
    return tuple(sorted(changes, key=lambda change: (change.week, change.old, change.new)))


def change_marks(changes: Iterable[PanelChange]) -> tuple[tuple[float, str], ...]:
    """Return an upright line for each change: its week and the new panel."""
    return tuple((change.week, f"{change.new}{change.of}") for change in changes)


def change_words(changes: Sequence[PanelChange]) -> str:
    """Return a sentence on the changes of a figure; empty where there is none."""
    if not changes:
        return ""
    said = [
        f"from {change.old} to {change.new} between {change.before} and {change.after}{change.of}"
        for change in changes
    ]
    return f"The panel changes {', '.join(said)}: thin grey line{'' if len(said) == 1 else 's'}."


def parted(course: Course) -> Course:
    """Return a course whose line stops where its panel changes."""
    points: list[Point] = []
    version = ""
    for point in course.points:
        if point.value is not None:
            if version and point.panel != version:
                points.append(replace(point, visit="", value=None))
            version = point.panel
        points.append(point)
    return replace(course, points=tuple(points))
