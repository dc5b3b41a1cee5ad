"""Slow, obvious twins of the kernels: what each must compute, written as plainly as possible."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import mpmath
import numpy as np

# --- histogram -------------------------------------------------------------------------------------------


def bin_of(value, low, high, bins):
    return min(bins - 1, max(0, int(np.floor(min(max((value - low) / (high - low), -1.0), 2.0) * bins))))


def histogram_2d(x, y, mask, x_low, x_high, y_low, y_high, bins):
    out = np.zeros((bins, bins), dtype=np.uint32)
    for a, b, inside in zip(x, y, mask, strict=True):
        if inside and not np.isnan(a) and not np.isnan(b):
            out[bin_of(b, y_low, y_high, bins), bin_of(a, x_low, x_high, bins)] += 1
    return out


def count_on_axis(x, span, bins):
    placed = [value for value in x if not np.isnan(value)]
    counts = np.zeros(bins, dtype=np.int64)
    for value in placed:
        counts[bin_of(value, *span, bins)] += 1
    return counts, [len(placed), len(x) - len(placed)]


def count_on_plane(x, y, spans, bins, side):
    placed = [(a, b) for a, b in zip(x, y, strict=True) if not (np.isnan(a) or np.isnan(b))]
    counts, plane = np.zeros((2, bins), dtype=np.int64), np.zeros((side, side), dtype=np.int64)
    for a, b in placed:
        counts[0, bin_of(a, *spans[0], bins)] += 1
        counts[1, bin_of(b, *spans[1], bins)] += 1
        plane[bin_of(a, *spans[0], side), bin_of(b, *spans[1], side)] += 1
    return counts, plane, [len(placed), len(x) - len(placed)]


def split_mix(counter):
    whole = 2**64
    z = counter % whole
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % whole
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % whole
    return z ^ (z >> 31)


def keys_of(rows, first, salt):
    return [split_mix(salt + (first + int(row)) * 0x9E3779B97F4A7C15) for row in rows]


def rows_of_low_keys(rows, first, salt, limit):
    return [int(row) for row, key in zip(rows, keys_of(rows, first, salt), strict=True) if key <= limit]


def keep_low_keys(rows, first, salt, x, y, limit):
    known = zip(keys_of(rows, first, salt), x, y, strict=True)
    return [(key, a, b) for key, a, b in known if key <= limit and np.isfinite(a) and np.isfinite(b)]


# --- program ---------------------------------------------------------------------------------------------
# run_program, run_columns, fill_slot and what marks the rows of shapes are tested whole: their twin is
# `plainly` in tests/gating/test_engine.py.


def list_rows(marks):
    return [i for i, mark in enumerate(marks) if mark]


def count_marks(marks):
    return sum(int(mark) for mark in marks)


def add_terms(columns, coefficients):
    total = np.zeros(columns.shape[1])
    for column, coefficient in zip(columns, coefficients, strict=True):
        total = total + column * coefficient
    return total


def unpack_bits(packed, n):
    return [bool(packed[i // 8] & (128 >> (i % 8))) for i in range(n)]


def pack_bits(marks):
    padded = list(marks) + [False] * (-len(marks) % 8)
    return np.array(
        [sum(128 >> k for k in range(8) if padded[at + k]) for at in range(0, len(padded), 8)], dtype=np.uint8
    )


def mark_entered(packed, source):
    return [bool(now) and not was for now, was in zip(source, unpack_bits(packed, len(source)), strict=True)]


def mark_kept(packed, source, entered):
    was = unpack_bits(packed, len(source))
    return [bool((old and now) or new) for old, now, new in zip(was, source, entered, strict=True)]


def apply_interval(column, low, last, source):
    return np.array(
        [bool(inside and low <= value <= last) for value, inside in zip(column, source, strict=True)]
    )


def apply_outside(column, low, last, source):
    return np.array(
        [bool(inside and not low <= value <= last) for value, inside in zip(column, source, strict=True)]
    )


def apply_boolean(operation, terms, marks, source):
    members = [
        [bool(marks[mask, i]) != bool(complement) for mask, complement in terms] for i in range(len(source))
    ]
    truth = {"and": all, "or": any, "not": lambda values: not values[0]}[operation]
    return np.array([bool(source[i] and truth(members[i])) for i in range(len(source))])


# --- transforms ------------------------------------------------------------------------------------------
# Formulas of Gating-ML 2.0 as they are printed, in 50 digits; x is a float, exact.


def forward_linear(x, T, A=0.0):
    return (mpmath.mpf(x) + A) / (mpmath.mpf(T) + A)


def forward_log(x, T, M):
    with mpmath.workdps(50):
        return mpmath.log10(mpmath.mpf(x) / T) / M + 1


def forward_asinh(x, T, M, A=0.0):
    with mpmath.workdps(50):
        ln10 = mpmath.log(10)
        grown = mpmath.asinh(mpmath.mpf(x) * mpmath.sinh(M * ln10) / T)
        return (grown + A * ln10) / ((mpmath.mpf(M) + A) * ln10)


def forward_logicle(x, T, W, M, A=0.0):
    with mpmath.workdps(50):
        T, W, M, A = map(mpmath.mpf, (T, W, M, A))
        w = W / (M + A)
        x2 = A / (M + A)
        x1 = x2 + w
        x0 = x2 + 2 * w
        b = (M + A) * mpmath.log(10)
        d = b
        if w > 0:
            d = mpmath.findroot(
                lambda v: 2 * (mpmath.log(v) - mpmath.log(b)) + w * (v + b),
                (b * mpmath.mpf("1e-30"), b),
                solver="anderson",
            )
        ca = mpmath.exp(x0 * (b + d))
        fa = mpmath.exp(b * x1) - ca * mpmath.exp(-d * x1)
        a = T / (mpmath.exp(b) - fa - ca * mpmath.exp(-d))
        c = ca * a
        f = fa * a

        return root_right_of(x1, lambda y: a * mpmath.exp(b * y) - c * mpmath.exp(-d * y) - f, x)


def forward_hyperlog(x, T, W, M, A=0.0):
    with mpmath.workdps(50):
        T, W, M, A = map(mpmath.mpf, (T, W, M, A))
        w = W / (M + A)
        x2 = A / (M + A)
        x1 = x2 + w
        x0 = x2 + 2 * w
        b = (M + A) * mpmath.log(10)
        e0 = mpmath.exp(b * x0)
        ca = e0 / w
        fa = mpmath.exp(b * x1) + ca * x1
        a = T / (mpmath.exp(b) + ca - fa)
        return root_right_of(x1, lambda y: a * (mpmath.exp(b * y) + ca * y - fa), x)


def root_right_of(zero, curve, x):
    """Where the odd continuation of `curve`, which is 0 at `zero` and grows, has the value x."""
    goal = abs(mpmath.mpf(x))
    low, high = zero, zero + 1
    while curve(high) < goal:
        high += 1
    for _ in range(120):
        middle = (low + high) / 2
        if curve(middle) < goal:
            low = middle
        else:
            high = middle
    return low if x >= 0 else 2 * zero - low


def biex_value(channel, maximum, positive, negative, width, channels, negative_range=None):
    """Value of a channel, which need not be whole, of FlowJo's biex, step by step as FlowJo fills its table.

    `negative_range` stands in for the root of 2 (ln N - ln P) + w (N + P) = 0, for programs that miss it.
    """
    with mpmath.workdps(50):
        decades_wide = mpmath.log10(-width) if width < 0 else mpmath.mpf(0)
        if not 0.5 <= decades_wide <= 3:
            decades_wide = mpmath.mpf("0.5")
        decades = positive - decades_wide / 2
        extra = max(negative, 0) + decades_wide / 2
        zero = min(int(mpmath.floor(extra * channels / (extra + decades))), channels // 2)
        if zero > 0:
            decades = extra * channels / zero
        w = decades_wide / (2 * decades)
        P = mpmath.log(10) * decades
        minimum = maximum / mpmath.exp(P)
        N = negative_range
        if N is None:
            N = mpmath.findroot(
                lambda v: 2 * (mpmath.log(v) - mpmath.log(P)) + w * (v + P),
                (P * mpmath.mpf("1e-9"), P),
                solver="anderson",
            )
        S = mpmath.exp((P + N) * (w + extra / decades))

        def uncentred(j):
            share = mpmath.mpf(j) / (channels + 1)
            return minimum * (mpmath.exp(P * share) - S * mpmath.exp(-N * share))

        mirrored = channel < zero
        value = uncentred(2 * zero - channel if mirrored else channel) - uncentred(zero)
        return -value if mirrored else value


def clamp(y, minimum=None, maximum=None):
    if math.isnan(y):
        return y
    if minimum is not None and y < minimum:
        return minimum
    if maximum is not None and y > maximum:
        return maximum
    return y


def expm1(x):
    with mpmath.workdps(50):
        return float(mpmath.expm1(mpmath.mpf(x)))


def unfolded_position(r, weight, s, start):
    """Root u of e^u - 1 + weight (1 - e^(-r u)) = s, by Newton's method from a good start, in 50 digits."""
    with mpmath.workdps(50):
        r, weight, s, u = map(mpmath.mpf, (r, weight, s, start))
        for _ in range(6):
            value = mpmath.expm1(u) - weight * mpmath.expm1(-r * u) - s
            u -= value / (mpmath.exp(u) + weight * r * mpmath.exp(-r * u))
        return u


