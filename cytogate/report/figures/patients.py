"""Figure: small multiples, a row per patient and a column per subset, on common axes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.course_axes import MOST_LABELS, y_range
from cytogate.plots.panels import HEIGHT, WIDTH, course_svg
from cytogate.plots.picture import Picture, Words, compose
from cytogate.plots.words import shortened
from cytogate.report import facts
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.figures.trends import drawn_subsets
from cytogate.report.section import asset_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.plots.palette import SubjectStyle
    from cytogate.report.section import RunLike

NAMES, HEAD, GAP = 120, 44, 8  # pixels: patients' names, titles of columns, between panels


@dataclass(frozen=True, slots=True)
class Multiples:
    """The panels, row by row: a patient, its look, and its panel of each subset."""

    subsets: tuple[facts.Subset, ...]
    rows: tuple[tuple[str, SubjectStyle, tuple[str, ...]], ...]


def multiples(run: RunLike) -> Multiples | None:
    """Draw every patient's course of every subset; None when there is no value at a known week."""
    styles, words, start = facts.styles(run), facts.flag_words(run), facts.baseline(run)
    columns = [
        (subset, {course.subject: course for course in drawn}, y_range(drawn))
        for subset, drawn in drawn_subsets(run)
    ]
    if not columns:
        return None
    weeks = [p.week for _, by_subject, _ in columns for c in by_subject.values() for p in c.points]
    shown = [name for name in styles if any(name in by_subject for _, by_subject, _ in columns)]
    rows = tuple(
        (
            subject,
            styles[subject],
            tuple(
                course_svg(
                    by_subject.get(subject),
                    styles[subject],
                    weeks=(min(weeks), max(weeks)),
                    values=values,
                    baseline_week=start.week if start else None,
                    label=f"{subject}, {subset.title}",
                    flag_words=words,
                    titles=len(shown) <= MOST_LABELS,
                )
                for subset, by_subject, values in columns
            ),
        )
        for subject in shown
    )
    return Multiples(tuple(subset for subset, _, _ in columns), rows)


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield the one figure, where there is anything to draw."""
    found = multiples(run)
    if found is None:
        return
    of = "; ".join(subset.defined for subset in found.subsets)
    n = len(found.rows)
    yield ReportFigure(
        name="patients",
        title="Every patient's course of every subset",
        caption=f"{of}. {n} patient{'' if n == 1 else 's'}, a row each. Heights compare within a column; "
        "weeks run on the same scale everywhere. The thin upright line is the baseline; open circles are not "
        f"quantitative ({facts.open_words(run)}).",
        build=partial(draw, found),
        subjects_of_tests=tuple(subset.name for subset in found.subsets),
    )


def draw(found: Multiples) -> Picture:
    """Return the panels side by side, with the names of patients and subsets."""
    panels, words = [], []
    for i, subset in enumerate(found.subsets):
        x = NAMES + i * (WIDTH + GAP)
        words.append(Words(shortened(subset.title, 24), x + 30, 18, weight=600))
        words.append(Words(f"% of {shortened(subset.denominator, 24)}", x + 30, 33, 10, colour="#6a7880"))
    for j, (subject, style, drawn) in enumerate(found.rows):
        y = HEAD + j * (HEIGHT + GAP)
        words.append(Words(shortened(subject, 14), 8, y + 24, weight=600))
        if style.responder is not None:
            words.append(Words(style.words, 8, y + 39, 10, colour="#6a7880"))
        panels += [(svg, NAMES + i * (WIDTH + GAP), y) for i, svg in enumerate(drawn)]
    size = (NAMES + len(found.subsets) * (WIDTH + GAP), HEAD + len(found.rows) * (HEIGHT + GAP))
    return compose(
        panels, words, size=size, style=asset_rules("page.css", ".course"), title="Every patient's courses"
    )


figure_kinds.register("patients")(FigureKind(order=26, figures=figures))
