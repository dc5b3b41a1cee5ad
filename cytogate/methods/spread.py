"""Spread: how far samples and groups of samples lie apart beyond sampling, and each sample given the others.

One number of one cut: ``y_s = mu + b_group + e_s + noise_s`` with ``b ~ N(0, between)``, ``e ~ N(0, within)``
and noise of known variance. The two variances are integrated over on a grid (restricted likelihood times a
half-Cauchy prior on each standard deviation), so that few samples give wide intervals instead of false ones.
Each sample is compared with what all *others* say of it; one that lies too far is taken for a jump into
another valley and loses its say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

JUMPS = 0.02  # prior share of samples whose cut belongs to something else
WIDE = 10.0  # such a cut lies anywhere within this many standard deviations
ROUNDS = 20  # of deciding which samples jumped, at most; most studies settle in three
SETTLED = 1e-3  # change of a probability that is none
STEPS_WITHIN, STEPS_BETWEEN = 24, 16  # of the grid of standard deviations
SMALLEST = 0.05  # first standard deviation above 0, in units of a typical sample's noise
FURTHEST = 10.0  # last one, in the same units, and at least twice the range of the data
MEDIAN_OF_CHI2 = 0.4549  # one degree of freedom
FLOOR = 1e-6  # of a sampling variance, times the median one: nobody is infinitely sure


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What `estimate` found; arrays have one number a sample, units are those of the positions."""

    position: NDArray[np.float64]
    variance: NDArray[np.float64]
    weight: NDArray[np.float64]
    z: NDArray[np.float64]
    jumped: NDArray[np.float64]
    mean: float
    mean_variance: float
    between: float
    within: float
    group_means: Mapping[str, float]
    group_variances: Mapping[str, float]


def estimate(positions: NDArray[np.float64], variances: NDArray[np.float64], groups: Sequence[str]) -> Spread:
    """Return the spread of (n,) positions with known sampling variances, and each sample's place in it."""
    says = np.isfinite(positions) & np.isfinite(variances)
    names = sorted(set(groups))
    if not says.any():
        middle = float(np.median(positions))
        nothing, doubt = np.zeros(len(positions)), np.full(len(positions), math.inf)
        return Spread(
            positions, doubt, nothing, np.full(len(positions), math.nan), nothing, middle, math.inf, 0.0, 0.0,
            dict.fromkeys(names, middle), dict.fromkeys(names, math.inf),
        )  # fmt: skip
    centre = float(np.median(positions[says]))
    unit = unit_of(positions[says] - centre, variances[says])
    y = np.where(says, (np.where(says, positions, centre) - centre) / unit, 0.0)
    v = np.where(says, variances / unit**2, math.inf)
    v = np.maximum(v, FLOOR)
    member = np.array([names.index(group) for group in groups])
    stays = _first_look(y, v, member, says)
    grid = _Grid(y, v, member, len(names))
    for _ in range(ROUNDS):
        grid.weigh(say(stays))
        before, stays = stays, np.where(says, (stays + grid.chances()) / 2, 1.0)
        if np.abs(stays - before).max() < SETTLED:
            break
    grid.weigh(say(stays))
    return _scaled_back(grid, stays, says, names, centre, unit)


