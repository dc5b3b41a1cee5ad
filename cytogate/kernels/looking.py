"""What gating methods look at: histograms of populations, and events chosen by a hash of their index."""

# n = events of a block, m = events of a population in it, w = populations looked at, p = masks,
# b = bins of an axis, c = bins of a side of a plane, r = room for events of the reservoir

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part
from cytogate.kernels.columns import NO_ROWS, fill_slot, rows_of
from cytogate.kernels.operations import count_marks, unpack_bits
from cytogate.kernels.shapes import to_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = np.uint64(0x9E3779B97F4A7C15)  # SplitMix64: a counter in even steps, stirred
STIR_1, STIR_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Looks(NamedTuple):
    """What is looked at.

    masks         (w,) int64, rising; parents (p,) int64: the mask above each
    axes          (w, 2, 2) int64: slot, transform (-1: none) of each axis; slot -1 where there is no second
    spans         (w, 2, 2) float64: low, high of each axis
    salt          uint64: where the counter of the events begins
    counted       bool: whether all events are counted in histograms, or some are only held
    """

    masks: NDArray[np.int64]
    parents: NDArray[np.int64]
    axes: NDArray[np.int64]
    spans: NDArray[np.float64]
    salt: np.uint64
    counted: bool


class Tally(NamedTuple):
    """What one thread has seen.

    counts        (w, 2, b) int64; planes (w, c, c) int64: row = x
    numbers       (w, 2) int64: events with a place, events without
    keys          (w, r) uint64, events (w, 2, r) float64: those of the lowest keys, `held` (w,) int64 of them
    limits        (w,) uint64: events whose key is higher are not taken
    """

    counts: NDArray[np.int64]
    planes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    keys: NDArray[np.uint64]
    events: NDArray[np.float64]
    held: NDArray[np.int64]
    limits: NDArray[np.uint64]


@inlined
def _key(salt, index):
    """Return the key of an event."""
    key = salt + np.uint64(index) * STEP
    key = (key ^ (key >> np.uint64(30))) * STIR_1
    key = (key ^ (key >> np.uint64(27))) * STIR_2
    return key ^ (key >> np.uint64(31))


@inlined
def _bin(value, low, length, bins):
    """Return the bin of a value that is not NaN; those beyond the ends lie in the outermost."""
    position = (value - low) / length * bins
    return np.int64(min(max(position, 0.0), bins - 1.0))


@part
def count_on_axis(m, x, span, counts, numbers):
    """Count positions x (m,) in `counts` (b,), span (2,); NaN is counted apart."""
    low, length, bins = span[0], span[1] - span[0], len(counts)
    nan = 0
    for j in range(m):
        if x[j] == x[j]:
            counts[_bin(x[j], low, length, bins)] += 1
        else:
            nan += 1
    numbers[0] += m - nan
    numbers[1] += nan


@part
def count_on_plane(m, x, y, spans, counts, plane, numbers):
    """Count positions x (m,), y (m,) in `counts` (2, b) and `plane`, spans (2, 2); NaN is counted apart."""
    x_low, x_length = spans[0, 0], spans[0, 1] - spans[0, 0]
    y_low, y_length = spans[1, 0], spans[1, 1] - spans[1, 0]
    bins = counts.shape[1]
    coarse = bins // len(plane)
    nan = 0
    for j in range(m):
        if x[j] == x[j] and y[j] == y[j]:
            column, row = _bin(x[j], x_low, x_length, bins), _bin(y[j], y_low, y_length, bins)
            counts[0, column] += 1
            counts[1, row] += 1
            plane[column // coarse, row // coarse] += 1
        else:
            nan += 1
    numbers[0] += m - nan
    numbers[1] += nan


@part
def rows_of_low_keys(m, rows, first, salt, limit, chosen):
    """Write those of `rows` (m,) with a key up to `limit` to `chosen`; return how many there are."""
    k = np.int64(0)
    for j in range(m):
        chosen[k] = rows[j]
        k += np.int64(_key(salt, first + np.int64(rows[j])) <= limit)
    return k


@part
def keep_low_keys(m, rows, first, salt, x, y, limit, held, keys, events):
    """Add events of `rows` (m,) with finite positions and a key up to `limit`; return how many are held.

    Their indices are counted from `first`; what is held lies at the front of keys (r,) and events (2, r).
    """
    for j in range(m):
        key = _key(salt, first + np.int64(rows[j]))
        if key <= limit and abs(x[j]) < np.inf and abs(y[j]) < np.inf:
            keys[held] = key
            events[0, held], events[1, held] = x[j], y[j]
            held += 1
    return held


@kernel
def look_at(buffer, n_rows, first_event, columns, looks, bits, work, tally):
    """Add `n_rows` events to a tally.

    buffer        (n_rows * row_bytes,) uint8, records as they lie in the file
    first_event   position of the first event among all events
    bits          (p, (n_rows + 7) // 8) uint8: the masks of these events; mask 0 is the root
    """
    block = len(work.some)
    scaled = work.scaled
    chosen = np.empty(block, dtype=np.int32)
    for first in range(0, n_rows, block):
        n = min(block, n_rows - first)
        work.filled[:] = NO_ROWS
        for w in range(len(looks.masks)):
            mask = looks.masks[w]
            if w == 0 or looks.masks[w - 1] != mask:
                work.listed[mask] = 0
                unpack_bits(n, bits[mask, first // 8 :], work.marks[mask])
                work.present[mask] = count_marks(n, work.marks[mask])
            m = work.present[mask]
            if m == 0:
                continue
            rows = rows_of(mask, n, work)
            if not looks.counted:  # scales are dear
                m = rows_of_low_keys(m, rows, first_event + first, looks.salt, tally.limits[w], chosen)
                rows = chosen
            on_plane = looks.axes[w, 1, 0] >= 0
            for a in range(2 if on_plane else 1):
                slot, transform = looks.axes[w, a, 0], looks.axes[w, a, 1]
                fill_slot(slot, mask, buffer, first, n, columns, looks.parents, work)
                to_scale(transform, columns, work.values[slot], 0, rows, m, scaled[a], scaled[2])
            x, y = scaled[0], scaled[1 if on_plane else 0]
            if looks.counted and on_plane:
                count_on_plane(m, x, y, looks.spans[w], tally.counts[w], tally.planes[w], tally.numbers[w])
            elif looks.counted:
                count_on_axis(m, x, looks.spans[w, 0], tally.counts[w, 0], tally.numbers[w])
            tally.held[w] = keep_low_keys(
                m, rows, first_event + first, looks.salt, x, y, tally.limits[w], tally.held[w], tally.keys[w],
                tally.events[w],
            )  # fmt: skip
