"""Anchoring: a sample's own cut is shrunk towards its subject, batch or study by how sure each is.

Empirical Bayes on positions and their sampling variances; ``docs/anchoring.md`` writes the model out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from cytogate.methods.common import ANCHORS, Anchor, Common
from cytogate.methods.companion import Slope, slope_of
from cytogate.methods.spread import WIDE, Spread, drift_of, estimate, inlier_chance
from cytogate.methods.voices import Voices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Own:
    """What one sample says alone.

    Attributes
    ----------
    position, variance : tuple of float
        Scale units, and squared; an infinite variance (or a position that is no number) has no say.
    subject, batch : str
        Whom it belongs to; samples with the same text are one group.
    visit : str
        When it was drawn: a stain may drift in all subjects alike. "" is unknown.
    asked : bool
        Whether it could have said more: a sample of too few events, or without its control tube, could not.
    beside : float
        Where another cut of the same marker stands in the sample, scale units; NaN where there is none.
    """

    position: tuple[float, ...]
    variance: tuple[float, ...]
    subject: str = ""
    batch: str = ""
    asked: bool = True
    beside: float = math.nan
    visit: str = ""

    @property
    def says(self) -> bool:
        """Return whether its own events say where the cut is."""
        numbers = zip(self.position, self.variance, strict=True)
        return any(math.isfinite(value) and math.isfinite(doubt) for value, doubt in numbers)

    def group(self, anchor: Anchor) -> str:
        """Return the group that `anchor` puts the sample into; "" for the study."""
        return {"subject": self.subject, "batch": self.batch}.get(anchor, "")


@dataclass(frozen=True, slots=True)
class Anchored:
    """Where a sample's cut goes; each tuple has one number for each number of the position.

    Attributes
    ----------
    position, variance : tuple of float
        Posterior mean and variance; the variance is infinite where nobody had a say, or too few.
    weight : tuple of float
        Weight of the sample's own position, 0 to 1.
    z : tuple of float
        Own position minus that of all other samples for it, in standard deviations that are expected of
        such a difference; NaN where there is nothing to compare.
    jumped : float
        Probability that the own position belongs to something else, such as another valley; 0 to 1.
    few : Voices or None
        Set where too few samples found the cut for others to be placed by them.
    """

    position: tuple[float, ...]
    variance: tuple[float, ...]
    weight: tuple[float, ...]
    z: tuple[float, ...]
    jumped: float = 0.0
    few: Voices | None = None


def anchor_samples(owns: Mapping[str, Own], anchor: Anchor = "batch") -> tuple[dict[str, Anchored], Common]:
    """Shrink the positions of the samples of a study towards each other.

    Parameters
    ----------
    owns : Mapping
        Sample to what it says alone; positions of one fitted thing, so all of one length. Their order
        does not matter.
    anchor : str
        Towards whom: ``subject`` and ``batch`` are shrunk towards the study in turn; ``none`` leaves own
        positions as they are, and only compares them with the study.

    Returns
    -------
    (anchored, common)
        One `Anchored` a sample, in the order of `owns`, and what they say together.

    Raises
    ------
    ValueError
        When there are no samples, positions differ in length, or the anchor is unknown.
    """
    if anchor not in ANCHORS:
        message = f"Unknown anchor {anchor!r}; one of {', '.join(ANCHORS)}."
        raise ValueError(message)
    if len({len(numbers) for own in owns.values() for numbers in (own.position, own.variance)}) != 1:
        message = "Positions and variances of one cut must all have the same length, and there must be some."
        raise ValueError(message)
    keys = sorted(owns)  # sums must not depend on the order of files
    groups = [owns[key].group(anchor) for key in keys]
    positions = np.array([owns[key].position for key in keys], dtype=np.float64)
    variances = np.array([owns[key].variance for key in keys], dtype=np.float64)
    slope = _slope([owns[key] for key in keys], positions, variances, groups)
    positions[:, 0] -= [slope.offset(owns[key].beside) for key in keys]
    visits = [owns[key].visit for key in keys]
    spreads = [
        estimate(position, variance, groups, visits)
        for position, variance in zip(positions.T, variances.T, strict=True)
    ]
    common = _common(anchor, spreads, [owns[key] for key in keys], groups, slope)
    row = {key: at for at, key in enumerate(keys)}
    return {key: _anchored(owns[key], spreads, row[key], common) for key in owns}, common


def _slope(
    owns: Sequence[Own], positions: NDArray[np.float64], variances: NDArray[np.float64], groups: Sequence[str]
) -> Slope:
    """Return how far cuts go with another of the same marker; nothing where too few have a say."""
    if positions.shape[1] > 1 or not _voices(owns).is_quorum:
        return Slope()
    beside = np.array([own.beside for own in owns], dtype=np.float64)
    return slope_of(positions[:, 0], variances[:, 0], groups, beside)


def _common(
    anchor: Anchor, spreads: Sequence[Spread], owns: Sequence[Own], groups: Sequence[str], slope: Slope
) -> Common:
    """Return what samples say together; what too few say of the study or a group is left out."""
    members: dict[str, list[Own]] = {}
    for own, group in zip(owns, groups, strict=True):
        members.setdefault(group, []).append(own)
    by_group = {group: _voices(members[group]) for group in sorted(members)}
    voices = _voices(owns)
    silent = [own.position for own in owns if not own.says and all(map(math.isfinite, own.position))]
    untold = np.median(silent, axis=0).tolist() if silent else [s.mean for s in spreads]
    unknown = (math.inf,) * len(spreads)
    heard = {
        group: (
            tuple(s.group_means[group] for s in spreads),
            tuple(s.group_variances[group] for s in spreads),
        )
        for group, said in by_group.items()
        if voices.is_quorum or said.is_quorum
    }
    return Common(
        anchor,
        tuple(s.mean for s in spreads) if voices.is_quorum else tuple(untold),
        tuple(s.mean_variance for s in spreads) if voices.is_quorum else unknown,
        tuple(s.between for s in spreads),
        tuple(s.within for s in spreads),
        MappingProxyType({group: heard.get(group, (tuple(untold), unknown)) for group in by_group}),
        voices.said,
        voices.asked,
        slope,
        tuple(s.visits for s in spreads) if voices.is_quorum else (),
        MappingProxyType(drift_of(spreads) if voices.is_quorum else {}),
    )


def _voices(owns: Sequence[Own]) -> Voices:
    return Voices.of((own.says, own.asked) for own in owns)


def anchored(
    common: Common,
    own: tuple[float, ...],
    own_variance: tuple[float, ...],
    group: str = "",
    beside: float = math.nan,
    visit: str = "",
) -> Anchored:
    """Place a sample that was not among those that `common` was estimated from.

    Parameters
    ----------
    common : Common
        Of the study.
    own, own_variance : tuple of float
        What the sample says alone.
    group : str
        Its subject or batch, as `common.anchor` says; an unknown one is placed by the study.
    beside : float
        Where another cut of the same marker stands in the sample, as `Own.beside`.
    visit : str
        Its visit; one that is not known may be any.
    """
    means, variances = common.groups.get(group, (common.mean, None))
    steps, doubts = common.drift.get(visit, ((0.0,) * len(own), common.visits or (0.0,) * len(own)))
    offset = common.slope.offset(beside)
    out = []
    for at, (position, variance) in enumerate(zip(own, own_variance, strict=True)):
        of_study = common.mean_variance[at] + common.between[at]
        doubt = (of_study if variances is None else variances[at]) + doubts[at]
        out.append(_placed(position - offset, variance, means[at] + steps[at], doubt, common.within[at]))
    placed = _beside(_together(out), common.slope, beside)
    if common.anchor == "none":
        return _left_alone(own, own_variance, placed)
    return _few(Own(own, own_variance), placed, common, group, newcomers=1)


def _few(own: Own, placed: Anchored, common: Common, group: str, newcomers: int = 0) -> Anchored:
    """Return `placed` unless too few have a say: then a silent sample's own place, or a found one doubted.

    That few found what many were asked for speaks against it. With the share of those who found nothing as
    its probability, the cut belongs where they have it.
    """
    _, variances = common.groups.get(group, ((), common.mean_variance))
    if any(map(math.isfinite, variances)) or not common.n:
        return placed
    if not own.says:
        n = len(own.position)
        return Anchored(own.position, (math.inf,) * n, (0.0,) * n, (math.nan,) * n, few=common.voices)
    voices = Voices(common.n + newcomers, common.asked + newcomers)
    variance = tuple(
        known + voices.silent * (place - mean) ** 2
        for known, place, mean in zip(placed.variance, placed.position, common.mean, strict=True)
    )
    return replace(placed, variance=variance, few=voices if voices.are_few else None)


def _placed(own: float, variance: float, mean: float, doubt: float, within: float) -> _Number:
    """Return position, variance, weight, z and chance of a jump of one number; `doubt` is that of `mean`."""
    says = math.isfinite(own) and math.isfinite(variance)
    prior = doubt + within
    if not math.isfinite(prior):
        return (own, variance if says else math.inf, float(says), math.nan, 0.0)
    if not says:
        return (mean, prior, 0.0, math.nan, 0.0)
    total = prior + variance
    if total <= 0:
        return (own, 0.0, 1.0, 0.0, 0.0)
    z = (own - mean) / math.sqrt(total)
    stays = float(inlier_chance(math.exp(-z * z / 2), math.exp(-z * z / 2 / WIDE**2) / WIDE))
    share = prior / total
    weight = stays * share
    step = share * (own - mean)
    spread = stays * (share * variance + (1 - stays) * step * step) + (1 - stays) * prior
    return (mean + stays * step, spread, weight, z, 1 - stays)


_Number = tuple[float, float, float, float, float]


def _together(numbers: Sequence[_Number]) -> Anchored:
    position, variance, weight, z, jumped = zip(*numbers, strict=True)
    return Anchored(position, variance, weight, z, max(jumped))


def _anchored(own: Own, spreads: Sequence[Spread], row: int, common: Common) -> Anchored:
    placed = _together(
        [
            tuple(float(part[row]) for part in (s.position, s.variance, s.weight, s.z, s.jumped))  # type: ignore[misc]
            for s in spreads
        ]
    )
    if common.anchor == "none":
        return _left_alone(own.position, own.variance, placed)
    placed = _beside(placed, common.slope, own.beside)
    return _few(own, placed, common, own.group(common.anchor))


def _beside(placed: Anchored, slope: Slope, beside: float) -> Anchored:
    """Return a placement that was made without its companion's offset with it.

    How uncertain the slope is matters as much as others have a part in the place.
    """
    offset, doubt = slope.offset(beside), slope.doubt(beside)
    if not offset:
        return placed
    first = placed.position[0] + offset
    variance = placed.variance[0] + (1 - placed.weight[0]) ** 2 * doubt
    return replace(placed, position=(first, *placed.position[1:]), variance=(variance, *placed.variance[1:]))


def _left_alone(own: tuple[float, ...], variance: tuple[float, ...], placed: Anchored) -> Anchored:
    """Return the sample's own position with the comparison that was made."""
    says = tuple(float(math.isfinite(value)) for value in variance)
    return Anchored(own, variance, says, placed.z, placed.jumped)
