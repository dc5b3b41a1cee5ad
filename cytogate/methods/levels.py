"""Levels: where each sample's cut belongs by its group and its visit, for given standard deviations.

``y_s = mu + b_group + d_visit + e_s + noise_s``: groups and visits cross, so they are solved for together.
Each triple of standard deviations (within groups, between groups, of visits) has a restricted likelihood.
What all *others* say of a sample follows from what all say of it: its residual and its leverage tell both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

STEPS_WITHIN, STEPS_BETWEEN, STEPS_DRIFT = 24, 16, 12  # of the grid of standard deviations
SMALLEST = 0.05  # first standard deviation above 0, in units of a typical sample's noise
FURTHEST = 10.0  # last one, in the same units, and at least twice the range of the data
DRIFTING = 0.5  # prior probability that visits differ at all
UNLIKELY = 1e-10  # times the chance of the likeliest triple: such a one adds nothing
ROOM = 4_000_000  # numbers that are held at once


class Levels:
    """Each triple of standard deviations that is not too unlikely, with all that follows from it.

    Arrays have the axes (triple, sample), (triple, group) or (triple, visit).

    Parameters
    ----------
    y, v : (n,) arrays
        Positions, and their sampling variances; infinite ones have no say.
    member, visit : (n,) int arrays
        Group of each sample, and its visit; -1 is a visit that is not looked at.
    n_groups, n_visits : int
    """

    chance: NDArray[np.float64]
    others: NDArray[np.float64]
    doubt: NDArray[np.float64]  # variance of `others`, and that within groups
    mean: NDArray[np.float64]  # (triple, 1), as its variance
    mean_variance: NDArray[np.float64]
    group_mean: NDArray[np.float64]  # at a mean visit
    group_variance: NDArray[np.float64]
    drift: NDArray[np.float64]  # of a visit from the mean one
    drift_variance: NDArray[np.float64]
    within: NDArray[np.float64]  # (triple, 1) variances
    between: NDArray[np.float64]
    visits: NDArray[np.float64]

    def __init__(
        self,
        y: NDArray[np.float64],
        v: NDArray[np.float64],
        member: NDArray[np.int64],
        n_groups: int,
        visit: NDArray[np.int64],
        n_visits: int,
    ) -> None:
        within, between, prior = deviation_grid(y, n_groups)
        drift, prior_drift = _drifts(y, n_visits)
        self.prior = prior[:, :, None] + np.log(prior_drift)
        self.y, self.v, self.member = y, v, member
        self.belongs = np.equal.outer(member, np.arange(n_groups)).astype(np.float64)
        # one column of ones, for the study, and one for each visit
        self.columns = np.hstack([np.ones((len(y), 1)), np.equal.outer(visit, np.arange(n_visits))])
        self._variances = within**2, between**2, drift**2

    def weigh(self, stays: NDArray[np.float64]) -> None:
        """Compute all moments for samples that count `stays` (0 to 1) each."""
        within, between, drift = self._variances
        total = self.v + within[:, None]
        own = stays / total
        weight = own @ self.belongs
        level = divided((own * self.y) @ self.belongs, weight)
        sums = [(own * column) @ self.belongs for column in self.columns.T]
        bar = divided(np.stack(sums, axis=-1), weight[..., None])
        # sums of squares and products of columns and positions, inside groups and of the groups' levels
        inside = self.columns - bar[:, self.member]
        rest = self.y - level[:, self.member]
        of_mean = weight[:, None, :] / (1 + weight[:, None, :] * between[:, None])  # (within, between, group)
        weighted = own[..., None] * inside
        levels = of_mean[..., None] * bar[:, None]
        squares = (np.swapaxes(weighted, -1, -2) @ inside)[:, None]
        squares = squares + np.swapaxes(levels, -1, -2) @ bar[:, None]
        products = (weighted * rest[..., None]).sum(axis=1)[:, None]
        products = products + (levels * level[:, None, :, None]).sum(axis=-2)
        lengths = (own * rest**2).sum(axis=-1)[:, None] + (of_mean * level[:, None] ** 2).sum(axis=-1)
        # the study's level has a flat prior, visits are of variance 1 in units of their standard deviation
        scale = np.ones((len(drift), self.columns.shape[1]))
        scale[:, 1:] = np.sqrt(drift)[:, None]
        prior = np.diag([0.0, *np.ones(self.columns.shape[1] - 1)])
        precision = squares[:, :, None] * scale[:, :, None] * scale[:, None, :] + prior
        found = products[:, :, None] * scale
        inverse = np.linalg.inv(precision)
        solved = (inverse @ found[..., None])[..., 0]
        finite = np.isfinite(self.v)
        ways = (stays[finite] * np.log(total[:, finite])).sum(axis=-1)[:, None]
        ways = ways + np.log1p(weight[:, None, :] * between[:, None]).sum(axis=-1) + lengths
        logs = np.linalg.slogdet(precision)[1] - (found * solved).sum(axis=-1)
        chance = self.prior - 0.5 * (ways[:, :, None] + logs)
        kept = np.nonzero(chance > chance.max() + math.log(UNLIKELY))
        chance = np.exp(chance[kept] - chance.max())
        self.chance = chance / chance.sum()
        of_within, of_between, of_drift = kept
        self.within = within[of_within][:, None]
        self.between = between[of_between][:, None]
        self.visits = drift[of_drift][:, None]
        scale = scale[of_drift]
        solved, inverse = solved[kept] * scale, inverse[kept] * scale[:, :, None] * scale[:, None, :]
        self._keep(solved, inverse, own[of_within], weight[of_within], level[of_within], bar[of_within])

    def _keep(self, solved: Any, inverse: Any, own: Any, weight: Any, level: Any, bar: Any) -> None:
        """Set what is known of the study, of groups, visits and samples, from the solution of each triple."""
        # the study at a mean visit, and each visit from there: how visits lie as a whole is no step of one
        n = self.columns.shape[1] - 1
        steps = np.eye(n + 1)
        steps[:, 1:] += np.array([1.0, *[-1.0] * n])[:, None] / max(n, 1)
        told = solved @ steps.T
        doubts = ((steps @ inverse) * steps).sum(axis=-1)
        self.mean, self.drift = told[:, :1], told[:, 1:]
        self.mean_variance, self.drift_variance = doubts[:, :1], doubts[:, 1:]
        free = 1 / (1 + weight * self.between)  # how much of a group's level the others say
        away = steps[0] - (1 - free)[..., None] * bar
        self.group_mean = (away @ solved[..., None])[..., 0] + (1 - free) * level
        self.group_variance = self.between * free + ((away @ inverse) * away).sum(axis=-1)
        self.others = np.empty((len(self.chance), len(self.y)))
        self.doubt = np.empty_like(self.others)
        for part in self._parts():
            away = self.columns - (1 - free)[part][:, self.member, None] * bar[part][:, self.member]
            fitted = (away @ solved[part][..., None])[..., 0] + ((1 - free) * level)[part][:, self.member]
            shared = ((away @ inverse[part]) * away).sum(axis=-1)
            known = self.between[part] * free[part][:, self.member] + shared
            group = weight[part][:, self.member]
            rest = _left(group, own[part])
            left = (1 + rest * self.between[part]) / (1 + group * self.between[part]) - own[part] * shared
            alone = _left(own[part].sum(axis=-1, keepdims=True), own[part]) == 0
            left = np.where(alone, 1.0, np.maximum(left, np.finfo(float).tiny))
            self.others[part] = np.where(alone, 0.0, self.y - (self.y - fitted) / left)
            self.doubt[part] = np.where(alone, math.inf, known / left) + self.within[part]

    def _parts(self) -> Iterator[slice]:
        """Yield parts of the triples, so that memory does not grow with the study."""
        step = max(1, ROOM // self.columns.size)
        for first in range(0, len(self.chance), step):
            yield slice(first, first + step)

    def expect(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over the triples."""
        mean: NDArray[np.float64] = self.chance @ values
        return mean

    def moments(
        self, means: NDArray[np.float64], variances: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and variance over the triples of what has a mean and a variance in each."""
        mean = self.expect(means)
        return mean, self.expect(variances + (means - mean) ** 2)


def _left(whole: Any, part: Any) -> Any:
    """Return the whole less a part of it, 0 where nothing but rounding is left."""
    rest = whole - part
    return np.where(rest > 1e-12 * whole, rest, 0.0)


def deviation_grid(
    y: NDArray[np.float64], n_groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return standard deviations within and between groups, and the log prior of each pair of them."""
    furthest = _furthest(y)
    within, prior = _deviations(STEPS_WITHIN, furthest)
    if n_groups == 1:  # one group is the study
        return within, np.zeros(1), np.log(prior)[:, None]
    between, prior_between = _deviations(STEPS_BETWEEN, furthest)
    return within, between, np.log(prior)[:, None] + np.log(prior_between)[None, :]


def _drifts(y: NDArray[np.float64], n_visits: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return standard deviations between visits, and the prior of each: with 1 - `DRIFTING` there is none."""
    if not n_visits:
        return np.zeros(1), np.ones(1)
    drift, prior = _deviations(STEPS_DRIFT, _furthest(y))
    prior *= DRIFTING
    prior[0] += 1 - DRIFTING
    return drift, prior


def _furthest(y: NDArray[np.float64]) -> float:
    return max(FURTHEST, 2 * float(np.ptp(y)))


def _deviations(steps: int, furthest: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return standard deviations from 0 to `furthest` and the half-Cauchy prior of each (scale 1)."""
    points = np.concatenate([[0.0], np.geomspace(SMALLEST, furthest, steps - 1)])
    edges = np.concatenate([[0.0], (points[:-1] + points[1:]) / 2, [furthest]])
    mass = np.diff(np.arctan(edges))
    return points, mass / mass.sum()


def divided(numerator: Any, denominator: Any) -> Any:
    """Return the ratio, 0 where the denominator is 0."""
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), 0.0)
