"""Columns of a block: channels out of records, sums of them (compensation), and ratios, when needed."""

# n = events of a block, p = masks (mask 0 is the root), s = slots, t = terms of all sums, r = ratios,
# c = channels, x = transforms, d = dimensions of the widest shape

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part
from cytogate.kernels.transforms import forward_into
from cytogate.kernels.unpack import unpack_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHANNEL = 0  # kinds of slots
SUM = 1
RATIO = 2

ALL_ROWS = 0  # the mask of the root
NO_ROWS = -1
FEW = 4  # of a mask of less than a quarter of the events, columns are filled event by event
TILE_BYTES = 16_384  # records whose channels are read together: they stay in the first-level cache


class Columns(NamedTuple):
    """What the columns of a source are made of.

    record        (2,) int64: row_bytes, big_endian
    ints          (c, 4) int64: offset, width, kind, scale kind
    floats        (c, 2) float64: scale a and b; masks (c,) uint64
    slots         (s, 4) int64: kind, then first term, end of terms (a channel is its own only term), channel;
                  for a ratio the slots above and below, and its row of `ratios`
    terms         (t,) int64: slots of channels, whose sum with `coefficients` (t,) is a compensated value
    ratios        (r, 3) float64: A, B, C
    codes         (x,) int64, parameters (x, 16) float64: transforms
    """

    record: NDArray[np.int64]
    ints: NDArray[np.int64]
    floats: NDArray[np.float64]
    masks: NDArray[np.uint64]
    slots: NDArray[np.int64]
    terms: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    ratios: NDArray[np.float64]
    codes: NDArray[np.int64]
    parameters: NDArray[np.float64]


class Work(NamedTuple):
    """Working space of one thread; `some` has the width of the block, tables are a little wider.

    Rows of tables that lie a power of two apart would fight for the same few places of the cache.

    values        (s, block) float64, or (s, n_events) where all columns are in memory already
    filled        (s,) int64: the mask whose rows hold values, ALL_ROWS or NO_ROWS
    marks         (p, block) uint8: 1 for each event of a mask; present (p,) int64: how many there are
    rows          (p, block) int32: the events of small masks; listed (p,) int64: whether they are there
    cells         (block,) int32; some (block,) int32: rows of one operation; scaled (d + 1, block) float64
    """

    values: NDArray[np.float64]
    filled: NDArray[np.int64]
    marks: NDArray[np.uint8]
    present: NDArray[np.int64]
    rows: NDArray[np.int32]
    listed: NDArray[np.int64]
    cells: NDArray[np.int32]
    some: NDArray[np.int32]
    scaled: NDArray[np.float64]


@part
def list_rows(n, marks, rows):
    """Write the numbers of the marked events of a block to `rows`; return how many there are."""
    m = np.int64(0)
    for i in range(n):
        rows[m] = i
        m += np.int64(marks[i])
    return m


@kernel
def rows_of(mask, n, work):
    """Return the rows of a mask, listed when they are first asked for."""
    rows = work.rows[mask]
    if work.listed[mask] == 0:
        list_rows(n, work.marks[mask], rows)
        work.listed[mask] = 1
    return rows


@inlined
def is_filled(slot, mask, parents, work):
    """Return whether a slot holds values for the rows of a mask: those of the mask or of one above it."""
    held = work.filled[slot]
    if held == ALL_ROWS:
        return True
    while mask > 0:
        if mask == held:
            return True
        mask = parents[mask]
    return False


