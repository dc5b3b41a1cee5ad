"""Order statistics without sorting: histograms over the bits of values, and selection where they point to.

A *cell* is a combination of populations (kernels/combinations.py) and a *bucket* of values, of one column.
Buckets lie as on a pseudo-logarithmic axis: the upper bits of |x| + offset, once for each sign. That is
monotone in x, costs no logarithm, is even near zero and in proportion to x far from it.
"""

# w = columns, c = combinations, p = populations, m = events, q = ranks, f = values found, t = targets

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import inlined, kernel

HALF = 2048  # buckets of a sign
ROW = 2 * HALF + 1  # cells of a combination; the last one is for values that are not finite
NOT_FINITE = 2 * HALF
STEPS = 128  # buckets of an octave, far from zero
SHIFT = 45  # 52 bits of mantissa, less the 7 that tell STEPS buckets apart
GATHER = np.uint32(1 << 31)  # the bit of a count that says: note down the values of this cell

BINS = 4096  # of an interval that is narrowed
EXPONENT = np.int64(0x7FF) << np.int64(52)
MAGNITUDE = np.int64(0x7FFFFFFFFFFFFFFF)


@inlined
def bucket_of_bits(bits, value, offset, first):
    """Return the bucket of a value whose bits are given; first: upper bits of the column's offset."""
    height = (np.float64(abs(value) + offset).view(np.int64) >> np.int64(SHIFT)) - first
    height = min(height, np.int64(HALF - 1))
    bucket = np.int64(HALF - 1) - height if value < 0.0 else np.int64(HALF) + height
    return np.int64(NOT_FINITE) if (bits & EXPONENT) == EXPONENT else bucket


@kernel
def count_cells(values, combinations, n, offsets, counts, found, places, room):
    """Add `n` events to histograms, and note down the values of cells that are marked; return how many.

    values       (w, >= n) float64; combinations (>= n,) int16
    offsets      (w,) float64, positive and normal: where the axis of a column turns from even to logarithmic
    counts       (w, c, ROW) uint32: below the bit GATHER, which marks cells, the events of each cell, fewer
                 than GATHER
    found, places  (>= w * n) float64 values and int32 cells; written in the order met
    room         (>= n,) int32, working space
    """
    n_columns, n_combinations = counts.shape[0], counts.shape[1]
    flat = counts.reshape(-1)
    m = 0
    for w in range(n_columns):
        column = values[w]
        bits = column.view(np.int64)
        offset = offsets[w]
        first = np.float64(offset).view(np.int64) >> np.int64(SHIFT)
        base = np.int64(w * n_combinations * ROW)
        for i in range(n):
            bucket = bucket_of_bits(bits[i], column[i], offset, first)
            room[i] = base + np.int64(combinations[i]) * np.int64(ROW) + bucket
        begin = m
        for i in range(n):  # without a branch, which would be guessed wrong for every value noted down
            cell = np.uint64(room[i])
            count = flat[cell]
            flat[cell] = count + np.uint32(1)
            places[np.uint64(m)] = i
            m += int(count >> np.uint32(31))
        for k in range(begin, m):
            event = places[k]
            found[k] = column[event] + 0.0  # no negative zero: equal values must be equal bits
            places[k] = room[event]
    return m


@kernel
def find_ranks(counts, members, ranks, buckets, below):
    """Find the bucket that holds each rank of each population.

    counts  (w, c, ROW) integers, without marks; members (p, c) bool: combinations of each population
    ranks   (w, p, q) int64 from 0; one past the end of the population ends in the last bucket
    buckets (w, p, q) int64, written; below (w, p, q) int64, written: events of the population under it
    """
    upto = np.empty(2 * HALF, dtype=np.int64)
    for w in range(len(counts)):
        for p in range(len(members)):
            upto[:] = 0
            for c in range(members.shape[1]):
                if members[p, c]:
                    row = counts[w, c]
                    for b in range(2 * HALF):
                        upto[b] += row[b]
            for b in range(1, 2 * HALF):
                upto[b] += upto[b - 1]
            for q in range(ranks.shape[2]):
                low, high = 0, 2 * HALF - 1
                while low < high:
                    middle = (low + high) // 2
                    if upto[middle] > ranks[w, p, q]:
                        high = middle
                    else:
                        low = middle + 1
                buckets[w, p, q] = low
                below[w, p, q] = upto[low - 1] if low > 0 else 0


@kernel
def mark_cells(counts, members, low, high, marks, held):
    """Mark the cells of all populations from buckets `low` to `high` (w, p, q), and count what they hold.

    counts (w, c, ROW) integers; marks (w, c, ROW) bool, held (w,) int64: events of marked cells; both updated
    """
    for w in range(len(marks)):
        for p in range(len(members)):
            for q in range(low.shape[2]):
                for c in range(members.shape[1]):
                    if members[p, c]:
                        for b in range(low[w, p, q], high[w, p, q] + 1):
                            if not marks[w, c, b]:
                                marks[w, c, b] = True
                                held[w] += counts[w, c, b]


