"""Shift: the template's own cut, moved by as much as the sample's peaks are away from where they belong."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.methods.base import NO_LANDMARK, OUT_OF_BOUNDS, Bounds, Found, cut_methods
from cytogate.methods.cuts._answers import fall_back, not_positive, refuse, settle, spread, unusable
from cytogate.methods.density import Density, estimate
from cytogate.methods.peaks import landscape, lowest_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.methods.summary import Summary

DECADE = 2 / 9  # scale units: a logicle or logarithmic scale of 4.5 decades is 1 long


@dataclass(frozen=True, slots=True)
class _Peak:
    place: float
    variance: float


@cut_methods.register("shift")
@dataclass(frozen=True, slots=True)
class Shift:
    """The fallback, moved with the peaks of the sample: negative mode, positive mode, or both.

    Each landmark is matched with the nearest peak. Between two landmarks the displacement is interpolated at
    the cut; outside them it is that of the nearer one. Science says so of small shifts only: one of more
    than `limit` is not made, but told.

    Parameters
    ----------
    landmarks : tuple of float
        Where the peaks are in the template's sample or in the study, scale units; `with_landmarks` puts them
        in from the study's summary.
    limit : float
        Largest displacement, decades.
    decade : float
        Length of a decade, scale units.
    adjust : float
        Multiplies the bandwidth.

    Raises
    ------
    GatingError
        An argument out of its range.
    """

    looks_at: ClassVar[str] = "sample"

    landmarks: tuple[float, ...] = ()
    limit: float = 0.25
    decade: float = DECADE
    adjust: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "landmarks", tuple(sorted(float(place) for place in self.landmarks)))
        faults = [
            not_positive("limit", self.limit),
            not_positive("decade", self.decade),
            not_positive("adjust", self.adjust),
            (not all(map(math.isfinite, self.landmarks)), "landmarks must be finite."),
        ]
        refuse("shift", faults)

    def landmarks_of(self, summary: Summary) -> tuple[float, ...]:
        """Return where the peaks of a reference are, such as the summary of the whole study."""
        if unusable(summary, Bounds(0.0)) is not None:
            return ()
        return tuple(peak.place for peak in _peaks(estimate(summary, adjust=self.adjust), drawn=False))

    def with_landmarks(self, landmarks: Iterable[float]) -> Shift:
        """Return the method with the landmarks of a study."""
        return replace(self, landmarks=tuple(landmarks))

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut of the events of a summary."""
        if (found := unusable(summary, bounds)) is not None:
            return found
        peaks = _peaks(estimate(summary, adjust=self.adjust), drawn=True)
        pairs = _matched(self.landmarks, peaks, 2 * self.limit * self.decade)
        if not pairs:
            return fall_back(summary, bounds, NO_LANDMARK, "No peak is near a landmark.")
        at = np.array([landmark for landmark, _ in pairs])
        away = np.array([peak.place - landmark for landmark, peak in pairs])
        weights = np.array([np.interp(bounds.fallback, at, row) for row in np.eye(len(at))])
        shift = float(weights @ away)
        if not abs(shift) <= self.limit * self.decade:
            note = (
                f"The peaks are {shift / self.decade:+.2f} decades from their landmarks: too far to follow."
            )
            return fall_back(summary, bounds, OUT_OF_BOUNDS, note)
        variance = float(weights**2 @ [peak.variance for _, peak in pairs])
        confidence = len(pairs) / len(self.landmarks) * (1 - abs(shift) / (2 * self.limit * self.decade))
        note = f"Moved by {shift / self.decade:+.2f} decades."
        return settle(summary, bounds, bounds.fallback + shift, variance, confidence, note)


def _peaks(density: Density, *, drawn: bool) -> list[_Peak]:
    """Return the real peaks of a density; their variances by bootstrap where they are wanted."""
    land = landscape(density, depth=0.1, share=0.005)
    edges = [0, *(valley.at for valley in land.valleys), len(density.x)]
    others = density.replicates("sharp") if drawn else None
    found = []
    for peak, low, high in zip(land.peaks, edges[:-1], edges[1:], strict=False):
        part, noise = slice(low, high), density.height_noise(float(density.height[peak]))
        place = float(lowest_place(density.x[part], -density.sharp[part], noise))
        variance = 0.0 if others is None else spread(lowest_place(density.x[part], -others[:, part], noise))
        found.append(_Peak(place, variance))
    return found


def _matched(landmarks: tuple[float, ...], peaks: list[_Peak], furthest: float) -> list[tuple[float, _Peak]]:
    """Return pairs of a landmark and the nearest peak, nearest pairs first to choose; each once, in order."""
    pairs = sorted(
        (abs(peak.place - landmark), i, j)
        for i, landmark in enumerate(landmarks)
        for j, peak in enumerate(peaks)
        if abs(peak.place - landmark) <= furthest
    )
    chosen: dict[int, int] = {}
    for _, i, j in pairs:
        free = i not in chosen and j not in chosen.values()
        in_order = all((i < other) == (j < chosen[other]) for other in chosen)
        if free and in_order:
            chosen[i] = j
    return [(landmarks[i], peaks[j]) for i, j in sorted(chosen.items())]
