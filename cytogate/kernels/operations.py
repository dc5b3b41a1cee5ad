"""Operations of the gating driver on the marks of one block: intervals, boolean gates, bits."""

# n = events of a block

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import inlined, kernel

OP_INTERVAL = 0
OP_POLYGON = 1
OP_QUADRIC = 2
OP_AND = 3
OP_OR = 4
OP_NOT = 5
OP_EXTERNAL = 6
OP_CELLS = 7
OP_STORED = 8

EIGHT_TO_BITS = np.uint64(
    0x8040201008040201
)  # eight bytes of 0 or 1 times this: the first in the highest bit

EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
ADD_PAIRS = np.uint64(0x0001000100010001)  # the product's upper 16 bits: the sum of four numbers of 16 bits


@kernel
def count_marks(n, marks):
    """Return how many of the first `n` marks are set; `marks` is uint8 of a length that 8 divides."""
    whole = n // 8
    words = marks[: 8 * whole].view(np.uint64)
    count = 0
    for start in range(0, whole, 255):  # eight counters of one byte, which reach to 255
        total = np.uint64(0)
        for k in range(start, min(start + 255, whole)):
            total += words[k]
        pairs = (total & EVEN_BYTES) + ((total >> np.uint64(8)) & EVEN_BYTES)
        count += int((pairs * ADD_PAIRS) >> np.uint64(48))
    for i in range(8 * whole, n):
        count += marks[i]
    return count


@kernel
def apply_interval(n, column, low, last, source, target):
    """Mark events of `source` with low <= x <= last; NaN is outside."""
    for i in range(n):
        target[i] = source[i] & np.uint8(column[i] >= low) & np.uint8(column[i] <= last)
    return count_marks(n, target)


@kernel
def apply_interval_to_rows(m, rows, column, low, last, source, target):
    """Do `apply_interval` for `m` rows alone; `target` must be 0 elsewhere."""
    count = 0
    for k in range(m):
        i = rows[k]
        inside = (source[i] != 0) & (column[i] >= low) & (column[i] <= last)
        target[i] = inside
        count += inside
    return count


@kernel
def apply_boolean(n, operation, terms, marks, source, target):
    """Mark events of `source` for which and / or / not of masks holds; terms (k, 2): mask, complement."""
    count = 0
    for i in range(n):
        inside = operation != OP_OR
        for k in range(len(terms)):
            member = (marks[terms[k, 0], i] != 0) != (terms[k, 1] != 0)
            inside = (inside | member) if operation == OP_OR else (inside & member)
        if operation == OP_NOT:
            inside = not inside
        inside = inside & (source[i] != 0)
        target[i] = inside
        count += inside
    return count


@inlined
def _eight(marks, at):
    """Return eight marks as one number, the first in the lowest byte (the compiler makes one load of it)."""
    word = np.uint64(marks[at])
    for k in range(1, 8):
        word |= np.uint64(marks[at + k]) << np.uint64(8 * k)
    return word


@kernel
def pack_bits(n, marks, out):
    """Write a mask of n events as bits, the first event in the highest bit of the first byte."""
    whole = n // 8
    for byte in range(whole):
        out[byte] = np.uint8((_eight(marks, 8 * byte) * EIGHT_TO_BITS) >> np.uint64(56))
    if n % 8:
        bits = 0
        for k in range(n % 8):
            if marks[8 * whole + k]:
                bits |= 128 >> k
        out[whole] = bits


@kernel
def unpack_bits(n, packed, out):
    """Write bits as marks of n events: undo `pack_bits`."""
    for i in range(n):
        out[i] = np.uint8((packed[i >> 3] >> np.uint8(7 - (i & 7))) & np.uint8(1))
