"""The gating driver: runs a compiled tree over events, block by block, each block in the cache.

A program is flat arrays, so that one compiled driver serves every tree:

- *slots* are columns of the block: a channel as read, or a compensated channel (a sum of channels).
  A slot is filled when an operation first needs it, at most once a block.
- *operations* read the mask of a population and write the mask of another; they are in an order in which
  every mask is written before it is read. Where the mask an operation reads is empty, it costs nothing.
"""

# n = events of a block, p = masks (mask 0 is the root), s = slots, t = terms of all compensated slots,
# o = operations, a = axes of all operations, v = vertices of all polygons, x = transforms, c = channels

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import kernel
from cytogate.kernels.geometry import in_quadric, point_in_polygon
from cytogate.kernels.transforms import forward_into
from cytogate.kernels.unpack import unpack_column

BLOCK = 2048  # events; 30 columns of float64 are half a megabyte: they stay in the second-level cache

OP_INTERVAL = 0
OP_POLYGON = 1
OP_QUADRIC = 2
OP_AND = 3
OP_OR = 4
OP_NOT = 5
OP_EXTERNAL = 6


@kernel
def read_channel(slot, channel, buffer, first, n, record, ints, floats, masks, values, ready):
    """Fill `slot` with a channel; record: row_bytes, big_endian; ints (c, 4); floats (c, 2)."""
    if not ready[slot]:
        unpack_column(
            buffer,
            n,
            record[0],
            ints[channel, 0] + first * record[0],
            ints[channel, 1],
            ints[channel, 2],
            record[1] != 0,
            masks[channel],
            ints[channel, 3],
            floats[channel, 0],
            floats[channel, 1],
            values[slot],
        )
        ready[slot] = True


@kernel
def fill_slot(slot, buffer, first, n, record, ints, floats, masks, slots, terms, coefficients, values, ready):
    """Fill the column `slot` of a block that begins at row `first` of the buffer.

    slots (s, 3): channel or -1, first term, end of terms. terms (t,): slots of channels, whose sum with
    `coefficients` is the compensated value, in the order of the detectors.
    """
    if ready[slot]:
        return
    if slots[slot, 0] >= 0:
        read_channel(slot, slots[slot, 0], buffer, first, n, record, ints, floats, masks, values, ready)
        return
    for k in range(slots[slot, 1], slots[slot, 2]):
        source = terms[k]
        read_channel(source, slots[source, 0], buffer, first, n, record, ints, floats, masks, values, ready)
    out = values[slot]
    out[:n] = 0.0
    for k in range(slots[slot, 1], slots[slot, 2]):
        column = values[terms[k]]
        coefficient = coefficients[k]
        for i in range(n):
            out[i] += column[i] * coefficient
    ready[slot] = True


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
    for i in range(n):
        target[i] = False
        rows[m] = i
        m += source[i] & (x[i] >= box[0]) & (x[i] <= box[1]) & (y[i] >= box[2]) & (y[i] <= box[3])
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
    for i in range(n):
        target[i] = False
        rows[m] = i
        m += source[i]
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


