"""Preview pictures: a two-dimensional histogram as a palette PNG of a few kilobytes."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from cytogate.gating.views import Axis, View

LEVELS = 63  # palette entries 1..63; entry 0 is "no events"
FEW_BINS = 400
TRACE = (214, 0, 110)  # magenta: not on the scale of densities, and seen on all of it
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
    return indexed_png(density_levels(counts)[::-1], palette())


def trace_png(counts: ArrayLike) -> bytes:
    """Return where events of a final population lie, as `density_png` does, in one colour of `TRACE`.

    One bit a pixel, a few hundred bytes: it is laid over the density of a population above. Where there are
    few, each takes its neighbours on the sides, too, so that single events are seen.
    """
    levels = (np.asarray(counts) > 0).astype(np.uint8)
    if np.count_nonzero(levels) < FEW_BINS:
        levels[1:] |= levels[:-1]  # first along y, then along x: two by two pixels
        levels[:, 1:] |= levels[:, :-1]
    return indexed_png(levels[::-1], np.array([(255, 255, 255), TRACE], dtype=np.uint8), bits=1)


def indexed_png(levels: NDArray[np.uint8], colours: NDArray[np.uint8], *, bits: int = 8) -> bytes:
    """Return a palette PNG, not interlaced; entry 0 is transparent.

    Parameters
    ----------
    levels : (height, width) uint8
        Palette entries, row 0 on top, each below ``2**bits``; `width` a multiple of ``8 // bits``.
    colours : (n, 3) uint8
        Red, green, blue of each entry.
    bits : int
        Of a pixel: 1, 4 or 8.
    """
    height, width = levels.shape
    each = 8 // bits
    places = levels.reshape(height, width // each, each)
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    rows = np.zeros((height, width // each + 1), dtype=np.uint8)  # each row begins with filter type 0
    rows[:, 1:] = np.bitwise_or.reduce(places << shifts, axis=2)
    header = struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 0)  # palette, no interlace
    chunks = (
        (b"IHDR", header),
        (b"PLTE", colours.tobytes()),
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


def plot_entry(view: View, file: str, subsets: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what a picture shows, for ``plots.json``: axes and gates in units of their scales.

    `subsets` gives the path of each reported subset; of those that the view traces, ``back`` holds the
    number of events and a picture to lay over the density, in base64 as it is too small for a file.
    """
    traces = {trace.population: trace for trace in view.traces}
    return {
        "gate": view.gate_name,
        "file": file,
        "parent": view.parent or "",
        "parent_count": view.parent_count,
        "x": axis_entry(view.x),
        "y": axis_entry(view.y),
        "gates": [
            {
                "population": gate.population,
                "name": gate.name,
                "kind": gate.kind,
                "outline": [[number_entry(value) for value in point] for point in gate.outline.tolist()],
                "count": gate.count,
                "percent_of_parent": number_entry(gate.percent_of_parent),
            }
            for gate in view.gates
        ],
        "back": [
            {
                "subset": subset,
                "population": path,
                "count": traces[path].count,
                "png": base64.b64encode(trace_png(traces[path].counts)).decode("ascii"),
            }
            for subset, path in (subsets or {}).items()
            if path in traces
        ],
    }


def axis_entry(axis: Axis) -> dict[str, Any]:
    """Return an axis for ``plots.json``."""
    return {
        "channel": axis.dim.channel,
        "title": axis.title,
        "low": axis.low,
        "high": axis.high,
        "transform": None if axis.transform is None else axis.transform.to_dict(),
    }


def number_entry(value: float) -> float | str | None:
    """Return a number as JSON can hold it: infinities as text, NaN as null."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
