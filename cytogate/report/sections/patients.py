"""Section: small multiples, a row per patient and a column per subset, on common axes."""

from __future__ import annotations

from markupsafe import Markup

from cytogate.report import facts
from cytogate.report.figures.patients import multiples
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw every patient's course of every subset; None when there is no value at a known week."""
    found = multiples(run)
    if found is None:
        return None
    rows = [(subject, style, [Markup(svg) for svg in drawn]) for subject, style, drawn in found.rows]
    body = render("patients.html", subsets=found.subsets, rows=rows, open_words=facts.open_words(run))
    return Section("Courses of each patient", body)


section_kinds.register("patients")(SectionKind(order=26, build=build))
