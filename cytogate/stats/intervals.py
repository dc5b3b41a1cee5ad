"""Confidence intervals of counted events: Wilson and Clopper-Pearson for a share, Garwood for a count."""

from __future__ import annotations

import math
from statistics import NormalDist


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
