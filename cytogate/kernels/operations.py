"""Operations of the gating driver on one block: mark the events of a mask that a primitive holds."""

# n = events of a block, v = vertices, d = dimensions

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import kernel
from cytogate.kernels.geometry import in_quadric, point_in_polygon
from cytogate.kernels.transforms import forward_into

OP_INTERVAL = 0
OP_POLYGON = 1
OP_QUADRIC = 2
OP_AND = 3
OP_OR = 4
OP_NOT = 5
OP_EXTERNAL = 6


@kernel
def to_scale(transform, codes, parameters, values, rows, n, out, spare):
    """Write to `out` the values of `rows` (n,) of a column, on the scale of a transform (-1: as they are)."""
    gathered = out if transform < 0 else spare
    for k in range(n):
        gathered[k] = values[rows[k]]
    if transform >= 0:
        forward_into(codes[transform], parameters[transform], spare[:n], out[:n])


@kernel
def apply_interval(n, column, low, high, source, target):
    """Mark events of `source` with low <= x < high; an infinite `high` is open; NaN is outside."""
    count = 0
    is_open = high == np.inf
    for i in range(n):
        inside = source[i] & (column[i] >= low) & (is_open | (column[i] < high))
        target[i] = inside
        count += inside
    return count


@kernel
def apply_polygon(n, x, y, tx, ty, codes, parameters, box, vx, vy, source, target, rows, scaled):
    """Mark events of `source` inside a polygon; `box` (low x, high x, low y, high y) is in data values.

    Events outside the box are outside the polygon: only those inside are put on the scale.
    rows (BLOCK,) and scaled (>= 3, BLOCK) are working space.
    """
    m = 0
    for i in range(n):  # source may be target itself
        rows[m] = i
        m += source[i] & (x[i] >= box[0]) & (x[i] <= box[1]) & (y[i] >= box[2]) & (y[i] <= box[3])
    target[:n] = False
    to_scale(tx, codes, parameters, x, rows, m, scaled[0], scaled[2])
    to_scale(ty, codes, parameters, y, rows, m, scaled[1], scaled[2])
    count = 0
    for k in range(m):
        inside = point_in_polygon(scaled[0, k], scaled[1, k], vx, vy)
        target[rows[k]] = inside
        count += inside
    return count


@kernel
def apply_quadric(
    n, values, axes, codes, parameters, mean, precision, distance_square, source, target, rows, scaled
):
    """Mark events of `source` inside an ellipsoid; axes (d, 2): slot and transform of each dimension.

    rows (BLOCK,) and scaled (> d, BLOCK) are working space.
    """
    m = 0
    for i in range(n):  # source may be target itself
        rows[m] = i
        m += source[i]
    target[:n] = False
    d = len(axes)
    for j in range(d):
        to_scale(axes[j, 1], codes, parameters, values[axes[j, 0]], rows, m, scaled[j], scaled[d])
    count = 0
    for k in range(m):
        inside = in_quadric(scaled[:d, k], mean, precision, distance_square)
        target[rows[k]] = inside
        count += inside
    return count


@kernel
def apply_boolean(n, operation, terms, marks, source, target):
    """Mark events of `source` for which and / or / not of masks holds; terms (k, 2): mask, complement."""
    count = 0
    for i in range(n):
        inside = operation != OP_OR
        for k in range(len(terms)):
            member = marks[terms[k, 0], i] != (terms[k, 1] != 0)
            inside = (inside | member) if operation == OP_OR else (inside & member)
        if operation == OP_NOT:
            inside = not inside
        inside = inside & source[i]
        target[i] = inside
        count += inside
    return count


@kernel
def pack_bits(n, marks, out):
    """Write a mask of n events as bits, the first event in the highest bit of the first byte."""
    for byte in range((n + 7) // 8):
        bits = 0
        for k in range(min(8, n - 8 * byte)):
            if marks[8 * byte + k]:
                bits |= 128 >> k
        out[byte] = bits
