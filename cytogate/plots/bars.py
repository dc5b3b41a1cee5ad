"""Bars with their values written beside them: how much, how sure, and of whom."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from cytogate.plots.trends import TEMPLATE
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR_HEIGHT = 34  # pixels, with the room around it
MARGIN = {"l": 8, "r": 12, "t": 8, "b": 46}
ROOM = 1.16  # of the axis, for the values written at the ends
MOST_LETTERS = 34


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes
    ----------
    name : str
        At its left.
    value : float
        Its length, from 0.
    text : str
        Written at its end.
    colour : str
        ``"#rrggbb"``.
    low, high : float or None
        Ends of the whisker.
    hover : str
        Said when it is pointed at.
    """

    name: str
    value: float
    text: str
    colour: str
    low: float | None = None
    high: float | None = None
    hover: str = ""


def bar_figure(bars: Sequence[Bar], *, unit: str) -> go.Figure:
    """Draw bars from top to bottom on one linear axis from 0, so that lengths can be compared.

    Parameters
    ----------
    bars : sequence of Bar
        Names may repeat.
    unit : str
        Title of the axis.

    Returns
    -------
    plotly.graph_objects.Figure
        Texts are escaped.
    """
    places = list(range(len(bars)))
    ends = [max(bar.value, bar.high or bar.value) for bar in bars]
    top = max([*ends, 0.0]) * ROOM or 1.0
    figure = go.Figure(layout={"template": TEMPLATE})
    figure.add_trace(
        go.Bar(
            x=[bar.value for bar in bars],
            y=places,
            orientation="h",
            width=0.62,
            marker={"color": [bar.colour for bar in bars]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [0.0 if bar.high is None else bar.high - bar.value for bar in bars],
                "arrayminus": [0.0 if bar.low is None else bar.value - bar.low for bar in bars],
                "color": "#4d5a61",
                "thickness": 1.2,
                "width": 4,
            },
            text=[escape(bar.hover or f"{bar.name}: {bar.text}") for bar in bars],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
        )
    )
    for place, bar, end in zip(places, bars, ends, strict=True):
        figure.add_annotation(
            x=end,
            y=place,
            text=escape(bar.text),
            showarrow=False,
            xanchor="left",
            xshift=7,
            font={"size": 12},
        )
    figure.update_xaxes(
        title_text=escape(unit), range=[0, top], showgrid=True, gridcolor="#e8ecee", rangemode="tozero"
    )
    figure.update_yaxes(
        range=[len(bars) - 0.5, -0.5],
        tickvals=places,
        ticktext=[escape(shortened(bar.name, MOST_LETTERS)) for bar in bars],
        showgrid=False,
        ticks="",
        ticklabelstandoff=7,
        automargin=True,
    )
    figure.update_layout(height=BAR_HEIGHT * len(bars) + MARGIN["t"] + MARGIN["b"], margin=MARGIN)
    return figure
