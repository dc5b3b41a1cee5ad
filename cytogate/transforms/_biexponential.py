"""The biexponential that logicle and FlowJo's biex share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.transforms._guess import guess_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unfolded(r: float, weight: float, z: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return values in units of alpha for positions z right of zero: e^z - 1 + weight (1 - e^(-r z))."""
    values: NDArray[np.float64] = np.expm1(z) - weight * np.expm1(np.multiply(-r, z))
    return values


def first_guess(r: float, weight: float, top: float) -> tuple[float, ...]:
    """Return the kernel's first guess for positions up to `top`; see `guess_numbers`."""
    return guess_numbers(lambda z: unfolded(r, weight, z), 1.0 / (1.0 + weight * r), top)


def decay_ratio(width: float) -> float:
    """Return r = d / b in (0, 1], the root of 2 ln r + width (1 + r) = 0, to the last bit by bisection.

    `width` is that of the nearly linear region, in e-folds: W ln 10.
    """
    if width == 0.0:
        return 1.0
    low, high = 0.0, 1.0
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return middle
        if 2.0 * math.log(middle) + width * (1.0 + middle) > 0.0:
            high = middle
        else:
            low = middle
