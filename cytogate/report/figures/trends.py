"""Figures: each subset over the weeks, one line per patient."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.series import courses, interval_words
from cytogate.plots.trends import MOST_LABELS, trend_figure, y_range
from cytogate.report import facts
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.study.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cytogate.plots.series import Course, Point
    from cytogate.report.section import RunLike


def drawn_subsets(run: RunLike) -> Iterator[tuple[facts.Subset, tuple[Course, ...]]]:
    """Yield each subset that has a value at a known week, and the courses of the patients."""
    styles = facts.styles(run)
    for subset in facts.subsets(run):
        drawn = courses(facts.rows_of(run, subset.name), list(styles))
        if drawn:
            yield subset, drawn


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every subset that has a value at a known week."""
    styles, words = facts.styles(run), facts.flag_words(run)
    start = facts.baseline(run)
    shown = list(drawn_subsets(run))
    stems = file_stems(subset.name for subset, _ in shown)
    for subset, drawn in shown:
        yield ReportFigure(
            name=f"trend-{stems[subset.name]}",
            title=f"{subset.title}, % of {subset.denominator}",
            caption=caption(subset, drawn, facts.limits(run)),
            build=partial(
                trend_figure,
                facts.rows_of(run, subset.name),
                denominator=subset.denominator,
                styles=styles,
                baseline_week=start.week if start else None,
                flag_words=words,
            ),
            subjects_of_tests=(subset.name,),
            legend=legend(run),
        )


def legend(run: RunLike) -> str:
    """Say what lines and symbols mean."""
    answers = {style.responder for style in facts.styles(run).values()}
    words = {True: "responders solid", False: "non-responders dashed", None: "response not known dotted"}
    lines = ", ".join(said for answer, said in words.items() if answer in answers)
    return (
        f"One line per patient ({lines}), weeks to scale. A line stops where a visit has no value. Open "
        f"symbols are not quantitative: {facts.open_words(run)}."
    )


def caption(subset: facts.Subset, drawn: Sequence[Course], limits: Mapping[str, int]) -> str:
    """Say what a figure shows: population, denominator, definition, and of how many."""
    points = [point for course in drawn for point in course.measured]
    what = f"{subset.population} as % of {subset.denominator}"
    if subset.definition:
        what += f"; definition {subset.definition}"
    if subset.text:
        what += f": {subset.text}"
    if subset.citation:
        what += f" ({subset.citation})"
    said = [
        f"{what}.",
        f"{len(drawn)} patient{'' if len(drawn) == 1 else 's'}, "
        f"{len(points)} sample{'' if len(points) == 1 else 's'}.",
        below(points, limits),
        interval_words(points),
        "Upright lines show them." if len(drawn) <= MOST_LABELS else "",
        "" if y_range(drawn)[0] == 0 else "The axis does not begin at 0.",
    ]
    return " ".join(filter(None, said))


def below(points: Sequence[Point], limits: Mapping[str, int]) -> str:
    """Say how many values of a figure are not quantitative, and why; empty when all are."""
    flags = Counter(point.flag for point in points if not point.quantitative)
    few_parent = flags.pop("few_parent", 0)
    few = max(limits["lod_events"], limits["lloq_events"])
    reasons = [(flags.total(), f"with fewer than {few} events")]
    reasons.append((few_parent, f"with fewer than {limits['min_parent']} events in the denominator"))
    said = ", ".join(f"{n} {reason}" for n, reason in reasons if n)
    return f"Open symbols: {said}." if said else ""


figure_kinds.register("trends")(FigureKind(order=20, figures=figures))
