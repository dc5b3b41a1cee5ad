"""What a figure of the report is: declared once, drawn in the page and written as a file by one function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError
from cytogate.plots.picture import Picture
from cytogate.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import plotly.graph_objects as go

    from cytogate.report.section import RunLike


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """One figure.

    Attributes
    ----------
    name : str
        Of its file, without ending: letters, digits, ``-``, ``_`` and ``+``; unique in a run, and the same
        in every run of a study.
    title : str
        A heading; plain text, as data gives it.
    caption : str
        What is drawn, of what (denominator, definition), and how many patients and samples; plain text.
    build : callable
        Draws it: a plotly figure whose data are escaped, or a picture.
    subjects_of_tests : tuple of str
        Names in the column ``subset`` of comparisons whose rows belong under this figure.
    tests : tuple of str
        Only rows whose test begins with one of these; empty: all.
    legend : str
        What lines, symbols and colours mean; plain text. The page says it once for all figures of a section,
        a file in each caption.
    """

    name: str
    title: str
    caption: str
    build: Callable[[], go.Figure | Picture]
    subjects_of_tests: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    legend: str = ""

    def for_page(self) -> dict[str, Any]:
        """Draw it and return its plotly JSON without the template, which the page sends once.

        Raises
        ------
        TypeError
            The figure is a picture: the page shows its panels.
        """
        return page_json(self.built())

    def built(self) -> go.Figure:
        """Draw it as a plotly figure.

        Raises
        ------
        TypeError
            The figure is a picture.
        """
        drawn = self.build()
        if isinstance(drawn, Picture):
            message = f"{self.name} is a picture, not a plotly figure."
            raise TypeError(message)
        return drawn


def page_json(drawn: go.Figure) -> dict[str, Any]:
    """Return the plotly JSON of a figure without the template, which the page sends once."""
    made: dict[str, Any] = drawn.to_plotly_json()
    made["layout"].pop("template", None)
    return made


@dataclass(frozen=True, slots=True)
class FigureKind:
    """The place of a kind of figure in the page, and what makes all of its figures of a run."""

    order: int
    figures: Callable[[RunLike], Iterable[ReportFigure]]


figure_kinds: Registry[FigureKind] = Registry("report figure", "cytogate.report.figures")


def report_figures(run: RunLike) -> tuple[ReportFigure, ...]:
    """Return every figure of the report of a run, in the order of the page.

    Raises
    ------
    CytogateError
        Two figures have one name, which would be one file.
    """
    kinds = sorted((figure_kinds.get(name).order, name) for name in figure_kinds.names())
    found = [figure for _, name in kinds for figure in figure_kinds.get(name).figures(run)]
    seen: dict[str, str] = {}
    for figure in found:
        key = figure.name.casefold()
        if key in seen:
            message = f"two figures of the report are called {figure.name!r}: {seen[key]} and {figure.title}."
            raise CytogateError(message)
        seen[key] = figure.title
    return tuple(found)
