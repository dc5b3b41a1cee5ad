"""Section: each patient before and after, subset by subset."""

from __future__ import annotations

from cytogate.report.changes import changes
from cytogate.report.drawn import drawn
from cytogate.report.figures import before_after
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.report.whom import in_whom


def build(run: RunLike) -> Section | None:
    """Draw each subset at baseline and at the visit that is compared; None without such a pair."""
    shown = drawn(before_after.figures(run))
    if not shown.items:
        return None
    whom = [(change, in_whom(run, change)) for change in changes(run) if change.pairs]
    body = render("before_after.html", drawn=shown, whom=whom)
    return Section("Before and after, patient by patient", body, figures=shown.figures)


section_kinds.register("before_after")(SectionKind(order=24, build=build))
