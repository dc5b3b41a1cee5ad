"""Section: the words of the report in plain words."""

from __future__ import annotations

from cytogate.report.glossary import TERMS
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """List the terms; None for a run without samples, which uses none of them."""
    if not len(run.samples):
        return None
    return Section("Glossary", render("glossary.html", terms=TERMS))


section_kinds.register("glossary")(SectionKind(order=90, build=build))
