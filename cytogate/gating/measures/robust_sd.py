"""Robust standard deviation: half the distance between the 15.87th and the 84.13th percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gating.measures.base import measures, percentile_of, percentile_place

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

    def ranks(self, n: int) -> tuple[int, ...]:
        """Return the places around the two percentiles."""
        return tuple(rank for percent in PERCENTILES for rank in percentile_place(percent, n)[:2])

    def of_ranks(self, values: tuple[float, ...], n: int) -> float:
        """Return half the distance of the two percentiles."""
        low = percentile_of(values[:2], percentile_place(PERCENTILES[0], n)[2])
        high = percentile_of(values[2:], percentile_place(PERCENTILES[1], n)[2])
        return (high - low) / 2
