"""Figures: each subset over the weeks, one line per patient."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from cytogate.plots.course_axes import MOST_LABELS, value_axis
from cytogate.plots.numbers import percent_text
from cytogate.plots.quantity import percent_of
from cytogate.plots.series import courses, interval_words
from cytogate.plots.trends import course_figure
from cytogate.report import facts
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.panel_changes import marks, panel_words, stopped
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cytogate.plots.course_axes import ValueAxis
    from cytogate.plots.quantity import Quantity
    from cytogate.plots.series import Course, Point
    from cytogate.report.section import RunLike


def drawn_subsets(run: RunLike) -> Iterator[tuple[facts.Subset, tuple[Course, ...]]]:
    """Yield each subset that has a value at a known week, and the courses of the patients."""
    styles = facts.styles(run)
    for subset in facts.subsets(run):
        drawn = courses(facts.rows_of(run, subset.name), list(styles))
        if drawn:
            yield subset, stopped(run, subset.name, drawn)


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every subset that has a value at a known week."""
    styles, words = facts.styles(run), facts.flag_words(run)
    shown = list(drawn_subsets(run))
    stems = file_stems(subset.name for subset, _ in shown)
    for subset, drawn in shown:
        said = caption(subset, drawn, facts.limits(run), value_axis(drawn, quantity(run, subset)))
        yield ReportFigure(
            name=f"trend-{stems[subset.name]}",
            title=f"{subset.title}, % of {subset.denominator}",
            caption=f"{said} {panel_words(run, subset.name, drawn)}".rstrip(),
            build=partial(
                course_figure,
                drawn,
                quantity(run, subset),
                styles=styles,
                marks=marks(run, drawn),
                level=lloq(drawn, facts.limits(run)),
                flag_words=words,
            ),
            subjects_of_tests=(subset.name,),
            legend=legend(run),
        )


def quantity(run: RunLike, subset: facts.Subset) -> Quantity:
    """Return what the values of a subset are."""
    return replace(percent_of(subset.denominator), log=facts.on_log_axis(run, subset.name))


def lloq(drawn: Sequence[Course], limits: Mapping[str, int]) -> tuple[float, str] | None:
    """Return the percent that the least quantitative number of events is of the median denominator."""
    sizes = [point.denominator_count for course in drawn for point in course.points]
    known = [size for size in sizes if size]
    if not known:
        return None
    return 100.0 * limits["lloq_events"] / median(known), f"LLOQ: {limits['lloq_events']} events"


def legend(run: RunLike) -> str:
    """Say what lines and symbols mean."""
    return (
        f"One line per patient ({line_words(run)}), weeks to scale. A line stops where a visit has no value. "
        f"Open symbols are not quantitative: {facts.open_words(run)}."
    )


def line_words(run: RunLike) -> str:
    """Say what solid, dashed and dotted lines are, of those that occur."""
    answers = {style.responder for style in facts.styles(run).values()}
    words = {True: "responders solid", False: "non-responders dashed", None: "response not known dotted"}
    return ", ".join(said for answer, said in words.items() if answer in answers)


def caption(subset: facts.Subset, drawn: Sequence[Course], limits: Mapping[str, int], axis: ValueAxis) -> str:
    """Say what a figure shows: population, denominator, definition, and of how many."""
    points = [point for course in drawn for point in course.measured]
    what = subset.defined
    if subset.text:
        what += f": {subset.text}"
    if subset.citation:
        what += f" ({subset.citation})"
    said = [
        f"{what}.",
        f"{len(drawn)} patient{'' if len(drawn) == 1 else 's'}, "
        f"{len(points)} sample{'' if len(points) == 1 else 's'}.",
        below(points, limits),
        level_words(lloq(drawn, limits), axis),
        interval_words(points),
        "Upright lines show them; patients stand side by side for it." if len(drawn) <= MOST_LABELS else "",
        "Log axis." if axis.log else "" if axis.low == 0 else "The axis does not begin at 0.",
    ]
    return " ".join(filter(None, said))


def level_words(level: tuple[float, str] | None, axis: ValueAxis) -> str:
    """Say where the limit of quantitation lies, and whether a line shows it."""
    if level is None:
        return ""
    line = " (level line)" if axis.shows(level[0]) else ""
    return f"{level[1]}, {percent_text(level[0])} % of the median denominator{line}."


def below(points: Sequence[Point], limits: Mapping[str, int]) -> str:
    """Say how many values of a figure are not quantitative, and why; empty when all are."""
    flags = Counter(point.flag for point in points if not point.quantitative)
    few_parent = flags.pop("few_parent", 0)
    few = max(limits["lod_events"], limits["lloq_events"])
    reasons = [(flags.total(), f"with fewer than {few} events")]
    reasons.append((few_parent, f"with fewer than {limits['min_parent']} events in the denominator"))
    said = ", ".join(f"{n} {reason}" for n, reason in reasons if n)
    return f"Open symbols: {said}." if said else ""


figure_kinds.register("trends")(FigureKind(order=16, figures=figures))