@kernel
def run_program(
    buffer,
    n_rows,
    keep,
    external,
    record,
    ints,
    floats,
    masks,
    slots,
    terms,
    coefficients,
    operations,
    bounds,
    axes,
    vertex_x,
    vertex_y,
    matrices,
    boolean_terms,
    codes,
    parameters,
    first_event,
    bits,
    counts,
):
    """Gate `n_rows` events of a buffer; write one bit an event and mask to `bits`, add to `counts`.

    buffer        (n_rows * row_bytes,) uint8, records as they lie in the file
    keep          (n_rows,) bool, or of length 0: the events that take part
    external      (e, n_rows) bool: membership in gates that are not compiled
    operations    (o, 8) int64: operation, target mask, source mask, then by kind
                  interval: slot, -, row of bounds
                  polygon:  first axis, -, row of bounds (the box), first vertex, end of vertices
                  quadric:  first axis, end of axes, row of bounds (distance square), first of matrices
                  boolean:  first term, end of terms
                  external: row
    bounds        (b, 4) float64; axes (a, 2) int64: slot, transform; boolean_terms (k, 2) int64
    matrices      flat float64: mean, then precision by rows, of each quadric
    first_event   position of the buffer's first event among all events, a multiple of 8
    bits          (p, (n_events + 7) // 8) uint8 for all events; counts (p,) int64
    """
    n_masks = len(counts)
    n_slots = len(slots)
    values = np.empty((n_slots, BLOCK))
    marks = np.empty((n_masks, BLOCK), dtype=np.bool_)
    ready = np.empty(n_slots, dtype=np.bool_)
    present = np.empty(n_masks, dtype=np.int64)
    rows = np.empty(BLOCK, dtype=np.int64)
    scaled = np.empty((max(2, len(axes)) + 1, BLOCK))
    for first in range(0, n_rows, BLOCK):
        n = min(BLOCK, n_rows - first)
        ready[:] = False
        if len(keep):
            present[0] = 0
            for i in range(n):
                marks[0, i] = keep[first + i]
                present[0] += keep[first + i]
        else:
            marks[0, :n] = True
            present[0] = n
        for o in range(len(operations)):
            kind, target, source = operations[o, 0], operations[o, 1], operations[o, 2]
            a, b, row = operations[o, 3], operations[o, 4], operations[o, 5]
            if present[source] == 0:
                marks[target, :n] = False
                present[target] = 0
                continue
            if kind == OP_INTERVAL:
                fill_slot(
                    a,
                    buffer,
                    first,
                    n,
                    record,
                    ints,
                    floats,
                    masks,
                    slots,
                    terms,
                    coefficients,
                    values,
                    ready,
                )
                present[target] = apply_interval(
                    n, values[a], bounds[row, 0], bounds[row, 1], marks[source], marks[target]
                )
            elif kind == OP_POLYGON:
                for k in range(a, a + 2):
                    fill_slot(
                        axes[k, 0], buffer, first, n, record, ints, floats, masks, slots, terms,
                        coefficients, values, ready,
                    )  # fmt: skip
                present[target] = apply_polygon(
                    n,
                    values[axes[a, 0]],
                    values[axes[a + 1, 0]],
                    axes[a, 1],
                    axes[a + 1, 1],
                    codes,
                    parameters,
                    bounds[row],
                    vertex_x[operations[o, 6] : operations[o, 7]],
                    vertex_y[operations[o, 6] : operations[o, 7]],
                    marks[source],
                    marks[target],
                    rows,
                    scaled,
                )
            elif kind == OP_QUADRIC:
                for k in range(a, b):
                    fill_slot(
                        axes[k, 0], buffer, first, n, record, ints, floats, masks, slots, terms,
                        coefficients, values, ready,
                    )  # fmt: skip
                d = b - a
                at = operations[o, 6]
                present[target] = apply_quadric(
                    n,
                    values,
                    axes[a:b],
                    codes,
                    parameters,
                    matrices[at : at + d],
                    matrices[at + d : at + d + d * d].reshape((d, d)),
                    bounds[row, 0],
                    marks[source],
                    marks[target],
                    rows,
                    scaled,
                )
            elif kind == OP_EXTERNAL:
                count = 0
                for i in range(n):
                    inside = marks[source, i] & external[a, first + i]
                    marks[target, i] = inside
                    count += inside
                present[target] = count
            else:
                present[target] = apply_boolean(
                    n, kind, boolean_terms[a:b], marks, marks[source], marks[target]
                )
        for p in range(n_masks):
            counts[p] += present[p]
            pack_bits(n, marks[p], bits[p, (first_event + first) // 8 :])


@kernel
def run_columns(
    buffer, n_rows, record, ints, floats, masks, slots, terms, coefficients, wanted, codes, parameters,
    first_event, out,
):  # fmt: skip
    """Write columns of `n_rows` events to `out` (w, n_events), from `first_event` on.

    wanted (w, 2): slot and transform of each column.
    """
    values = np.empty((len(slots), BLOCK))
    ready = np.empty(len(slots), dtype=np.bool_)
    for first in range(0, n_rows, BLOCK):
        n = min(BLOCK, n_rows - first)
        ready[:] = False
        for w in range(len(wanted)):
            slot, transform = wanted[w, 0], wanted[w, 1]
            fill_slot(
                slot, buffer, first, n, record, ints, floats, masks, slots, terms, coefficients, values, ready
            )
            begin = first_event + first
            column = out[w, begin : begin + n]
            if transform >= 0:
                forward_into(codes[transform], parameters[transform], values[slot, :n], column)
            else:
                column[:] = values[slot, :n]