def hyperlog_position(line, share, s, start):
    """Root u of share (e^u - 1) + line u = s, by Newton's method from a good start, in 50 digits."""
    with mpmath.workdps(50):
        line, share, s, u = map(mpmath.mpf, (line, share, s, start))
        for _ in range(6):
            u -= (share * mpmath.expm1(u) + line * u - s) / (share * mpmath.exp(u) + line)
        return u


def ln(x):
    with mpmath.workdps(50):
        return mpmath.log(mpmath.mpf(x))


# --- geometry --------------------------------------------------------------------------------------------


def point_in_polygon(x, y, vertex_x, vertex_y, beyond=10**9):
    """Exact, in fractions; infinite vertices stand at `beyond`. A ray to the right counts edges."""
    if not (np.isfinite(x) and np.isfinite(y)):
        return False

    def exact(value):
        return Fraction(float(np.clip(value, -beyond, beyond)))

    points = [(exact(a), exact(b)) for a, b in zip(vertex_x, vertex_y, strict=True)]
    x, y = Fraction(float(x)), Fraction(float(y))
    met = 0
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
        if min(y1, y2) <= y < max(y1, y2):
            met += x < x1 + (x2 - x1) * (y - y1) / (y2 - y1)
    return met % 2 == 1


def in_quadric(values, mean, precision, distance_square):
    if not np.isfinite(values).all():
        return False
    delta = np.asarray(values) - np.asarray(mean)
    return bool(delta @ np.asarray(precision) @ delta <= distance_square)


