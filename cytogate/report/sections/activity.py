"""Section: disease activity, steroids and analytes, patient by patient and analyte by analyte."""

from __future__ import annotations

from markupsafe import Markup

from cytogate.report import measures
from cytogate.report.figures import activity, analytes
from cytogate.report.plots_of import plot
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw what the clinic and assays measured; None where the study has no such table."""
    figures, shown = {}, []
    for i, (declared, measured) in enumerate(zip(analytes.figures(run), measures.analytes(run), strict=True)):
        key = f"analyte-{i}"
        figures[key] = declared.for_page()
        level = analytes.level(measured)
        shown.append(plot(run, declared, key, measured.title, measured.courses, measured.quantity, level))
    aligned = next(iter(activity.figures(run)), None)
    if aligned is None and not shown:
        return None
    drawn = {} if aligned is None else activity.panels(run, activity.shown(run))
    panels = [(subject, Markup(svg)) for subject, svg in drawn.items()]
    body = render("activity.html", shown=shown, aligned=aligned, panels=panels)
    return Section("SLEDAI, steroids and analytes", body, figures=figures)


section_kinds.register("activity")(SectionKind(order=34, build=build))
