"""Section: the methods of the run as text for a paper, made from the run folder alone."""

from __future__ import annotations

from cytogate.report.methods_text import paragraphs, references
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Write the methods; None for a run without samples."""
    if not len(run.samples):
        return None
    return Section(
        "Methods text", render("methods.html", paragraphs=paragraphs(run), references=references(run))
    )


section_kinds.register("methods")(SectionKind(order=70, build=build))
