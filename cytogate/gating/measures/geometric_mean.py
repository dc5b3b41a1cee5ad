"""Geometric mean, defined only where every value is positive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from cytogate.gating.measures.base import measures

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray


@measures.register("geometric_mean")
class GeometricMean:
    """exp(mean(log x)). With any value <= 0 it is NaN: leaving those out in silence would bias it upwards.

    The sum of logarithms is exact and rounded once, so the order of events changes nothing.
    """

    name: ClassVar[str] = "geometric_mean"
    unit: ClassVar[str] = "channel"
    logarithms: ClassVar[bool] = True

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the geometric mean of (n,) values; NaN for none, or where a value is not positive."""
        if not len(values) or values.min() <= 0:
            return float("nan")
        return math.exp(math.fsum(map(math.log, values.tolist())) / len(values))

    def of_sum(self, total: Fraction, n: int, without_logarithm: int) -> float:
        """Return the geometric mean from the exact sum of logarithms."""
        return float("nan") if without_logarithm else math.exp(float(total) / n)
