"""Small multiples: one patient's course of one subset as a small SVG that needs no script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.course_axes import round_values
from cytogate.plots.numbers import percent_text, week_text
from cytogate.plots.words import FLAG_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.plots.palette import SubjectStyle
    from cytogate.plots.series import Course, Point

WIDTH, HEIGHT = 170, 76
LEFT, RIGHT, TOP, BOTTOM = 30, 8, 8, 14


def course_svg(
    course: Course | None,
    style: SubjectStyle,
    *,
    weeks: tuple[float, float],
    values: tuple[float, float],
    baseline_week: float | None = None,
    label: str = "",
    flag_words: Mapping[str, str] = FLAG_WORDS,
    titles: bool = True,
) -> str:
    """Draw one course; all panels of a column share `weeks` and `values`, so that heights compare.

    Parameters
    ----------
    course : Course or None
        None draws the empty frame.
    style : SubjectStyle
        Colour and dash of the patient.
    weeks, values : (low, high)
        Limits of the axes: weeks, percent.
    baseline_week : float, optional
        Where the thin baseline line stands.
    label : str
        Read out instead of the picture.
    flag_words : mapping of flag to str, optional
        What is said of a value that is not quantitative; its symbol is open.
    titles : bool
        Whether a symbol says its value when it is pointed at: without, a panel takes a third of the bytes.

    Returns
    -------
    str
        An ``<svg>`` element; all data in it are escaped.
    """
    parts = [
        f'<svg class="course" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
        _frame(weeks, values),
    ]
    if baseline_week is not None:
        x = _x(baseline_week, weeks)
        parts.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    if course is None or not course.measured:
        parts.append(f'<text class="none" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="38">no value</text>')
    else:
        for run in unbroken(course.points):
            corners = " ".join(f"{_x(p.week, weeks):.1f},{_y(p.value or 0.0, values):.1f}" for p in run)
            dash = f' stroke-dasharray="{style.svg_dash}"' if style.svg_dash else ""
            parts.append(f'<polyline points="{corners}" stroke="{style.colour}"{dash}/>')
        dots = course.measured
        if not titles:
            closed = [point for point in dots if point.quantitative]
            steps = "".join(f"M{_x(p.week, weeks):.1f} {_y(p.value or 0.0, values):.1f}h0" for p in closed)
            parts.append(f'<path class="dots" d="{steps}" stroke="{style.colour}"/>')
            dots = tuple(point for point in dots if not point.quantitative)
        parts.extend(_dot(point, style, weeks, values, flag_words) for point in dots)
    parts.append("</svg>")
    return "".join(parts)


def unbroken(points: Sequence[Point]) -> list[list[Point]]:
    """Split points at the gaps.

    Examples
    --------
    >>> from cytogate.plots.series import Point
    >>> [len(run) for run in unbroken([Point(0, "W0", 1.0), Point(4, "W4", None), Point(8, "W8", 2.0)])]
    [1, 1]
    """
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _frame(weeks: tuple[float, float], values: tuple[float, float]) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    ticks = round_values(*values, most=3)
    return (
        f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
        + "".join(
            f'<text class="y" x="{LEFT - 4}" y="{_y(tick, values) + 3:.1f}">{tick:g}</text>'
            for tick in dict.fromkeys((ticks[-1], ticks[0]))
        )
        + f'<text class="x" x="{_x(weeks[0], weeks):.1f}" y="{HEIGHT - 3}">{week_text(weeks[0])}</text>'
        f'<text class="x" x="{_x(weeks[1], weeks):.1f}" y="{HEIGHT - 3}">{week_text(weeks[1])}</text>'
    )


def _dot(
    point: Point,
    style: SubjectStyle,
    weeks: tuple[float, float],
    values: tuple[float, float],
    flag_words: Mapping[str, str],
) -> str:
    fill = style.colour if point.quantitative else "#ffffff"
    words = f"{point.visit} (week {week_text(point.week)}): {percent_text(point.value)} %"
    remark = flag_words.get(point.flag, point.flag)
    words += f"; {remark}" if remark else ""
    x, y = _x(point.week, weeks), _y(point.value or 0.0, values)
    return (
        f'<circle data-visit="{escape(point.visit)}" cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{fill}" '
        f'stroke="{style.colour}">'
        f"<title>{escape(words)}</title></circle>"
    )


def _x(week: float, weeks: tuple[float, float]) -> float:
    span = (weeks[1] - weeks[0]) or 1.0
    return LEFT + 6 + (week - weeks[0]) / span * (WIDTH - LEFT - RIGHT - 12)


def _y(value: float, values: tuple[float, float]) -> float:
    span = (values[1] - values[0]) or 1.0
    return HEIGHT - BOTTOM - (value - values[0]) / span * (HEIGHT - TOP - BOTTOM)
