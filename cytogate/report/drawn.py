"""Declared plotly figures as a section shows them: drawn when near, and as a small SVG without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.small_svg import figure_svg
from cytogate.plots.trend_svg import HEIGHT
from cytogate.report.figure import page_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.report.figure import ReportFigure


@dataclass(frozen=True, slots=True)
class Drawn:
    """Figures of a section: their JSON by name, and what ``figures.html`` lists."""

    figures: Mapping[str, Mapping[str, Any]]
    items: tuple[Mapping[str, Any], ...]
    legend: str
    tall: bool


def drawn(declared: Iterable[ReportFigure], *, tall: bool = False) -> Drawn:
    """Draw figures for a page.

    Parameters
    ----------
    declared : iterable of ReportFigure
        Plotly figures whose axes have a range.
    tall : bool
        The SVG is as high as the figure, whose rows need it; else as a trend.

    Raises
    ------
    TypeError
        A figure is a picture.
    """
    figures, items, legend = {}, [], ""
    for figure in declared:
        built = figure.built()
        height = float(built.layout.height)
        figures[figure.name] = page_json(built)
        items.append(
            {
                "id": figure.name,
                "title": figure.title,
                "caption": figure.caption,
                "subset": figure.subjects_of_tests[0] if len(figure.subjects_of_tests) == 1 else "",
                "height": f"{height:g}",
                "fades": any(trace.meta for trace in built.data),
                "picture": Markup(figure_svg(built, label=figure.title, height=height if tall else HEIGHT)),
            }
        )
        legend = figure.legend
    return Drawn(figures, tuple(items), legend, tall)
