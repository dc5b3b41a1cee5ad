"""Arithmetic mean of compensated linear values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from cytogate.gating.measures.base import measures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@measures.register("mean")
class Mean:
    """The arithmetic mean; bright outliers pull it, so prefer the median.

    The sum is exact and rounded once, so the order of events changes nothing.
    """

    name: ClassVar[str] = "mean"
    unit: ClassVar[str] = "channel"
    logarithms: ClassVar[bool] = False

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the mean of (n,) values; NaN for none."""
        if not len(values):
            return float("nan")
        try:
            return math.fsum(values) / len(values)
        except OverflowError:  # on the way, or in the end
            return _mean(sum(map(Fraction, values.tolist()), Fraction()), len(values))

    def of_sum(self, total: Fraction, n: int, without_logarithm: int) -> float:
        """Return the mean from the exact sum."""
        return _mean(total, n)


def _mean(total: Fraction, n: int) -> float:
    try:
        return float(total) / n
    except OverflowError:  # the sum is beyond float64, the mean is not
        return float(total / n)
