"""Figure: disease activity, steroids and analytes of each patient above each other, aligned in time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.course_axes import value_axis
from cytogate.plots.picture import Picture, compose
from cytogate.plots.timelines import WIDTH, Row, height, timeline_svg
from cytogate.plots.words import shortened
from cytogate.report import facts, measures
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.section import asset_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cytogate.report.measures import Measured
    from cytogate.report.section import RunLike

MOST, IN_ROW, GAP = 9, 6, 14  # measures of a patient; patients in a row


def shown(run: RunLike) -> tuple[Measured, ...]:
    """Return the measures that are drawn: SLEDAI and dose first, then analytes, then serology."""
    clinical = list(measures.clinical(run))
    first = [found for found in clinical if found.name in (measures.SLEDAI, measures.DOSE)]
    rest = [found for found in clinical if found not in first]
    return tuple([*first, *measures.analytes(run), *rest][:MOST])


def panels(run: RunLike, found: Sequence[Measured]) -> dict[str, str]:
    """Return one picture per patient who has any value."""
    styles, marks = facts.styles(run), facts.marks(run)
    points = [point for measured in found for course in measured.courses for point in course.points]
    weeks = (min(point.week for point in points), max(point.week for point in points))
    axes = [value_axis(measured.courses, measured.quantity) for measured in found]
    by_subject = [{course.subject: course for course in measured.courses} for measured in found]
    made = {}
    for subject, style in styles.items():
        if any(subject in courses for courses in by_subject):
            rows = [
                Row(measured.quantity, axis, courses.get(subject))
                for measured, axis, courses in zip(found, axes, by_subject, strict=True)
            ]
            title = subject if style.responder is None else f"{shortened(subject, 9)}, {style.words}"
            label = f"{subject}: {', '.join(measured.title for measured in found)} over the weeks"
            made[subject] = timeline_svg(title, rows, style, weeks=weeks, marks=marks, label=label)
    return made


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield the one figure, where the study has such values."""
    found = shown(run)
    if not found:
        return
    n = len({course.subject for measured in found for course in measured.courses})
    yield ReportFigure(
        name="activity",
        title="Disease activity, steroids and serology, aligned in time",
        caption=f"{'; '.join(measured.what for measured in found)}. {n} patient{'' if n == 1 else 's'}, a "
        "column each, the same axes for all; weeks to scale.",
        build=partial(draw, run, found),
        subjects_of_tests=tuple(measured.name for measured in found),
        legend="Steroids are added up as prednisone equivalents. Open circles are below the limit of the "
        "assay, and drawn at it. A line stops where a visit has no value.",
    )


def draw(run: RunLike, found: Sequence[Measured]) -> Picture:
    """Return the patients' columns side by side."""
    drawn = panels(run, found).values()
    tall = height(len(found))
    places = [
        (svg, 6.0 + (i % IN_ROW) * (WIDTH + GAP), 6.0 + (i // IN_ROW) * (tall + GAP))
        for i, svg in enumerate(drawn)
    ]
    size = (
        6.0 + min(IN_ROW, len(drawn)) * (WIDTH + GAP),
        6.0 + -(-len(drawn) // IN_ROW) * (tall + GAP),
    )
    title = "Disease activity, steroids and serology, aligned in time"
    return compose(places, [], size=size, style=asset_rules("page.css", ".timeline"), title=title)


figure_kinds.register("activity")(FigureKind(order=33, figures=figures))
