"""Transform kernels: one value at a time, so that gating can call them on the few events that need them.

Log, asinh and logicle have one shape. With u the distance from the centre of the scale, in units in which the
scale grows e-fold, ``_unfold(u) = e^u - 1 + weight (1 - e^(-r u))`` is the value, in units of alpha:

- logicle: ``weight = 1 / r^2``; the biexponential of Gating-ML 2.0 without its cancelling terms;
- asinh: r = 1 and weight = 1, twice the hyperbolic sine;
- log: weight = 0.

Parameters (float64, 16): 0 the inverse of alpha (log: T), 1 units per scale, 2 r, 3 centre, 4 weight,
15 scale per unit; logicle also 5 the slope of u at zero, 6-13 a polynomial for a first guess of u, 14 the
largest value it is good for. Linear: 0 A, 1 T + A.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.kernels._jit import inlined, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Parameters = NDArray[np.float64] | tuple[float, ...]

LINEAR = 0
LOG = 1
ASINH = 2
LOGICLE = 3

# A position is kept to 42 bits of u. Estimates err by a few units in the 52nd bit; one that falls near the
# border between two kept values is settled by `_unfold`. So rounding never puts two events in the wrong
# order: the transforms are monotone without exception, and do not depend on how the estimate was found.
CELL = 1 << 10
HALF = CELL >> 1
DOUBT = 24

LARGEST = 8e307  # a larger multiple of the unit has the same position; only infinity lies at infinity
LN2 = 0.6931471805599453
PER_LN2 = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01  # 32 bits of ln 2, so that its multiples are exact
LN2_LOW = 1.90821492927058770002e-10


# only sums and products in a fixed order: every machine gets the same bits
@inlined
def expm1(x: float) -> float:
    """Return ``e^x - 1`` to 2 units in the last place."""
    if x > 709.0:
        return math.inf
    if x < -45.0:
        return -1.0
    n = math.floor(x * PER_LN2 + 0.5)
    t = (x - n * LN2_HIGH) - n * LN2_LOW
    t2 = t * t
    t4 = t2 * t2
    low = (1.0 / 6.0 + t * (1.0 / 24.0)) + t2 * (1.0 / 120.0 + t * (1.0 / 720.0))
    middle = (1.0 / 5040.0 + t * (1.0 / 40320.0)) + t2 * (1.0 / 362880.0 + t * (1.0 / 3628800.0))
    high = (1.0 / 39916800.0 + t * (1.0 / 479001600.0)) + t2 * (1.0 / 6227020800.0)
    rise = t + (t2 * 0.5 + t2 * t * (low + t4 * (middle + t4 * high)))
    power = np.int64((np.int64(n) + 1023) << 52).view(np.float64)
    return power * rise + (power - 1.0)


# strictly increasing on the kept values of u
@kernel
def _unfold(params: NDArray[np.float64], u: float) -> float:
    if params[4] == 0.0:
        return expm1(u)
    return float(expm1(u) - params[4] * expm1(-params[2] * u))


# u = estimated position (>= 0), s = the value it belongs to
@kernel
def _settle(params: NDArray[np.float64], u: float, s: float) -> float:
    bits = np.float64(u).view(np.int64)
    kept = (bits + HALF) & -CELL
    if abs((bits & (CELL - 1)) - HALF) <= DOUBT:
        kept = bits & -CELL
        if _unfold(params, np.int64(kept + HALF).view(np.float64)) <= s:
            kept += CELL
    return np.int64(kept).view(np.float64)


# natural logarithm to 1e-4, v >= 1
@inlined
def _rough_log(v: float) -> float:
    bits = np.float64(v).view(np.int64)
    exponent = (bits >> 52) - 1023
    t = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64) - 1.0
    t2 = t * t
    return exponent * LN2 + t * (
        (0.999945 - 0.497031 * t) + t2 * ((0.306561 - 0.157838 * t) + t2 * 0.0415511)
    )


# within a few hundredths of u, for s <= params[14]
@inlined
def _first_guess(params: Parameters, s: float) -> float:
    q = _rough_log(1.0 + s * params[5])
    q2 = q * q
    q4 = q2 * q2
    low = (params[6] + q * params[7]) + q2 * (params[8] + q * params[9])
    high = (params[10] + q * params[11]) + q2 * (params[12] + q * params[13])
    return q * (low + q4 * high)


# e^(-t) - 1 for |t| < 0.1
@inlined
def _small_fall(t: float) -> float:
    t2 = t * t
    low = 1.0 - t * 0.5 + t2 * (1.0 / 6.0 - t * (1.0 / 24.0))
    high = 1.0 / 120.0 - t * (1.0 / 720.0) + t2 * (1.0 / 5040.0 - t * (1.0 / 40320.0))
    return -t * (low + t2 * t2 * high)


# u with _unfold(u) = s for s <= params[14], or NaN where the first guess is too far off. A step of fourth
# order, then one on the Taylor series round the guess: one pair of exponentials, and nothing to loop over.
@inlined
def _logicle_estimate(params: Parameters, s: float) -> float:
    r = params[2]
    weight = params[4]
    u = _first_guess(params, s)
    rise = expm1(u)
    fall = expm1(-r * u)
    miss = rise - weight * fall - s
    grown = rise + 1.0
    shrunk = fall + 1.0
    per_slope = 1.0 / (grown + shrunk * (weight * r))
    c2 = 0.5 * (grown - shrunk) * per_slope
    c3 = (1.0 / 6.0) * (grown + r * shrunk) * per_slope
    first = miss * per_slope
    first = first * (1.0 + first * (c2 + first * (2.0 * c2 * c2 - c3)))
    a = _small_fall(first)
    b = _small_fall(-r * first)
    rest = miss + grown * a - weight * shrunk * b
    second = rest / (grown * (1.0 + a) + shrunk * (1.0 + b) * (weight * r))
    return u - (first + second * (1.0 + second * c2)) if abs(first) < 0.1 else math.nan


# the same from anywhere: ln(1 + s) is above the root of a convex function, so Newton's steps go down to it
@kernel
def _logicle_search(params: NDArray[np.float64], s: float) -> float:
    r = params[2]
    weight = params[4]
    u = math.log1p(s)
    for _ in range(200):
        rise = expm1(u)
        fall = expm1(-r * u)
        step = (rise - weight * fall - s) / (rise + 1.0 + (fall + 1.0) * (weight * r))
        u -= step
        if not step > 1e-15 * u:
            break
    return u


@kernel
def forward_scalar(code: int, params: NDArray[np.float64], x: float) -> float:
    """Return the scale position of one value; NaN stays NaN, infinities stay infinite (log: x < 0 is NaN)."""
    if x != x:
        return x
    if code == LINEAR:
        return float((x + params[0]) / params[1])
    if code == LOG:
        if x < 0.0:
            return math.nan
        above = x >= params[0]
        if x == 0.0 or x == math.inf:
            return math.inf if above else -math.inf
        top = float(params[0])
        ratio = min(float(x) / top if above else top / float(x), LARGEST)
        if ratio == 1.0:
            return 1.0
        u = _settle(params, math.log(ratio), ratio - 1.0) / params[1]
        return float(1.0 + u if above else 1.0 - u)
    if abs(x) == math.inf:
        return x
    s = min(abs(float(x)) * float(params[0]), LARGEST)
    if code == ASINH:
        u = math.asinh(0.5 * s)
    else:
        u = _logicle_estimate(params, s) if s <= params[14] else math.nan
        if u != u:
            u = _logicle_search(params, s)
    return float(params[3] + math.copysign(_settle(params, u, s) * params[15], x))


@kernel
def inverse_scalar(code: int, params: NDArray[np.float64], y: float) -> float:
    """Return the value at one scale position."""
    if y != y:
        return y
    if code == LINEAR:
        return float(y * params[1] - params[0])
    if code == LOG:
        u = (y - 1.0) * params[1]
        value: float = params[0] * (1.0 + expm1(u)) if u > -1.0 else params[0] / (1.0 + expm1(-u))
        return value
    u = (y - params[3]) * params[1]
    return math.copysign(_unfold(params, abs(u)) / params[0], u)


# n = values; without a branch in the first loop the compiler treats several values at once
@kernel
def _logicle_into(params: NDArray[np.float64], x: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    p = (
        params[0], params[1], params[2], params[3], params[4], params[5], params[6], params[7],
        params[8], params[9], params[10], params[11], params[12], params[13], params[14],
    )  # fmt: skip
    for i in range(x.shape[0]):
        s = abs(x[i]) * p[0]
        out[i] = _logicle_estimate(p, s if s <= p[14] else p[14])
    for i in range(x.shape[0]):
        s = abs(x[i]) * params[0]
        u = out[i]
        if s <= params[14] and u == u:
            out[i] = params[3] + math.copysign(_settle(params, u, s) * params[15], x[i])
        else:
            out[i] = forward_scalar(LOGICLE, params, x[i])


@kernel
def forward_into(
    code: int, params: NDArray[np.float64], x: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the scale positions of `x` (n) into `out` (n): the bits of `forward_scalar`."""
    if code == LOGICLE:
        _logicle_into(params, x, out)
    elif code == LINEAR:
        for i in range(x.shape[0]):
            out[i] = (x[i] + params[0]) / params[1]
    else:
        for i in range(x.shape[0]):
            out[i] = forward_scalar(code, params, x[i])


# n = positions
@kernel
def inverse_into(
    code: int, params: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the values at scale positions `y` (n) into `out` (n)."""
    for i in range(y.shape[0]):
        out[i] = inverse_scalar(code, params, y[i])
