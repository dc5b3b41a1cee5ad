"""Shares of one whole, and ratios of two parts: taken on logs, with half an event where there is none.

Subsets of one denominator add up to 100 %: where one falls, others rise. Centred log-ratios (CLR) look at
each against the geometric mean of all; ratios such as DN1:DN2 look at two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.intervals import wilson
from cytogate.stats.series import CONTINUITY

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two counts.

    Attributes
    ----------
    value : float
        ``(a + 1/2) / (b + 1/2)``: finite and above 0 whatever was counted; NaN where nothing was.
    low, high : float
        From Wilson's interval of ``a / (a + b)``; `high` is infinite where b is 0.
    """

    value: float
    low: float
    high: float

    @property
    def log2(self) -> float:
        """The logarithm to base 2: doublings."""
        return math.log2(self.value) if self.value > 0 else math.nan


def ratio(a: int, b: int, *, level: float = 0.95) -> Ratio:
    """Return the ratio of two disjoint counts of one tube.

    Raises
    ------
    ValueError
        A count is negative.

    Examples
    --------
    >>> found = ratio(40, 10)
    >>> round(found.value, 3), round(found.low, 2), round(found.high, 2)
    (3.857, 2.03, 7.89)
    """
    if a < 0 or b < 0:
        message = f"A ratio needs counts of 0 or more, not {a} and {b}."
        raise ValueError(message)
    if a + b == 0:
        return Ratio(math.nan, math.nan, math.nan)
    low, high = wilson(a, a + b, level=level)
    ends = (share / (1 - share) if share < 1 else math.inf for share in (low, high))
    return Ratio((a + CONTINUITY) / (b + CONTINUITY), *ends)


def clr(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return centred log-ratios of counted parts.

    Parameters
    ----------
    counts : ndarray, shape (..., n_parts)
        Events of disjoint parts of one whole, 0 or more; NaN where not counted. Each gets half an event, so
        that a part without any has a logarithm.

    Returns
    -------
    ndarray, shape (..., n_parts)
        ``ln(k + 1/2)`` less its mean over the parts (natural logarithms); they add up to 0. All are NaN where
        one part is.

    Raises
    ------
    ValueError
        Fewer than two parts, or a negative count.

    Examples
    --------
    >>> clr(np.array([9.5, 9.5, 0.0])).round(3).tolist()
    [0.999, 0.999, -1.997]
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim == 0 or counts.shape[-1] < 2 or (counts < 0).any():
        message = "Centred log-ratios need two or more parts with counts of 0 or more."
        raise ValueError(message)
    logs = np.log(counts + CONTINUITY)
    centred: NDArray[np.float64] = logs - logs.mean(axis=-1, keepdims=True)
    return centred
