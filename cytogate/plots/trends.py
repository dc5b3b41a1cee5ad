"""Trend figures: one line per patient over the weeks of a trial, in plotly."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from cytogate.plots.numbers import count_text, percent_text, week_text
from cytogate.plots.palette import SubjectStyle, subject_styles
from cytogate.plots.series import Course, Point, courses
from cytogate.plots.words import FLAG_WORDS, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

HEIGHT = 380
MARGIN = {"l": 62, "r": 84, "t": 18, "b": 52}
MOST_LABELS = 14  # beyond this, names at line ends cover each other
LABEL_GAP = 14  # pixels
FAR_FROM_ZERO = 40.0  # percent: below it the axis begins at 0
LEAST_SPAN = 20.0  # percentage points of an axis that does not, so that noise does not fill it
WHISKER_OPACITY = 0.45
TOP = 102.0  # room for a symbol at 100 %
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

    Up to 14 patients have a whisker at each value: its 95 % interval, with the uncertainty of fitted gates
    where the value has such (the hover says which), else of counting alone. It ends where the axis does.

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
    drawn = courses(rows, list(known))
    figure = go.Figure(layout={"template": TEMPLATE})
    for course in drawn:
        style, many = known[course.subject], len(drawn) > MOST_LABELS
        hover = [_hover(course.subject, point, denominator, style, flag_words) for point in course.points]
        figure.add_trace(_line(course, style, hover, many=many))
    low, high = y_range(drawn)
    weeks = [point.week for course in drawn for point in course.points]
    figure.update_xaxes(title_text="Week", **week_axis(weeks))
    figure.update_yaxes(title_text=f"% of {escape(denominator)}", range=[low, high])
    if baseline_week is not None and weeks:
        figure.add_shape(
            type="line", x0=baseline_week, x1=baseline_week, y0=0, y1=1, yref="paper", layer="below",
            line={"color": "#9aa7ae", "width": 1},
        )  # fmt: skip
        figure.add_annotation(
            x=baseline_week, y=1, yref="paper", yanchor="bottom", text="baseline", showarrow=False,
            font={"size": 10, "color": "#6b7a83"},
        )  # fmt: skip
    if len(drawn) <= MOST_LABELS:
        for label in _end_labels(drawn, known, low, high):
            figure.add_annotation(**label)
    else:
        figure.update_layout(margin={**MARGIN, "r": 16})
    return figure


def y_range(drawn: Sequence[Course]) -> tuple[float, float]:
    """Return the axis: from 0, or over a span of at least 20 points where every value lies far from 0.

    Examples
    --------
    >>> y_range(())
    (0.0, 1.0)
    """
    values = [point.percent for course in drawn for point in course.measured if point.percent is not None]
    if not values or max(values) == 0:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if low <= FAR_FROM_ZERO or low <= 0.5 * high:
        return 0.0, min(high * 1.06, TOP)
    span = max(1.24 * (high - low), LEAST_SPAN)
    ceiling = min((low + high + span) / 2, TOP)
    return max(0.0, ceiling - span), ceiling


def _line(course: Course, style: SubjectStyle, hover: Sequence[str], *, many: bool) -> go.Scatter:
    points = course.points
    return go.Scatter(
        x=[point.week for point in points],
        y=[point.percent for point in points],
        mode="lines+markers",
        connectgaps=False,
        name=escape(course.subject),
        meta=course.subject,
        line={"color": style.colour, "dash": style.dash, "width": 1.2 if many else 2},
        marker={
            "symbol": [style.symbol if point.quantitative else f"{style.symbol}-open" for point in points],
            "size": 6 if many else 8,
            "color": style.colour,
            "line": {"width": [0 if point.quantitative else 1.8 for point in points], "color": style.colour},
        },
        error_y={"visible": False} if many else _whiskers(course, style.colour),
        opacity=0.75 if many else 1.0,
        text=list(hover),
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(
    subject: str, point: Point, denominator: str, style: SubjectStyle, flag_words: Mapping[str, str]
) -> str:
    lines = [
        f"<b>{escape(subject)}</b>, {escape(point.visit) or 'visit'} (week {week_text(point.week)})",
        f"<b>{percent_text(point.percent)} %</b> of {escape(denominator)}",
    ]
    if point.of_gates and point.interval is not None:
        lines.append(f"95 % CI (counting and fitted gates) {_from_to(point.interval)}")
    if point.counted is not None:
        lines.append(f"95 % CI (Wilson, counting only) {_from_to(point.counted)}")
    if point.count is not None:
        lines.append(f"{count_text(point.count)} of {count_text(point.denominator_count)} events")
    lines.append(style.words)
    words = flag_words.get(point.flag, point.flag)
    if words:
        lines.append(f"<i>open symbol: {escape(words)}</i>")
    return "<br>".join(lines)


def _from_to(interval: tuple[float, float]) -> str:
    return f"{percent_text(interval[0])} to {percent_text(interval[1])}"


def whisker(point: Point) -> tuple[float, float] | None:
    """Return the ends of the interval that is drawn, of a value that has one; it holds the value."""
    if point.percent is None or point.interval is None:
        return None
    low, high = point.interval
    return min(low, point.percent), max(high, point.percent)


def _whiskers(course: Course, colour: str) -> dict[str, Any]:
    ends = [
        (point.percent or 0.0, *(whisker(point) or (point.percent or 0.0,) * 2)) for point in course.points
    ]
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, _, high in ends],
        "arrayminus": [value - low for value, low, _ in ends],
        "color": f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, {WHISKER_OPACITY})",
        "thickness": 1,
        "width": 0,
    }


def week_axis(weeks: Sequence[float]) -> dict[str, Any]:
    """Return range and ticks: the weeks themselves when they are few and apart, else plotly's choice."""
    if not weeks:
        return {"range": [-1, 25]}
    low, high = min(weeks), max(weeks)
    span = (high - low) or 1.0
    axis: dict[str, Any] = {"range": [low - 0.05 * span, high + 0.04 * span]}
    shown: list[float] = []
    for week in sorted({float(round(week)) for week in weeks}):
        if not shown or week - shown[-1] >= 0.035 * span:
            shown.append(week)
    if len(shown) <= 16:
        axis |= {"tickmode": "array", "tickvals": shown, "ticktext": [week_text(week) for week in shown]}
    return axis


def _end_labels(
    drawn: Sequence[Course], styles: Mapping[str, SubjectStyle], low: float, high: float
) -> list[dict[str, Any]]:
    """Return annotations with the patients' names at the line ends, pushed apart so that all can be read."""
    gap = LABEL_GAP * (high - low) / (HEIGHT - MARGIN["t"] - MARGIN["b"])
    ends = sorted(((course.measured[-1].percent or 0.0, course) for course in drawn), key=lambda end: end[0])
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


def spread(values: Sequence[float], gap: float, ceiling: float) -> list[float]:
    """Move sorted values apart to at least `gap`, upward first, then down again from `ceiling`.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], 0.5, 10.0)
    [1.0, 1.5, 5.0]
    >>> spread([9.9, 10.0], 0.5, 10.0)
    [9.5, 10.0]
    """
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + gap) if places else value)
    limit = ceiling
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places
