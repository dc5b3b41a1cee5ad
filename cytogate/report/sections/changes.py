"""Section: heat maps of the change from baseline, patients by visits."""

from __future__ import annotations

from markupsafe import Markup

from cytogate.plots.heat import heat_key_svg
from cytogate.report.figures import changes
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw the heat map of each subset; None without a baseline and another visit."""
    shown = [
        (subset, Markup(changes.panel(subset.title, found)), declared.caption)
        for (subset, found), declared in zip(changes.heat_maps(run), changes.figures(run), strict=True)
    ]
    if not shown:
        return None
    body = render("changes.html", shown=shown, legend=changes.LEGEND, key=Markup(heat_key_svg()))
    return Section("Change from baseline", body)


section_kinds.register("changes")(SectionKind(order=18, build=build))
