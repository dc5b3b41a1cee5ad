"""Transform kernels: one value at a time, so that gating can call them on the few events that need them.

All but the linear scale have one shape. With u the distance from the centre of the scale, in units in which
the scale grows e-fold, ``_unfold(u)`` is the value, in units of alpha:

- logicle: ``e^u - 1 + weight (1 - e^(-r u))``, the biexponential without its cancelling terms; weight is
  1 / r^2, close to it in FlowJo's biex, and both are 1 in asinh, which is twice the hyperbolic sine;
- hyperlog: ``share (e^u - 1) + line u``, with a slope of 1 at zero;
- log: ``e^u - 1``, counted from the top of scale, downwards too.

Parameters (float64, 18): 0 the inverse of alpha (log: the top of scale), 1 units per scale, 2 r (hyperlog:
line; log: 1 if values below zero count as zero), 3 position of the centre, 4 weight (hyperlog: share), 5 the
slope and 6-13 the polynomial of a first guess of u, 14 the largest value it is good for, 15 scale per unit,
16 and 17 the bounds of positions. Linear: 0 A, 1 T + A, 16 and 17.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part
from cytogate.kernels.exponential import expm1, near_expm1, rough_log, small_fall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Parameters = NDArray[np.float64] | tuple[float, ...]

LINEAR = 0
LOG = 1
LOGICLE = 2
HYPERLOG = 3

# A position is kept to 42 bits of u. Which of the two kept values round an estimate is nearer, is for
# `_unfold` at the border between them to say; no estimate errs by so much as half their distance. So rounding
# never puts two events in the wrong order: the transforms are monotone without exception, and do not depend
# on how the estimate was found.
CELL = 1 << 10
HALF = CELL >> 1

LARGEST = 8e307  # a larger multiple of the unit has the same position; only infinity lies at infinity
REACH = 0.1  # a first guess further off than this takes the long way


# strictly increasing on the kept values of u
@part
def _unfold(code: int, params: NDArray[np.float64], u: float) -> float:
    if code == HYPERLOG:
        return float(params[4] * expm1(u) + params[2] * u)
    return float(expm1(u) - params[4] * expm1(-params[2] * u))


# halfway between the two kept values of u round an estimate
@inlined
def _border(u: float) -> float:
    return np.int64((np.float64(u).view(np.int64) & -CELL) + HALF).view(np.float64)


# the nearer kept value of u, by the value `at_border` that belongs to the border and s that belongs to u
@inlined
def _settled(u: float, at_border: float, s: float) -> float:
    low = np.float64(u).view(np.int64) & -CELL
    return np.int64(low + CELL if at_border <= s else low).view(np.float64)


@kernel
def settle(code: int, params: NDArray[np.float64], u: float, s: float) -> float:
    """Return the kept position for an estimate `u` (>= 0) of where the value `s` lies."""
    return _settled(u, _unfold(code, params, _border(u)), s)


# within a few hundredths of u, for s <= params[14]
@inlined
def _first_guess(params: Parameters, s: float) -> float:
    q = rough_log(1.0 + s * params[5])
    q2 = q * q
    q4 = q2 * q2
    low = (params[6] + q * params[7]) + q2 * (params[8] + q * params[9])
    high = (params[10] + q * params[11]) + q2 * (params[12] + q * params[13])
    return q * (low + q4 * high)


# A step of fourth order, then one on the Taylor series round the guess: one pair of exponentials, and nothing
# to loop over.
@inlined
def logicle_estimate(params: Parameters, s: float) -> float:
    """Return u with ``_unfold(u) = s`` for s <= params[14], or NaN where the first guess is too far off."""
    r = params[2]
    weight = params[4]
    u = _first_guess(params, s)
    rise = near_expm1(u)
    fall = near_expm1(-r * u)
    miss = rise - weight * fall - s
    grown = rise + 1.0
    shrunk = fall + 1.0
    per_slope = 1.0 / (grown + shrunk * (weight * r))
    c2 = 0.5 * (grown - shrunk) * per_slope
    c3 = (1.0 / 6.0) * (grown + r * shrunk) * per_slope
    newton = miss * per_slope
    first = newton * (1.0 + newton * (c2 + newton * (2.0 * c2 * c2 - c3)))
    a = small_fall(first)
    b = small_fall(-r * first)
    miss += grown * a - weight * shrunk * b
    grown += grown * a
    shrunk += shrunk * b
    per_slope = 1.0 / (grown + shrunk * (weight * r))
    second = miss * per_slope
    c2 = 0.5 * (grown - shrunk) * per_slope
    return u - (first + second * (1.0 + second * c2)) if abs(newton) < REACH else math.nan


@inlined
def hyperlog_estimate(params: Parameters, s: float) -> float:
    """Return the same for hyperlog."""
    linear = params[2]
    u = _first_guess(params, s)
    rise = params[4] * near_expm1(u)
    miss = (rise - s) + linear * u
    grown = rise + params[4]
    per_slope = 1.0 / (grown + linear)
    c2 = 0.5 * grown * per_slope
    newton = miss * per_slope
    first = newton * (1.0 + newton * (c2 + newton * (2.0 * c2 * c2 - c2 * (1.0 / 3.0))))
    a = small_fall(first)
    miss += grown * a - linear * first
    grown += grown * a
    per_slope = 1.0 / (grown + linear)
    second = miss * per_slope
    c2 = 0.5 * grown * per_slope
    return u - (first + second * (1.0 + second * c2)) if abs(newton) < REACH else math.nan


@kernel
def search(code: int, params: NDArray[np.float64], s: float) -> float:
    """Return u from anywhere: Newton's steps from above the root of a convex function go down to it."""
    a = float(params[2])
    b = float(params[4])
    u = math.log1p(s)
    if code == HYPERLOG:
        u = min(s, math.log1p(s / b))
    for _ in range(200):
        rise = expm1(u)
        if code == HYPERLOG:
            step = (b * rise + a * u - s) / (b * (rise + 1.0) + a)
        else:
            fall = expm1(-a * u)
            step = (rise - b * fall - s) / (rise + 1.0 + (fall + 1.0) * (b * a))
        u -= step
        if not step > 1e-15 * u:
            break
    return u


