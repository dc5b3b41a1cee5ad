"""Exact sums: float64 values added as whole numbers, so that no order of events changes the result.

Every finite float64 is a whole number of units of 2^-1074. A sum is kept in LIMBS numbers of 32 bits each,
in 64 bits, so that carries wait until the end; the sum is rounded once, when it is used.
"""

# w = columns, c = combinations, m = events

from __future__ import annotations

import math

import numpy as np

from cytogate.kernels._jit import inlined, kernel

LIMBS = 67  # 32 bits each: from 2^-1074 to 2^1024, and what many values carry beyond
UNIT = -1074  # the first limb counts units of 2^UNIT
MOST = 1 << 30  # values that fit without a carry

LOW = np.int64(0xFFFFFFFF)
FRACTION = np.int64((1 << 52) - 1)


@inlined
def _add(limbs, value):
    """Add a finite value to (LIMBS,) int64."""
    bits = np.float64(value).view(np.int64)
    exponent = (bits >> np.int64(52)) & np.int64(0x7FF)
    fraction = bits & FRACTION
    if exponent > 0:
        fraction |= np.int64(1) << np.int64(52)
        exponent -= np.int64(1)
    first, shift = exponent >> np.int64(5), exponent & np.int64(31)
    low = (fraction & LOW) << shift
    high = (fraction >> np.int64(32)) << shift
    sign = np.int64(-1) if bits < 0 else np.int64(1)
    limbs[first] += sign * (low & LOW)
    limbs[first + 1] += sign * ((low >> np.int64(32)) + (high & LOW))
    limbs[first + 2] += sign * (high >> np.int64(32))


@kernel
def add_exactly(values, combinations, n, logarithms, sums, counts):
    """Add `n` events to exact sums, one for each column and combination of populations.

    values (w, >= n) float64; those not finite are left out. combinations (>= n,) int16
    logarithms   whether ln(x) is added in place of x; then values <= 0 are counted apart
    sums   (w, c, LIMBS) int64; counts (w, c, 2) int64: values added, finite values without a logarithm
    """
    for w in range(len(values)):
        for i in range(n):
            value = values[w, i]
            if value - value != 0.0:  # NaN or infinite
                continue
            c = combinations[i]
            if logarithms:
                if value <= 0.0:
                    counts[w, c, 1] += 1
                    continue
                value = math.log(value)
            counts[w, c, 0] += 1
            _add(sums[w, c], value)
