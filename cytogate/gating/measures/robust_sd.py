"""Robust standard deviation: half the distance between the 15.87th and the 84.13th percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gating.measures.base import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERCENTILES = (15.865525393145708, 84.13447460685429)  # of a normal distribution at one SD either side


@measures.register("robust_sd")
class RobustSd:
    """(P84.13 - P15.87) / 2, percentiles by linear interpolation; equals the SD of a normal population."""

    name: ClassVar[str] = "robust_sd"
    unit: ClassVar[str] = "channel"

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the robust SD of (n,) values; NaN for none."""
        if not len(values):
            return float("nan")
        low, high = np.percentile(values, PERCENTILES)
        return float(high - low) / 2
