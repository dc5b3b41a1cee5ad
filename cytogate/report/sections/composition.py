"""Section: how the cells of a denominator divide into subsets, patient by patient."""

from __future__ import annotations

from markupsafe import Markup

from cytogate.plots.composition import parts_key
from cytogate.report.compositions import compositions
from cytogate.report.figures import composition
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds


def build(run: RunLike) -> Section | None:
    """Draw each denominator that divides into at least two subsets; None where there is none."""
    shown = [
        {
            "declared": declared,
            "key": parts_key([part.title for part in found.parts]),
            "panels": [(subject, Markup(svg)) for subject, svg in composition.panels(run, found).items()],
            "subsets": [part.name for part in found.parts],
        }
        for declared, found in zip(composition.figures(run), composition.shown(run), strict=True)
    ]
    refused = [found for found in compositions(run) if found.overlapping]
    if not shown and not refused:
        return None
    return Section("Composition", render("composition.html", shown=shown, refused=refused))


section_kinds.register("composition")(SectionKind(order=22, build=build))
