"""Stacked bars, one a visit: how a whole divides into parts in one patient; SVG, no script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.numbers import percent_text
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 172, 168
LEFT, RIGHT, TOP, BOTTOM = 28, 4, 20, 24
# Tol's muted colours: told apart by colour-blind readers, and other than those of the patients.
PARTS = (
    "#332288", "#88CCEE", "#CC6677", "#DDCC77", "#117733", "#AA4499", "#44AA99", "#999933", "#882255",
)  # fmt: skip
OTHER = "#DDDDDD"


def composition_svg(
    title: str,
    bars: Sequence[tuple[str, Sequence[float] | None]],
    parts: Sequence[str],
    *,
    titles: bool = True,
    label: str = "",
) -> str:
    """Draw one patient's bars; what the parts leave of 100 % is "other".

    Parameters
    ----------
    title : str
        Above the bars: the patient.
    bars : sequence of (visit, shares)
        In order; shares in percent, one a part, or None where the visit has no value.
    parts : sequence of str
        Names, at most 9, from the bottom upward.
    titles : bool
        Whether each piece says what it is when it is pointed at.
    label : str
        Read out instead of the picture.

    Returns
    -------
    str
        An ``<svg>`` element; all data in it are escaped. Its pieces say their visit and part, so that the
        page can fade them.
    """
    bottom, scale = HEIGHT - BOTTOM, (HEIGHT - TOP - BOTTOM) / 100
    step = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    wide = min(0.8 * step, 34)
    pieces = [
        f'<svg class="parts" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
        f'<text class="whom" x="{LEFT}" y="12">{escape(shortened(title, 24))}</text>',
    ]
    for tick in (0, 50, 100):
        y = bottom - tick * scale
        pieces.append(f'<path class="axis" d="M{LEFT - 4} {y:g}h4"/>')
        pieces.append(f'<text class="y" x="{LEFT - 6}" y="{y + 3:g}">{tick}</text>')
    every = -(-26 // max(int(step), 1))  # labels that would touch are left out
    for i, (visit, shares) in enumerate(bars):
        x = LEFT + (i + 0.5) * step - wide / 2
        if i % every == 0:
            pieces.append(
                f'<text x="{x + wide / 2:.1f}" y="{HEIGHT - 9}">{escape(shortened(visit, 6))}</text>'
            )
        of_visit = f'data-visit="{escape(visit)}"'
        if shares is None:
            frame = f"M{x:.1f} {bottom}h{wide:.1f}v-{100 * scale:.1f}h-{wide:.1f}z"
            pieces.append(f'<path class="none" {of_visit} d="{frame}"/>')
            continue
        pieces.append(f"<g {of_visit}>")
        height = float(bottom)
        rest = max(0.0, 100.0 - sum(shares))
        for name, share, colour in zip(
            (*parts, "other"), (*shares, rest), (*PARTS[: len(parts)], OTHER), strict=True
        ):
            height -= share * scale
            said = f"{escape(visit)}: {escape(name)} {percent_text(share)} %"
            inner = f"><title>{said}</title></rect>" if titles else "/>"
            pieces.append(
                f'<rect x="{x:.1f}" y="{height:.1f}" width="{wide:.1f}" height="{share * scale:.1f}" '
                f'fill="{colour}" data-subset="{escape(name)}"{inner}'
            )
        pieces.append("</g>")
    return "".join([*pieces, "</svg>"])


def parts_key(parts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (name, colour) of each part and of what remains, from the top of a bar to its bottom."""
    return (("other", OTHER), *reversed(tuple(zip(parts, PARTS, strict=False))))
