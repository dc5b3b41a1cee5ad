"""Levels against a slow twin: the normal distribution of all positions, each left out in turn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.methods.levels import DRIFTING, Levels, deviation_grid
from cytogate.methods.spread import estimate

NONE = 1e-10  # variance that stands for none in the twin, which divides by it


def study(seed, *, n=14, n_groups=3, n_visits=3):
    """Return positions, variances, groups, visits and how much each sample counts; some are silent."""
    rng = np.random.default_rng(seed)
    member, visit = rng.integers(0, n_groups, n), rng.integers(-1, n_visits, n)
    y = rng.normal(0, 2, n_groups)[member] + rng.normal(0, 2, n_visits + 1)[visit] + rng.normal(0, 1, n)
    v = np.exp(rng.normal(0, 1, n))
    v[:2] = math.inf
    y[:2] = 0.0
    stays = np.ones(n)
    stays[2:4] = (0.0, 0.3)
    return y, v, member, visit, stays


def twin_of(y, v, member, visit, stays, within, between, visits):
    """Return (mean, variance) of each sample's place by all others, and that of groups, visits and study.

    Positions that count less than one have more variance.
    """
    n_groups, n_visits = member.max() + 1, visit.max() + 1
    known = np.isfinite(v) & (stays > 0)
    effects = np.hstack(
        [
            np.ones((len(y), 1)),
            np.equal.outer(member, np.arange(n_groups)),
            np.equal.outer(visit, np.arange(n_visits)),
        ]
    ).astype(float)
    spreads = np.maximum([*[between] * n_groups, *[visits] * n_visits], NONE)
    prior = np.diag([0.0, *1 / spreads])  # of the study's level it is flat
    wanted = np.eye(1 + n_groups + n_visits)
    wanted[1 : 1 + n_groups, 0] = 1.0  # a group's level has the study's in it, at a mean visit
    wanted[: 1 + n_groups, 1 + n_groups :] = 1 / n_visits
    wanted[1 + n_groups :, 1 + n_groups :] -= 1 / n_visits

    def posterior(rows, kept):
        weight = stays[kept] / (v[kept] + within)
        covariance = np.linalg.inv((effects[kept].T * weight) @ effects[kept] + prior)
        return rows @ covariance @ (effects[kept].T * weight) @ y[kept], np.diag(rows @ covariance @ rows.T)

    others = [posterior(effects[[s]], known & (np.arange(len(y)) != s)) for s in range(len(y))]  # one by one
    return np.array(others)[..., 0].T, posterior(wanted, known)


@pytest.mark.parametrize("seed", range(4))
def test_each_triple_is_the_normal_distribution_written_out(seed):
    y, v, member, visit, stays = study(seed)
    levels = Levels(y, v, member, 3, visit, 3)
    levels.weigh(stays)
    some = np.random.default_rng(seed).choice(len(levels.chance), 12, replace=False)
    for at in some:
        within, between, visits = (float(x[at, 0]) for x in (levels.within, levels.between, levels.visits))
        (others, doubt), (means, variances) = twin_of(y, v, member, visit, stays, within, between, visits)
        assert levels.others[at] == pytest.approx(others, abs=1e-4)
        assert levels.doubt[at] - within == pytest.approx(doubt, rel=1e-4, abs=1e-5)
        found = np.concatenate([levels.mean[at], levels.group_mean[at], levels.drift[at]])
        doubts = [levels.mean_variance[at], levels.group_variance[at], levels.drift_variance[at]]
        assert found == pytest.approx(means, abs=1e-4)
        assert np.concatenate(doubts) == pytest.approx(variances, rel=1e-4, abs=1e-5)


def test_chances_are_those_of_the_positions_written_out():
    y, v, member, visit, _ = study(7, n=9)
    levels = Levels(y, v, member, 3, visit, 3)
    levels.weigh(np.ones(len(y)))
    known = np.isfinite(v)
    groups, visits = (np.equal.outer(x, x) & (x >= 0)[:, None] for x in (member, visit))
    within, between, _ = deviation_grid(y, 3)
    drift = np.sqrt(np.unique(levels.visits))
    some = np.random.default_rng(7).choice(len(levels.chance), 200, replace=False)
    written = []
    for at in some:
        squares = [float(x[at, 0]) for x in (levels.within, levels.between, levels.visits)]
        spread = np.diag(np.where(known, v, 0.0)) + squares[0] * np.eye(len(y))
        spread = (spread + squares[1] * groups + squares[2] * visits)[np.ix_(known, known)]
        ones, inverse = np.ones(known.sum()), np.linalg.inv(spread)
        level = ones @ inverse @ ones
        rest = y[known] - (ones @ inverse @ y[known]) / level
        square = rest @ inverse @ rest + np.linalg.slogdet(spread)[1] + math.log(level)
        i, j, k = (
            int(np.argmin(np.abs(points**2 - value)))
            for points, value in zip((within, between, drift), squares, strict=True)
        )
        written.append(levels.prior[i, j, k] - 0.5 * square)
    found = np.log(levels.chance[some])
    assert len(drift) == levels.prior.shape[2]
    assert found - found[0] == pytest.approx(np.array(written) - written[0], abs=1e-6)


def test_visits_have_no_level_of_their_own_with_half_of_the_prior():
    y, v, member, visit, _ = study(1)
    levels = Levels(y, v, member, 3, visit, 3)
    assert np.exp(levels.prior).sum() == pytest.approx(1.0)
    none = np.exp(levels.prior[:, :, 0]).sum()
    assert 1 - DRIFTING < none < 1 - DRIFTING + 0.02


@pytest.mark.parametrize("names", [["", ""], ["W0", "W0"], ["W0", "W4"]])
def test_visits_of_too_few_samples_change_nothing(names):
    """One visit is the study, and two samples do not tell a drift from what they are themselves."""
    rng = np.random.default_rng(5)
    y, v, groups = rng.normal(0, 1, 4), np.full(4, 0.1), ["a", "a", "b", "b"]
    without, with_visits = estimate(y, v, groups), estimate(y, v, groups, names * 2)
    assert (with_visits.position == without.position).all()
    assert with_visits.drift == {}
