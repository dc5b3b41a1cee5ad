"""Trend figures as plain SVG, for paper and for readers without script; the same marks as in plotly."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.axes import Box
from cytogate.plots.numbers import week_text
from cytogate.plots.panels import unbroken
from cytogate.plots.trends import MOST_LABELS, WHISKER_OPACITY, spread, week_axis, whisker, y_range
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.plots.palette import SubjectStyle
    from cytogate.plots.series import Course, Point

    Place = Callable[[float, float], tuple[float, float]]  # week, percent -> x, y in SVG units

WIDTH, HEIGHT = 640, 268
LABEL_GAP = 13.0  # pixels
# Corners of symbols, in radii; a circle has none.
CORNERS: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)),
    "triangle-up": ((0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
    "triangle-down": ((0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)),
    "pentagon": ((0.0, -1.1), (1.05, -0.34), (0.65, 0.9), (-0.65, 0.9), (-1.05, -0.34)),
}


def trend_svg(
    drawn: Sequence[Course],
    styles: Mapping[str, SubjectStyle],
    *,
    denominator: str,
    baseline_week: float | None = None,
    label: str = "",
) -> str:
    """Draw one subset over time as `cytogate.plots.trends.trend_figure` does.

    Parameters
    ----------
    drawn : sequence of Course
        The patients' courses.
    styles : mapping of subject to SubjectStyle
        Colour, symbol and dash.
    denominator : str
        What the percent is of.
    baseline_week : float, optional
        Where the thin baseline line stands.
    label : str
        Read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element, 640 by 268; all data in it are escaped.
    """
    many = len(drawn) > MOST_LABELS
    box = Box(left=56, top=16, width=WIDTH - 56 - (14 if many else 92), height=HEIGHT - 16 - 42)
    low, high = y_range(drawn)
    axis = week_axis([point.week for course in drawn for point in course.points])
    first, last = axis["range"]

    def place(week: float, percent: float) -> tuple[float, float]:
        x = box.left + (week - first) / (last - first) * box.width
        return x, box.bottom - (percent - low) / (high - low) * box.height

    parts = [
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
        *(_y_tick(box, place(first, value)[1], value) for value in round_values(low, high)),
    ]
    if baseline_week is not None:
        x = place(baseline_week, low)[0]
        parts.append(f'<path class="base" d="M{x:.1f} {box.top}V{box.bottom}"/>')
        parts.append(f'<text class="note" x="{x:.1f}" y="{box.top - 4}">baseline</text>')
    parts.append(f'<path class="axis" d="M{box.left} {box.top}V{box.bottom}H{box.right}"/>')
    parts += [
        _x_tick(box, place(week, low)[0], week) for week in axis.get("tickvals", round_values(first, last))
    ]
    parts.append(f'<text x="{box.left + box.width / 2:.1f}" y="{HEIGHT - 6}">Week</text>')
    middle = box.top + box.height / 2
    words = escape(f"% of {shortened(denominator, 36)}")
    parts.append(f'<text transform="translate(14 {middle:.1f}) rotate(-90)">{words}</text>')
    for course in drawn:
        if not many:
            parts += _whiskers(course, styles[course.subject], place, (low, high))
        parts.append(_line(course, styles[course.subject], place, radius=2.6 if many else 3.4))
    if not many:
        parts += _end_labels(drawn, styles, place, box)
    return "".join([*parts, "</svg>"])


def round_values(low: float, high: float, most: int = 7) -> list[float]:
    """Return round numbers of an axis, at most so many.

    Examples
    --------
    >>> round_values(0.0, 26.5), round_values(53.2, 78.9)
    ([0.0, 5.0, 10.0, 15.0, 20.0, 25.0], [55.0, 60.0, 65.0, 70.0, 75.0])
    """
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [round(i * step, 12) + 0.0 for i in range(math.ceil(low / step - 1e-9), int(high // step) + 1)]


def _y_tick(box: Box, y: float, value: float) -> str:
    return (
        f'<path class="grid" d="M{box.left} {y:.1f}H{box.right:g}"/>'
        f'<text class="y" x="{box.left - 6}" y="{y + 4:.1f}">{value:g}</text>'
    )


def _x_tick(box: Box, x: float, week: float) -> str:
    return (
        f'<path class="axis" d="M{x:.1f} {box.bottom}v4"/>'
        f'<text x="{x:.1f}" y="{box.bottom + 16:g}">{week_text(week)}</text>'
    )


def _line(course: Course, style: SubjectStyle, place: Place, *, radius: float) -> str:
    dash = f' stroke-dasharray="{style.svg_dash}"' if style.svg_dash else ""
    parts = []
    for run in unbroken(course.points):
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(p.week, p.percent or 0.0) for p in run))
        parts.append(f'<polyline points="{corners}" stroke="{style.colour}"{dash}/>')
    parts += [
        _symbol(point, style, place(point.week, point.percent or 0.0), radius) for point in course.measured
    ]
    return "".join(parts)


def _whiskers(course: Course, style: SubjectStyle, place: Place, axis: tuple[float, float]) -> list[str]:
    """Return the interval of each value as a thin upright line, as far as the axis goes."""
    lines = []
    for point in course.measured:
        ends = whisker(point)
        if ends is not None:
            x, bottom = place(point.week, max(ends[0], axis[0]))
            top = place(point.week, min(ends[1], axis[1]))[1]
            look = f'stroke="{style.colour}" stroke-opacity="{WHISKER_OPACITY}"'
            lines.append(f'<path class="whisker" d="M{x:.1f} {bottom:.1f}V{top:.1f}" {look}/>')
    return lines


def _symbol(point: Point, style: SubjectStyle, at: tuple[float, float], radius: float) -> str:
    look = f'fill="{style.colour if point.quantitative else "#ffffff"}" stroke="{style.colour}"'
    x, y = at
    if style.symbol not in CORNERS:
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{radius}" {look}/>'
    corners = " ".join(f"{x + a * radius:.1f},{y + b * radius:.1f}" for a, b in CORNERS[style.symbol])
    return f'<polygon class="mark" points="{corners}" {look}/>'


def _end_labels(
    drawn: Sequence[Course], styles: Mapping[str, SubjectStyle], place: Place, box: Box
) -> list[str]:
    ends = sorted(
        ((place(c.measured[-1].week, c.measured[-1].percent or 0.0)[1], c.subject) for c in drawn),
        key=lambda end: end[0],
    )
    heights = spread([y for y, _ in ends], LABEL_GAP, box.bottom)
    return [
        f'<text class="name" x="{box.right + 8:g}" y="{y + 4:.1f}" fill="{styles[subject].colour}">'
        f"{escape(shortened(subject, 11))}</text>"
        for y, (_, subject) in zip(heights, ends, strict=True)
    ]
