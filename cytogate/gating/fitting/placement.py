"""Placement: where a cut or gate stands in one sample, why, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.methods.base import REASONS
from cytogate.methods.common import Common
from cytogate.methods.summary import Span, Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What speaks against a placement, though nothing went wrong; `Placement.doubts` holds these.
FEW_VOICES = "few-voices"
THROUGH_PEAK = "through-peak"
DOUBTS = {
    FEW_VOICES: "too few of the samples found it to say where it belongs",
    THROUGH_PEAK: "it runs through a peak of the sample's own events",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Whom a sample belongs to.

    Attributes
    ----------
    key : str
        The sample: the file as it is given to `fit_template`.
    subject, visit, batch : str
        Samples with the same text belong together.
    controls : Mapping
        Marker to the file of the control tube that lacks it (FMO).
    """

    key: str
    subject: str = ""
    visit: str = ""
    batch: str = ""
    controls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, scope: str) -> str:
        """Return the group that a scope or anchor means; of `study` there is one."""
        return {"sample": self.key, "subject": self.subject, "batch": self.batch}.get(scope, "")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the key."""
        entry = {"subject": self.subject, "visit": self.visit, "batch": self.batch}
        return {**entry, "controls": dict(self.controls)}

    @classmethod
    def from_dict(cls, key: str, data: Mapping[str, Any]) -> Group:
        """Return the group of a sample that `to_dict` described."""
        controls = MappingProxyType(dict(data["controls"]))
        return cls(key, data["subject"], data["visit"], data["batch"], controls)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a cut or gate stands in one sample.

    Attributes
    ----------
    name : str
        Of the cut or gate.
    position : tuple of float
        Where it stands, scale units: the cut, or what the gate's method may move.
    variance : tuple of float
        Of `position` given all samples, scale units squared; infinite where nobody had a say.
    own, own_variance : tuple of float
        What the method said of the sample (or of its scope) alone.
    confidence : float
        Of that answer, 0 to 1.
    n_events : int
        Events that the method looked at.
    fallback : str
        Empty, or why the events did not say; `own` is then the template's fallback.
    note : str
        What the method has to say.
    scope : str
        Whose events were looked at: ``"sample"``, ``"subject"``, ``"batch"``, ``"study"``.
    weight : tuple of float
        Weight of `own` in `position`, 0 to 1.
    z : tuple of float
        `own` minus what the other samples say, in standard deviations; NaN where there is nothing to compare.
    jumped : float
        Probability that `own` belongs to something else, such as another valley.
    doubts : tuple of str
        What else speaks against it: keys of `DOUBTS`.
    """

    name: str
    position: tuple[float, ...]
    variance: tuple[float, ...]
    own: tuple[float, ...]
    own_variance: tuple[float, ...]
    confidence: float
    n_events: int
    fallback: str
    note: str
    scope: str
    weight: tuple[float, ...]
    z: tuple[float, ...] = ()
    jumped: float = 0.0
    doubts: tuple[str, ...] = ()

    def told(self) -> str:
        """Return in words why the events did not place it, and who did."""
        reason = REASONS.get(self.fallback, self.fallback)
        is_template = self.position == self.own
        where = "the template has it" if is_template else "the other samples say"
        note = f" {self.note}" if self.note else ""
        return f"stands where {where}: {reason} ({self.n_events} events).{note}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinities and NaN as text."""
        return {entry.name: plain(getattr(self, entry.name)) for entry in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Placement:
        """Return the placement that `to_dict` described."""
        numbers = ("position", "variance", "own", "own_variance", "weight", "z")
        values = {key: tuple(map(float, data[key])) for key in numbers}
        others = {key: value for key, value in data.items() if key not in numbers}
        words = {"doubts": tuple(data.get("doubts", ()))}  # fits of before do not have it
        return cls(**{**others, **values, **words, "confidence": float(data["confidence"])})


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """What all samples of a study say of one cut or gate.

    Attributes
    ----------
    common : Common
        Position of the study, how far groups and samples lie apart, and each group's position.
    landmarks : tuple of float
        Peaks of all samples together, for methods that align to them.
    reference : Summary or None
        Histograms of all samples together, of gates on two axes; without a reservoir when read from a file.
    """

    common: Common
    landmarks: tuple[float, ...] = ()
    reference: Summary | None = None

    @property
    def position(self) -> tuple[float, ...]:
        """Position of the study, scale units."""
        return self.common.mean

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        entry: dict[str, Any] = {"common": plain(self.common.to_dict()), "landmarks": list(self.landmarks)}
        if self.reference is not None and self.reference.plane is not None:
            entry["reference"] = {
                "spans": [[span.low, span.high] for span in self.reference.spans],
                "counts": [counts.tolist() for counts in self.reference.counts],
                "plane": self.reference.plane.ravel().tolist(),
                "n": self.reference.n,
                "n_nan": self.reference.n_nan,
            }
        return entry

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Together:
        """Return what `to_dict` described."""
        reference = None
        if "reference" in data:
            entry = data["reference"]
            plane = np.array(entry["plane"], dtype=np.int64)
            side = round(len(plane) ** 0.5)
            reference = Summary(
                spans=tuple(Span(low, high) for low, high in entry["spans"]),
                counts=tuple(np.array(counts, dtype=np.int64) for counts in entry["counts"]),
                plane=plane.reshape(side, side),
                events=np.empty((0, 2)),
                keys=np.empty(0, dtype=np.uint64),
                n=int(entry["n"]),
                n_nan=int(entry["n_nan"]),
            )
        return cls(Common.from_dict(data["common"]), tuple(data["landmarks"]), reference)


def plain(value: Any) -> Any:
    """Return values as JSON has them; what is no finite number as text that `float` reads."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def of_scope(scope: str, groups: Mapping[str, tuple[Sequence[float], Sequence[float]]], whole: str) -> Common:
    """Return what a scope of several samples says: each group's position, and that of the whole study.

    Parameters
    ----------
    groups : Mapping
        Group to (position, variance); one of them, called `whole`, is the study.
    """
    mean, variance = (tuple(map(float, numbers)) for numbers in groups[whole])
    zeros = (0.0,) * len(mean)
    known = {name: (tuple(a), tuple(b)) for name, (a, b) in groups.items() if name != whole}
    if scope == "study":
        known[""] = (mean, variance)
    anchor: Any = scope
    return Common(anchor, mean, variance, zeros, zeros, MappingProxyType(known), len(known))
