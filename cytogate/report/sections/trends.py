"""Section: one interactive trend figure per subset, one line per patient."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from markupsafe import Markup

from cytogate.plots.series import courses
from cytogate.plots.trend_svg import trend_svg
from cytogate.plots.trends import trend_figure, y_range
from cytogate.report import facts
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.plots.series import Point


def build(run: RunLike) -> Section | None:
    """Draw each subset over the weeks; None when no subset has a value at a known week."""
    styles = facts.styles(run)
    start = facts.baseline(run)
    baseline_week = start.week if start else None
    words, limits = facts.flag_words(run), facts.limits(run)
    figures, shown = {}, []
    for i, subset in enumerate(facts.subsets(run)):
        rows = facts.rows_of(run, subset.name)
        drawn = courses(rows, list(styles))
        if not drawn:
            continue
        figure = trend_figure(
            rows,
            denominator=subset.denominator,
            styles=styles,
            baseline_week=baseline_week,
            flag_words=words,
        ).to_plotly_json()
        del figure["layout"]["template"]  # the page sends it once
        figures[f"trend-{i}"] = figure
        points = [point for course in drawn for point in course.measured]
        shown.append(
            {
                "id": f"trend-{i}",
                "subset": subset,
                "n_subjects": len(drawn),
                "n_points": len(points),
                "below": below(points, limits),
                "picture": Markup(
                    trend_svg(
                        drawn,
                        styles,
                        denominator=subset.denominator,
                        baseline_week=baseline_week,
                        label=f"{subset.title}, percent of {subset.denominator} over the weeks",
                    )
                ),
                "from_zero": y_range(drawn)[0] == 0,
            }
        )
    if not shown:
        return None
    body = render(
        "trends.html",
        shown=shown,
        styles=styles,
        open_words=facts.open_words(run),
        answers={style.responder for style in styles.values()},
    )
    return Section("Trends", body, figures=figures)


def below(points: Sequence[Point], limits: Mapping[str, int]) -> str:
    """Say how many values of a figure are not quantitative, and why; empty when all are."""
    flags = Counter(point.flag for point in points if not point.quantitative)
    few_parent = flags.pop("few_parent", 0)
    few = max(limits["lod_events"], limits["lloq_events"])
    reasons = [(flags.total(), f"with fewer than {few} events")]
    reasons.append((few_parent, f"with fewer than {limits['min_parent']} events in the denominator"))
    said = ", ".join(f"{n} {reason}" for n, reason in reasons if n)
    return f"Open symbols: {said}." if said else ""


section_kinds.register("trends")(SectionKind(order=20, build=build))
