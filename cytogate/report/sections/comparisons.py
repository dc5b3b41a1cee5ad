"""Section: the table of all comparisons with their notes, to filter, sort and save."""

from __future__ import annotations

from cytogate.report.findings import contrast_of, findings, title_of
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.sections.values import csv_text


def build(run: RunLike) -> Section | None:
    """List every row of ``comparisons``; None when there is none."""
    rows = [
        {"finding": row, "title": title_of(run, row), "contrast": contrast_of(run, row.contrast)}
        for row in findings(run)
    ]
    if not rows:
        return None
    body = render("comparisons.html", rows=rows)
    return Section("Comparisons", body, packed={"comparisons-csv": csv_text(run.comparisons).encode("utf-8")})


section_kinds.register("comparisons")(SectionKind(order=60, build=build))
