"""Slow, obvious twins of the kernels: what each must compute, written as plainly as possible."""

from __future__ import annotations

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


# --- program ---------------------------------------------------------------------------------------------
# run_program, run_columns, fill_slot, read_channel and transformed are tested whole: their twin is `plainly`
# in tests/gating/test_engine.py.


def pack_bits(marks):
    padded = list(marks) + [False] * (-len(marks) % 8)
    return np.array(
        [sum(128 >> k for k in range(8) if padded[at + k]) for at in range(0, len(padded), 8)], dtype=np.uint8
    )


def apply_interval(column, low, high, source):
    is_open = high == np.inf
    return np.array(
        [
            bool(inside and low <= value and (is_open or value < high))
            for value, inside in zip(column, source, strict=True)
        ]
    )


def apply_polygon(x, y, vertex_x, vertex_y, source):
    return np.array(
        [bool(m and point_in_polygon(a, b, vertex_x, vertex_y)) for a, b, m in zip(x, y, source, strict=True)]
    )


def apply_quadric(values, mean, precision, distance_square, source):
    answers = []
    for point, member in zip(values.T, source, strict=True):
        with np.errstate(invalid="ignore"):
            delta = point - mean
            distance = delta @ precision @ delta
        answers.append(bool(member and np.isfinite(point).all() and distance <= distance_square))
    return np.array(answers)


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

        def biexponential(y):
            return a * mpmath.exp(b * y) - c * mpmath.exp(-d * y) - f

        goal = abs(mpmath.mpf(x))
        low, high = x1, x1 + 1
        while biexponential(high) < goal:
            high += 1
        for _ in range(120):
            middle = (low + high) / 2
            if biexponential(middle) < goal:
                low = middle
            else:
                high = middle
        return low if x >= 0 else 2 * x1 - low


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
