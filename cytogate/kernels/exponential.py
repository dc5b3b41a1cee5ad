"""Exponential and logarithm without branches, so that loops may treat several values at once."""

from __future__ import annotations

import math

import numpy as np

from cytogate.kernels._jit import inlined

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
    return near_expm1(x)


@inlined
def near_expm1(x: float) -> float:
    """Return the same for -700 < x < 709.4, without a branch; NaN stays NaN."""
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


@inlined
def rough_log(v: float) -> float:
    """Return the natural logarithm of v >= 1 to 1e-4."""
    bits = np.float64(v).view(np.int64)
    exponent = (bits >> 52) - 1023
    t = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64) - 1.0
    t2 = t * t
    return exponent * LN2 + t * (
        (0.999945 - 0.497031 * t) + t2 * ((0.306561 - 0.157838 * t) + t2 * 0.0415511)
    )


@inlined
def small_fall(t: float) -> float:
    """Return ``e^(-t) - 1`` for -0.11 < t < 0.11."""
    t2 = t * t
    low = 1.0 - t * 0.5 + t2 * (1.0 / 6.0 - t * (1.0 / 24.0))
    high = 1.0 / 120.0 - t * (1.0 / 720.0) + t2 * (1.0 / 5040.0 - t * (1.0 / 40320.0))
    return -t * (low + t2 * t2 * high)
