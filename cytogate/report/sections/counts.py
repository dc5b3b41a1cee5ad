"""Section: cells of each subset per µL of blood over the weeks."""

from __future__ import annotations

from cytogate.report import measures
from cytogate.report.figures import counts
from cytogate.report.plots_of import plot
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw each subset's absolute counts; None where the study has none."""
    figures, shown = {}, []
    for i, (declared, measured) in enumerate(zip(counts.figures(run), measures.counts(run), strict=True)):
        figures[f"count-{i}"] = declared.for_page()
        shown.append(plot(run, declared, f"count-{i}", measured.title, measured.courses, measured.quantity))
    if not shown:
        return None
    return Section("Counts", render("counts.html", shown=shown), figures=figures)


section_kinds.register("counts")(SectionKind(order=20, build=build))
