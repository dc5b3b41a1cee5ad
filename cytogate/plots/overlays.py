"""Overlay: one marker in a population of a sample, beside the same population of its control tube."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.plots.axes import Box, Scale, x_axis
from cytogate.plots.numbers import count_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BOX = Box(left=10, top=6, width=140, height=62)
WIDTH, HEIGHT = 160, 116
ROOM = 1.08  # of the height, above the mode
SMOOTHING = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # binomial, over two bins on either side
FEWEST = 20  # events: fewer make no histogram


def overlay_svg(overlay: Mapping[str, Any]) -> str:
    """Draw an entry of ``overlays`` of ``plots.json``: control in grey, sample as a line, cuts upright.

    Both are smoothed and divided by their own mode, so that shapes compare whatever the numbers of events;
    events beyond the axis lie in its outermost bins, which are drawn, and do not count for the mode.

    Returns
    -------
    str
        An ``<svg>`` element; all data in it are escaped.
    """
    scale = Scale.from_dict({**overlay["axis"], "title": " "})
    sample, control = (normalised(overlay[f"{which}_bins"]) for which in ("sample", "control"))
    said = escape("; ".join(share_words(overlay, cut) for cut in overlay["cuts"]))
    parts = [f'<svg class="overlay" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">']
    for curve, kind in ((control, "control"), (sample, "sample")):
        if curve is None:
            continue
        parts.append(f'<path class="{kind}" d="{_path(curve)}"/>')
    for cut in overlay["cuts"]:
        x = BOX.left + scale.share(float(cut)) * BOX.width
        parts.append(f'<path class="cut" d="M{x:.1f} {BOX.top}V{BOX.bottom}"/>')
    parts.append(
        f'<rect class="frame" x="{BOX.left}" y="{BOX.top}" width="{BOX.width}" height="{BOX.height}"/>'
    )
    parts.append(x_axis(scale, BOX))
    lines = [
        f"sample {' / '.join(_rounded(above(overlay, 'sample', cut)) for cut in overlay['cuts'])} %",
        f"FMO {' / '.join(_rounded(above(overlay, 'control', cut)) for cut in overlay['cuts'])} %",
    ]
    if control is None or sample is None:
        which = "FMO" if control is None else "sample"
        lines = [f"{which}: fewer than {FEWEST} events", ""]
    for y, line, kind in zip((BOX.bottom + 29, BOX.bottom + 41), lines, ("sample", "control"), strict=True):
        parts.append(
            f'<text class="of-{kind}" x="{BOX.left + BOX.width / 2:g}" y="{y:g}">{escape(line)}</text>'
        )
    parts.append("</svg>")
    return "".join(parts)


def share_words(overlay: Mapping[str, Any], cut: float) -> str:
    """Say what lies above a cut in sample and control."""
    shares = [percent_text(above(overlay, which, cut)) for which in ("sample", "control")]
    events = [count_text(overlay.get(f"{which}_events")) for which in ("sample", "control")]
    return f"above the cut {shares[0]} % of {events[0]} events, FMO {shares[1]} % of {events[1]}"


def _rounded(percent: float | None) -> str:
    """Write a percent as exactly as bins tell it."""
    return "<0.1" if percent is not None and 0.0 < percent < 0.1 else percent_text(percent)


def above(overlay: Mapping[str, Any], which: str, cut: float) -> float | None:
    """Return the percent of the events above a cut, read from the bins; the cut's own bin counts in part."""
    bins = np.asarray(overlay[f"{which}_bins"], dtype=np.float64)
    if not bins.sum():
        return None
    low, high = float(overlay["axis"]["low"]), float(overlay["axis"]["high"])
    place = min(max((cut - low) / ((high - low) or 1.0), 0.0), 1.0) * len(bins)
    whole = int(place)
    part = bins[whole] * (whole + 1 - place) if whole < len(bins) else 0.0
    return float(100 * (bins[whole + 1 :].sum() + part) / bins.sum())


def normalised(bins: Sequence[int]) -> NDArray[np.float64] | None:
    """Return smoothed bins over their mode; None where there are few events."""
    counts = np.asarray(bins, dtype=np.float64)
    if counts.sum() < FEWEST:
        return None
    padded = np.pad(counts, 2, mode="edge")
    smooth = np.convolve(padded, SMOOTHING, mode="valid")
    mode = smooth[3:-3].max(initial=0.0) or smooth.max()
    scaled: NDArray[np.float64] = np.minimum(smooth / mode, ROOM)
    return scaled


def _path(curve: NDArray[np.float64]) -> str:
    """Return an outline from foot to foot: every second bin, and of level stretches the ends."""
    values = curve.reshape(-1, 2).max(axis=1) if len(curve) % 2 == 0 else curve
    step = BOX.width / len(values)
    heights = np.round(BOX.bottom - values * BOX.height / ROOM, 1)
    turns = np.flatnonzero(np.diff(heights, prepend=-1.0, append=-1.0) != 0)
    ends = np.unique(np.concatenate([turns[:-1], turns[1:] - 1]))  # of each stretch
    points = "".join(f"L{BOX.left + (i + 0.5) * step:.1f} {heights[i]:g}" for i in ends)
    return f"M{BOX.left} {BOX.bottom}{points}L{BOX.right} {BOX.bottom}Z"
