"""Section: one interactive trend figure per subset, one line per patient."""

from __future__ import annotations

from cytogate.report import facts
from cytogate.report.figures import trends
from cytogate.report.plots_of import plot
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw each subset over the weeks; None when no subset has a value at a known week."""
    styles = facts.styles(run)
    figures, shown = {}, []
    for i, (declared, (subset, drawn)) in enumerate(
        zip(trends.figures(run), trends.drawn_subsets(run), strict=True)
    ):
        key = f"trend-{i}"
        figures[key] = declared.for_page()
        level = trends.lloq(drawn, facts.limits(run))
        quantity = trends.quantity(run, subset)
        shown.append(plot(run, declared, key, subset.title, drawn, quantity, level, subset.name))
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


section_kinds.register("trends")(SectionKind(order=16, build=build))
