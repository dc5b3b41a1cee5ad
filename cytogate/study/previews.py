"""Preview pictures: a two-dimensional histogram as a palette PNG of a few kilobytes."""

from __future__ import annotations

import math
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from cytogate.gating.views import Axis, View

LEVELS = 63  # palette entries 1..63; entry 0 is "no events"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Blue, cyan, green, yellow, red: position on 0..1, red, green, blue.
_STOPS = (
    (0.00, 38, 60, 160),
    (0.25, 32, 150, 200),
    (0.50, 70, 185, 90),
    (0.75, 240, 210, 60),
    (1.00, 205, 35, 30),
)


def density_png(counts: ArrayLike) -> bytes:
    """Return a histogram as a PNG with a palette.

    Parameters
    ----------
    counts : (n_y, n_x) integers
        Events a bin; row 0 is the lowest y.

    Returns
    -------
    bytes
        An image of ``n_x`` by ``n_y`` pixels, the highest y in its first row. Pixels are 0 where there are no
        events (transparent) and 1 to 63 by the square root of the count, the fullest bin being 63.
    """
    levels = density_levels(counts)
    height, width = levels.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with filter type 0
    rows[:, 1:] = levels[::-1]
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, palette, no interlace
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette().tobytes()),
        (b"tRNS", b"\x00"),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def density_levels(counts: ArrayLike) -> NDArray[np.uint8]:
    """Return the palette entry of every bin: 0 without events, else 1 to 63."""
    table = np.asarray(counts, dtype=np.float64)
    levels = np.zeros(table.shape, dtype=np.uint8)
    filled = table > 0
    fullest = table.max(initial=0.0)
    levels[filled] = np.clip(np.ceil(LEVELS * np.sqrt(table[filled] / fullest)), 1, LEVELS)
    return levels


@cache
def palette() -> NDArray[np.uint8]:
    """Return the colours, (64, 3) red, green, blue; entry 0 is white for viewers without transparency."""
    place = np.linspace(0.0, 1.0, LEVELS)
    stops = np.array(_STOPS, dtype=np.float64)
    colours = np.full((LEVELS + 1, 3), 255.0)
    for column in range(3):
        colours[1:, column] = np.interp(place, stops[:, 0], stops[:, column + 1])
    made: NDArray[np.uint8] = np.rint(colours).astype(np.uint8)
    made.setflags(write=False)  # shared by all pictures
    return made


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def plot_entry(view: View, file: str) -> dict[str, Any]:
    """Return what a picture shows, for ``plots.json``: axes and gates in units of their scales."""
    return {
        "gate": view.gate_name,
        "file": file,
        "parent": view.parent or "",
        "parent_count": view.parent_count,
        "x": _axis_entry(view.x),
        "y": _axis_entry(view.y),
        "gates": [
            {
                "population": gate.population,
                "name": gate.name,
                "kind": gate.kind,
                "outline": [[_number(value) for value in point] for point in gate.outline.tolist()],
                "count": gate.count,
                "percent_of_parent": _number(gate.percent_of_parent),
            }
            for gate in view.gates
        ],
    }


def _axis_entry(axis: Axis) -> dict[str, Any]:
    return {
        "channel": axis.dim.channel,
        "title": axis.title,
        "low": axis.low,
        "high": axis.high,
        "transform": None if axis.transform is None else axis.transform.to_dict(),
    }


def _number(value: float) -> float | str | None:
    """Return a number as JSON can hold it: infinities as text, NaN as null."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
