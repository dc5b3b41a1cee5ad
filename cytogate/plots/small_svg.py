"""A plotly figure of points and lines as a small SVG: for paper, and for readers without scripts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from cytogate.plots.axes import Box
from cytogate.plots.course_axes import round_values, spread
from cytogate.plots.trend_svg import CORNERS, HEIGHT, LABEL_GAP, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import plotly.graph_objects as go

DASHES = {"solid": "", "dash": "5 3", "dot": "1.5 2.5"}
RADIUS = 3.4
LINE = 13  # pixels from one line of a tick to the next
# Where the name of a point stands, in pixels from it.
SIDES = {"top center": (0, -8), "bottom center": (0, 15), "middle right": (14, 3), "middle left": (-14, 3)}
_CROSS = ((-1.1, -0.6), (-0.6, -1.1), (0, -0.5), (0.6, -1.1), (1.1, -0.6), (0.5, 0))
SHAPES = CORNERS | {"x": (*_CROSS, *((-x, -y) for x, y in _CROSS))}


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of a figure: its range (logarithms to 10 on a log axis) and its ticks."""

    low: float
    high: float
    is_log: bool
    ticks: tuple[tuple[float, str], ...]
    title: str

    def share(self, value: float) -> float:
        placed = math.log10(value) if self.is_log else value
        return (placed - self.low) / (self.high - self.low)


def figure_svg(figure: go.Figure, *, label: str, height: float = HEIGHT) -> str:
    """Draw the scatter traces, straight lines and notes of a figure whose axes have a range.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Texts in it are escaped, as plotly wants them.
    label : str
        Read out instead of the picture.
    height : float
        Of the picture, which is 640 wide.

    Returns
    -------
    str
        An ``<svg>`` element; all texts in it are escaped once.
    """
    drawn: Mapping[str, Any] = figure.to_plotly_json()
    layout = drawn["layout"]
    x, y = _axis(layout["xaxis"]), _axis(layout["yaxis"])
    margin = layout.get("margin") or {}
    left, right = float(margin.get("l", 62)), float(margin.get("r", 84))
    box = Box(left=left, top=18, width=WIDTH - left - right, height=height - 18 - 46)
    parts = [
        f'<svg class="trend" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}">',
        *_axes(box, x, y, height),
        *_rules(layout.get("shapes") or (), box, x, y),
    ]
    for trace in drawn["data"]:
        parts += _trace(trace, box, x, y)
    parts += _notes(layout.get("annotations") or (), box, x, y)
    return "".join([*parts, "</svg>"])


def _axis(axis: Mapping[str, Any]) -> _Axis:
    low, high = (float(end) for end in axis["range"])
    values = axis.get("tickvals")
    if values is None:
        values = round_values(min(low, high), max(low, high))
    words = axis.get("ticktext") or [f"{value:g}".replace("-", "−") for value in values]
    title = (axis.get("title") or {}).get("text") or ""
    ticks = tuple(zip(map(float, values), map(str, words), strict=True))
    return _Axis(low, high, axis.get("type") == "log", ticks, title)


def _words(text: str) -> str:
    """Return text that plotly would show, as SVG wants it."""
    return escape(unescape(text.replace("<br>", " ").replace("<b>", "").replace("</b>", "")))


def _axes(box: Box, x: _Axis, y: _Axis, height: float) -> Iterator[str]:
    for value, words in y.ticks:
        at = box.bottom - y.share(value) * box.height
        if box.top - 1 <= at <= box.bottom + 1:
            yield f'<path class="grid" d="M{box.left:g} {at:.1f}H{box.right:g}"/>'
            lines = words.split("<br>")
            for k, line in enumerate(lines):
                down = at + 4 + LINE * (k - (len(lines) - 1) / 2)
                yield f'<text class="y" x="{box.left - 6:g}" y="{down:.1f}">{_words(line)}</text>'
    yield f'<path class="axis" d="M{box.left:g} {box.top:g}V{box.bottom:g}H{box.right:g}"/>'
    for value, words in x.ticks:
        at = box.left + x.share(value) * box.width
        if box.left - 1 <= at <= box.right + 1:
            yield f'<path class="axis" d="M{at:.1f} {box.bottom:g}v4"/>'
            yield f'<text x="{at:.1f}" y="{box.bottom + 16:g}">{_words(words)}</text>'
    if x.title:
        yield f'<text x="{box.left + box.width / 2:.1f}" y="{height - 8:g}">{_words(x.title)}</text>'
    if y.title:
        middle = box.top + box.height / 2
        yield f'<text transform="translate(14 {middle:.1f}) rotate(-90)">{_words(y.title)}</text>'


