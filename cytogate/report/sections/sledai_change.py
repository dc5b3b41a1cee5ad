"""Section: the change of each subset against the change of SLEDAI, a point for each patient."""

from __future__ import annotations

from cytogate.report.drawn import drawn
from cytogate.report.figures import sledai
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw both changes; None where fewer than three patients have them."""
    shown = drawn(sledai.change_figures(run))
    if not shown.items:
        return None
    return Section("Change against SLEDAI", render("sledai_change.html", drawn=shown), figures=shown.figures)


section_kinds.register("sledai_change")(SectionKind(order=30, build=build))
