"""The gating driver: runs a compiled tree over events, block by block, each block in the cache.

A program is flat arrays, so that one compiled driver serves every tree:

- *slots* are columns of the block: a channel as read, or a compensated channel (a sum of channels).
  A slot is filled when an operation first needs it, for few events only where few are asked for.
- *operations* read the mask of a population and write the mask of another; they are in an order in which
  every mask is written before it is read. Where the mask an operation reads is empty, it costs nothing.
"""

# n = events of a block, p = masks (mask 0 is the root), s = slots, t = terms of all compensated slots,
# o = operations, a = axes of all operations, v = vertices of all polygons, x = transforms, c = channels

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import kernel
from cytogate.kernels.operations import (
    OP_EXTERNAL,
    OP_INTERVAL,
    OP_POLYGON,
    OP_QUADRIC,
    apply_boolean,
    apply_interval,
    apply_polygon,
    apply_quadric,
    pack_bits,
)
from cytogate.kernels.transforms import forward_into
from cytogate.kernels.unpack import unpack_column

BLOCK = 2048  # events; 30 columns of float64 are half a megabyte: they stay in the second-level cache

ALL_ROWS = 0  # the mask of the root
NO_ROWS = -1
FEW = 4  # a mask of less than a quarter of the events is compensated event by event


@kernel
def read_channel(slot, channel, buffer, first, n, record, ints, floats, masks, values, filled):
    """Fill `slot` with a channel, all rows; record: row_bytes, big_endian; ints (c, 4); floats (c, 2)."""
    if filled[slot] != ALL_ROWS:
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
        filled[slot] = ALL_ROWS


@kernel
def fill_slot(
    slot, mask, marks, present, buffer, first, n, record, ints, floats, masks, slots, terms, coefficients,
    values, filled,
):  # fmt: skip
    """Fill the column `slot` of a block that begins at row `first` of the buffer, for the events of a mask.

    slots (s, 3): channel or -1, first term, end of terms. terms (t,): slots of channels, whose sum with
    `coefficients` is the compensated value, in the order of the detectors. filled (s,): the mask whose rows
    hold values, ALL_ROWS or NO_ROWS. Where few events are wanted, only those are compensated; the sum runs
    in the same order, so the value is the same.
    """
    if filled[slot] == ALL_ROWS or filled[slot] == mask:
        return
    if slots[slot, 0] >= 0:
        read_channel(slot, slots[slot, 0], buffer, first, n, record, ints, floats, masks, values, filled)
        return
    begin, end = slots[slot, 1], slots[slot, 2]
    for k in range(begin, end):
        source = terms[k]
        read_channel(source, slots[source, 0], buffer, first, n, record, ints, floats, masks, values, filled)
    out = values[slot]
    if present[mask] * FEW < n:
        for i in range(n):
            if marks[mask, i]:
                total = 0.0
                for k in range(begin, end):
                    total += values[terms[k], i] * coefficients[k]
                out[i] = total
        filled[slot] = mask
        return
    out[:n] = 0.0
    for k in range(begin, end):
        column = values[terms[k]]
        coefficient = coefficients[k]
        for i in range(n):
            out[i] += column[i] * coefficient
    filled[slot] = ALL_ROWS


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
    operations    (o, 9) int64: operation, target mask, source mask, then by kind
                  interval: slot, -, row of bounds
                  polygon:  first axis, -, row of bounds (the box), first vertex, end of vertices
                  quadric:  first axis, end of axes, row of bounds (distance square), first of matrices
                  boolean:  first term, end of terms
                  external: row
                  and in the last column the mask of the population's parent
    bounds        (b, 4) float64; axes (a, 2) int64: slot, transform; boolean_terms (k, 2) int64
    matrices      flat float64: mean, then precision by rows, of each quadric
    first_event   position of the buffer's first event among all events, a multiple of 8
    bits          (p, (n_events + 7) // 8) uint8 for all events; counts (p,) int64
    """
    n_masks = len(counts)
    n_slots = len(slots)
    values = np.empty((n_slots, BLOCK))
    marks = np.empty((n_masks, BLOCK), dtype=np.bool_)
    filled = np.empty(n_slots, dtype=np.int64)
    present = np.empty(n_masks, dtype=np.int64)
    rows = np.empty(BLOCK, dtype=np.int64)
    scaled = np.empty((max(2, len(axes)) + 1, BLOCK))
    for first in range(0, n_rows, BLOCK):
        n = min(BLOCK, n_rows - first)
        filled[:] = NO_ROWS
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
            parent = operations[o, 8]
            if present[source] == 0:
                marks[target, :n] = False
                present[target] = 0
                continue
            if kind == OP_INTERVAL:
                fill_slot(
                    a, parent, marks, present, buffer, first, n, record, ints, floats, masks, slots, terms,
                    coefficients, values, filled,
                )  # fmt: skip
                present[target] = apply_interval(
                    n, values[a], bounds[row, 0], bounds[row, 1], marks[source], marks[target]
                )
            elif kind == OP_POLYGON:
                for k in range(a, a + 2):
                    fill_slot(
                        axes[k, 0], parent, marks, present, buffer, first, n, record, ints, floats, masks,
                        slots, terms, coefficients, values, filled,
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
                        axes[k, 0], parent, marks, present, buffer, first, n, record, ints, floats, masks,
                        slots, terms, coefficients, values, filled,
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
    filled = np.empty(len(slots), dtype=np.int64)
    marks = np.empty((0, 0), dtype=np.bool_)  # no mask is asked for: all rows are wanted
    present = np.empty(1, dtype=np.int64)
    for first in range(0, n_rows, BLOCK):
        n = min(BLOCK, n_rows - first)
        filled[:] = NO_ROWS
        present[0] = n
        for w in range(len(wanted)):
            slot, transform = wanted[w, 0], wanted[w, 1]
            fill_slot(
                slot, 0, marks, present, buffer, first, n, record, ints, floats, masks, slots, terms,
                coefficients, values, filled,
            )  # fmt: skip
            begin = first_event + first
            column = out[w, begin : begin + n]
            if transform >= 0:
                forward_into(codes[transform], parameters[transform], values[slot, :n], column)
            else:
                column[:] = values[slot, :n]
