"""Confidence intervals of counted events: Wilson and Clopper-Pearson for a share, Garwood for a count.

`shifted` widens that of a share by what else is uncertain of it.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 200  # of the distribution of a share


def wilson(count: int, total: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share; the default of every table.

    Parameters
    ----------
    count, total : int
        Events inside, and events looked at; ``0 <= count <= total``.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    (low, high)
        Shares between 0 and 1; ``(nan, nan)`` when `total` is 0.

    Raises
    ------
    ValueError
        When the counts do not fit each other, or the level is not between 0 and 1.

    Examples
    --------
    >>> low, high = wilson(37, 812)
    >>> round(100 * low, 4), round(100 * high, 4)
    (3.3237, 6.2175)
    """
    _check(count, total, level)
    if total == 0:
        return math.nan, math.nan
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = count / total
    shrink = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == total else min(1.0, middle + half)
    return low, high


def clopper_pearson(count: int, total: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact binomial interval of a share (for response rates; never too short).

    Parameters, returns and raises as `wilson`.

    Examples
    --------
    >>> low, high = clopper_pearson(5, 6)
    >>> round(low, 7), round(high, 7)
    (0.3587654, 0.9957893)
    """
    from scipy.special import betaincinv

    _check(count, total, level)
    if total == 0:
        return math.nan, math.nan
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, tail))
    high = 1.0 if count == total else float(betaincinv(count + 1, total - count, 1 - tail))
    return low, high


def shifted(count: int, total: int, shifts: Sequence[float], *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share whose logit may also lie `shifts` elsewhere, such as by other gates.

    Parameters
    ----------
    count, total : int
        Events inside, and events looked at.
    shifts : sequence of float
        Equally likely changes of the logit; none, or all zero, give Wilson's interval.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    (low, high)
        Quantiles of the Jeffreys posterior of the share with every shift, and never within Wilson's
        interval; ``(nan, nan)`` when `total` is 0.

    Raises
    ------
    ValueError
        As `wilson`.

    Examples
    --------
    >>> low, high = shifted(37, 812, [-0.5, 0.0, 0.5])
    >>> round(100 * low, 1), round(100 * high, 1)
    (2.2, 9.1)
    """
    low, high = wilson(count, total, level=level)
    if total == 0 or not any(shifts):
        return low, high
    import numpy as np
    from scipy.special import betaincinv, expit, logit

    shares = betaincinv(count + 0.5, total - count + 0.5, (np.arange(STEPS) + 0.5) / STEPS)
    both = expit(np.add.outer(logit(np.clip(shares, 1e-15, 1 - 1e-15)), np.asarray(shifts)))
    tail = (1 - level) / 2
    ends = np.quantile(both, [tail, 1 - tail])
    return min(low, float(ends[0])), max(high, float(ends[1]))


def difference(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float]:
    """Return the interval of second - first from the interval of each, both of the same level.

    The square-and-add method: Newcombe 1998 (method 10) for shares with Wilson's intervals, Zou and Donner
    2008 for any. Both are taken as independent.

    Parameters
    ----------
    first, second : tuple of (value, low, high)
        In one unit, such as percents; ``low <= value <= high``.

    Returns
    -------
    (low, high)
        In that unit.

    Raises
    ------
    ValueError
        When a value lies outside of its interval.

    Examples
    --------
    >>> low, high = difference((50.0, 45.0, 55.0), (60.0, 57.0, 64.0))
    >>> round(low, 3), round(high, 3)
    (4.169, 16.403)
    """
    for value, low, high in (first, second):
        if not low <= value <= high:
            message = f"A value lies in its interval: not {value} in {low} to {high}."
            raise ValueError(message)
    change = second[0] - first[0]
    return (
        change - math.hypot(second[0] - second[1], first[2] - first[0]),
        change + math.hypot(second[2] - second[0], first[0] - first[1]),
    )


def garwood(count: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact Poisson interval of an expected count (for absolute counts).

    Parameters
    ----------
    count : int
        Events counted, 0 or more.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    (low, high)
        Expected counts.

    Raises
    ------
    ValueError
        When the count is negative, or the level is not between 0 and 1.

    Examples
    --------
    >>> low, high = garwood(10)
    >>> round(low, 3), round(high, 3)
    (4.795, 18.39)
    """
    from scipy.special import gammaincinv

    _check(count, count, level)
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(gammaincinv(count, tail))
    return low, float(gammaincinv(count + 1, 1 - tail))


def _check(count: int, total: int, level: float) -> None:
    if not 0 <= count <= total:
        message = f"An interval needs 0 <= count <= total, not count {count} of {total}."
        raise ValueError(message)
    if not 0 < level < 1:
        message = f"The level of an interval lies between 0 and 1, not at {level}."
        raise ValueError(message)