def _rules(shapes: Sequence[Mapping[str, Any]], box: Box, x: _Axis, y: _Axis) -> Iterator[str]:
    for shape in shapes:
        x0, x1 = (_along(shape[end], shape.get("xref"), x) for end in ("x0", "x1"))
        y0, y1 = (_along(shape[end], shape.get("yref"), y) for end in ("y0", "y1"))
        start = f"{box.left + x0 * box.width:.1f} {box.bottom - y0 * box.height:.1f}"
        end = f"{box.left + x1 * box.width:.1f} {box.bottom - y1 * box.height:.1f}"
        yield f'<path class="base" d="M{start}L{end}"/>'


def _along(value: float, reference: str | None, axis: _Axis) -> float:
    return float(value) if reference == "paper" else axis.share(float(value))


def _trace(trace: Mapping[str, Any], box: Box, x: _Axis, y: _Axis) -> Iterator[str]:
    places = [
        None
        if a is None or b is None
        else (box.left + x.share(float(a)) * box.width, box.bottom - y.share(float(b)) * box.height)
        for a, b in zip(trace["x"], trace["y"], strict=True)
    ]
    mode = str(trace.get("mode") or "lines+markers")
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    colour = str(line.get("color") or _nth(marker.get("color"), 0) or "#4D4D4D")
    if "lines" in mode:
        dash = DASHES.get(str(line.get("dash") or "solid"), "")
        look = f'stroke="{colour}"' + (f' stroke-dasharray="{dash}"' if dash else "")
        for run in _unbroken(places):
            yield f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in run)}" {look}/>'
    spread = trace.get("error_x") or {}
    for i, place in enumerate(places):
        if place is None:
            continue
        if spread.get("array") is not None:
            value = float(trace["x"][i])
            ends = (value - float(spread["arrayminus"][i]), value + float(spread["array"][i]))
            first, last = (
                box.left + min(max(x.share(end) if end > 0 or not x.is_log else 0.0, 0.0), 1.0) * box.width
                for end in ends
            )
            yield f'<path d="M{first:.1f} {place[1]:.1f}H{last:.1f}" stroke="{colour}" stroke-width="1.6"/>'
        if "markers" in mode:
            yield _symbol(
                str(_nth(marker.get("symbol"), i) or "circle"),
                str(_nth(marker.get("color"), i) or colour),
                place,
            )
        if "text" in mode:
            name = _words(str(_nth(trace.get("text"), i) or ""))
            dx, dy = SIDES.get(str(trace.get("textposition")), SIDES["top center"])
            at = f'x="{place[0] + dx:.1f}" y="{place[1] + dy:.1f}"'
            yield f'<text class="note" {at}>{name}</text>'


def _nth(values: Any, i: int) -> Any:
    return values[i] if isinstance(values, list | tuple) else values


def _unbroken(places: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for place in [*places, None]:
        if place is not None:
            run.append(place)
        elif run:
            yield run
            run = []


def _symbol(symbol: str, colour: str, at: tuple[float, float]) -> str:
    name, dash, _ = symbol.partition("-open")
    look = f'fill="{"#ffffff" if dash else colour}" stroke="{colour}"'
    x, y = at
    if name not in SHAPES:
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" {look}/>'
    corners = " ".join(f"{x + a * RADIUS:.1f},{y + b * RADIUS:.1f}" for a, b in SHAPES[name])
    return f'<polygon class="mark" points="{corners}" {look}/>'


def _notes(notes: Sequence[Mapping[str, Any]], box: Box, x: _Axis, y: _Axis) -> Iterator[str]:
    at_edge = sorted((note for note in notes if note.get("xref") == "paper"), key=lambda note: -note["y"])
    heights = [box.bottom - _along(note["y"], note.get("yref"), y) * box.height for note in at_edge]
    moved = {id(note): at for note, at in zip(at_edge, spread(heights, LABEL_GAP, box.bottom), strict=True)}
    for note in notes:
        at_x = box.left + _along(note["x"], note.get("xref"), x) * box.width + float(note.get("xshift") or 0)
        at_y = moved.get(id(note), box.bottom - _along(note["y"], note.get("yref"), y) * box.height)
        colour = (note.get("font") or {}).get("color") or "#26323a"
        kind = "name" if note.get("xanchor") == "left" else "note"
        yield (
            f'<text class="{kind}" x="{at_x:.1f}" y="{at_y + 4:.1f}" fill="{colour}">'
            f"{_words(str(note['text']))}</text>"
        )
