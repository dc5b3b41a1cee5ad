"""Figures of two measures together: changes of each patient, and courses with parallel slopes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from cytogate.plots.changes import HEIGHT, RULE
from cytogate.plots.course_axes import MOST_LABELS
from cytogate.plots.numbers import percent_text, signed_text
from cytogate.plots.trends import MARGIN, TEMPLATE
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.plots.palette import SubjectStyle

PERCENTS = (0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0,
            98.0, 99.0, 99.9)  # fmt: skip
NAME = (0.055, 0.06)  # shares of the axes that a name takes
SIDES = {
    "top center": (0.0, 0.07),
    "bottom center": (0.0, -0.07),
    "middle right": (0.055, 0.0),
    "middle left": (-0.055, 0.0),
}
NON_RESPONDER = "x"  # a cross, since open symbols mean few events


@dataclass(frozen=True, slots=True)
class Changed:
    """Both changes of one patient."""

    subject: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Related:
    """One patient's visits in two measures: `y` on the scale of the model, `percents` as readers know it."""

    subject: str
    visits: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    percents: tuple[float, ...]


def change_figure(
    points: Sequence[Changed], *, x_title: str, y_title: str, styles: Mapping[str, SubjectStyle]
) -> go.Figure:
    """Draw one point for each patient, a cross for a non-responder, with lines of no change."""
    figure = go.Figure(layout={"template": TEMPLATE, "height": HEIGHT})
    many = len(points) > MOST_LABELS
    axes = [_around([getattr(point, name) for point in points]) for name in "xy"]
    sides = label_sides(
        [
            (
                (point.x - axes[0][0]) / (axes[0][1] - axes[0][0]),
                (point.y - axes[1][0]) / (axes[1][1] - axes[1][0]),
            )
            for point in points
        ]
    )
    for point, side in zip(points, sides, strict=True):
        style = styles[point.subject]
        name = escape(shortened(point.subject, 11))
        hover = (
            f"<b>{escape(point.subject)}</b>, {style.words}<br>{escape(x_title)}: {signed_text(point.x)}"
            f"<br>{escape(y_title)}: {signed_text(point.y)}"
        )
        figure.add_trace(
            go.Scatter(
                x=[point.x],
                y=[point.y],
                mode="markers" if many else "markers+text",
                name=escape(point.subject),
                meta=point.subject,
                marker={
                    "color": style.colour,
                    "size": 10,
                    "symbol": NON_RESPONDER if style.responder is False else style.symbol,
                },
                text=[name],
                textposition=side,
                textfont={"size": 11, "color": style.colour},
                hovertext=[hover],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    figure.update_xaxes(range=list(axes[0]), title_text=escape(x_title))
    figure.update_yaxes(range=list(axes[1]), title_text=escape(y_title))
    figure.add_shape(type="line", x0=0, x1=0, y0=0, y1=1, yref="paper", layer="below", line=RULE)
    figure.add_shape(type="line", x0=0, x1=1, y0=0, y1=0, xref="paper", layer="below", line=RULE)
    figure.update_layout(margin={**MARGIN, "r": 20})
    return figure


def label_sides(places: Sequence[tuple[float, float]]) -> list[str]:
    """Return on which side of each point its name stands, apart from other names and points if it can be.

    Parameters
    ----------
    places : sequence of (x, y)
        Shares of the axes, y upward.

    Examples
    --------
    >>> label_sides([(0.5, 0.5), (0.5, 0.52), (0.9, 0.9)])
    ['bottom center', 'top center', 'top center']
    """
    taken = list(places)
    found = []
    for x, y in places:
        rest = [place for place in taken if place != (x, y)]
        room = {
            side: min((_apart(x + dx, y + dy, *place) for place in rest), default=9.0)
            for side, (dx, dy) in SIDES.items()
        }
        side = next(
            (side for side, distance in room.items() if distance > 1), max(room, key=lambda k: room[k])
        )
        taken.append((x + SIDES[side][0], y + SIDES[side][1]))
        found.append(side)
    return found


def _apart(x: float, y: float, other_x: float, other_y: float) -> float:
    """Return how far a name is from another mark, in sizes of a name."""
    return max(abs(x - other_x) / NAME[0], abs(y - other_y) / NAME[1])


def _around(values: Sequence[float]) -> tuple[float, float]:
    """Return an axis with 0 on it and room at both ends."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.12 * ((high - low) or 1.0)
    return low - room, high + room


def slopes_figure(
    patients: Sequence[Related],
    *,
    slope: float,
    scale: str,
    x_title: str,
    y_title: str,
    styles: Mapping[str, SubjectStyle],
) -> go.Figure:
    """Draw the visits of each patient, and lines of one slope, each through the mean of its patient.

    Parameters
    ----------
    patients : sequence of Related
        With two visits at least.
    slope : float
        Of y on x within patients, common to all.
    scale : str
        Of y, ``logit`` or ``log`` of percentages: its axis shows the percentages themselves.
    x_title, y_title : str
        Plain text.
    styles : mapping of subject to SubjectStyle
        Colour, symbol and dash.
    """
    figure = go.Figure(layout={"template": TEMPLATE, "height": HEIGHT})
    xs = [value for patient in patients for value in patient.x]
    ys = [value for patient in patients for value in patient.y]
    room_x, room_y = (0.06 * ((max(values) - min(values)) or 1.0) for values in (xs, ys))
    names: list[tuple[float, float]] = []  # where they stand
    for patient in patients:
        style = styles[patient.subject]
        middle_x, middle_y = _mean(patient.x), _mean(patient.y)
        ends = [min(patient.x), max(patient.x)]
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=[middle_y + slope * (end - middle_x) for end in ends],
                mode="lines",
                meta=patient.subject,
                line={"color": style.colour, "dash": style.dash, "width": 2},
                hoverinfo="skip",
            )
        )
        if len(patients) <= MOST_LABELS:
            place = middle_y + slope * (ends[1] - middle_x)
            while any(abs(x - ends[1]) < room_x and abs(y - place) < 0.9 * room_y for x, y in names):
                place += 0.3 * room_y
            names.append((ends[1], place))
            figure.add_annotation(
                x=ends[1],
                y=place,
                xanchor="left",
                xshift=4,
                showarrow=False,
                name=patient.subject,
                text=escape(shortened(patient.subject, 11)),
                font={"size": 11, "color": style.colour},
            )
        figure.add_trace(
            go.Scatter(
                x=list(patient.x),
                y=list(patient.y),
                mode="markers",
                name=escape(patient.subject),
                meta=patient.subject,
                marker={"color": style.colour, "size": 7, "symbol": style.symbol, "opacity": 0.75},
                text=[
                    f"<b>{escape(patient.subject)}</b>, {escape(visit)}, {style.words}<br>"
                    f"{escape(x_title)}: {x:g}<br>{escape(y_title)}: {percent_text(percent)}"
                    for visit, x, percent in zip(patient.visits, patient.x, patient.percents, strict=True)
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    ticks = [
        (_placed(percent, scale), f"{percent:g}")
        for percent in PERCENTS
        if min(ys) - room_y <= _placed(percent, scale) <= max(ys) + room_y
    ]
    figure.update_xaxes(range=[min(xs) - room_x, max(xs) + room_x], title_text=escape(x_title))
    figure.update_yaxes(
        range=[min(ys) - room_y, max(ys) + room_y],
        title_text=escape(y_title),
        tickvals=[place for place, _ in ticks],
        ticktext=[words for _, words in ticks],
    )
    figure.update_layout(margin={**MARGIN, "r": 34})
    return figure


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _placed(percent: float, scale: str) -> float:
    return math.log(percent) if scale == "log" else math.log(percent / (100 - percent))
