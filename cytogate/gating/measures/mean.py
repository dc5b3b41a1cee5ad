"""Arithmetic mean of compensated linear values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gating.measures.base import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray


@measures.register("mean")
class Mean:
    """The arithmetic mean; bright outliers pull it, so prefer the median."""

    name: ClassVar[str] = "mean"
    unit: ClassVar[str] = "channel"

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the mean of (n,) values; NaN for none."""
        return float(np.mean(values)) if len(values) else float("nan")