def say(stays: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each sample counts: all where it is likely no jump, nothing where it likely is one.

    A share of a far jump would still widen the spread, until the jump looked like part of it.
    """
    return np.clip(2 * stays - 0.5, 0.0, 1.0)


def inlier_chance(inside: Any, outside: Any) -> Any:
    """Return the probability that a position is no jump, from its density if it is none and if it is one."""
    near, far = (1 - JUMPS) * inside, JUMPS * outside
    total = near + far
    return np.where(total > 0, near / np.where(total > 0, total, 1.0), 0.0)


def unit_of(offsets: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Return the noise of a typical sample, which is the unit of the grid."""
    noise = math.sqrt(float(np.median(variances)))
    return noise if noise > 0 else (float(np.ptp(offsets)) * 1e-3 or 1.0)


def _first_look(
    y: NDArray[np.float64], v: NDArray[np.float64], member: NDArray[np.int64], says: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how likely each sample is no jump, by medians that no jump can move.

    Groups of three and more have their own centre; smaller ones are compared with the study.
    """
    if says.sum() < 3:
        return np.ones(len(y))
    centre, extra = np.empty(len(y)), np.zeros(len(y))
    squares, known = [], []
    middles = []
    for group in np.unique(member):
        own = says & (member == group)
        n = int(own.sum())
        if not n:
            continue
        middle = float(np.median(y[own]))
        middles.append(middle)
        if n >= 2:
            squares += ((y[own] - middle) ** 2 / (1 - 1 / n)).tolist()
            known += v[own].tolist()
        centre[member == group], extra[member == group] = (middle, 0.0) if n >= 3 else (math.nan, 1.0)
    everywhere = float(np.median(y[says]))
    if len(squares) < 3:
        squares, known = ((y[says] - everywhere) ** 2).tolist(), v[says].tolist()
    within = _median_spread(np.array(squares), np.array(known))
    apart = np.array(middles) - float(np.median(middles))
    between = float(np.median(apart**2)) / MEDIAN_OF_CHI2
    centre = np.where(np.isnan(centre), everywhere, centre)
    expected = np.where(says, v, 1.0) + within + extra * between
    square = (y - centre) ** 2 / expected
    chance = inlier_chance(np.exp(-square / 2), np.exp(-square / 2 / WIDE**2) / WIDE)
    return np.where(says, chance, 1.0)


def _median_spread(squares: NDArray[np.float64], known: NDArray[np.float64]) -> float:
    """Return what, added to the known variances, makes the median squared deviation as it should be."""
    low, high = 0.0, float(squares.max()) / MEDIAN_OF_CHI2
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.median(squares / (known + middle))) > MEDIAN_OF_CHI2:
            low = middle
        else:
            high = middle
    return high if low > 0 else 0.0


class _Grid:
    """Each pair of standard deviations (within, between) with all that follows from it.

    Arrays have the axes (within, between, sample) or (within, between, group).
    """

    def __init__(
        self, y: NDArray[np.float64], v: NDArray[np.float64], member: NDArray[np.int64], n_groups: int
    ) -> None:
        within, between, self.prior = deviation_grid(y, n_groups)
        self.y, self.v, self.member = y, v, member
        self.belongs = np.equal.outer(member, np.arange(n_groups)).astype(np.float64)
        self.within = (within**2)[:, None, None]
        self.between = (between**2)[None, :, None]

    def weigh(self, stays: NDArray[np.float64]) -> None:
        """Compute all moments for samples that count `stays` (0 to 1) each."""
        total = self.v + self.within  # (within, 1, sample)
        own = stays / total
        weight = own @ self.belongs
        level = _divided((own * self.y) @ self.belongs, weight)
        of_mean = weight / (1 + weight * self.between)
        sum_of_mean = of_mean.sum(axis=-1, keepdims=True)
        mean = _divided((of_mean * level).sum(axis=-1, keepdims=True), sum_of_mean)
        finite = np.isfinite(self.v)
        deviation = (own * (self.y - level[..., self.member]) ** 2).sum(axis=-1)
        likelihood = (
            -0.5 * (stays[finite] * np.log(total[..., finite])).sum(axis=-1)
            - 0.5 * deviation
            - 0.5 * np.log1p(weight * self.between).sum(axis=-1)
            - 0.5 * (of_mean * (level - mean) ** 2).sum(axis=-1)
            - 0.5 * np.log(sum_of_mean[..., 0])
        )
        chance = self.prior + likelihood
        chance = np.exp(chance - chance.max())
        self.chance = chance / chance.sum()
        self.mean, self.mean_variance = mean, 1 / sum_of_mean
        self.group_mean, self.group_variance = self._of_group(weight, level, mean, self.mean_variance)
        self._leave_out(own, weight, level, of_mean, sum_of_mean)

    def _of_group(
        self, weight: Any, level: Any, mean: Any, mean_variance: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the posterior of a group's level from its own samples and from the study."""
        share = weight * self.between / (1 + weight * self.between)
        spread = self.between / (1 + weight * self.between)
        with np.errstate(invalid="ignore"):
            rest = np.where(share < 1, (1 - share) ** 2 * mean_variance, 0.0)
        return share * level + (1 - share) * mean, spread + rest

    def _leave_out(self, own: Any, weight: Any, level: Any, of_mean: Any, sum_of_mean: Any) -> None:
        """Set `others` and `doubt`: where a sample's cut belongs by all other samples, and the variance."""
        group_weight, group_level = weight[..., self.member], level[..., self.member]
        rest = group_weight - own
        rest = np.where(rest > 1e-12 * group_weight, rest, 0.0)
        rest_level = _divided(group_weight * group_level - own * self.y, rest)
        rest_of_mean = rest / (1 + rest * self.between)
        other_groups = sum_of_mean - of_mean[..., self.member]
        other_groups = np.where(other_groups > 1e-12 * sum_of_mean, other_groups, 0.0)
        elsewhere = (of_mean * level).sum(axis=-1, keepdims=True) - (of_mean * level)[..., self.member]
        total = other_groups + rest_of_mean
        elsewhere = np.where(other_groups > 0, elsewhere, 0.0)
        mean = _divided(elsewhere + rest_of_mean * rest_level, total)
        with np.errstate(divide="ignore"):
            mean_variance = 1 / total
        self.others, doubt = self._of_group(rest, rest_level, mean, mean_variance)
        self.doubt = np.where(total > 0, doubt, math.inf) + self.within

    def expect(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over the grid."""
        whole = np.broadcast_to(values, (*self.chance.shape, values.shape[-1]))
        mean: NDArray[np.float64] = np.einsum("wb,wbs->s", self.chance, whole)
        return mean

    def chances(self) -> NDArray[np.float64]:
        """Return how likely each sample is no jump, given all others."""
        expected = self.doubt + self.v
        with np.errstate(invalid="ignore"):
            square = (self.y - self.others) ** 2 / expected
        deviation = np.sqrt(expected)
        inside = self.expect(np.exp(-square / 2) / deviation)
        outside = self.expect(np.exp(-square / 2 / WIDE**2) / deviation / WIDE)
        alone = ~np.isfinite(self.doubt).all(axis=(0, 1))
        chances: NDArray[np.float64] = np.where(alone, 1.0, inlier_chance(inside, outside))
        return chances


def _scaled_back(
    grid: _Grid,
    stays: NDArray[np.float64],
    says: NDArray[np.bool_],
    names: list[str],
    centre: float,
    unit: float,
) -> Spread:
    alone = ~np.isfinite(grid.doubt).all(axis=(0, 1))  # nobody else has a say
    doubt = np.where(alone, 1.0, grid.doubt)
    share = np.where(says, doubt / (doubt + grid.v), 0.0)
    step = share * (grid.y - grid.others)
    inside = grid.expect(grid.others + step)
    noise = np.where(says, share * np.where(says, grid.v, 0.0), doubt)
    inside_variance = grid.expect(noise + (grid.others + step) ** 2) - inside**2
    outside = grid.expect(grid.others)
    outside_variance = grid.expect(doubt + grid.others**2) - outside**2
    chance = np.where(says, stays, 0.0)
    position = chance * inside + (1 - chance) * outside
    variance = chance * inside_variance + (1 - chance) * outside_variance
    variance += chance * (1 - chance) * (inside - outside) ** 2
    weight = chance * grid.expect(share)
    z = grid.expect((grid.y - grid.others) / np.sqrt(np.where(says, doubt + grid.v, 1.0)))
    position, variance = np.where(alone, grid.y, position), np.where(alone, grid.v, variance)
    mean = float(grid.expect(grid.mean)[0])
    group_mean = grid.expect(grid.group_mean)
    group_variance = grid.expect(grid.group_variance + grid.group_mean**2) - group_mean**2
    mean_variance = float(grid.expect(grid.mean_variance + grid.mean**2)[0]) - mean**2
    return Spread(
        position=centre + unit * position,
        variance=unit**2 * np.maximum(variance, 0.0),
        weight=np.where(alone & says, 1.0, weight),
        z=np.where(says & ~alone, z, math.nan),
        jumped=np.where(says, 1 - stays, 0.0),
        mean=centre + unit * mean,
        mean_variance=unit**2 * mean_variance,
        between=unit**2 * float(grid.expect(grid.between)[0]),
        within=unit**2 * float(grid.expect(grid.within)[0]),
        group_means=dict(zip(names, (centre + unit * group_mean).tolist(), strict=True)),
        group_variances=dict(zip(names, (unit**2 * group_variance).tolist(), strict=True)),
    )


def deviation_grid(
    y: NDArray[np.float64], n_groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return standard deviations within and between groups, and the log prior of each pair of them."""
    furthest = max(FURTHEST, 2 * float(np.ptp(y)))
    within, prior = _deviations(STEPS_WITHIN, furthest)
    if n_groups == 1:  # one group is the study
        return within, np.zeros(1), np.log(prior)[:, None]
    between, prior_between = _deviations(STEPS_BETWEEN, furthest)
    return within, between, np.log(prior)[:, None] + np.log(prior_between)[None, :]


def _deviations(steps: int, furthest: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return standard deviations from 0 to `furthest` and the half-Cauchy prior of each (scale 1)."""
    points = np.concatenate([[0.0], np.geomspace(SMALLEST, furthest, steps - 1)])
    edges = np.concatenate([[0.0], (points[:-1] + points[1:]) / 2, [furthest]])
    mass = np.diff(np.arctan(edges))
    return points, mass / mass.sum()


def _divided(numerator: Any, denominator: Any) -> Any:
    """Return the ratio, 0 where the denominator is 0."""
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), 0.0)
