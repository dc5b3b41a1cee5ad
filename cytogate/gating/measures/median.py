"""Median: the field's default intensity (MFI), on compensated linear values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gating.measures.base import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray


@measures.register("median")
class Median:
    """The middle value; of an even number, the mean of the two in the middle."""

    name: ClassVar[str] = "median"
    unit: ClassVar[str] = "channel"

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the median of (n,) values by selection; NaN for none."""
        return float(np.median(values)) if len(values) else float("nan")

    def ranks(self, n: int) -> tuple[int, int]:
        """Return the two places in the middle, which are one for an odd number."""
        return (n - 1) // 2, n // 2

    def of_ranks(self, values: tuple[float, ...], n: int) -> float:
        """Return the mean of the two."""
        return values[0] if n % 2 else (values[0] + values[1]) / 2
