"""Summary: what the values of a block of records reach, and what is odd about them, channel by channel."""

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import kernel, part
from cytogate.kernels.unpack import _any_width, unpack_column

# n = events of the block, c = channels; columns of `counts`: NaN, infinite, lost bits, rounded

EXACT = np.uint64(2**53)  # float64 holds every integer up to here


@part
def _count_integers(buffer, n, row_bytes, offset, width, big_endian, mask, counts):
    step, place = np.uint64(row_bytes), np.uint64(offset)
    lost, rounded = 0, 0
    for _ in range(n):
        value = _any_width(buffer, place, np.uint64(width), big_endian)
        kept = value & mask
        lost += value != kept
        while kept > EXACT and not kept & np.uint64(1):
            kept >>= np.uint64(1)
        rounded += kept > EXACT
        place += step
    counts[2] += lost
    counts[3] += rounded


@kernel
def summarise_columns(
    buffer, n, row_bytes, offsets, widths, kinds, big_endian, masks, scale_kinds, scale_a, scale_b, scratch,
    lowest, highest, counts,
):  # fmt: skip
    """Add the scale values of a block to what is known of each channel.

    Parameters
    ----------
    buffer : (>= n * row_bytes,) uint8
        Records of `n` events.
    row_bytes, offsets, widths, kinds, big_endian, masks, scale_kinds, scale_a, scale_b
        Those of a `RecordLayout`; a mask keeps the lowest bits, however many.
    scratch : (>= n,) float64
        Working space.
    lowest, highest : (c,) float64
        Least and greatest finite scale value; to begin with infinity and minus infinity.
    counts : (c, 4) int64
        Events that are NaN, infinite, have bits beyond their mask, and have integers that float64 rounds.
    """
    for c in range(len(offsets)):
        if kinds[c] == 0:
            full = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 8 * widths[c])
            if full > EXACT:
                _count_integers(buffer, n, row_bytes, offsets[c], widths[c], big_endian, masks[c], counts[c])
            elif masks[c] < full:
                unpack_column(
                    buffer, n, row_bytes, offsets[c], widths[c], 0, big_endian, full, 0, 1.0, 1.0, scratch
                )  # fmt: skip
                most = np.float64(masks[c])
                lost = 0
                for i in range(n):
                    lost += scratch[i] > most
                counts[c, 2] += lost
        unpack_column(
            buffer, n, row_bytes, offsets[c], widths[c], kinds[c], big_endian, masks[c], scale_kinds[c],
            scale_a[c], scale_b[c], scratch,
        )  # fmt: skip
        low, high = lowest[c], highest[c]
        finite = 0
        for i in range(n):
            value = scratch[i]
            if abs(value) < np.inf:  # neither NaN nor infinite
                finite += 1
                low = min(low, value)
                high = max(high, value)
        lowest[c], highest[c] = low, high
        if finite < n:
            infinite = 0
            for i in range(n):
                infinite += abs(scratch[i]) == np.inf
            counts[c, 0] += n - finite - infinite
            counts[c, 1] += infinite
