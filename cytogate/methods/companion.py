"""Companion: how far another cut of the same marker says where this one belongs in a sample.

Two populations of one tube carry the same dye: where the cut of one lies higher than in other samples, that
of the other as a rule does too. How much higher is learned from the samples that say both, and used for all;
where the two have nothing to do with each other, nothing is used. ``docs/anchoring.md`` writes the model out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.methods.levels import deviation_grid
from cytogate.methods.spread import FLOOR, estimate, say, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST = 6  # samples that say both: fewer lie on a line too easily
EXPECTED = 1.0  # prior standard deviation of the slope: a gain moves all cuts of a marker alike
RELATED = 0.5  # prior probability that there is a slope at all
ROUNDS = 3  # of deciding which samples jumped, given the slope


@dataclass(frozen=True, slots=True)
class Slope:
    """How far a cut goes with its companion, and where the companion is in the middle of the study.

    Attributes
    ----------
    mean, variance : float
        Of the slope (no unit), with the probability that there is none already in them.
    centre : float
        Mean position of the companion, scale units: there the slope moves nothing.
    """

    mean: float = 0.0
    variance: float = 0.0
    centre: float = 0.0

    def offset(self, beside: float) -> float:
        """Return how far the cut is moved where the companion is at `beside`; scale units.

        Examples
        --------
        >>> round(Slope(mean=0.5, centre=0.4).offset(0.46), 6), Slope().offset(0.46)
        (0.03, 0.0)
        """
        return self.mean * (beside - self.centre) if math.isfinite(beside) else 0.0

    def doubt(self, beside: float) -> float:
        """Return the variance that the slope's own uncertainty gives to `offset`; scale units squared."""
        return self.variance * (beside - self.centre) ** 2 if math.isfinite(beside) else 0.0


def slope_of(
    positions: NDArray[np.float64],
    variances: NDArray[np.float64],
    groups: Sequence[str],
    beside: NDArray[np.float64],
) -> Slope:
    """Return how far positions go with those of the companion.

    Parameters
    ----------
    positions, variances : (n,) arrays
        Of the cut, as samples say alone; an infinite variance has no say.
    groups : sequence of str
        Subject or batch of each sample.
    beside : (n,) array
        Where the companion stands in each sample; NaN where it does not.

    Returns
    -------
    Slope
        One that moves nothing where fewer than `FEWEST` samples say both.
    """
    says = np.isfinite(positions) & np.isfinite(variances) & np.isfinite(beside)
    if says.sum() < FEWEST or not float(np.ptp(beside[says])) > 0:
        return Slope()
    y, v, x = positions[says], variances[says], beside[says]
    member = [group for group, kept in zip(groups, says, strict=True) if kept]
    centre = float(x.mean())
    mean = variance = 0.0
    for _ in range(ROUNDS):
        rest = y - mean * (x - centre)
        stays = say(1 - estimate(rest, v, member).jumped)
        mean, variance = _moments(y, v, member, x - centre, stays)
    return Slope(mean, variance, centre)


def _moments(
    y: NDArray[np.float64],
    v: NDArray[np.float64],
    groups: Sequence[str],
    x: NDArray[np.float64],
    stays: NDArray[np.float64],
) -> tuple[float, float]:
    """Return mean and variance of the slope, integrated over both variances and over there being none.

    The level of the study is integrated over with a flat prior, the slope with a normal one; arrays have the
    axes (within, between).
    """
    middle = float(np.median(y))
    unit = unit_of(y - middle, v)
    y, v, x = (y - middle) / unit, np.maximum(v / unit**2, FLOOR), x / unit
    within, between, prior = deviation_grid(y, len(set(groups)))
    total = v + within[:, None] ** 2
    own = stays / total
    belongs = np.array(
        [[group == name for name in sorted(set(groups))] for group in groups], dtype=np.float64
    )
    weight = (own @ belongs)[:, None, :]
    shared = between[:, None] ** 2 / (1 + weight * between[:, None] ** 2)

    def product(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of p times q with the inverse of the covariance of samples between."""
        of_groups = shared * ((own * p) @ belongs)[:, None, :] * ((own * q) @ belongs)[:, None, :]
        return np.asarray((own @ (p * q))[:, None] - of_groups.sum(axis=-1))

    ones = np.ones_like(x)
    level, of_x, of_y = product(ones, ones), product(x, ones), product(y, ones)
    cross = product(x, y) - of_x * of_y / level
    precision = product(x, x) - of_x**2 / level + 1 / EXPECTED**2
    without = prior - 0.5 * (
        (stays * np.log(total)).sum(axis=-1)[:, None]
        + np.log1p(weight * between[:, None] ** 2).sum(axis=-1)
        + np.log(level)
        + product(y, y)
        - of_y**2 / level
    )
    gain = 0.5 * cross**2 / precision - 0.5 * np.log(precision * EXPECTED**2)
    top = float(np.maximum(without, without + gain).max())
    none, some = (1 - RELATED) * np.exp(without - top), RELATED * np.exp(without + gain - top)
    chance = some / (none + some).sum()
    slope = cross / precision
    mean = float((chance * slope).sum())
    return mean, max(float((chance * (1 / precision + slope**2)).sum()) - mean**2, 0.0)
