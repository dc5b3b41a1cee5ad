"""Anchoring: a sample's own cut is shrunk towards its subject, batch or study by how sure each is.

Empirical Bayes on positions and their sampling variances; ``docs/anchoring.md`` writes the model out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cytogate.methods.spread import WIDE, Spread, estimate, inlier_chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Anchor = Literal["none", "subject", "batch", "study"]
ANCHORS: tuple[Anchor, ...] = ("none", "subject", "batch", "study")


@dataclass(frozen=True, slots=True)
class Own:
    """What one sample says alone.

    Attributes
    ----------
    position, variance : tuple of float
        Scale units, and squared; an infinite variance (or a position that is no number) has no say.
    subject, batch : str
        Whom it belongs to; samples with the same text are one group.
    """

    position: tuple[float, ...]
    variance: tuple[float, ...]
    subject: str = ""
    batch: str = ""

    def group(self, anchor: Anchor) -> str:
        """Return the group that `anchor` puts the sample into; "" for the study."""
        return {"subject": self.subject, "batch": self.batch}.get(anchor, "")


@dataclass(frozen=True, slots=True)
class Anchored:
    """Where a sample's cut goes; each tuple has one number for each number of the position.

    Attributes
    ----------
    position, variance : tuple of float
        Posterior mean and variance; the variance is infinite where nobody had a say.
    weight : tuple of float
        Weight of the sample's own position, 0 to 1.
    z : tuple of float
        Own position minus that of all other samples for it, in standard deviations that are expected of
        such a difference; NaN where there is nothing to compare.
    jumped : float
        Probability that the own position belongs to something else, such as another valley; 0 to 1.
    """

    position: tuple[float, ...]
    variance: tuple[float, ...]
    weight: tuple[float, ...]
    z: tuple[float, ...]
    jumped: float = 0.0


@dataclass(frozen=True, slots=True)
class Common:
    """What the samples of a study say together; kept to place a sample that was not among them.

    Attributes
    ----------
    anchor : str
        none, subject, batch or study.
    mean, mean_variance : tuple of float
        The study's position, and how uncertain it is.
    between, within : tuple of float
        Variance of groups, and of the samples of a group, beyond what sampling explains.
    groups : Mapping
        Group to (means, variances).
    n : int
        Samples that had a say.
    """

    anchor: Anchor
    mean: tuple[float, ...]
    mean_variance: tuple[float, ...]
    between: tuple[float, ...]
    within: tuple[float, ...]
    groups: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = field(default_factory=dict)
    n: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; infinities are floats, which JSON may write as text."""
        return {
            "anchor": self.anchor,
            "mean": list(self.mean),
            "mean_variance": list(self.mean_variance),
            "between": list(self.between),
            "within": list(self.within),
            "groups": {key: [list(part) for part in parts] for key, parts in self.groups.items()},
            "n": self.n,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Common:
        """Return what `to_dict` described."""

        def numbers(values: Sequence[Any]) -> tuple[float, ...]:
            return tuple(float(value) for value in values)

        groups = {key: (numbers(parts[0]), numbers(parts[1])) for key, parts in data["groups"].items()}
        return cls(
            data["anchor"],
            numbers(data["mean"]),
            numbers(data["mean_variance"]),
            numbers(data["between"]),
            numbers(data["within"]),
            MappingProxyType(groups),
            int(data["n"]),
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (Common.from_dict, (self.to_dict(),))


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
    spreads = [
        estimate(position, variance, groups)
        for position, variance in zip(positions.T, variances.T, strict=True)
    ]
    common = Common(
        anchor,
        tuple(s.mean for s in spreads),
        tuple(s.mean_variance for s in spreads),
        tuple(s.between for s in spreads),
        tuple(s.within for s in spreads),
        MappingProxyType(
            {
                group: (
                    tuple(s.group_means[group] for s in spreads),
                    tuple(s.group_variances[group] for s in spreads),
                )
                for group in sorted(set(groups))
            }
        ),
        int(np.any(np.isfinite(variances) & np.isfinite(positions), axis=1).sum()),
    )
    row = {key: at for at, key in enumerate(keys)}
    return {key: _anchored(owns[key], spreads, row[key], anchor) for key in owns}, common


def anchored(
    common: Common, own: tuple[float, ...], own_variance: tuple[float, ...], group: str = ""
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
    """
    means, variances = common.groups.get(group, (common.mean, None))
    out = []
    for at, (position, variance) in enumerate(zip(own, own_variance, strict=True)):
        of_study = common.mean_variance[at] + common.between[at]
        doubt = of_study if variances is None else variances[at]
        out.append(_placed(position, variance, means[at], doubt, common.within[at]))
    placed = _together(out)
    return _left_alone(own, own_variance, placed) if common.anchor == "none" else placed


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


def _anchored(own: Own, spreads: Sequence[Spread], row: int, anchor: Anchor) -> Anchored:
    placed = _together(
        [
            tuple(float(part[row]) for part in (s.position, s.variance, s.weight, s.z, s.jumped))  # type: ignore[misc]
            for s in spreads
        ]
    )
    return _left_alone(own.position, own.variance, placed) if anchor == "none" else placed


def _left_alone(own: tuple[float, ...], variance: tuple[float, ...], placed: Anchored) -> Anchored:
    """Return the sample's own position with the comparison that was made."""
    says = tuple(float(math.isfinite(value)) for value in variance)
    return Anchored(own, variance, says, placed.z, placed.jumped)
