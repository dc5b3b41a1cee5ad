"""Section: each patient before and after, subset by subset."""

from __future__ import annotations

from cytogate.report.drawn import drawn
from cytogate.report.figures import before_after
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw each subset at baseline and at the visit that is compared; None without such a pair."""
    shown = drawn(before_after.figures(run))
    if not shown.items:
        return None
    return Section("Before and after", render("before_after.html", drawn=shown), figures=shown.figures)


section_kinds.register("before_after")(SectionKind(order=16, build=build))
