"""Several measures of one patient above each other, on one axis of weeks; SVG, no script."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.course_axes import week_axis
from cytogate.plots.numbers import week_text
from cytogate.plots.panels import unbroken
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.plots.course_axes import ValueAxis
    from cytogate.plots.palette import SubjectStyle
    from cytogate.plots.quantity import Quantity
    from cytogate.plots.series import Course, Point

WIDTH = 172
LEFT, RIGHT, HEAD, FOOT = 30, 6, 34, 32
LETTER = 4.9  # pixels of a letter beside a mark
ROW, NAME, GAP = 72, 14, 6  # a row: its name, its panel, what is between


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of a patient; all patients share `axis`, so that heights compare."""

    quantity: Quantity
    axis: ValueAxis
    course: Course | None


def height(n_rows: int) -> int:
    """Return the height of a picture of so many measures."""
    return HEAD + n_rows * ROW + FOOT


def timeline_svg(
    title: str,
    rows: Sequence[Row],
    style: SubjectStyle,
    *,
    weeks: tuple[float, float],
    marks: Sequence[tuple[float, str]] = (),
    label: str = "",
) -> str:
    """Draw the measures of one patient.

    Parameters
    ----------
    title : str
        Above all: the patient.
    rows : sequence of Row
        From top to bottom.
    style : SubjectStyle
        Colour and dash of the patient.
    weeks : (low, high)
        Of all patients.
    marks : sequence of (week, words)
        Upright lines through all measures.
    label : str
        Read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element; all data in it are escaped. Values below a limit are open.
    """
    first, last = (float(end) for end in week_axis(weeks)["range"])
    bottom = HEAD + len(rows) * ROW - GAP
    right = WIDTH - RIGHT

    def across(week: float) -> float:
        return LEFT + (week - first) / (last - first) * (right - LEFT)

    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height(len(rows))}" role="img" '
        f'aria-label="{escape(label)}">',
        f'<text class="whom" x="{LEFT}" y="12">{escape(shortened(title, 24))}</text>',
    ]
    ends = [*(across(week) for week, _ in marks[1:]), float(WIDTH)]
    for (week, words), end in zip(marks, ends, strict=False):
        x = across(week)
        most = max(int((end - x) / LETTER), 1)
        parts.append(f'<path class="base" d="M{x:.1f} {HEAD}V{bottom}"/>')
        parts.append(
            f'<text class="mark" x="{x - 2:.1f}" y="{HEAD - 6}">{escape(shortened(words, most))}</text>'
        )
    for number, row in enumerate(rows):
        parts.append(_row(row, style, HEAD + number * ROW, across, right))
    shown: list[float] = []
    for week in week_axis(_every(rows) or list(weeks)).get("tickvals", weeks):
        if not shown or across(week) - across(shown[-1]) >= 15:
            shown.append(week)
    for week in shown:
        parts.append(f'<path class="axis" d="M{across(week):.1f} {bottom}v3"/>')
        parts.append(f'<text x="{across(week):.1f}" y="{bottom + 13}">{week_text(week)}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2:g}" y="{bottom + 26}">Week</text>')
    return "".join([*parts, "</svg>"])


def _every(rows: Sequence[Row]) -> list[float]:
    return sorted({point.week for row in rows if row.course for point in row.course.points})


def _row(row: Row, style: SubjectStyle, top: float, across: Callable[[float], float], right: float) -> str:
    floor, ceiling = top + ROW - GAP, top + NAME
    axis = row.axis

    def up(value: float) -> float:
        return floor - axis.share(value) * (floor - ceiling)

    ticks = axis.ticks(most=3)
    parts = [
        f'<text class="name" x="{LEFT}" y="{top + 9:g}">{escape(shortened(row.quantity.axis, 24))}</text>',
        f'<path class="axis" d="M{LEFT} {ceiling:g}V{floor:g}H{right}"/>',
    ]
    parts += [
        f'<text class="y" x="{LEFT - 4}" y="{up(tick) + 3:.1f}">{tick:g}</text>'
        for tick in dict.fromkeys((ticks[0], ticks[-1]))
    ]
    if row.course is None or not row.course.measured:
        parts.append(
            f'<text class="none" x="{(LEFT + right) / 2:g}" y="{(floor + ceiling) / 2:g}">no value</text>'
        )
        return "".join(parts)
    dash = f' stroke-dasharray="{style.svg_dash}"' if style.svg_dash else ""
    for run in unbroken(row.course.points):
        corners = " ".join(f"{across(p.week):.1f},{up(p.value or 0.0):.1f}" for p in run)
        parts.append(f'<polyline points="{corners}" stroke="{style.colour}"{dash}/>')
    parts += [
        _dot(point, row, style, across(point.week), up(point.value or 0.0)) for point in row.course.measured
    ]
    return "".join(parts)


def _dot(point: Point, row: Row, style: SubjectStyle, x: float, y: float) -> str:
    fill = style.colour if point.quantitative else "#ffffff"
    below = "" if point.quantitative else "below "
    words = f"{point.visit} (week {week_text(point.week)}): {below}{row.quantity.number(point.value)}"
    return (
        f'<circle data-visit="{escape(point.visit)}" cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{fill}" '
        f'stroke="{style.colour}">'
        f"<title>{escape(f'{words} {row.quantity.unit}'.rstrip())}</title></circle>"
    )