# --- gates/_cells.py: whole numbers, so fractions are exact


def inside_lattice(corners, n_x, n_y):
    points = [(Fraction(int(x)), Fraction(int(y))) for x, y in corners]
    edges = list(zip(points, points[1:] + points[:1], strict=True))

    def holds(x, y):
        met = 0
        for (x1, y1), (x2, y2) in edges:
            in_line = (x2 - x1) * (y - y1) == (x - x1) * (y2 - y1)
            if in_line and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
                return True
            if min(y1, y2) <= y < max(y1, y2):
                met += x < x1 + (x2 - x1) * (y - y1) / (y2 - y1)
        return met % 2 == 1

    return np.array([[holds(x, y) for y in range(n_y)] for x in range(n_x)])


def in_cells(x, y, cells):
    """Which events the primitive `Cells` holds, from its documentation."""
    members = []
    for a, b in zip(x, y, strict=True):
        if not np.isfinite([a, b]).all():
            members.append(False)
            continue
        place = []
        for value, axis, first, size in zip(
            (a, b), (cells.grid.x, cells.grid.y), cells.first, cells.inside.shape, strict=True
        ):
            cell = np.floor((value - axis.low) * axis.per_unit + axis.offset)
            place.append(int(min(max(cell - first, 0), size - 1)))
        members.append(bool(cells.inside[tuple(place)]))
    return np.array(members, dtype=bool)


# --- rasters ---------------------------------------------------------------------------------------------


def cell_is_marked(x, y, grid, inside):
    if not (np.isfinite(x) and np.isfinite(y)):
        return False
    place = []
    for v, (low, per_unit, offset, first), n in zip((x, y), grid, inside.shape, strict=True):
        place.append(int(min(max(np.floor((v - low) * per_unit + offset) - first, 0), n - 1)))
    return bool(inside[tuple(place)])