@kernel
def assign_places(targets, members, counts, marks, starts, sizes):
    """Give a place to the values of every cell that a target needs; return the number of places.

    targets (t, 4) int64: column, population, bucket, and the rank among the population's values of the bucket
    counts  (w, c, ROW) integers, marks (w, c, ROW) bool: cells whose values were noted down
    starts  (w, c, ROW) int32, -1 or written: where the values of a cell begin
    sizes   (t,) int64, written: values of the target's bucket; -1 where some of them were not noted down
    """
    total = 0
    for t in range(len(targets)):
        w, p, bucket = targets[t, 0], targets[t, 1], targets[t, 2]
        size = 0
        for c in range(members.shape[1]):
            if members[p, c] and counts[w, c, bucket] > 0:
                size = size + int(counts[w, c, bucket]) if size >= 0 and marks[w, c, bucket] else -1
        sizes[t] = size
        for c in range(members.shape[1]):
            if size > 0 and members[p, c] and counts[w, c, bucket] > 0 and starts[w, c, bucket] < 0:
                starts[w, c, bucket] = total
                total += counts[w, c, bucket]
    return total


@kernel
def place_found(found, places, starts, out):
    """Put the values found (f,) of the cells that have a start, one cell after the other, into `out`.

    places (f,) int32: the cell of each; starts (cells,) int32: where the next value of a cell goes, or -1;
    changed: afterwards they are the ends.
    """
    for i in range(len(found)):
        start = starts[places[i]]
        if start >= 0:
            out[start] = found[i]
            starts[places[i]] = start + 1


@kernel
def select_rank(values, rank):
    """Return the value of a rank from 0 among (m,) finite values, which change places (Hoare's selection)."""
    low, high = 0, len(values) - 1
    while low < high:
        a, b, c = values[low], values[(low + high) // 2], values[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]


@kernel
def select_targets(targets, sizes, members, counts, ends, placed, out):
    """Write to `out` (t,) the value of each target (as for `assign_places`) whose size is not -1.

    ends (w, c, ROW) int32: where the values of a cell end in `placed`
    """
    room = np.empty(max(1, sizes.max()) if len(sizes) else 1)
    for t in range(len(targets)):
        if sizes[t] < 0:
            continue
        w, p, bucket, rank = targets[t, 0], targets[t, 1], targets[t, 2], targets[t, 3]
        m = 0
        for c in range(members.shape[1]):
            if members[p, c]:
                size = np.int64(counts[w, c, bucket])
                for i in range(ends[w, c, bucket] - size, ends[w, c, bucket]):
                    room[m] = placed[i]
                    m += 1
        out[t] = select_rank(room[:m], rank)


# --- what a sample did not foresee: intervals of keys, narrowed by further passes ---------------------------


@inlined
def key_of(bits):
    """Return the bits of a float64 as a number that is monotone in it; both zeros are 0."""
    return bits if bits >= 0 else -(bits & MAGNITUDE)


@kernel
def value_of_key(key):
    """Return the float64 whose key is given."""
    return np.int64(key).view(np.float64) if key >= 0 else -(np.int64(-key).view(np.float64))


@kernel
def first_key(bucket, offset):
    """Return the least key of a finite value whose bucket is not below `bucket`; one past them, if none."""
    first = np.float64(offset).view(np.int64) >> np.int64(SHIFT)
    low, high = np.int64(1) - EXPONENT, EXPONENT
    while low < high:
        middle = (low >> np.int64(1)) + (high >> np.int64(1)) + (low & high & np.int64(1))
        value = value_of_key(middle)
        if bucket_of_bits(np.float64(value).view(np.int64), value, offset, first) >= bucket:
            high = middle
        else:
            low = middle + np.int64(1)
    return low


@kernel
def narrow(
    values, combinations, n, columns, populations, members, intervals, shifts, counts, ends, found, which
):
    """Look at values in intervals of keys: count them by bin, or note them down; return how many noted.

    values      (w, >= n) float64; combinations (>= n,) int16; members (p, c) bool
    columns, populations  (t,) int64, of each target
    intervals   (t, 2) int64: least and greatest key
    shifts      (t,) int64: counts[t, (key - least) >> shift] goes up; -1: the value is noted down
    counts      (t, BINS) int64; ends (t, 2) int64: least and greatest key met; both updated
    found, which  (>= t * n) float64 values and int64 targets, written
    """
    m = 0
    for t in range(len(columns)):
        column = values[columns[t]]
        bits = column.view(np.int64)
        member = members[populations[t]]
        low, high, shift = intervals[t, 0], intervals[t, 1], shifts[t]
        for i in range(n):
            key = key_of(bits[i])
            if key < low or key > high or not member[combinations[i]]:
                continue
            if shift < 0:
                found[m], which[m] = column[i] + 0.0, t
                m += 1
            else:
                counts[t, np.uint64(key - low) >> np.uint64(shift)] += 1
                ends[t, 0] = min(ends[t, 0], key)
                ends[t, 1] = max(ends[t, 1], key)
    return m
