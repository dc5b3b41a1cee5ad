"""Trend figures: one line per patient over the weeks of a trial, in plotly."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from cytogate.plots.course_axes import (
    MOST_LABELS,
    ValueAxis,
    side_by_side,
    spread,
    value_axis,
    week_axis,
    whisker,
)
from cytogate.plots.numbers import count_text, week_text
from cytogate.plots.palette import SubjectStyle, subject_styles
from cytogate.plots.quantity import Quantity, percent_of
from cytogate.plots.series import Course, Point, courses
from cytogate.plots.words import FLAG_WORDS, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

HEIGHT = 380
MARGIN = {"l": 62, "r": 84, "t": 18, "b": 52}
LABEL_GAP = 14  # pixels
WHISKER_OPACITY, WHISKER_WIDTH, WHISKER_END = 0.8, 1.4, 2.5  # the last: half of the bar at its ends, pixels
DIGITS = 7  # of a value: more cannot be seen, and make the page longer
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": "#26323a"},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "height": HEIGHT,
        "margin": MARGIN,
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"size": 12, "family": FONT}, "align": "left"},
        "xaxis": {
            "showgrid": False,
            "zeroline": False,
            "showline": True,
            "linecolor": "#8a979f",
            "ticks": "outside",
            "tickcolor": "#8a979f",
            "ticklen": 4,
            "tickangle": 0,
            "title": {"standoff": 8},
        },
        "yaxis": {
            "gridcolor": "#e8ecee",
            "zeroline": False,
            "showline": True,
            "linecolor": "#8a979f",
            "ticks": "outside",
            "tickcolor": "#8a979f",
            "ticklen": 4,
            "title": {"standoff": 8},
        },
    }
)


def trend_figure(
    rows: pd.DataFrame,
    *,
    denominator: str,
    styles: Mapping[str, SubjectStyle] | None = None,
    baseline_week: float | None = None,
    flag_words: Mapping[str, str] = FLAG_WORDS,
) -> go.Figure:
    """Draw one subset over time: a line per patient, open symbols where a value is not quantitative.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``subsets`` for one subset (see `cytogate.plots.series.courses`).
    denominator : str
        What the percent is of: ``"B"``.
    styles : mapping of subject to SubjectStyle, optional
        Order and look of the patients; by default the order of the rows, response not known.
    baseline_week : float, optional
        Where the thin baseline line stands.
    flag_words : mapping of flag to str, optional
        What the hover says of a value that is not quantitative.

    Returns
    -------
    plotly.graph_objects.Figure
        x in weeks to scale, y in percent of the denominator. Data in texts are escaped.
    """
    known = styles if styles is not None else subject_styles([str(s) for s in dict.fromkeys(rows["subject"])])
    marks = () if baseline_week is None else ((baseline_week, "baseline"),)
    drawn = courses(rows, list(known))
    return course_figure(drawn, percent_of(denominator), styles=known, marks=marks, flag_words=flag_words)


def course_figure(
    drawn: Sequence[Course],
    quantity: Quantity,
    *,
    styles: Mapping[str, SubjectStyle],
    marks: Sequence[tuple[float, str]] = (),
    level: tuple[float, str] | None = None,
    flag_words: Mapping[str, str] = FLAG_WORDS,
) -> go.Figure:
    """Draw courses: a line per patient, open symbols where a value is not quantitative.

    Up to 14 patients have a whisker at each value: its 95 % interval, with the uncertainty of fitted gates
    where the value has such (the hover says which), else of counting alone. It ends where the axis does. The
    patients stand side by side at a visit, a pixel or two apart.

    Parameters
    ----------
    drawn : sequence of Course
        The patients' courses.
    quantity : Quantity
        What the values are. A log axis is used where all values are above 0.
    styles : mapping of subject to SubjectStyle
        Colour, symbol and dash.
    marks : sequence of (week, words)
        Thin upright lines: baseline, an infusion.
    level : (value, words), optional
        A dotted level line, such as a limit of quantitation; left out where it would lie on the border.
    flag_words : mapping of flag to str, optional
        What the hover says of a value that is not quantitative.

    Returns
    -------
    plotly.graph_objects.Figure
        x in weeks to scale. Data in texts are escaped.
    """
    many = len(drawn) > MOST_LABELS
    weeks = [point.week for course in drawn for point in course.points]
    lines = [
        _line(
            course,
            offset,
            styles[course.subject],
            [_hover(course.subject, p, quantity, styles[course.subject], flag_words) for p in course.points],
            many=many,
        )
        for course, offset in zip(drawn, side_by_side(drawn), strict=True)
    ]
    axis = value_axis(drawn, quantity)
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for week, words in marks if weeks else ():
        shapes.append(
            {"type": "line", "x0": week, "x1": week, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
            | {"line": {"color": "#9aa7ae", "width": 1}}
        )
        notes.append(
            {"x": week, "y": 1, "yref": "paper", "yanchor": "bottom", "text": escape(shortened(words, 30))}
            | {"showarrow": False, "font": {"size": 10, "color": "#6b7a83"}}
        )
    if level is not None and axis.shows(level[0]):
        shapes.append(
            {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": level[0], "y1": level[0]}
            | {"layer": "below", "line": {"color": "#6b7a83", "width": 1, "dash": "dot"}}
        )
        notes.append(
            {"x": 1, "xref": "paper", "xanchor": "right", "y": axis.on_scale(level[0])}
            | {"yanchor": "top" if axis.room_below(level[0]) else "bottom"}
            | {"text": escape(level[1]), "showarrow": False, "font": {"size": 10, "color": "#6b7a83"}}
        )
    if not many:
        notes += _end_labels(drawn, styles, axis)
    layout = {
        "template": TEMPLATE,
        "xaxis": {"title": {"text": "Week"}, **week_axis(weeks)},
        "yaxis": {"title": {"text": escape(shortened(quantity.axis, 48))}, **axis.for_plotly()},
        "shapes": shapes,
        "annotations": notes,
    }
    if many:
        layout["margin"] = {**MARGIN, "r": 16}
    return go.Figure({"data": lines, "layout": layout})  # at once: plotly checks each part once


def _line(
    course: Course, offset: float, style: SubjectStyle, hover: Sequence[str], *, many: bool
) -> dict[str, Any]:
    points = course.points
    return {
        "type": "scatter",
        "x": [float(f"{point.week + offset:.{DIGITS}g}") for point in points],
        "y": [None if point.value is None else float(f"{point.value:.{DIGITS}g}") for point in points],
        "mode": "lines+markers",
        "connectgaps": False,
        "name": escape(course.subject),
        "meta": course.subject,
        "line": {"color": style.colour, "dash": style.dash, "width": 1.2 if many else 2},
        "marker": {
            "symbol": [style.symbol if point.quantitative else f"{style.symbol}-open" for point in points],
            "size": 6 if many else 8,
            "color": style.colour,
            "line": {"width": [0 if point.quantitative else 1.8 for point in points], "color": style.colour},
        },
        "error_y": {"visible": False} if many else _whiskers(course, style.colour),
        "opacity": 0.75 if many else 1.0,
        "text": list(hover),
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hover(
    subject: str, point: Point, quantity: Quantity, style: SubjectStyle, flag_words: Mapping[str, str]
) -> str:
    lines = [
        f"<b>{escape(subject)}</b>, {escape(point.visit) or 'visit'} (week {week_text(point.week)})",
        quantity.said(point.value),
    ]
    if point.of_gates and point.interval is not None:
        lines.append(f"95 % CI (counting and fitted gates) {_from_to(point.interval, quantity)}")
    if point.counted is not None:
        lines.append(f"95 % CI ({quantity.counted}) {_from_to(point.counted, quantity)}")
    if point.count is not None:
        lines.append(f"{count_text(point.count)} of {count_text(point.denominator_count)} events")
    if point.panel:
        lines.append(f"panel {escape(point.panel)}")
    lines.append(style.words)
    words = flag_words.get(point.flag, point.flag)
    if words:
        lines.append(f"<i>open symbol: {escape(words)}</i>")
    return "<br>".join(lines)


def _from_to(interval: tuple[float, float], quantity: Quantity) -> str:
    return f"{quantity.number(interval[0])} to {quantity.number(interval[1])}"


def _whiskers(course: Course, colour: str) -> dict[str, Any]:
    ends = [(point.value or 0.0, *(whisker(point) or (point.value or 0.0,) * 2)) for point in course.points]
    return {
        "type": "data",
        "symmetric": False,
        "array": [round(high - value, DIGITS) for value, _, high in ends],
        "arrayminus": [round(value - low, DIGITS) for value, low, _ in ends],
        "color": f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, {WHISKER_OPACITY})",
        "thickness": WHISKER_WIDTH,
        "width": WHISKER_END,
    }


def _end_labels(
    drawn: Sequence[Course], styles: Mapping[str, SubjectStyle], axis: ValueAxis
) -> list[dict[str, Any]]:
    """Return annotations with the patients' names at the line ends, pushed apart so that all can be read."""
    low, high = axis.on_scale(axis.low), axis.on_scale(axis.high)
    gap = LABEL_GAP * (high - low) / (HEIGHT - MARGIN["t"] - MARGIN["b"])
    ends = sorted(
        ((axis.on_scale(course.measured[-1].value or 0.0), course) for course in drawn),
        key=lambda end: end[0],
    )
    places = spread([value for value, _ in ends], gap, high)
    return [
        {
            "x": 1,
            "xref": "paper",
            "y": place,
            "xanchor": "left",
            "xshift": 6,
            "showarrow": False,
            "name": course.subject,  # so that the page can fade it with its line
            "text": escape(shortened(course.subject, 11)),
            "font": {"size": 12, "color": styles[course.subject].colour},
        }
        for place, (_, course) in zip(places, ends, strict=True)
    ]
