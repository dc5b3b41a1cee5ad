"""A change of panel in figures over the weeks: a mark, words, and a stop where nothing bridges it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.plots.panel_changes import change_marks, change_words, panel_changes, parted
from cytogate.report import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.plots.series import Course
    from cytogate.report.section import RunLike


def stopped(run: RunLike, subset: str, drawn: Sequence[Course]) -> tuple[Course, ...]:
    """Return courses whose lines stop where the panel changes and no bridging sample joins its versions."""
    apart = facts.apart(run, subset)
    return tuple(parted(course) if course.subject in apart else course for course in drawn)


def marks(run: RunLike, drawn: Sequence[Course]) -> tuple[tuple[float, str], ...]:
    """Return the upright lines of a figure: those of the run, and changes of panel."""
    return (*facts.marks(run), *change_marks(panel_changes(drawn)))


def panel_words(run: RunLike, subset: str, drawn: Sequence[Course]) -> str:
    """Say where the panel of a subset changes, and whether its values may be compared across."""
    said = change_words(panel_changes(drawn))
    if not said:
        return ""
    if facts.apart(run, subset):
        return f"{said} No bridging sample was gated with both: lines stop there, and nothing is compared."
    return f"{said} A bridging sample was gated with both; notes of the tests say what it had by each."
