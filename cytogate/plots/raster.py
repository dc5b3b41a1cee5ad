"""Density pictures: reads the levels back from a palette PNG of a run folder."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE = 3
MOST_PIXELS = 4_000_000


def is_png(data: bytes) -> bool:
    """Tell whether bytes begin as a PNG; nothing else is put into a page."""
    return data[:8] == SIGNATURE


def palette_levels(png: bytes) -> NDArray[np.uint8] | None:
    """Return the palette indices of an 8-bit palette PNG, not interlaced.

    Parameters
    ----------
    png : bytes
        The whole file.

    Returns
    -------
    (rows, columns) uint8 or None
        Row 0 is the top of the picture. None where the bytes are no such picture; show the file as it is.
    """
    if not is_png(png) or len(png) < 33:
        return None
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    if (depth, colour, interlaced) != (8, PALETTE, 0) or not 0 < width * height <= MOST_PIXELS:
        return None
    unpacker = zlib.decompressobj()
    try:
        flat = unpacker.decompress(_image_data(png), height * (width + 1))
    except zlib.error:
        return None
    if len(flat) != height * (width + 1):
        return None
    return _unfilter(np.frombuffer(flat, dtype=np.uint8).reshape(height, width + 1))


def _image_data(png: bytes) -> bytes:
    parts, at = [], 8
    while at + 8 <= len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            parts.append(png[at + 8 : at + 8 + length])
        at += 12 + length
    return b"".join(parts)


def _unfilter(rows: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Undo the PNG row filters none, sub and up; the two that need neighbours diagonally are not read."""
    out = np.zeros((rows.shape[0], rows.shape[1] - 1), dtype=np.uint8)
    for i, row in enumerate(rows):
        kind, line = int(row[0]), row[1:]
        if kind == 0:
            out[i] = line
        elif kind == 1:
            out[i] = np.cumsum(line, dtype=np.uint64).astype(np.uint8)
        elif kind == 2:
            out[i] = line + out[i - 1] if i else line
        else:
            return None
    return out
