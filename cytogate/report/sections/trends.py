"""Section: one interactive trend figure per subset, one line per patient."""

from __future__ import annotations

from markupsafe import Markup

from cytogate.plots.trend_svg import trend_svg
from cytogate.report import facts
from cytogate.report.figures import trends
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw each subset over the weeks; None when no subset has a value at a known week."""
    styles = facts.styles(run)
    start = facts.baseline(run)
    figures, shown = {}, []
    for i, (declared, (subset, drawn)) in enumerate(
        zip(trends.figures(run), trends.drawn_subsets(run), strict=True)
    ):
        figures[f"trend-{i}"] = declared.for_page()
        picture = trend_svg(
            drawn,
            styles,
            denominator=subset.denominator,
            baseline_week=start.week if start else None,
            label=f"{subset.title}, percent of {subset.denominator} over the weeks",
        )
        shown.append(
            {
                "id": f"trend-{i}",
                "subset": subset,
                "caption": declared.caption,
                "picture": Markup(picture),
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


section_kinds.register("trends")(SectionKind(order=20, build=build))
