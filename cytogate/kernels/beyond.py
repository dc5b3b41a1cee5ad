"""Beyond: events of a block whose values lie outside the range of a channel."""

from __future__ import annotations

from cytogate.kernels._jit import kernel
from cytogate.kernels.unpack import unpack_column

# n = events of the block, c = channels

TILE = 256  # events whose channels are read together: their records stay in the first-level cache


@kernel
def count_beyond(
    buffer, n, row_bytes, offsets, widths, kinds, big_endian, masks, scale_kinds, scale_a, scale_b, low, top,
    scratch, beyond, counts,
):  # fmt: skip
    """Count events with a value below `low`, or at or above `top`; return how many have one on any channel.

    Parameters
    ----------
    buffer : (>= n * row_bytes,) uint8
        Records of `n` events.
    row_bytes, offsets, widths, kinds, big_endian, masks, scale_kinds, scale_a, scale_b
        Those of a `RecordLayout`, of the channels that are looked at.
    low, top : (c,) float64
        Scale values; NaN is neither below nor above.
    scratch : (256,) float64
        Working space.
    beyond : (256,) uint8
        Working space.
    counts : (c, 2) int64
        To which events below and at or above are added.
    """
    total = 0
    for first in range(0, n, TILE):
        m = min(TILE, n - first)
        beyond[:m] = 0
        for c in range(len(offsets)):
            unpack_column(
                buffer, m, row_bytes, offsets[c] + first * row_bytes, widths[c], kinds[c], big_endian,
                masks[c], scale_kinds[c], scale_a[c], scale_b[c], scratch,
            )  # fmt: skip
            least, most = low[c], top[c]
            outside = 0
            for i in range(m):
                outside += (scratch[i] < least) | (scratch[i] >= most)
            if outside:  # few tiles of few channels
                for i in range(m):
                    if scratch[i] < least:
                        counts[c, 0] += 1
                        beyond[i] = 1
                    elif scratch[i] >= most:
                        counts[c, 1] += 1
                        beyond[i] = 1
        for i in range(m):
            total += beyond[i]
    return total
