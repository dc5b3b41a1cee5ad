"""Geometric mean, defined only where every value is positive."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gating.measures.base import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray


@measures.register("geometric_mean")
class GeometricMean:
    """exp(mean(log x)). With any value <= 0 it is NaN: leaving those out in silence would bias it upwards."""

    name: ClassVar[str] = "geometric_mean"
    unit: ClassVar[str] = "channel"

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the geometric mean of (n,) values; NaN for none, or where a value is not positive."""
        if not len(values) or values.min() <= 0:
            return float("nan")
        return float(np.exp(np.mean(np.log(values))))
