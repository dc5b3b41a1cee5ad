"""Operations of the gating driver on the marks of one block: intervals, boolean gates, bits."""

# n = events of a block

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import inlined, part

OP_INTERVAL = 0
OP_POLYGON = 1
OP_QUADRIC = 2
OP_AND = 3
OP_OR = 4
OP_NOT = 5
OP_EXTERNAL = 6
OP_CELLS = 7
OP_STORED = 8
OP_ENTERED = 9
OP_KEPT = 10

EIGHT_TO_BITS = np.uint64(
    0x8040201008040201
)  # eight bytes of 0 or 1 times this: the first in the highest bit

EACH_BYTE = np.uint64(0x0101010101010101)
BITS_TO_EIGHT = np.uint64(0x0102040810204080)  # of eight copies of a byte: the highest bit of the first, ...
BELOW_TOP = np.uint64(0x7F7F7F7F7F7F7F7F)  # added to a byte of one bit or none, carries it to the top

EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
ADD_PAIRS = np.uint64(0x0001000100010001)  # the product's upper 16 bits: the sum of four numbers of 16 bits


@part
def count_marks(n, marks):
    """Return how many of the first `n` marks are set; `marks` is uint8 of a length that 8 divides."""
    whole = n // 8
    words = marks[: 8 * whole].view(np.uint64)
    count = np.int64(0)
    for start in range(0, whole, 255):  # eight counters of one byte, which reach to 255
        total = np.uint64(0)
        for k in range(start, min(start + 255, whole)):
            total += words[k]
        pairs = (total & EVEN_BYTES) + ((total >> np.uint64(8)) & EVEN_BYTES)
        count += np.int64((pairs * ADD_PAIRS) >> np.uint64(48))
    for i in range(8 * whole, n):
        count += np.int64(marks[i])
    return count


@part
def apply_interval(n, column, low, last, source, target):
    """Mark events of `source` with low <= x <= last; NaN is outside."""
    for i in range(n):
        target[i] = source[i] & np.uint8(column[i] >= low) & np.uint8(column[i] <= last)
    return count_marks(n, target)


@part
def apply_interval_to_rows(m, rows, column, low, last, source, target):
    """Do `apply_interval` for `m` rows alone; `target` must be 0 elsewhere."""
    count = 0
    for k in range(m):
        i = rows[k]
        inside = (source[i] != 0) & (column[i] >= low) & (column[i] <= last)
        target[i] = inside
        count += inside
    return count


@part
def apply_outside(n, column, low, last, source, target):
    """Mark events of `source` without low <= x <= last; NaN stays."""
    for i in range(n):
        target[i] = source[i] & (np.uint8(1) - (np.uint8(column[i] >= low) & np.uint8(column[i] <= last)))
    return count_marks(n, target)


@part
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


@part
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


@part
def pack_bits_of_rows(m, rows, marks, out):
    """Do `pack_bits` where only the first `m` of `rows` can be marked; `out` must be 0."""
    for k in range(m):
        i = np.uint32(rows[k])
        out[i >> np.uint32(3)] |= marks[i] << np.uint8(7 - (i & np.uint32(7)))


@part
def unpack_bits(n, packed, out):
    """Write bits as marks of n events: undo `pack_bits`."""
    whole = n // 8
    words = out[: 8 * whole].view(np.uint64)
    for k in range(whole):
        spread = (np.uint64(packed[k]) * EACH_BYTE) & BITS_TO_EIGHT
        words[k] = ((spread + BELOW_TOP) >> np.uint64(7)) & EACH_BYTE
    for i in range(8 * whole, n):
        out[i] = np.uint8((packed[whole] >> np.uint8(7 - (i & 7))) & np.uint8(1))


@part
def mark_entered(n, packed, source, target):
    """Mark events of `source` that were not in it earlier, as the bits of then say; return how many."""
    unpack_bits(n, packed, target)
    for i in range(n):
        target[i] = source[i] & (target[i] ^ np.uint8(1))
    return count_marks(n, target)


@part
def mark_kept(n, packed, source, entered, target):
    """Mark events of `source` that the bits of an earlier run hold, and all of `entered`; return how many."""
    unpack_bits(n, packed, target)
    for i in range(n):
        target[i] = (target[i] & source[i]) | entered[i]
    return count_marks(n, target)
