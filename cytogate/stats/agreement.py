"""How far two readers or two runs agree: intraclass correlation, Bland-Altman, Lin's concordance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 3  # samples read by both
NAN3 = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Differences of two readers, the second minus the first.

    Attributes
    ----------
    bias, low, high : float
        Mean difference, with its interval by t.
    spread : float
        SD of the differences.
    least, most : float
        Limits of agreement: bias ± 1.96 SD, between which 95 % of differences lie.
    """

    bias: float
    low: float
    high: float
    spread: float
    least: float
    most: float


def icc(
    first: NDArray[np.float64], second: NDArray[np.float64], *, level: float = 0.95
) -> tuple[float, float, float]:
    """Return ICC(2,1) with its interval: two-way random, absolute agreement, one reading.

    Shrout and Fleiss 1979.

    Parameters
    ----------
    first, second : ndarray, shape (n_samples,)
        Of the same samples, without missing values.

    Returns
    -------
    (value, low, high)
        NaN with fewer than three samples, or where all values are equal.
    """
    from scipy.special import fdtri

    table = np.column_stack([first, second])
    n, k = table.shape
    grand = table.mean() if n else 0.0
    total = float(((table - grand) ** 2).sum())
    if n < FEWEST or total <= 1e-24 * float((table**2).sum()):
        return NAN3
    between = k * float(((table.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    readers = n * float(((table.mean(axis=0) - grand) ** 2).sum()) / (k - 1)
    noise = max(0.0, total - between * (n - 1) - readers * (k - 1)) / ((n - 1) * (k - 1))
    if noise <= 1e-14 * total:
        noise = 0.0
    value = (between - noise) / (between + (k - 1) * noise + k * (readers - noise) / n)
    if not noise:
        return value, math.nan, math.nan
    ratio = readers / noise
    upper = (k - 1) * (n - 1) * (k * value * ratio + n * (1 + (k - 1) * value) - k * value) ** 2
    lower = (n - 1) * k**2 * value**2 * ratio**2 + (n * (1 + (k - 1) * value) - k * value) ** 2
    freedom = upper / lower
    tail = 0.5 + level / 2
    f_low, f_high = float(fdtri(n - 1, freedom, tail)), float(fdtri(freedom, n - 1, tail))
    rest = k * readers + (k * n - k - n) * noise
    low = n * (between - f_low * noise) / (f_low * rest + n * between)
    high = n * (f_high * between - noise) / (rest + n * f_high * between)
    return value, low, high


def bland_altman(
    first: NDArray[np.float64], second: NDArray[np.float64], *, level: float = 0.95
) -> BlandAltman:
    """Return bias and limits of agreement (Bland and Altman 1986); NaN with fewer than three samples.

    Parameters
    ----------
    first, second : ndarray, shape (n_samples,)
        Of the same samples, without missing values.
    """
    from scipy.special import stdtrit

    differences = second - first
    n = differences.size
    if n < FEWEST:
        return BlandAltman(*NAN3, *NAN3)
    bias, spread = float(differences.mean()), float(differences.std(ddof=1))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * spread / math.sqrt(n)
    return BlandAltman(bias, bias - half, bias + half, spread, bias - 1.96 * spread, bias + 1.96 * spread)


def concordance(
    first: NDArray[np.float64], second: NDArray[np.float64], *, level: float = 0.95
) -> tuple[float, float, float]:
    """Return Lin's concordance correlation with its interval by Fisher's z (Lin 1989, corrected 2000).

    Parameters
    ----------
    first, second : ndarray, shape (n_samples,)
        Of the same samples, without missing values.

    Returns
    -------
    (value, low, high)
        NaN with fewer than three samples, or where all values are equal.
    """
    from scipy.special import ndtri

    n = first.size
    if n < FEWEST:
        return NAN3
    means, spreads = (first.mean(), second.mean()), (float(first.var()), float(second.var()))
    apart = float(means[0] - means[1])
    together = float(((first - means[0]) * (second - means[1])).mean())
    below = spreads[0] + spreads[1] + apart**2
    if below <= 1e-24 * float((first**2).sum() + (second**2).sum()):
        return NAN3
    value = 2 * together / below
    size = math.sqrt(spreads[0] * spreads[1])
    r = together / size if size > 0 else 0.0
    if abs(value) >= 1 - 1e-12 or r == 0:
        return value, math.nan, math.nan
    u2 = apart**2 / size
    z_variance = (
        (1 - r**2) * value**2 / ((1 - value**2) * r**2)
        + 2 * value**3 * (1 - value) * u2 / (r * (1 - value**2) ** 2)
        - value**4 * u2**2 / (2 * r**2 * (1 - value**2) ** 2)
    ) / (n - 2)
    half = float(ndtri(0.5 + level / 2)) * math.sqrt(max(0.0, z_variance))
    return value, math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)
