"""Figures: the gating strategy of each sample that has pictures, from the root to its subsets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cytogate.plots.gating import HEIGHT, WIDTH, plot_svg, population_name
from cytogate.plots.picture import Picture, Words, compose
from cytogate.plots.words import shortened
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.section import asset_rules
from cytogate.report.strips import Entry, entries, strips
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cytogate.report.section import RunLike

MOST_IN_ROW = 6
HEAD, LABEL, GAP = 34, 20, 16  # pixels: title, the line above a strip, between panels
SOFT = "#6a7880"


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every gated sample with pictures."""
    listed = entries(run)
    stems = file_stems(entry.sample for entry in listed)
    for entry in listed:
        plots = run.previews(entry.sample)
        if not plots:
            continue
        yield ReportFigure(
            name=f"gating-{stems[entry.sample]}",
            title=f"Gating of {entry.title}",
            caption=f"Gating strategy of sample {entry.sample}. Above each plot: the population it shows "
            "and its events. Percentages are of that population. Colours go by the square root of the number "
            "of events in a bin; of few events each bin is a dot. Axes are on the scales of the gates.",
            build=partial(draw, entry, plots),
        )


def draw(entry: Entry, plots: Sequence[Mapping[str, Any]]) -> Picture:
    """Return the strips of a sample, row by row; short strips share a row, a long one goes on in the next."""
    panels: list[tuple[str, float, float]] = []
    words = [Words(shortened(entry.title, 90), 12, 22, 14, weight=600)]
    row, column, n_columns = 0, 0, 1
    for strip in strips(plots):
        if column and column + len(strip.plots) > MOST_IN_ROW:
            row, column = row + 1, 0
        for number, plot in enumerate(strip.plots):
            if column == MOST_IN_ROW:
                row, column = row + 1, 0
            x, y = 8.0 + column * (WIDTH + GAP), HEAD + row * (LABEL + HEIGHT + GAP)
            if number == 0:
                words.append(Words(f"from {population_name(strip.origin)}", x + 4, y + 13, 11, colour=SOFT))
            elif column == 0:
                words.append(Words("continued", x + 4, y + 13, 11, colour=SOFT))
            else:
                words.append(Words("→", x - 14, y + LABEL + 124, 16, colour=SOFT))
            panels.append((plot_svg(plot, identifier=f"p{len(panels)}"), x, y + LABEL))
            column += 1
            n_columns = max(n_columns, column)
    style = asset_rules("page.css", ".gate-plot")
    size = (16 + n_columns * (WIDTH + GAP), HEAD + (row + 1) * (LABEL + HEIGHT + GAP))
    return compose(panels, words, size=size, style=style, title=f"Gating of {entry.sample}")


figure_kinds.register("gating")(FigureKind(order=40, figures=figures))
