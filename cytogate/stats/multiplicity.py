"""Many questions at once: Benjamini-Hochberg for the rate of false discoveries, Holm for any error at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def benjamini_hochberg(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return q values of one declared family, shape as `p`.

    Where p is NaN (a question that could not be answered) q is NaN, and the family is that much smaller.

    Raises
    ------
    ValueError
        When a p is not between 0 and 1.

    Examples
    --------
    >>> benjamini_hochberg([0.001, 0.008, 0.039, 0.5]).round(4).tolist()
    [0.004, 0.016, 0.052, 0.5]
    """
    values, known, order = _checked(p)
    out = np.full(values.shape, np.nan)
    sorted_p = values[known][order]
    scaled = sorted_p * sorted_p.size / np.arange(1, sorted_p.size + 1)
    out[known[order]] = np.minimum(1, np.minimum.accumulate(scaled[::-1])[::-1])
    return out


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p values adjusted so that any false one among all is as rare as promised; NaN stays NaN.

    Raises
    ------
    ValueError
        When a p is not between 0 and 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    values, known, order = _checked(p)
    out = np.full(values.shape, np.nan)
    sorted_p = values[known][order]
    scaled = sorted_p * np.arange(sorted_p.size, 0, -1)
    out[known[order]] = np.minimum(1, np.maximum.accumulate(scaled))
    return out


def _checked(
    p: Sequence[float] | NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    values = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    outside = values[known][(values[known] < 0) | (values[known] > 1)]
    if outside.size:
        message = f"A p value lies between 0 and 1, not at {outside[0]}."
        raise ValueError(message)
    return values, known, np.argsort(values[known], kind="stable")