def cell_of(axis, x):
    """Cell by whole numbers: bits of ``1 + c |x|`` are as many units above those of 1 as there are floats."""
    if not np.isfinite(x):
        return 0
    kind, a, b, first, _, cells = axis
    with np.errstate(over="ignore"):
        if kind == 0.0:
            place = np.floor((x - a) * b) if abs((x - a) * b) < 1e15 else np.sign(x - a) * 1e15
        else:
            units = int((1.0 + np.abs(np.float64(x)) * a).view(np.int64)) - (1023 << 52)
            steps = units // 2 ** int(b)
            place = (-steps if x < 0 else steps) - first
    return int(min(max(place, 0), cells - 1)) + 1


def look_up(x_cells, y_cells, pitch, table, source):
    """Return which events are inside, and which have to be asked exactly."""
    found = [table[y * pitch + x] if mark else 0 for x, y, mark in zip(x_cells, y_cells, source, strict=True)]
    return [code == 1 for code in found], [i for i, code in enumerate(found) if code == 2]


# --- kernels/unpack.py


def unpack_column(buffer, n, row_bytes, offset, width, kind, big_endian, mask, scale_kind, scale_a, scale_b):
    order = "big" if big_endian else "little"
    values = []
    for i in range(n):
        raw = bytes(buffer[i * row_bytes + offset : i * row_bytes + offset + width])
        if kind == 0:
            value = float(int.from_bytes(raw, order) & int(mask))
        else:
            value = float(np.frombuffer(raw, (">" if big_endian else "<") + f"f{width}")[0])
        values.append(value)
    scales = {
        0: lambda x: x,
        1: lambda x: x / scale_a,
        2: lambda x: scale_b * 10.0 ** (scale_a * x),
        3: lambda x: x * scale_a,
    }
    return np.array([scales[scale_kind](value) for value in values])


def count_beyond(buffer, n, layout, low, top):
    """(n_channels, 2) events below and at or above, and how many have one on any channel."""
    below_or_above = np.zeros((n, layout.n_channels, 2), dtype=bool)
    for c in range(layout.n_channels):
        place = (layout.row_bytes, layout.offsets[c], layout.widths[c], layout.kinds[c], layout.big_endian)
        scale = (layout.scale_kinds[c], layout.scale_a[c], layout.scale_b[c])
        values = unpack_column(buffer, n, *place, int(layout.masks[c]), *scale)
        for i, value in enumerate(values):
            below_or_above[i, c] = value < low[c], not value < low[c] and value >= top[c]
    return below_or_above.sum(axis=0), int(below_or_above.any(axis=(1, 2)).sum())


def summarise_columns(buffer, n, layout):
    """Rows of minimum, maximum, NaN, infinite, lost bits and rounded, channel by channel."""
    rows = []
    for c in range(layout.n_channels):
        place = (layout.row_bytes, layout.offsets[c], layout.widths[c], layout.kinds[c], layout.big_endian)
        scale = (layout.scale_kinds[c], layout.scale_a[c], layout.scale_b[c])
        values = unpack_column(buffer, n, *place, int(layout.masks[c]), *scale)
        finite = [value for value in values if math.isfinite(value)]
        lost = rounded = 0
        for i in range(n) if layout.kinds[c] == 0 else ():
            begin = i * layout.row_bytes + layout.offsets[c]
            raw = bytes(buffer[begin : begin + layout.widths[c]])
            stored = int.from_bytes(raw, "big" if layout.big_endian else "little")
            kept = stored & int(layout.masks[c])
            lost += stored != kept
            rounded += int(float(kept)) != kept
        nan = sum(math.isnan(value) for value in values)
        rows.append(
            [
                min(finite, default=np.inf),
                max(finite, default=-np.inf),
                nan,
                n - nan - len(finite),
                lost,
                rounded,
            ]
        )
    return np.array(rows, dtype=np.float64)


# --- ASCII numbers -------------------------------------------------------------------------------------


def split_values(text):
    return [text[found.start() : found.end()] for found in re.finditer(rb"[^ \t,\r\n]+", text)]


