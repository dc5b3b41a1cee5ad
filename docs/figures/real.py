"""Draw contact sheets of real files: ``python docs/figures/real.py DATA`` writes docs/images/real/*.svg.

DATA is the folder of reference data. A row is a gate, a column a file: the density of the parent,
with the gate as that file has it.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))  # the sets are those that the tests gate

from real_sets import FILES, RealSet, fitted

from cytogate.gating.views import Axis, View, views
from cytogate.plots.axes import Box, Scale, x_axis, y_axis
from cytogate.study.sample.previews import density_png

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parents[1] / "images" / "real"
SIZE, LEFT, TOP, BINS = 170, 48, 34, 85
ACROSS, DOWN = SIZE + 58, SIZE + 56  # from plot to plot
STYLE = (
    "text{font:10px sans-serif;fill:#222}.head{font-weight:bold;font-size:11px}.p{fill:#111;stroke:#fff;"
    "stroke-width:2.5px;paint-order:stroke}.f{fill:none;stroke:#888}.g{fill:none;stroke:#111;stroke-width:1.3}"
    ".ticks{fill:none;stroke:#888}.tick{font-size:8.5px;text-anchor:middle}.tick.end{text-anchor:end}"
    ".title{text-anchor:middle}.small{font-size:8.5px}"
)


def axes_of(found: RealSet) -> dict[str, tuple[float, float]]:
    """Return how far axes go, the same for all files of a set: 0.1 to 99.9 % of the events of each.

    Scatter begins at 0: what is stored below is a fault of acquisition.
    """
    ends: dict[str, list[tuple[float, float]]] = {}
    for source in found.sources.values():
        values = source.events()
        for channel, column in zip(source.channels, np.asarray(values).T, strict=True):
            low, high = np.percentile(column, (0.1, 99.9))
            if channel.kind == "scatter":
                low = max(low, 0.0)
            ends.setdefault(channel.name, []).append((float(low), float(high)))
    return {name: (min(a for a, _ in pairs), max(b for _, b in pairs)) for name, pairs in ends.items()}


def sheet(found: RealSet) -> str:
    """Return the contact sheet of a set as SVG."""
    ranges = axes_of(found)
    columns = [
        views(source, found.strategies[name], found.results[name], bins=BINS, ranges=ranges)
        for name, source in found.sources.items()
    ]
    rows = [[column[i] for column in columns] for i in range(len(columns[0]))]
    if len(columns) == 1:  # one file: gates in a line, four a row
        flat = [row[0] for row in rows]
        rows = [flat[i : i + 4] for i in range(0, len(flat), 4)]
    width = LEFT + max(len(row) for row in rows) * ACROSS
    height = TOP + len(rows) * DOWN
    heads = (
        f'<text class="head" x="{LEFT + i * ACROSS}" y="13">{escape(name)}</text>'
        for i, name in enumerate(found.sources)
    )
    cells = (
        cell(view, LEFT + i * ACROSS, TOP + j * DOWN)
        for j, row in enumerate(rows)
        for i, view in enumerate(row)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">',
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
            *heads,
            *cells,
            "</svg>",
        ]
    )


def cell(view: View, left: float, top: float) -> str:
    """Return one plot: density, outlines and percentages of the parent."""
    picture = base64.b64encode(density_png(view.counts)).decode("ascii")
    box = Box(left, top, SIZE, SIZE)
    parent = (view.parent or "/All events").rsplit("/", 1)[-1]
    drawn = [points(gate.outline, view) for gate in view.gates]
    lines = [
        f'<svg x="{left}" y="{top}" width="{SIZE}" height="{SIZE}" viewBox="0 0 {SIZE} {SIZE}">',
        f'<image width="{SIZE}" height="{SIZE}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{picture}"/>',
        *(f'<polygon class="g" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in ring)}"/>' for ring in drawn),
        *(
            label(gate.name, gate.percent_of_parent, ring)
            for gate, ring in zip(view.gates, drawn, strict=True)
        ),
        f'<rect class="f" width="{SIZE}" height="{SIZE}"/></svg>',
        f'<text x="{left}" y="{top - 4}">{escape(parent)}, {view.parent_count:,}</text>',
        x_axis(ticked(view.x), box),
        y_axis(ticked(view.y), box),
    ]
    return "".join(lines)


def ticked(axis: Axis) -> Scale:
    """Return an axis with its ticks, in data values."""
    transform = None if axis.transform is None else axis.transform.to_dict()
    return Scale.from_dict({"low": axis.low, "high": axis.high, "title": axis.title, "transform": transform})


def points(outline: np.ndarray, view: View) -> list[tuple[float, float]]:
    """Return an outline in the units of a cell; the frame hides what lies beyond the axes."""
    rows = np.asarray(outline, dtype=float)
    if len(rows) == 1:
        low, high = rows[0]
        rows = np.array([(low, -np.inf), (high, -np.inf), (high, np.inf), (low, np.inf)])
    across = (rows[:, 0] - view.x.low) / (view.x.high - view.x.low)
    up = (rows[:, 1] - view.y.low) / (view.y.high - view.y.low)
    # far enough that a slanted border keeps its slope: only infinities are brought in
    shares = np.clip(np.column_stack([across, 1 - up]), -50, 50)
    return [(SIZE * float(x), SIZE * float(y)) for x, y in shares]


def label(name: str, percent: float, ring: Sequence[tuple[float, float]]) -> str:
    """Return a gate's name above its percentage, in the outline's corner nearest to one of the plot.

    On two lines, so that names of neighbours do not run into each other.
    """
    inside = np.clip(np.array(ring), 3, SIZE - 3)
    x, y = (inside.min(axis=0) + inside.max(axis=0)) / 2
    right, low = x > SIZE / 2, y > SIZE / 2
    at = inside[:, 0].max() - 2 if right else inside[:, 0].min() + 2
    height = inside[:, 1].max() - 14 if low else inside[:, 1].min() + 9
    is_closed = (np.abs(np.array(ring) / SIZE - 0.5) < 0.5).all()  # no quadrant or half of the plot
    is_small = is_closed and (np.ptp(inside, axis=0) < 0.65 * SIZE).all()
    if is_small and inside[:, 1].min() > 28:  # above the gate: inside it would hide what is gated
        height = inside[:, 1].min() - 16
    anchor = "end" if right else "start"
    lines = f'{escape(name)}<tspan x="{at:.0f}" dy="11">{percent:.3g}%</tspan>'
    return f'<text class="p" x="{at:.0f}" y="{height:.0f}" text-anchor="{anchor}">{lines}</text>'


def main(data: Path, names: Sequence[str]) -> None:
    """Write the contact sheets of the sets named, or of all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or FILES:
        with tempfile.TemporaryDirectory() as folder:
            found = fitted(name, data, Path(folder))
            (FOLDER / f"{name}.svg").write_text(sheet(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
