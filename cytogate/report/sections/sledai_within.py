"""Section: each subset and SLEDAI within patients over the visits, with parallel slopes."""

from __future__ import annotations

from cytogate.report.drawn import drawn
from cytogate.report.figures import sledai
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw the visits and the common slope; None where fewer than two patients have two visits."""
    shown = drawn(sledai.slope_figures(run))
    if not shown.items:
        return None
    body = render("sledai_within.html", drawn=shown, not_independent=sledai.NOT_INDEPENDENT)
    return Section("With SLEDAI within patients", body, figures=shown.figures)


section_kinds.register("sledai_within")(SectionKind(order=32, build=build))