@part
def _read_terms(buffer, first, n, columns, begin, end, mask, parents, m, rows, work):
    """Read the channels of terms: for the `m` rows of a mask, or (m < 0) for all, a tile after the other."""
    record, ints, floats = columns.record, columns.ints, columns.floats
    row_bytes = record[0]
    tile = max(64, TILE_BYTES // max(1, row_bytes)) if m < 0 else n
    for start in range(0, n, tile):
        for k in range(begin, end):
            slot = columns.terms[k]
            if m < 0:
                if work.filled[slot] == ALL_ROWS:
                    continue
            elif is_filled(slot, mask, parents, work):
                continue
            channel = columns.slots[slot, 3]
            unpack_rows(
                buffer,
                rows,
                m,
                min(tile, n - start),
                row_bytes,
                ints[channel, 0] + (first + start) * row_bytes,
                ints[channel, 1],
                ints[channel, 2],
                record[1] != 0,
                columns.masks[channel],
                ints[channel, 3],
                floats[channel, 0],
                floats[channel, 1],
                work.values[slot, start:],
            )
    for k in range(begin, end):
        if m < 0 or not is_filled(columns.terms[k], mask, parents, work):
            work.filled[columns.terms[k]] = ALL_ROWS if m < 0 else mask


@part
def add_terms(n, values, terms, coefficients, begin, end, out):
    """Write to `out` (n,) the sum of columns `terms` with `coefficients`, from the first to the last.

    Several columns go in one pass, each event's sum in the same order: the bits do not depend on how many.
    """
    k = begin
    out[:n] = 0.0
    while k + 4 <= end:
        a, b, c, d = values[terms[k]], values[terms[k + 1]], values[terms[k + 2]], values[terms[k + 3]]
        p, q, r, s = coefficients[k], coefficients[k + 1], coefficients[k + 2], coefficients[k + 3]
        for i in range(n):
            out[i] = (((out[i] + a[i] * p) + b[i] * q) + c[i] * r) + d[i] * s
        k += 4
    while k < end:
        a = values[terms[k]]
        p = coefficients[k]
        for i in range(n):
            out[i] += a[i] * p
        k += 1


@part
def add_terms_of_rows(m, rows, values, terms, coefficients, begin, end, out):
    """Do `add_terms` for the first `m` of `rows` alone; four at a time, so that no sum waits for itself."""
    j = 0
    while j + 4 <= m:
        a, b, c, d = rows[j], rows[j + 1], rows[j + 2], rows[j + 3]
        p, q, r, s = 0.0, 0.0, 0.0, 0.0
        for k in range(begin, end):
            column, factor = terms[k], coefficients[k]
            p += values[column, a] * factor
            q += values[column, b] * factor
            r += values[column, c] * factor
            s += values[column, d] * factor
        out[a], out[b], out[c], out[d] = p, q, r, s
        j += 4
    while j < m:
        total = 0.0
        for k in range(begin, end):
            total += values[terms[k], rows[j]] * coefficients[k]
        out[rows[j]] = total
        j += 1


@part
def fill_slot(slot, mask, buffer, first, n, columns, parents, work):
    """Fill the column `slot` of a block that begins at row `first` of the buffer, for the events of a mask.

    parents (p,): the mask above each. Where few events are wanted, only those are read and compensated; the
    sum runs in the same order, so the value is the same.
    """
    if is_filled(slot, mask, parents, work):
        return
    few = mask != ALL_ROWS and work.present[mask] * FEW < n
    m = work.present[mask] if few else -1
    rows = rows_of(mask, n, work) if few else work.some
    slots, terms, coefficients, values = columns.slots, columns.terms, columns.coefficients, work.values
    parts = 3 if slots[slot, 0] == RATIO else 1  # numerator and denominator come before their ratio
    for turn in range(parts):
        this = slots[slot, 1 + turn] if turn < parts - 1 else slot
        if is_filled(this, mask, parents, work):
            continue
        kind, begin, end = slots[this, 0], slots[this, 1], slots[this, 2]
        out = values[this]
        if kind == RATIO:
            factor, above, below = columns.ratios[slots[this, 3]]
            x, y = values[begin], values[end]
            if few:
                for j in range(m):
                    i = rows[j]
                    out[i] = factor * (x[i] - above) / (y[i] - below)
            else:
                for i in range(n):
                    out[i] = factor * (x[i] - above) / (y[i] - below)
        else:
            _read_terms(buffer, first, n, columns, begin, end, mask, parents, m, rows, work)
            if kind == SUM and few:
                add_terms_of_rows(m, rows, values, terms, coefficients, begin, end, out)
            elif kind == SUM:
                add_terms(n, values, terms, coefficients, begin, end, out)
        work.filled[this] = mask if few else ALL_ROWS


@kernel
def run_columns(buffer, n_rows, columns, wanted, work, first_event, out):
    """Write columns of `n_rows` events to `out` (w, n_events), from `first_event` on.

    wanted (w, 2): slot and transform (-1 for none) of each column. No mask is asked for: all rows are wanted.
    """
    block = len(work.some)
    for first in range(0, n_rows, block):
        n = min(block, n_rows - first)
        work.filled[:] = NO_ROWS
        for w in range(len(wanted)):
            slot, transform = wanted[w, 0], wanted[w, 1]
            fill_slot(slot, ALL_ROWS, buffer, first, n, columns, work.present, work)
            begin = first_event + first
            column = out[w, begin : begin + n]
            if transform >= 0:
                forward_into(
                    columns.codes[transform], columns.parameters[transform], work.values[slot, :n], column
                )
            else:
                column[:] = work.values[slot, :n]
