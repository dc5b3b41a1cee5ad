"""What sections with plots of courses share: the figure for the screen, and the picture for paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from cytogate.plots.trend_svg import trend_svg
from cytogate.report import facts
from cytogate.report.panel_changes import marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.plots.quantity import Quantity
    from cytogate.plots.series import Course
    from cytogate.report.figure import ReportFigure
    from cytogate.report.section import RunLike


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of a section: ``data-figure`` name, heading and its unit, caption, picture for paper.

    `subset` is what the filter of the page knows it by; empty where it is about no subset.
    """

    id: str
    title: str
    unit: str
    caption: str
    picture: Markup
    subset: str = ""


def plot(
    run: RunLike,
    declared: ReportFigure,
    identifier: str,
    title: str,
    drawn: Sequence[Course],
    quantity: Quantity,
    level: tuple[float, str] | None = None,
    subset: str = "",
) -> Plot:
    """Return the plot of a declared figure, whose picture for paper shows the same courses."""
    picture = trend_svg(
        drawn,
        facts.styles(run),
        quantity,
        marks=marks(run, drawn),
        level=level,
        label=f"{title}, {quantity.axis} over the weeks",
    )
    unit = quantity.axis.removeprefix(f"{title}, ")
    return Plot(identifier, title, unit, declared.caption, Markup(picture), subset)
