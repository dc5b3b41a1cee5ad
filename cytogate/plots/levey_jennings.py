"""A Levey-Jennings chart as a small SVG: values in the order of time, centre and lines of 1 to 3 SD."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.stats.westgard import Chart

WIDTH, HEIGHT = 300, 108
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 18
MOST_LETTERS = 22  # of a name below the axis: two stand side by side
REACH = 4.0  # SD from the centre to the edge, where values further off lie


def levey_jennings_svg(chart: Chart, names: Sequence[str], *, label: str) -> str:
    """Draw a chart; `names` say which tube each value is of, `label` is read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element; all texts in it are escaped.
    """
    n = len(chart.values)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    broken = {
        at for entry in chart.broken if entry.rule != "1-2s" for at in range(entry.first, entry.last + 1)
    }
    warned = {entry.first for entry in chart.broken if entry.rule == "1-2s"}

    def up(z: float) -> float:
        return TOP + (bottom - TOP) * (REACH - min(max(z, -REACH), REACH)) / (2 * REACH)

    parts = [f'<svg class="levey" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">']
    for z in range(-3, 4):
        parts.append(f'<path class="sd{abs(z)}" d="M{LEFT} {up(z):.1f}H{right}"/>')
        if z in (-3, 0, 3):
            words = f"{chart.centre + z * chart.sd:.4g}".replace("-", "\N{MINUS SIGN}")
            parts.append(f'<text class="end" x="{LEFT - 4}" y="{up(z) + 3:.1f}">{words}</text>')
    places = []
    for at, value in enumerate(chart.values):
        x = LEFT + (right - LEFT) * (at + 0.5) / n
        places.append((x, up((value - chart.centre) / chart.sd)))
    parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
    for at, (x, y) in enumerate(places):
        kind = "broken" if at in broken else "warned" if at in warned else "fine"
        words = escape(f"{names[at]}: {chart.values[at]:.4g}")
        parts.append(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"><title>{words}</title></circle>'
        )
    first, last = (escape(shortened(names[at], MOST_LETTERS)) for at in (0, -1))
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 3}">{first}</text>')
    parts.append(f'<text class="end" x="{right}" y="{HEIGHT - 3}">{last}</text>')
    return "".join([*parts, "</svg>"])
