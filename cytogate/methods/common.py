"""Common: what the samples of a study say of a cut together, kept to place one that was not among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from cytogate.methods.companion import Slope
from cytogate.methods.voices import Voices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Anchor = Literal["none", "subject", "batch", "study"]
ANCHORS: tuple[Anchor, ...] = ("none", "subject", "batch", "study")


@dataclass(frozen=True, slots=True)
class Common:
    """What the samples of a study say together; kept to place a sample that was not among them.

    Attributes
    ----------
    anchor : str
        none, subject, batch or study.
    mean, mean_variance : tuple of float
        The study's position, and how uncertain it is: with too few voices it is that of the samples that
        say nothing (the fallback), with infinite variance.
    between, within : tuple of float
        Variance of groups, and of the samples of a group, beyond what sampling explains.
    groups : Mapping
        Group to (means, variances).
    n, asked : int
        Samples that had a say, of how many that were asked.
    slope : Slope
        How far the cut goes with another of the same marker. `mean` and `groups` hold where that one is at
        the slope's centre.
    visits : tuple of float
        Variance of visits: of stains that change in all samples alike. Empty in fits of before.
    drift : Mapping
        Visit to (steps from the mean visit, their variances), of visits with enough samples. `mean` and
        `groups` are those of a mean visit.
    """

    anchor: Anchor
    mean: tuple[float, ...]
    mean_variance: tuple[float, ...]
    between: tuple[float, ...]
    within: tuple[float, ...]
    groups: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = field(default_factory=dict)
    n: int = 0
    asked: int = 0
    slope: Slope = field(default_factory=Slope)
    visits: tuple[float, ...] = ()
    drift: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = field(default_factory=dict)

    @property
    def voices(self) -> Voices:
        """Return how many had a say."""
        return Voices(self.n, self.asked)

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
            "asked": self.asked,
            "slope": [self.slope.mean, self.slope.variance, self.slope.centre],
            "visits": list(self.visits),
            "drift": {key: [list(part) for part in parts] for key, parts in self.drift.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Common:
        """Return what `to_dict` described."""

        def numbers(values: Sequence[Any]) -> tuple[float, ...]:
            return tuple(float(value) for value in values)

        def by_name(entries: Mapping[str, Any]) -> Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]:
            found = {key: (numbers(parts[0]), numbers(parts[1])) for key, parts in entries.items()}
            return MappingProxyType(found)

        return cls(
            data["anchor"],
            numbers(data["mean"]),
            numbers(data["mean_variance"]),
            numbers(data["between"]),
            numbers(data["within"]),
            by_name(data["groups"]),
            int(data["n"]),
            int(data.get("asked", data["n"])),
            Slope(*numbers(data.get("slope", ()))),  # fits of before have no slope and no visits
            numbers(data.get("visits", ())),
            by_name(data.get("drift", {})),
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (Common.from_dict, (self.to_dict(),))
