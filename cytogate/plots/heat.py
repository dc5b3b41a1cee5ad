"""Heat maps of patients by visits: change from baseline as a factor, missing cells hatched; plain SVG."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NAMES, HEAD, CELL_WIDTH, CELL_HEIGHT, LOW_HEIGHT = 78, 34, 46, 24, 13
ENLARGED = 1.2  # of the picture on the page
MOST_NUMBERS = 14  # rows; with more, cells are low and hold no numbers
ENDS = 2.0  # log2: fourfold and more has the last colour
STEPS = 8  # shades on each side of "no change"
VEIL = 'fill="#ffffff" opacity="0"'  # over each row and column, for the filter of the page to draw
# Purple for more, orange for less (Brewer's PuOr): colour-blind readers tell them apart.
INK = "#26323a"  # of numbers on light cells (page.css); those on dark ones are white
MORE = ((247, 247, 247), (178, 171, 210), (84, 39, 136))
LESS = ((247, 247, 247), (253, 184, 99), (179, 88, 6))


def heat_svg(
    rows: Mapping[str, Sequence[float | None]],
    columns: Sequence[tuple[str, str]],
    *,
    uncertain: Iterable[tuple[str, int]] = (),
    label: str = "",
) -> str:
    """Draw the change of each patient at each visit.

    Parameters
    ----------
    rows : mapping of patient to values
        log2 of the factor against baseline, one a column; None is hatched.
    columns : sequence of (visit, week)
        Headings; the second, smaller line may be empty.
    uncertain : iterable of (patient, column)
        Cells that rest on too few events: they get a ring.
    label : str
        Read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element; all data in it are escaped. Up to 14 rows have the factors written in.
    """
    numbers = len(rows) <= MOST_NUMBERS
    height = CELL_HEIGHT if numbers else LOW_HEIGHT
    width, total = NAMES + CELL_WIDTH * len(columns) + 2, HEAD + height * len(rows) + 2
    rings = set(uncertain)
    veils = [
        f'<rect class="veil" data-subject="{escape(subject)}" y="{HEAD + j * height}" '
        f'width="{width}" height="{height}" {VEIL}/>'
        for j, subject in enumerate(rows)
    ] + [
        f'<rect class="veil" data-visit="{escape(visit)}" x="{NAMES + i * CELL_WIDTH}" '
        f'width="{CELL_WIDTH}" height="{total}" {VEIL}/>'
        for i, (visit, _) in enumerate(columns)
    ]
    cells: dict[str, list[str]] = {}
    hatches, words, circles = [], [], []
    for j, (subject, values) in enumerate(rows.items()):
        y = HEAD + j * height
        words.append(
            f'<text class="row" x="{NAMES - 6}" y="{y + height / 2 + 3.5:g}">'
            f"{escape(shortened(subject, 11))}</text>"
        )
        for i, value in enumerate(values):
            x = NAMES + i * CELL_WIDTH
            cells.setdefault(shade(value) if value is not None else "#ffffff", []).append(f"M{x} {y}")
            if value is None:
                hatches += [
                    f"M{x + k} {y + height}l{height} -{height}" for k in range(0, CELL_WIDTH - height + 1, 8)
                ]
            elif numbers:
                pale = ' class="pale"' if is_dark(shade(value)) else ""
                words.append(
                    f'<text x="{x + CELL_WIDTH / 2:g}" y="{y + height / 2 + 3.5:g}"{pale}>'
                    f"{factor_text(value)}</text>"
                )
            if (subject, i) in rings:
                circles.append(f'<circle cx="{x + CELL_WIDTH - 5}" cy="{y + 5}" r="2.2"/>')
    box = f"h{CELL_WIDTH}v{height}h-{CELL_WIDTH}z"
    parts = [
        f'<svg class="heat" viewBox="0 0 {width} {total}" style="width: {width * ENLARGED:.0f}px" role="img" '
        f'aria-label="{escape(label)}">'
    ]
    for i, (visit, week) in enumerate(columns):
        middle = NAMES + (i + 0.5) * CELL_WIDTH
        parts.append(
            f'<text x="{middle:g}" y="{HEAD - (18 if week else 8)}">{escape(shortened(visit, 7))}</text>'
        )
        if week:
            parts.append(f'<text class="week" x="{middle:g}" y="{HEAD - 6}">{escape(week)}</text>')
    parts += [
        f'<path fill="{colour}" d="{"".join(start + box for start in starts)}"/>'
        for colour, starts in cells.items()
    ]
    if hatches:
        parts.append(f'<path class="hatch" d="{"".join(hatches)}"/>')
    return "".join([*parts, *words, *circles, *veils, "</svg>"])


def shade(value: float) -> str:
    """Return the colour of a log2 factor: white at no change, darkest at fourfold and beyond.

    Examples
    --------
    >>> shade(0.0), shade(2.0), shade(-9.0)
    ('#f7f7f7', '#542788', '#b35806')
    """
    share = round(min(abs(value) / ENDS, 1.0) * STEPS) / STEPS
    ramp = MORE if value > 0 else LESS
    first, second = (ramp[0], ramp[1]) if share <= 0.5 else (ramp[1], ramp[2])
    part = 2 * share if share <= 0.5 else 2 * share - 1
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(first, second, strict=True))


def is_dark(colour: str) -> bool:
    """Tell whether white stands out more from a colour than `INK` does, by the contrast ratio of WCAG 2.2.

    Examples
    --------
    >>> [is_dark(shade(value)) for value in (-2.0, -1.4, 0.0, 2.0)]
    [True, False, False, True]
    """
    return contrast(colour, "#ffffff") > contrast(colour, INK)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def factor_text(value: float) -> str:
    """Write a log2 factor as the factor itself.

    Examples
    --------
    >>> factor_text(-1.0), factor_text(1.0), factor_text(5.0), factor_text(0.0)
    ('0.50', '2.00', '32', '1.00')
    """
    factor = 2.0**value if value < 60 else math.inf
    return f"{factor:.2f}" if factor < 9.995 else f"{factor:.3g}"


def heat_key_svg() -> str:
    """Return the key of the colours: factors from a quarter to four, and what is hatched."""
    step = 26
    parts = [
        '<svg class="heat" viewBox="0 0 560 40" style="width: 560px" role="img" '
        'aria-label="key of the colours">'
    ]
    values = [-2 + 0.5 * i for i in range(9)]
    for i, value in enumerate(values):
        parts.append(f'<path fill="{shade(value)}" d="M{10 + i * step} 4h{step}v14h-{step}z"/>')
        if i % 2 == 0:
            words = {-2.0: "≤ 0.25", 2.0: "≥ 4"}.get(value, f"{2**value:g}")
            parts.append(f'<text x="{10 + (i + 0.5) * step:g}" y="32">{words}</text>')
    parts.append('<path class="hatch" d="M284 18l14 -14M292 18l14 -14M300 18l14 -14"/>')
    parts.append('<text class="said" x="320" y="15">no value</text>')
    parts.append('<circle cx="400" cy="11" r="2.6"/><text class="said" x="408" y="15">too few events</text>')
    return "".join([*parts, "</svg>"])