@inlined
def _bounded(params: Parameters, y: float) -> float:
    y = params[16] if y < params[16] else y
    return params[17] if y > params[17] else y  # NaN passes both


# 0 < x < infinity
@inlined
def _log_position(params: Parameters, x: float) -> float:
    above = x >= params[0]
    ratio = x / params[0] if above else params[0] / x
    ratio = ratio if ratio < LARGEST else LARGEST
    s = ratio - 1.0
    u = rough_log(ratio)
    rise = near_expm1(u)
    more = (s - rise) / (rise + 1.0)
    u += more * (1.0 - more * (1.0 / 2.0 - more * (1.0 / 3.0 - more * (1.0 / 4.0))))
    u = _settled(u, near_expm1(_border(u)), s)
    y = u * params[15]
    return params[3] + (y if above else -y)


# x is no NaN
@part
def _forward_log(params: NDArray[np.float64], x: float) -> float:
    if 0.0 < x < math.inf:
        return float(_log_position(params, x))
    if x > 0.0:
        return math.inf
    return -math.inf if x == 0.0 or params[2] == 1.0 else math.nan


# x is no NaN; code is logicle or hyperlog
@part
def _forward_unfolded(code: int, params: NDArray[np.float64], x: float) -> float:
    if abs(x) == math.inf:
        return x
    # the exponential of hyperlog must not overflow before it is made small
    largest = LARGEST * float(params[4]) if code == HYPERLOG else LARGEST
    s = min(abs(float(x)) * float(params[0]), largest)
    u = math.nan
    if s <= params[14]:
        u = hyperlog_estimate(params, s) if code == HYPERLOG else logicle_estimate(params, s)
    if u != u:
        u = search(code, params, s)
    return float(params[3] + math.copysign(settle(code, params, u, s) * params[15], x))


@kernel
def forward_scalar(code: int, params: NDArray[np.float64], x: float) -> float:
    """Return the scale position of one value; NaN stays NaN, infinities stay infinite (log: x < 0 is NaN).

    Bounds come last: a position beyond one, be it infinite, becomes the bound.
    """
    if x != x:
        return x
    if code == LINEAR:
        y = float((x + params[0]) / params[1])
    elif code == LOG:
        y = _forward_log(params, x)
    else:
        y = _forward_unfolded(code, params, x)
    return _bounded(params, y)


@kernel
def inverse_scalar(code: int, params: NDArray[np.float64], y: float) -> float:
    """Return the value at one scale position; a position beyond a bound has that of the bound."""
    if y != y:
        return y
    y = _bounded(params, y)
    if code == LINEAR:
        return float(y * params[1] - params[0])
    u = (y - params[3]) * params[1]
    if code == LOG:
        value: float = params[0] * (1.0 + expm1(u)) if u > -1.0 else params[0] / (1.0 + expm1(-u))
        return value
    return math.copysign(_unfold(code, params, abs(u)) / params[0], u)


# Without a branch in the first loop the compiler treats several values at once; what lies beyond the reach of
# the first guess, or has no logarithm, follows one by one. n = values
@part
def _unfolded_into(
    code: int, params: NDArray[np.float64], x: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    p = (
        params[0], params[1], params[2], params[3], params[4], params[5], params[6], params[7],
        params[8], params[9], params[10], params[11], params[12], params[13], params[14], params[15],
        params[16], params[17],
    )  # fmt: skip
    if code == HYPERLOG:
        for i in range(x.shape[0]):
            s = abs(x[i]) * p[0]
            u = hyperlog_estimate(p, s if s <= p[14] else p[14])
            u = _settled(u, p[4] * near_expm1(_border(u)) + p[2] * _border(u), s)
            y = p[3] + math.copysign(u * p[15], x[i])
            out[i] = _bounded(p, y if s <= p[14] else math.nan)
    elif code == LOG:
        for i in range(x.shape[0]):
            has_logarithm = 0.0 < x[i] < math.inf
            y = _log_position(p, x[i] if has_logarithm else p[0])
            out[i] = _bounded(p, y if has_logarithm else math.nan)
    else:
        for i in range(x.shape[0]):
            s = abs(x[i]) * p[0]
            u = logicle_estimate(p, s if s <= p[14] else p[14])
            u = _settled(u, near_expm1(_border(u)) - p[4] * near_expm1(-p[2] * _border(u)), s)
            y = p[3] + math.copysign(u * p[15], x[i])
            out[i] = _bounded(p, y if s <= p[14] else math.nan)
    for i in range(x.shape[0]):
        if out[i] != out[i]:
            out[i] = forward_scalar(code, params, x[i])


@kernel
def forward_into(
    code: int, params: NDArray[np.float64], x: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the scale positions of `x` (n) into `out` (n): the bits of `forward_scalar`."""
    if code != LINEAR:
        _unfolded_into(code, params, x, out)
    else:
        for i in range(x.shape[0]):
            out[i] = _bounded(params, (x[i] + params[0]) / params[1])


# n = positions
@kernel
def inverse_into(
    code: int, params: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the values at scale positions `y` (n) into `out` (n)."""
    for i in range(y.shape[0]):
        out[i] = inverse_scalar(code, params, y[i])
