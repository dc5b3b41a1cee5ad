"""Section: one interactive trend figure per subset, one line per patient."""

from __future__ import annotations

from cytogate.plots.series import courses
from cytogate.plots.trends import trend_figure, y_range
from cytogate.report import facts
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw each subset over the weeks; None when no subset has a value at a known week."""
    styles = facts.styles(run)
    start = facts.baseline(run)
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
            baseline_week=start.week if start else None,
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
                "n_below": sum(point.below_limit for point in points),
                "from_zero": y_range(drawn)[0] == 0,
            }
        )
    if not shown:
        return None
    body = render(
        "trends.html",
        shown=shown,
        styles=styles,
        limits=facts.limits(run),
        judged=any(style.responder is not None for style in styles.values()),
    )
    return Section("Trends", body, figures=figures)


section_kinds.register("trends")(SectionKind(order=20, build=build))
