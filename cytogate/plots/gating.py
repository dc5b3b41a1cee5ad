"""One panel of a gating strategy as SVG: density picture, axes, gate outlines, names and percents."""

from __future__ import annotations

import base64
import binascii
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.gating.tree import split
from cytogate.plots.axes import Box, Scale, x_axis, y_axis
from cytogate.plots.gate_labels import LINE, Label, labels
from cytogate.plots.numbers import count_text, percent_text
from cytogate.plots.raster import is_png, palette_levels
from cytogate.plots.words import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

WIDTH, HEIGHT = 244, 256
BOX = Box(left=52, top=32, width=184, height=184)
FEW_EVENTS = 300  # below this, bins are drawn as dots, so that single events are seen


def plot_svg(
    plot: Mapping[str, Any], *, identifier: str, subsets: Mapping[str, tuple[int, str]] | None = None
) -> str:
    """Draw one plot of ``plots.json``.

    Parameters
    ----------
    plot : mapping
        With ``file`` an absolute path to the picture (see the run folder). Outlines are in scale units and
        may be infinite: they are clipped at the frame.
    identifier : str
        Unique in the page: letters, digits and hyphens.
    subsets : mapping of subset to (number, title), optional
        Final populations to lay over the density (back-gating): groups of the classes ``back`` and ``back-``
        with the number, which the page shows one at a time.

    Returns
    -------
    str
        An ``<svg>`` element with the picture as data URI; all data in it are escaped.
    """
    offered = subsets or {}
    x, y = Scale.from_dict(plot["x"]), Scale.from_dict(plot["y"])
    parent = population_name(str(plot.get("parent") or ""))
    n_events = plot.get("parent_count")
    gates = [gate for gate in plot.get("gates", ()) if gate.get("outline")]
    outlines = [outline_points(gate["outline"], x, y) for gate in gates]
    path = Path(str(plot.get("file") or ""))
    data = path.read_bytes() if path.is_file() else b""
    png = data if is_png(data) else None
    levels = palette_levels(data)
    middle = BOX.left + BOX.width / 2
    said = ", ".join(f"{gate['name']} {percent_text(gate.get('percent_of_parent'))} %" for gate in gates)
    return "".join(
        [
            f'<svg class="gate-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">',
            f'<clipPath id="{identifier}"><rect x="{BOX.left}" y="{BOX.top}" width="{BOX.width}" '
            f'height="{BOX.height}"/></clipPath>',
            f'<text class="parent" x="{middle:g}" y="14">{escape(shortened(parent, 28))}</text>',
            f'<text class="events plain" x="{middle:g}" y="26">{count_text(n_events)} events</text>',
            _density(png, levels, n_events),
            *(_trace(trace, offered[trace["subset"]], n_events) for trace in traces(plot, offered)),
            f'<g clip-path="url(#{identifier})" class="outlines">',
            *(_outline(gate, points) for gate, points in zip(gates, outlines, strict=True)),
            "</g>",
            f'<rect class="frame" x="{BOX.left}" y="{BOX.top}" width="{BOX.width}" height="{BOX.height}"/>',
            x_axis(x, BOX),
            y_axis(y, BOX),
            *(_label_svg(label) for label in labels(gates, outlines, BOX, levels)),
            "</svg>",
        ]
    )


def traces(plot: Mapping[str, Any], subsets: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a plot holds of final populations, of those `subsets` that the page offers."""
    return [trace for trace in plot.get("back") or () if trace.get("subset") in subsets]


def population_name(path: str) -> str:
    r"""Return the last part of a population's path; the root is "All events".

    Examples
    --------
    >>> population_name("/Singlets/B"), population_name(""), population_name("/B/CD4\\/CD8")
    ('B', 'All events', 'CD4/CD8')
    """
    return split(path)[0][-1] or "All events"


def outline_points(outline: Sequence[Sequence[Any]], x: Scale, y: Scale) -> list[tuple[float, float]]:
    """Return the corners in SVG units; a range (one row: low, high) becomes a strip over the whole height."""
    rows = [(float(a), float(b)) for a, b in outline]
    if len(rows) == 1:
        low, high = rows[0]
        rows = [(low, float("-inf")), (high, float("-inf")), (high, float("inf")), (low, float("inf"))]
    return [(BOX.left + x.share(a) * BOX.width, BOX.bottom - y.share(b) * BOX.height) for a, b in rows]


def _outline(gate: Mapping[str, Any], points: Sequence[tuple[float, float]]) -> str:
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    words = f"{gate['name']}: {count_text(gate.get('count'))} events"
    return f'<polygon points="{corners}"><title>{escape(words)}</title></polygon>'


def _label_svg(label: Label) -> str:
    name, percent = (escape(line) for line in label.lines)
    at = f'x="{label.x:.1f}" text-anchor="{label.anchor}"'
    return (
        f'<text class="gate" {at} y="{label.y:.1f}">{name}</text>'
        f'<text class="gate percent" {at} y="{label.y + LINE:.1f}">{percent}</text>'
    )


def _density(png: bytes | None, levels: NDArray[np.uint8] | None, n_events: float | None) -> str:
    """Return the picture, or dots where there are few events; without a picture the frame stays empty."""
    if png is None:
        return ""
    if levels is not None and n_events is not None and n_events < FEW_EVENTS:
        return _dots(levels)
    return _image(png)


def _image(png: bytes) -> str:
    """Return a picture that fills the frame."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<image x="{BOX.left}" y="{BOX.top}" width="{BOX.width}" height="{BOX.height}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )


def _trace(trace: Mapping[str, Any], final: tuple[int, str], n_events: float | None) -> str:
    """Return the events of a final population as a picture of the frame's size, and how many they are."""
    number, title = final
    try:
        png = base64.b64decode(str(trace.get("png") or ""), validate=True)
    except binascii.Error:
        png = b""
    words = f"{count_text(trace.get('count'))} {shortened(title, 20)} of {count_text(n_events)}"
    picture = _image(png) if is_png(png) else ""
    return (
        f'<g class="back back-{number}">{picture}'
        f'<text class="events" x="{BOX.left + BOX.width / 2:g}" y="26">{escape(words)}</text></g>'
    )


def _dots(levels: NDArray[np.uint8]) -> str:
    n_rows, n_columns = levels.shape
    steps = [
        f"M{BOX.left + (column + 0.5) / n_columns * BOX.width:.1f} "
        f"{BOX.top + (row + 0.5) / n_rows * BOX.height:.1f}h0"
        for row, column in zip(*levels.nonzero(), strict=True)
    ]
    return f'<path class="dots" d="{"".join(steps)}"/>'
