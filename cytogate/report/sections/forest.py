"""Section: the change of every measure with its interval, in a figure and in a table beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.report.drawn import drawn
from cytogate.report.figures import forest
from cytogate.report.findings import (
    NON_RESPONDERS,
    SIGN,
    WILCOXON,
    Finding,
    contrast_of,
    findings,
    name_of,
    one,
    title_of,
)
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(run: RunLike) -> Section | None:
    """Show the change of every measure in every group; None where the study asks for no change."""
    found = findings(run)
    tests = [row for row in found if row.test == WILCOXON]
    if not tests:
        return None
    families: Mapping[str, Any] = (run.manifest.get("study") or {}).get("families") or {}
    shown = drawn(forest.figures(run), tall=True)
    body = render(
        "forest.html",
        drawn=shown,
        rows=[
            {
                "title": title_of(run, row, short=True),
                "of": title_of(run, row).removeprefix(title_of(run, row, short=True)).lstrip(", "),
                "points": row,
                "fold": _fold(found, row),
            }
            for row in tests
            if row.n or row.group != NON_RESPONDERS
        ],
        contrasts=", ".join(dict.fromkeys(contrast_of(run, row.contrast) for row in tests if row.contrast)),
        families=[
            (str(name), [name_of(run, str(member)) for member in members])
            for name, members in families.items()
        ],
    )
    return Section("Changes", body, figures=shown.figures)


def _fold(found: tuple[Finding, ...], row: Finding) -> Finding | None:
    fold = one(found, SIGN, row.group, row.subset, row.measure)
    return fold if fold is not None and fold.unit == "fold" else None


section_kinds.register("forest")(SectionKind(order=14, build=build))
