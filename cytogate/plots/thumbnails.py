"""Thumbnails: one plot of a sample so small that all samples of a study stand on one sheet."""

from __future__ import annotations

import base64
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.plots.axes import Box, Scale, x_axis, y_axis
from cytogate.plots.numbers import percent_text
from cytogate.plots.raster import is_png, palette_levels
from cytogate.plots.words import in_lines
from cytogate.study.sample.previews import LEVELS, indexed_png, palette

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BINS = 64  # a side
SHADES = 15  # with "no events" 16: four bits a pixel
SIDE = 96  # units of the drawing
FOOT = 15  # below it, for the percents
AXIS_X, AXIS_Y = 39, 46  # units that axes beside a sheet take: height of the lower, width of the left
TITLE_LETTERS = 19  # of a line of an axis' title


def thumbnail_png(png: bytes) -> bytes:
    """Return a density picture with `BINS` bins a side and `SHADES` colours: about a third of the bytes.

    Of bins that become one the fullest counts, so that single events stay to be seen. What is no picture of a
    run folder is returned as it is.
    """
    levels = palette_levels(png)
    if levels is None:
        return png
    height, width = levels.shape
    step = height // BINS
    if height != width or height != step * BINS:
        return png
    fullest = levels.reshape(BINS, step, BINS, step).max(axis=(1, 3))
    shades = np.ceil(fullest.astype(np.float64) * SHADES / LEVELS)
    return indexed_png(shades.astype(np.uint8), _colours(), bits=4)


def _colours() -> NDArray[np.uint8]:
    places = np.rint(np.arange(SHADES + 1) * LEVELS / SHADES).astype(int)
    colours: NDArray[np.uint8] = palette()[places]
    return colours


def thumbnail_svg(plot: Mapping[str, Any], png: bytes) -> str:
    """Draw a plot of ``plots.json`` as a thumbnail: density, outlines of all gates, their percents.

    Quadrants have their percents in their corners, other gates below the picture in the order of the plot.

    Parameters
    ----------
    plot : mapping
        As `cytogate.plots.gating.plot_svg` takes it.
    png : bytes
        The picture, of `thumbnail_png`; what is no PNG is left out.

    Returns
    -------
    str
        An ``<svg>`` element with the picture as data URI; all data in it are escaped.
    """
    x, y = Scale.from_dict(plot["x"]), Scale.from_dict(plot["y"])
    gates = [gate for gate in plot.get("gates", ()) if gate.get("outline")]
    outlines = [_points(gate["outline"], x, y) for gate in gates]
    in_corners = has_corners(gates)
    texts = [percent_text(gate.get("percent_of_parent")) for gate in gates]
    said = ", ".join(f"{gate['name']} {text} %" for gate, text in zip(gates, texts, strict=True))
    picture = ""
    if is_png(png):
        data = base64.b64encode(png).decode("ascii")
        picture = (
            f'<image width="{SIDE}" height="{SIDE}" preserveAspectRatio="none" '
            f'href="data:image/png;base64,{data}"/>'
        )
    foot = 0 if in_corners else FOOT
    below = "" if in_corners else " · ".join(texts) + (" %" if texts else "")
    return "".join(
        [
            f'<svg class="thumb" viewBox="-1 -1 {SIDE + 2} {SIDE + foot + 2}" role="img" '
            f'aria-label="{escape(said)}">',
            f'<svg width="{SIDE}" height="{SIDE}">{picture}',  # a drawing within clips what goes beyond it
            *(f'<polygon points="{_text(points)}"/>' for points in outlines),
            "</svg>",
            f'<rect class="frame" width="{SIDE}" height="{SIDE}"/>',
            *(_corner(text, points) for text, points in zip(texts, outlines, strict=True) if in_corners),
            f'<text x="{SIDE / 2:g}" y="{SIDE + 12}">{escape(below)}</text>' if below else "",
            "</svg>",
        ]
    )


def side_axis_svg(plot: Mapping[str, Any]) -> str:
    """Draw the upright axis of a plot as it stands left of its thumbnail, in the same units."""
    box = Box(left=AXIS_Y - 1, top=0, width=SIDE, height=SIDE)
    scale = Scale.from_dict(plot["y"])
    middle = SIDE / 2
    lines = in_lines(scale.title, TITLE_LETTERS)
    words = [
        f'<text class="of" transform="translate({8 + 9 * i} {middle:g}) rotate(-90)">{escape(line)}</text>'
        for i, line in enumerate(lines)
    ]
    foot = 0 if has_corners([gate for gate in plot.get("gates", ()) if gate.get("outline")]) else FOOT
    return (
        f'<svg class="rim rim-y" viewBox="0 -1 {AXIS_Y} {SIDE + foot + 2}" aria-hidden="true">'
        f"{y_axis(replace(scale, title=''), box)}{''.join(words)}</svg>"
    )


def foot_axis_svg(plot: Mapping[str, Any]) -> str:
    """Draw the lower axis of a plot as it stands below its thumbnail, in the same units."""
    box = Box(left=0, top=0, width=SIDE, height=0)
    scale = Scale.from_dict(plot["x"])
    words = [
        f'<text class="of" x="{SIDE / 2:g}" y="{26 + 9 * i}">{escape(line)}</text>'
        for i, line in enumerate(in_lines(scale.title, TITLE_LETTERS))
    ]
    return (
        f'<svg class="rim rim-x" viewBox="-1 0 {SIDE + 2} {AXIS_X}" aria-hidden="true">'
        f"{x_axis(replace(scale, title=''), box)}{''.join(words)}</svg>"
    )


def has_corners(gates: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the percents of a plot stand in its corners: those of quadrants."""
    return len([gate for gate in gates if gate.get("kind") == "quadrant"]) > 1


def _points(outline: Sequence[Sequence[Any]], x: Scale, y: Scale) -> list[tuple[float, float]]:
    """Return corners in the drawing; a range (one row: low, high) becomes a strip over the whole height."""
    rows = [(float(a), float(b)) for a, b in outline]
    if len(rows) == 1:
        low, high = rows[0]
        rows = [(low, float("-inf")), (high, float("-inf")), (high, float("inf")), (low, float("inf"))]
    return [(x.share(a) * SIDE, SIDE - y.share(b) * SIDE) for a, b in rows]


def _text(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _corner(text: str, points: Sequence[tuple[float, float]]) -> str:
    """Write a quadrant's percent in the corner of the picture that is its own."""
    left, top = min(x for x, _ in points), min(y for _, y in points)
    x, anchor = (3, "start") if left < 1 else (SIDE - 3, "end")
    y = 11 if top < 1 else SIDE - 4
    return f'<text class="in" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def picture_of(plot: Mapping[str, Any]) -> bytes:
    """Return the thumbnail of a plot of ``plots.json``; empty where its file is gone."""
    path = Path(str(plot.get("file") or ""))
    return thumbnail_png(path.read_bytes()) if path.is_file() else b""
