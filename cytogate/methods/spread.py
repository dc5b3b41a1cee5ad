"""Spread: how far samples and groups of samples lie apart beyond sampling, and each sample given the others.

One number of one cut: ``y_s = mu + b_group + d_visit + e_s + noise_s`` with ``b ~ N(0, between)``,
``d ~ N(0, visits)``, ``e ~ N(0, within)`` and noise of known variance. The variances are integrated over on
a grid (restricted likelihood times a half-Cauchy prior on each standard deviation), so that few samples give
wide intervals instead of false ones.
Each sample is compared with what all *others* say of it; one that lies too far is taken for a jump into
another valley and loses its say.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.methods.levels import Levels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

JUMPS = 0.02  # prior share of samples whose cut belongs to something else
WIDE = 10.0  # such a cut lies anywhere within this many standard deviations
ROUNDS = 20  # of deciding which samples jumped, at most; most studies settle in three
SETTLED = 1e-3  # change of a probability that is none
MEDIAN_OF_CHI2 = 0.4549  # one degree of freedom
FEWEST = 3  # samples with a say that a visit, or a group at first look, has a level of its own from
MOST_VISITS = 40  # such a study has no common visits, but dates
FLOOR = 1e-6  # of a sampling variance, times the median one: nobody is infinitely sure


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What `estimate` found; arrays have one number a sample, units are those of the positions.

    `visits` is the variance of visits, `drift` each visit's step from the mean one; empty without visits.
    """

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
    visits: float = 0.0
    drift: Mapping[str, float] = field(default_factory=dict)
    drift_variances: Mapping[str, float] = field(default_factory=dict)


def estimate(
    positions: NDArray[np.float64],
    variances: NDArray[np.float64],
    groups: Sequence[str],
    visits: Sequence[str] = (),
) -> Spread:
    """Return the spread of (n,) positions with known sampling variances, and each sample's place in it.

    `visits` are what the samples' groups have in common, such as weeks after the first dose; none are asked
    where it is empty.
    """
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
    times = _times(visits, says)
    visit = np.array([times.index(name) if name in times else -1 for name in visits or groups])
    stays = _first_look(_undrifted(y, member, visit, says), v, member, says)
    levels = Levels(y, v, member, len(names), visit, len(times))
    for _ in range(ROUNDS):
        levels.weigh(say(stays))
        before, stays = stays, np.where(says, (stays + _chances(levels)) / 2, 1.0)
        if np.abs(stays - before).max() < SETTLED:
            break
    levels.weigh(say(stays))
    return _scaled_back(levels, stays, says, names, times, centre, unit)


def drift_of(spreads: Sequence[Spread]) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return how far the visits lie from the mean one, of those that every number of the position has."""
    known = [visit for visit in spreads[0].drift if all(visit in s.drift for s in spreads)]
    return {
        visit: (tuple(s.drift[visit] for s in spreads), tuple(s.drift_variances[visit] for s in spreads))
        for visit in known
    }


def _times(visits: Sequence[str], says: NDArray[np.bool_]) -> list[str]:
    """Return the visits that have a level of their own: enough samples of each say where it is."""
    if not visits:
        return []
    voices = Counter(name for name, has_say in zip(visits, says, strict=True) if has_say and name)
    times = sorted(name for name, n in voices.items() if n >= FEWEST)
    return times if 1 < len(times) <= MOST_VISITS else []


def _undrifted(
    y: NDArray[np.float64], member: NDArray[np.int64], visit: NDArray[np.int64], says: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return positions less the median step of each visit, which no jump moves, for the first look."""
    centre = np.full(len(y), float(np.median(y[says])))
    for group in np.unique(member):
        own = says & (member == group)
        if own.sum() >= FEWEST:
            centre[member == group] = float(np.median(y[own]))
    still = y.copy()
    for time in np.unique(visit[visit >= 0]):
        still[visit == time] -= float(np.median((y - centre)[says & (visit == time)]))
    return still


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
        centre[member == group], extra[member == group] = (middle, 0.0) if n >= FEWEST else (math.nan, 1.0)
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


def _chances(levels: Levels) -> NDArray[np.float64]:
    """Return how likely each sample is no jump, given all others."""
    expected = levels.doubt + levels.v
    with np.errstate(invalid="ignore"):
        square = (levels.y - levels.others) ** 2 / expected
    deviation = np.sqrt(expected)
    inside = levels.expect(np.exp(-square / 2) / deviation)
    outside = levels.expect(np.exp(-square / 2 / WIDE**2) / deviation / WIDE)
    alone = ~np.isfinite(levels.doubt).all(axis=0)
    chances: NDArray[np.float64] = np.where(alone, 1.0, inlier_chance(inside, outside))
    return chances


def _scaled_back(
    levels: Levels,
    stays: NDArray[np.float64],
    says: NDArray[np.bool_],
    names: list[str],
    visits: list[str],
    centre: float,
    unit: float,
) -> Spread:
    alone = ~np.isfinite(levels.doubt).all(axis=0)  # nobody else has a say
    doubt = np.where(alone, 1.0, levels.doubt)
    share = np.where(says, doubt / (doubt + levels.v), 0.0)
    step = share * (levels.y - levels.others)
    noise = np.where(says, share * np.where(says, levels.v, 0.0), doubt)
    inside, inside_variance = levels.moments(levels.others + step, noise)
    outside, outside_variance = levels.moments(levels.others, doubt)
    chance = np.where(says, stays, 0.0)
    position = chance * inside + (1 - chance) * outside
    variance = chance * inside_variance + (1 - chance) * outside_variance
    variance += chance * (1 - chance) * (inside - outside) ** 2
    weight = chance * levels.expect(share)
    z = levels.expect((levels.y - levels.others) / np.sqrt(np.where(says, doubt + levels.v, 1.0)))
    position, variance = np.where(alone, levels.y, position), np.where(alone, levels.v, variance)
    mean, mean_variance = levels.moments(levels.mean, levels.mean_variance)
    group_mean, group_variance = levels.moments(levels.group_mean, levels.group_variance)
    drift, drift_variance = levels.moments(levels.drift, levels.drift_variance)
    return Spread(
        position=centre + unit * position,
        variance=unit**2 * np.maximum(variance, 0.0),
        weight=np.where(alone & says, 1.0, weight),
        z=np.where(says & ~alone, z, math.nan),
        jumped=np.where(says, 1 - stays, 0.0),
        mean=centre + unit * float(mean[0]),
        mean_variance=unit**2 * float(mean_variance[0]),
        between=unit**2 * float(levels.expect(levels.between)[0]),
        within=unit**2 * float(levels.expect(levels.within)[0]),
        group_means=dict(zip(names, (centre + unit * group_mean).tolist(), strict=True)),
        group_variances=dict(zip(names, (unit**2 * group_variance).tolist(), strict=True)),
        visits=unit**2 * float(levels.expect(levels.visits)[0]),
        drift=dict(zip(visits, (unit * drift).tolist(), strict=True)),
        drift_variances=dict(zip(visits, (unit**2 * drift_variance).tolist(), strict=True)),
    )
