"""Figures: heat maps of each subset's change from baseline, patients by visits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.heat import MOST_NUMBERS, heat_key_svg, heat_svg
from cytogate.plots.numbers import week_text
from cytogate.plots.picture import Picture, Words, compose
from cytogate.plots.words import shortened
from cytogate.report import facts
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.figures.trends import drawn_subsets
from cytogate.report.folds import changes
from cytogate.report.section import asset_rules
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.report.folds import Changes
    from cytogate.report.section import RunLike

LEGEND = (
    "A cell is the factor between a visit and baseline: white is no change, purple more, orange less, the "
    "same colours for all subsets; hatched: this visit or baseline has no value. A ring: one of the two "
    "rests on too few events. Where no event was counted, half an event is taken."
)


def heat_maps(run: RunLike) -> Iterator[tuple[facts.Subset, Changes]]:
    """Yield each subset that has a value at baseline and at another visit."""
    for subset, drawn in drawn_subsets(run):
        found = changes(run, drawn)
        if found is not None and any(value for values in found.rows.values() for value in values):
            yield subset, found


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a heat map for every such subset."""
    start = facts.baseline(run)
    shown = list(heat_maps(run))
    stems = file_stems(subset.name for subset, _ in shown)
    for subset, found in shown:
        n = sum(any(value is not None for value in values) for values in found.rows.values())
        missing = sum(value is None for values in found.rows.values() for value in values)
        numbers = " Numbers are the factors." if len(found.rows) <= MOST_NUMBERS else ""
        yield ReportFigure(
            name=f"change-{stems[subset.name]}",
            title=f"{subset.title}: change from baseline",
            caption=f"{subset.defined}; here as a factor of the patient's value at "
            f"{start.name if start else 'baseline'}. {n} patient{'' if n == 1 else 's'}; "
            f"{missing or 'no'} cell{'' if missing == 1 else 's'} without a value.{numbers}",
            build=partial(draw, subset.title, found),
            subjects_of_tests=(subset.name,),
            legend=LEGEND,
        )


def panel(title: str, found: Changes) -> str:
    """Return the heat map of one subset."""
    columns = [
        (visit.name, "" if week_text(visit.week) in visit.name else f"week {week_text(visit.week)}")
        for visit in found.visits
    ]
    return heat_svg(
        found.rows, columns, uncertain=found.uncertain, label=f"{title}, factor of baseline at each visit"
    )


def draw(title: str, found: Changes) -> Picture:
    """Return a heat map with its title and the key of its colours."""
    svg, key = panel(title, found), heat_key_svg()
    width, height = (float(side) for side in svg.split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split())
    words = [Words(shortened(f"{title}: factor of baseline", 70), 10, 20, 14, weight=600)]
    size = (max(width, 560), height + 34 + 46)
    panels = [(svg, 0.0, 30.0), (key, 0.0, height + 36)]
    return compose(panels, words, size=size, style=asset_rules("page.css", ".heat"), title=title)


figure_kinds.register("changes")(FigureKind(order=18, figures=figures))
