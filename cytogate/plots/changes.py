"""Figures of change: each patient before and after, and estimates of many measures side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from cytogate.plots.course_axes import MOST_LABELS, spread
from cytogate.plots.numbers import percent_text
from cytogate.plots.trends import LABEL_GAP, MARGIN, TEMPLATE
from cytogate.plots.words import in_lines, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.plots.palette import SubjectStyle

HEIGHT = 330
ROW, AROUND = 26, 96  # pixels: a row of a forest, and what stands above and below the rows
FOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
RULE = {"color": "#9aa7ae", "width": 1}
# Group -> colour and symbol of its estimates; all treated patients come first and are drawn the strongest.
GROUPS = {
    "all treated": ("#1f2a30", "square"),
    "responders": ("#0072B2", "circle-open"),
    "non-responders": ("#D55E00", "diamond-open"),
}


@dataclass(frozen=True, slots=True)
class Before:
    """One patient at two visits; `quantitative` is False where few events were counted."""

    subject: str
    before: float
    after: float
    quantitative: tuple[bool, bool] = (True, True)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One line of a forest: the estimate of one measure in one group; NaN ends are not drawn."""

    name: str
    group: str
    value: float
    low: float
    high: float
    words: str = ""


def before_after_figure(
    pairs: Sequence[Before],
    *,
    visits: tuple[str, str],
    denominator: str,
    styles: Mapping[str, SubjectStyle],
) -> go.Figure:
    """Draw two dots for each patient and the line between them; y in percent of the denominator from 0."""
    figure = go.Figure(layout={"template": TEMPLATE, "height": HEIGHT})
    high = 1.08 * max((value for pair in pairs for value in (pair.before, pair.after)), default=1.0) or 1.0
    many = len(pairs) > MOST_LABELS
    for pair in pairs:
        style = styles[pair.subject]
        figure.add_trace(
            go.Scatter(
                x=[0, 1],
                y=[pair.before, pair.after],
                mode="lines+markers",
                name=escape(pair.subject),
                meta=pair.subject,
                line={"color": style.colour, "dash": style.dash, "width": 1.2 if many else 2},
                marker={
                    "color": style.colour,
                    "size": 6 if many else 9,
                    "symbol": [
                        style.symbol if sure else f"{style.symbol}-open" for sure in pair.quantitative
                    ],
                },
                text=[_hover(pair, visit, denominator, style) for visit in visits],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.update_xaxes(range=[-0.15, 1.15], tickvals=[0, 1], ticktext=[escape(visit) for visit in visits])
    figure.update_yaxes(range=[0, high], title_text=f"% of {escape(denominator)}")
    figure.update_layout(margin={**MARGIN, "b": 34, "r": 16 if many else MARGIN["r"]})
    if not many:
        ends = sorted(pairs, key=lambda pair: pair.after)
        gap = LABEL_GAP * high / (HEIGHT - MARGIN["t"] - 34)
        for place, pair in zip(spread([pair.after for pair in ends], gap, high), ends, strict=True):
            figure.add_annotation(
                **_name(pair.subject, place, styles[pair.subject].colour)  # at the end of its line
            )
    return figure


def _hover(pair: Before, visit: str, denominator: str, style: SubjectStyle) -> str:
    change = pair.after - pair.before
    fold = f", {pair.after / pair.before:.2f}-fold" if pair.before > 0 else ""
    lines = [
        f"<b>{escape(pair.subject)}</b>, {style.words} ({escape(visit)})",
        f"{percent_text(pair.before)} % → {percent_text(pair.after)} % of {escape(denominator)}",
        f"change {'+' if change > 0 else ''}{percent_text(change)} percentage points{fold}",
    ]
    if not all(pair.quantitative):
        lines.append("<i>open symbol: too few events to be quantitative</i>")
    return "<br>".join(lines)


def _name(subject: str, place: float, colour: str) -> dict[str, Any]:
    return {
        "x": 1,
        "xref": "paper",
        "y": place,
        "xanchor": "left",
        "xshift": 6,
        "showarrow": False,
        "name": subject,
        "text": escape(shortened(subject, 11)),
        "font": {"size": 12, "color": colour},
    }


def forest_figure(estimates: Sequence[Estimate], *, title: str, fold: bool) -> go.Figure:
    """Draw estimates with their intervals: a row for each measure, in it a line for each group.

    Parameters
    ----------
    estimates : sequence of Estimate
        Those of one measure beside each other; an infinite end of an interval goes to the edge.
    title : str
        Of the axis; plain text.
    fold : bool
        Factors, on a logarithmic axis with the line of no change at 1; else differences, at 0.
    """
    names = list(dict.fromkeys(entry.name for entry in estimates))
    groups = [group for group in GROUPS if any(entry.group == group for entry in estimates)]
    low, high = _ends(estimates, fold=fold)
    figure = go.Figure(layout={"template": TEMPLATE, "height": forest_height(estimates)})
    for k, group in enumerate(groups):
        colour, symbol = GROUPS[group]
        mine = [entry for entry in estimates if entry.group == group]
        offset = (k - (len(groups) - 1) / 2) * 0.24
        drawn = [_whisker(entry, low, high) for entry in mine]
        figure.add_trace(
            go.Scatter(
                x=[entry.value for entry in mine],
                y=[names.index(entry.name) + offset for entry in mine],
                mode="markers",
                name=group,
                marker={"color": colour, "symbol": symbol, "size": 10 if k == 0 else 8},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [end - e.value for (_, end), e in zip(drawn, mine, strict=True)],
                    "arrayminus": [e.value - start for (start, _), e in zip(drawn, mine, strict=True)],
                    "color": colour,
                    "thickness": 2 if k == 0 else 1.2,
                    "width": 0,
                },
                text=[entry.words for entry in mine],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    none = 1.0 if fold else 0.0
    figure.add_shape(type="line", x0=none, x1=none, y0=0, y1=1, yref="paper", layer="below", line=RULE)
    axis: dict[str, Any] = {"range": [low, high], "title_text": escape(title)}
    if fold:
        ticks = [value for value in FOLDS if low <= value <= high]
        axis |= {
            "type": "log",
            "range": [math.log10(low), math.log10(high)],
            "tickvals": ticks,
            "ticktext": [f"{value:g}" for value in ticks],
        }
    figure.update_xaxes(tickangle=0, **axis)
    figure.update_yaxes(
        range=[len(names) - 0.4, -0.6],
        tickvals=list(range(len(names))),
        ticktext=["<br>".join(map(escape, in_lines(name, 20))) for name in names],
        showgrid=False,
        automargin=True,  # fonts differ in width
    )
    figure.update_layout(margin={**MARGIN, "l": 136, "r": 16})
    return figure


def _whisker(entry: Estimate, low: float, high: float) -> tuple[float, float]:
    """Return the ends that are drawn, within the axis; the estimate itself where there are none."""
    first, last = (entry.value if math.isnan(end) else end for end in (entry.low, entry.high))
    return min(max(first, low), entry.value), max(min(last, high), entry.value)


def forest_height(estimates: Sequence[Estimate]) -> int:
    """Return how high a forest is, in pixels: as its rows need."""
    names = {entry.name for entry in estimates}
    groups = {entry.group for entry in estimates}
    return AROUND + len(names) * max(ROW, 16 * len(groups) + 6)


def _ends(estimates: Sequence[Estimate], *, fold: bool) -> tuple[float, float]:
    """Return the axis: all estimates, and the ends of intervals up to four times the largest of them."""
    none = 1.0 if fold else 0.0
    values = [entry.value for entry in estimates]
    ends = [end for entry in estimates for end in (entry.low, entry.high) if math.isfinite(end)]
    if not fold:
        reach = 4 * max((abs(value) for value in values), default=1.0) or 1.0
        kept = [max(-reach, min(reach, end)) for end in (*values, *ends, none)]
        low, high = min(kept), max(kept)
        room = 0.06 * ((high - low) or 1.0)
        return low - room, high + room
    positive = [value for value in (*values, *ends, none) if value > 0]
    reach = 4 * max((abs(math.log(value)) for value in values if value > 0), default=1.0) or 1.0
    logs = [max(-reach, min(reach, math.log(value))) for value in positive]
    room = 0.08 * ((max(logs) - min(logs)) or 1.0)
    return math.exp(min(logs) - room), math.exp(max(logs) + room)
