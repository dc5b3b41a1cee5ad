"""Heat maps of square tables: the number in every cell, and its size as a colour that grey print keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CELL_X, CELL_Y = 34, 20
LETTER = 5.9  # pixels of one letter of a name
MOST_LETTERS = 26
# Light to dark, so that order is kept without colour (ColorBrewer's YlOrBr, thinned).
_STOPS = ((255, 255, 240), (254, 217, 142), (217, 95, 14), (102, 37, 6))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is written, how strong its colour is (0 to 1; None is blank), what is said of it."""

    text: str
    strength: float | None
    words: str


def heat_map_svg(
    rows: Sequence[str],
    columns: Sequence[str],
    cell: Callable[[int, int], Cell],
    *,
    label: str,
    rows_title: str,
    columns_title: str,
) -> str:
    """Draw a table as a heat map.

    Parameters
    ----------
    rows, columns : sequence of str
        Names, the columns' written upward.
    cell : callable of (row, column)
    label : str
        Read out instead of the picture.
    rows_title, columns_title : str
        What rows and columns are.

    Returns
    -------
    str
        An ``<svg>`` element; all data in it are escaped.
    """
    left_names = [shortened(name, MOST_LETTERS) for name in rows]
    top_names = [shortened(name, MOST_LETTERS) for name in columns]
    left = 26 + LETTER * max(map(len, left_names), default=0)
    top = 26 + LETTER * max(map(len, top_names), default=0)
    width, height = left + CELL_X * len(columns) + 4, top + CELL_Y * len(rows) + 4
    parts = [
        f'<svg class="matrix" viewBox="0 0 {width:.0f} {height:.0f}" style="width: {width:.0f}px" role="img" '
        f'aria-label="{escape(label)}">',
        f'<text class="axis" x="{(left + width) / 2:.0f}" y="11">{escape(columns_title)}</text>',
        f'<text class="axis" transform="translate(11 {(top + height) / 2:.0f}) rotate(-90)">'
        f"{escape(rows_title)}</text>",
    ]
    for j, name in enumerate(top_names):
        place = f"translate({left + (j + 0.5) * CELL_X + 4:.0f} {top - 6:.0f}) rotate(-90)"
        parts.append(f'<text class="start" transform="{place}">{escape(name)}</text>')
    for i, name in enumerate(left_names):
        y = top + i * CELL_Y
        parts.append(f'<text class="end" x="{left - 6:.0f}" y="{y + 14:.0f}">{escape(name)}</text>')
        parts.extend(_cell_svg(cell(i, j), left + j * CELL_X, y) for j in range(len(columns)))
    parts.append("</svg>")
    return "".join(parts)


def _cell_svg(cell: Cell, x: float, y: float) -> str:
    fill = "#ffffff" if cell.strength is None else colour(cell.strength)
    dark = ' class="light"' if (cell.strength or 0.0) > 0.62 else ""
    text = (
        f'<text{dark} x="{x + CELL_X / 2:.0f}" y="{y + 14:.0f}">{escape(cell.text)}</text>'
        if cell.text
        else ""
    )
    title = f"<title>{escape(cell.words)}</title>" if cell.words else ""
    place = f'x="{x:.0f}" y="{y:.0f}" width="{CELL_X}" height="{CELL_Y}"'
    return f'<g>{title}<rect {place} fill="{fill}"/>{text}</g>'


def colour(strength: float) -> str:
    """Return the colour of a strength from 0 to 1.

    Examples
    --------
    >>> colour(0.0), colour(1.0)
    ('#fffff0', '#662506')
    """
    place = min(max(strength, 0.0), 1.0) * (len(_STOPS) - 1)
    i = min(int(place), len(_STOPS) - 2)
    mixed = [round(a + (b - a) * (place - i)) for a, b in zip(_STOPS[i], _STOPS[i + 1], strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def on_log(value: float, low: float, high: float) -> float:
    """Return where a value lies between two others on a log scale, 0 to 1; 0 for what is not positive.

    Examples
    --------
    >>> on_log(1.0, 0.1, 10.0), on_log(-1.0, 0.1, 10.0), on_log(99.0, 0.1, 10.0)
    (0.5, 0.0, 1.0)
    """
    if value <= low:
        return 0.0
    return round(min(math.log(value / low) / math.log(high / low), 1.0), 3)
