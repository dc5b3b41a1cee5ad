"""Pictures without scripts as files of their own: SVG panels put side by side, with the style they need."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_OPENING = re.compile(r'<svg class="([^"]*)" viewBox="0 0 [^"]*"[^>]*>')


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole SVG document and its size in pixels."""

    svg: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text in a picture: its place, its size in pixels, ``start`` or ``middle``."""

    text: str
    x: float
    y: float
    size: float = 12
    anchor: str = "start"
    weight: int = 400
    colour: str = "#26323a"


def compose(
    panels: Sequence[tuple[str, float, float]],
    words: Sequence[Words],
    *,
    size: tuple[float, float],
    style: str,
    title: str,
) -> Picture:
    """Put panels and lines of text into one picture.

    Parameters
    ----------
    panels : sequence of (svg, x, y)
        ``<svg class=... viewBox="0 0 ...">`` elements as `plot_svg` and `course_svg` draw them, and where
        their upper left corners go; they keep their size.
    words : sequence of Words
        Texts are escaped.
    size : (width, height)
        Pixels.
    style : str
        Style sheet of the panels' classes.
    title : str
        Read out instead of the picture.
    """
    width, height = size
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{escape(FONT)}">',
        f"<title>{escape(title)}</title><style>{style}</style>",
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
    ]
    for svg, x, y in panels:
        opening = _OPENING.match(svg)
        if opening is None or not svg.endswith("</svg>"):
            message = f"not a panel with a class and a size: {svg[:60]!r}"
            raise ValueError(message)
        inner = svg[opening.end() : -len("</svg>")]
        parts.append(f'<g class="{opening[1]}" transform="translate({x:g} {y:g})">{inner}</g>')
    parts += [
        f'<text x="{line.x:g}" y="{line.y:g}" font-size="{line.size:g}" font-weight="{line.weight}" '
        f'text-anchor="{line.anchor}" fill="{line.colour}">{escape(line.text)}</text>'
        for line in words
    ]
    return Picture("".join([*parts, "</svg>\n"]), width, height)


def as_plotly(picture: Picture) -> go.Figure:
    """Return a figure that is the picture, so that whatever prints figures prints pictures too."""
    data = base64.b64encode(picture.svg.encode("utf-8")).decode("ascii")
    figure = go.Figure()
    figure.update_layout(
        width=picture.width,
        height=picture.height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={"visible": False, "range": [0, 1]},
        images=[
            {
                "source": f"data:image/svg+xml;base64,{data}",
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": 1,
                "sizex": 1,
                "sizey": 1,
                "sizing": "stretch",
            }
        ],
    )
    return figure
