"""Trend figures as plain SVG, for paper and for readers without script; the same marks as in plotly."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.axes import Box
from cytogate.plots.course_axes import (
    MOST_LABELS,
    round_values,
    side_by_side,
    spread,
    value_axis,
    week_axis,
    whisker,
)
from cytogate.plots.numbers import week_text
from cytogate.plots.panels import unbroken
from cytogate.plots.trends import WHISKER_END, WHISKER_OPACITY, WHISKER_WIDTH
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.plots.palette import SubjectStyle
    from cytogate.plots.quantity import Quantity
    from cytogate.plots.series import Course, Point

    Place = Callable[[float, float], tuple[float, float]]  # week, value -> x, y in SVG units

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
    quantity: Quantity,
    *,
    marks: Sequence[tuple[float, str]] = (),
    level: tuple[float, str] | None = None,
    label: str = "",
) -> str:
    """Draw courses as `cytogate.plots.trends.course_figure` does.

    Parameters
    ----------
    drawn : sequence of Course
        The patients' courses.
    styles : mapping of subject to SubjectStyle
        Colour, symbol and dash.
    quantity : Quantity
        What the values are.
    marks : sequence of (week, words)
        Thin upright lines.
    level : (value, words), optional
        A dotted level line.
    label : str
        Read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element, 640 by 268; all data in it are escaped.
    """
    many = len(drawn) > MOST_LABELS
    box = Box(left=56, top=16, width=WIDTH - 56 - (14 if many else 92), height=HEIGHT - 16 - 42)
    values = value_axis(drawn, quantity)
    weeks = [point.week for course in drawn for point in course.points]
    axis = week_axis(weeks)
    first, last = axis["range"]

    def place(week: float, value: float) -> tuple[float, float]:
        x = box.left + (week - first) / (last - first) * box.width
        return x, box.bottom - values.share(value) * box.height

    parts = [
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
        *(_y_tick(box, place(first, value)[1], value) for value in values.ticks()),
    ]
    for week, words in marks:
        x = place(week, values.low)[0]
        parts.append(f'<path class="base" d="M{x:.1f} {box.top}V{box.bottom}"/>')
        said = escape(shortened(words, 30))
        parts.append(f'<text class="note" x="{x:.1f}" y="{box.top - 4}">{said}</text>')
    if level is not None and values.shows(level[0]):
        y = place(first, level[0])[1]
        parts.append(f'<path class="level" d="M{box.left} {y:.1f}H{box.right:g}"/>')
        said, under = escape(level[1]), y + 9 if values.room_below(level[0]) else y - 3
        parts.append(f'<text class="note y" x="{box.right - 2:g}" y="{under:.1f}">{said}</text>')
    parts.append(f'<path class="axis" d="M{box.left} {box.top}V{box.bottom}H{box.right}"/>')
    parts += [
        _x_tick(box, place(week, values.low)[0], week)
        for week in axis.get("tickvals", round_values(first, last))
    ]
    parts.append(f'<text x="{box.left + box.width / 2:.1f}" y="{HEIGHT - 6}">Week</text>')
    middle = box.top + box.height / 2
    words = escape(shortened(quantity.axis, 38))
    parts.append(f'<text transform="translate(14 {middle:.1f}) rotate(-90)">{words}</text>')
    for course, offset in zip(drawn, side_by_side(drawn), strict=True):
        style = styles[course.subject]
        aside = offset / (last - first) * box.width
        moved = f' transform="translate({aside:.1f} 0)"' if aside else ""
        parts.append(f'<g stroke="{style.colour}" fill="{style.colour}"{moved}>')
        if not many:
            parts.append(_whiskers(course, place, (values.low, values.high)))
        parts.append(_line(course, style, place, many=many))
        parts.append("</g>")
    if not many:
        parts += _end_labels(drawn, styles, place, box)
    return "".join([*parts, "</svg>"])


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


def _line(course: Course, style: SubjectStyle, place: Place, *, many: bool) -> str:
    dash = f' stroke-dasharray="{style.svg_dash}"' if style.svg_dash else ""
    parts = []
    for run in unbroken(course.points):
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(p.week, p.value or 0.0) for p in run))
        parts.append(f'<polyline points="{corners}"{dash}/>')
    closed = [point for point in course.measured if point.quantitative and many]
    if closed:  # of many patients each closed symbol is a dot, all dots of one patient are one path
        at = (place(point.week, point.value or 0.0) for point in closed)
        parts.append(f'<path class="dots" d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y in at)}"/>')
    parts += [
        _symbol(point, style, place(point.week, point.value or 0.0), 2.6 if many else 3.4)
        for point in course.measured
        if point not in closed
    ]
    return "".join(parts)


def _whiskers(course: Course, place: Place, axis: tuple[float, float]) -> str:
    """Return the interval of each value as an upright line with ends, as far as the axis goes."""
    steps, bars = [], []
    for point in course.measured:
        ends = whisker(point)
        if ends is not None:
            x, bottom = place(point.week, max(ends[0], axis[0]))
            top = place(point.week, min(ends[1], axis[1]))[1]
            steps.append(f"M{x:.1f} {bottom:.1f}V{top:.1f}")
            bars += [f"M{x - WHISKER_END:.1f} {y:.1f}h{2 * WHISKER_END:g}" for y in (bottom, top)]
    if not steps:
        return ""
    look = f'stroke-opacity="{WHISKER_OPACITY}" stroke-width="{WHISKER_WIDTH}"'
    return f'<path class="whisker" {look} d="{"".join(steps)}"/><path {look} d="{"".join(bars)}"/>'


def _symbol(point: Point, style: SubjectStyle, at: tuple[float, float], radius: float) -> str:
    fill = "" if point.quantitative else ' fill="#ffffff"'
    x, y = at
    if style.symbol not in CORNERS:
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"{fill}/>'
    corners = " ".join(f"{x + a * radius:.1f},{y + b * radius:.1f}" for a, b in CORNERS[style.symbol])
    return f'<polygon class="mark" points="{corners}"{fill}/>'


def _end_labels(
    drawn: Sequence[Course], styles: Mapping[str, SubjectStyle], place: Place, box: Box
) -> list[str]:
    ends = sorted(
        ((place(c.measured[-1].week, c.measured[-1].value or 0.0)[1], c.subject) for c in drawn),
        key=lambda end: end[0],
    )
    heights = spread([y for y, _ in ends], LABEL_GAP, box.bottom)
    return [
        f'<text class="name" x="{box.right + 8:g}" y="{y + 4:.1f}" fill="{styles[subject].colour}">'
        f"{escape(shortened(subject, 11))}</text>"
        for y, (_, subject) in zip(heights, ends, strict=True)
    ]