def read_numbers(written):
    """What each value is: ("whole", int), ("decimal", float), ("too large",) or ("invalid",)."""
    found = []
    for value in written:
        text = value.strip(b" ")
        if re.fullmatch(rb"[0-9]+", text):
            found.append(("whole", int(text)) if int(text) < 2**64 else ("too large",))
        elif re.fullmatch(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
            found.append(("decimal", float(text)))
        else:
            found.append(("invalid",))
    return found


# --- combinations ------------------------------------------------------------------------------------------


def learn_combinations(marks):
    """How many different rows (n, p) bool has."""
    return len({tuple(row) for row in marks.tolist()})


def fill_combinations(members, numbers):
    """The rows (n, p) that the numbers of combinations stand for; members (p, c)."""
    return np.array([members[:, number] for number in numbers]).reshape(len(numbers), len(members))


def drop_records(records, combinations, none):
    kept = [i for i, combination in enumerate(combinations) if combination != none]
    if 4 * len(kept) > 3 * len(records):
        kept = list(range(len(records)))
    return [records[i] for i in kept], [combinations[i] for i in kept]


# --- quantiles ---------------------------------------------------------------------------------------------


def bucket(value, offset):
    """128 buckets an octave of |x| + offset, in the sum as float64 rounds it; 16 octaves for each sign."""
    if not np.isfinite(value):
        return 4096

    def steps(x):
        if np.isinf(x):
            return 10**9
        mantissa, exponent = np.frexp(x)  # 0.5 <= mantissa < 1
        return int(exponent) * 128 + int((float(mantissa) - 0.5) * 256)

    height = min(2047, steps(abs(float(value)) + offset) - steps(offset))
    return 2047 - height if value < 0 else 2048 + height


def count_cells(values, combinations, offsets, marked):
    """Events of each (column, combination, bucket), and the values of those in `marked`, a set of cells."""
    counts, found = {}, []
    for column, (line, offset) in enumerate(zip(values, offsets, strict=True)):
        for value, combination in zip(line, combinations, strict=True):
            cell = (column, int(combination), bucket(value, offset))
            counts[cell] = counts.get(cell, 0) + 1
            if cell in marked:
                found.append((cell, float(value)))
    return counts, found


def find_ranks(counts, members, ranks):
    """For each column, population and rank: the bucket of that event in order, and how many come before."""
    answers = []
    for column, by_population in enumerate(ranks):
        for member, some in zip(members, by_population, strict=True):
            ordered = np.repeat(np.arange(4096), counts[column][member].sum(axis=0)[:4096].astype(int))
            for rank in some:
                at = int(ordered[rank]) if rank < len(ordered) else 4095
                answers.append((at, int((ordered < at).sum())))
    return answers


def mark_cells(shape, members, low, high):
    marks = np.zeros(shape, dtype=bool)
    for column, population, place in np.ndindex(low.shape):
        for combination in np.flatnonzero(members[population]):
            first, last = low[column, population, place], high[column, population, place]
            marks[column, combination, first : last + 1] = True
    return marks


def select_rank(values, rank):
    return sorted(values)[rank]


def select_targets(cells, members, targets):
    """The value of each target; cells: values by (column, combination, bucket); None where one is missing."""
    answers = []
    for column, population, at, rank in targets:
        parts = [
            cells.get((column, combination, at), []) for combination in np.flatnonzero(members[population])
        ]
        known = all(part is not None for part in parts)
        answers.append(sorted(value for part in parts for value in part)[rank] if known else None)
    return answers


def key(value):
    """How many float64 lie between zero and a value, with its sign."""
    size = int(np.abs(np.float64(value)).view(np.int64))
    return -size if value < 0 else size


def value_of_key(number):
    return float(np.copysign(np.int64(abs(number)).view(np.float64), number))


def narrow(line, inside, low, high):
    """Values of the events inside whose key is in an interval, in order."""
    return sorted(float(v) for v, i in zip(line, inside, strict=True) if i and low <= key(v) <= high)


# --- exact sums --------------------------------------------------------------------------------------------


def add_exactly(values, combinations, combination, logarithms=False):
    """Exact sum, values added, finite values without a logarithm."""
    some = [float(v) for v, c in zip(values, combinations, strict=True) if c == combination]
    some = [value for value in some if np.isfinite(value)]
    added = [value for value in some if value > 0] if logarithms else some
    terms = [Fraction(float(np.log(value)) if logarithms else value) for value in added]
    return sum(terms, Fraction()), len(added), len(some) - len(added)
