"""Minimum density: the cut is the deepest point of the valley between two real peaks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from cytogate.methods.base import ONE_PEAK, OUT_OF_BOUNDS, Bounds, Found, cut_methods
from cytogate.methods.cuts._answers import (
    fall_back,
    not_one_of,
    not_positive,
    not_share,
    refuse,
    settle,
    spread,
    unusable,
)
from cytogate.methods.density import BandwidthRule, Density, estimate
from cytogate.methods.peaks import CLEAR, Valley, landscape, lowest_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.methods.summary import Summary

NEAR = 0.08  # of the axis, half a decade of a logicle scale: a valley so far away counts half as much
FAR = 1e6  # of `NEAR`; no valley is further


@cut_methods.register("mindensity")
@dataclass(frozen=True, slots=True)
class MinDensity:
    """The lowest point of a Gaussian kernel density between two peaks.

    Only valleys within the bounds count, and only between peaks that stand out of counting noise. Of several
    the one is taken whose ``depth / (1 + (d / 0.08)^2)`` is largest, d its distance from the fallback as part
    of the axis. With one peak
    the cut is on its shoulder on the side of the fallback, at the flattest point of the flank, which is
    where a valley that fills up ends; without a shoulder the events cannot answer.

    Parameters
    ----------
    adjust : float
        Multiplies the bandwidth (openCyto's default is 2 too).
    bandwidth : {"nrd0", "plug-in"}
        Rule for the bandwidth: that of R's `density`, or that of Botev and others, for peaks of very
        different widths.
    depth : float
        How deep a valley must be at least, as part of its lower peak.
    share : float
        Part of all events that must lie on a peak.
    one_peak : {"shoulder", "fallback"}
        What to do where there is only one peak.

    Raises
    ------
    GatingError
        An argument out of its range.
    """

    looks_at: ClassVar[str] = "sample"

    adjust: float = 2.0
    bandwidth: BandwidthRule = "nrd0"
    depth: float = 0.1
    share: float = 0.002
    one_peak: Literal["shoulder", "fallback"] = "shoulder"

    def __post_init__(self) -> None:
        faults = [
            not_positive("adjust", self.adjust),
            not_one_of("bandwidth", self.bandwidth, ("nrd0", "plug-in")),
            not_share("depth", self.depth),
            not_share("share", self.share),
            not_one_of("one_peak", self.one_peak, ("shoulder", "fallback")),
        ]
        refuse("mindensity", faults)

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut of the events of a summary."""
        if (found := unusable(summary, bounds)) is not None:
            return found
        density = estimate(summary, adjust=self.adjust, rule=self.bandwidth)
        land = landscape(density, depth=self.depth, share=self.share)
        places = [(valley, _lowest(density, valley.left, valley.right)) for valley in land.valleys]
        inside = [(valley, place) for valley, place in places if bounds.low <= place <= bounds.high]
        if inside:
            return _between_peaks(summary, bounds, density, inside)
        if places:
            return fall_back(summary, bounds, OUT_OF_BOUNDS, "There are valleys, but none within the bounds.")
        if self.one_peak == "shoulder" and land.peaks:
            found = _on_shoulder(summary, bounds, density, land.peaks[0], self.depth)
        return found or fall_back(summary, bounds, ONE_PEAK, "There is one peak, without a shoulder.")


def _lowest(density: Density, left: int, right: int) -> float:
    """Return where the density is lowest between two bins."""
    between = slice(left, right + 1)
    noise = density.height_noise(float(density.height[between].min()))
    return float(lowest_place(density.x[between], density.sharp[between], noise))


def _variance(density: Density, left: int, right: int) -> float:
    """Return the bootstrap variance of `_lowest`."""
    between = slice(left, right + 1)
    noise = density.height_noise(float(density.height[between].min()))
    return spread(lowest_place(density.x[between], density.replicates("sharp")[:, between], noise))


def _between_peaks(
    summary: Summary, bounds: Bounds, density: Density, inside: list[tuple[Valley, float]]
) -> Found:
    """Return the cut at the best of the valleys that lie within the bounds."""
    near = NEAR * (summary.spans[0].high - summary.spans[0].low)
    merits = [valley.depth * _nearness(place - bounds.fallback, near) for valley, place in inside]
    best = int(np.argmax(merits))
    valley, place = inside[best]
    rival = max((merit for i, merit in enumerate(merits) if i != best), default=0.0)
    note = f"{len(inside)} valleys compete for this cut." if rival > merits[best] / 2 else ""
    confidence = valley.depth * (1 - 0.5 * rival / merits[best])
    return settle(summary, bounds, place, _variance(density, valley.left, valley.right), confidence, note)


def _nearness(distance: float, near: float) -> float:
    """Return 1 at the fallback, 1/2 at a distance of `near`; 1 everywhere without a fallback."""
    return 1 / (1 + min(abs(distance) / near, FAR) ** 2) if math.isfinite(distance) else 1.0


def _on_shoulder(summary: Summary, bounds: Bounds, density: Density, peak: int, trust: float) -> Found | None:
    """Return the cut at the flattest point of a peak's flank, if the flank grows steeper again behind it.

    Where the flank even rises, by too little to be a valley, the cut is at the lowest point before. It is at
    best as sure, `trust`, as the shallowest valley is.
    """
    outwards = 1 if not density.x[peak] > bounds.fallback else -1
    flank = slice(peak, None, outwards)
    x, height, steepness = density.x[flank], density.height[flank], -outwards * density.slope[flank]
    noise = density.slope_noise(height)
    # A kernel moves a turn outwards by less than its width; the cut itself is held to the bounds at the end.
    low, high = bounds.low - density.bandwidth, bounds.high + density.bandwidth
    best, flat, behind, beyond = 0.1, 0, 0, False
    for turn in np.flatnonzero(np.diff(np.sign(np.diff(steepness))) > 0) + 1:
        after = int(turn) + int(np.argmax(steepness[turn:]))
        rise = float(steepness[after] - max(steepness[turn], 0.0))
        clear = rise > CLEAR * math.hypot(noise[turn], noise[after]) and rise / steepness[after] > 0.1
        beyond |= bool(clear and not low <= x[turn] <= high)
        if clear and low <= x[turn] <= high and rise / steepness[after] > best:
            best, flat, behind = rise / float(steepness[after]), int(turn), after
    if not flat:
        note = "There is one peak; its shoulder lies outside the bounds."
        return fall_back(summary, bounds, OUT_OF_BOUNDS, note) if beyond else None
    part = slice(int(np.argmax(steepness[:flat])), behind + 1)
    curves = np.vstack([density.sharp, density.replicates("sharp")])[:, flank][:, part]
    noises = float(density.height_noise(height[flat])), float(noise[flat])
    places = np.array([_flattest(x[part], curve, flat - part.start, noises) for curve in curves])
    note = "There is one peak; the cut is on its shoulder."
    return settle(summary, bounds, float(places[0]), spread(places[1:]), trust * best, note)


def _flattest(
    x: NDArray[np.float64], flank: NDArray[np.float64], near: int, noise: tuple[float, float]
) -> float:
    """Return the lowest point before a flank rises again, or where it is flattest if it does not.

    The two are the same place where a shoulder becomes a peak. `x` and `flank` (m,) lead outwards, `near` is
    the bin of the shoulder; `noise` is that of the density and of its slope.
    """
    fall = -np.diff(flank)
    if fall.min() >= 0.0:
        return float(lowest_place((x[1:] + x[:-1]) / 2, fall, noise[1] * abs(x[1] - x[0])))
    rising = np.flatnonzero(fall < 0)
    crest = int(rising[np.argmin(np.abs(rising - near))]) + 1
    while crest < len(fall) and fall[crest] < 0:
        crest += 1
    return float(lowest_place(x[: crest + 1], flank[: crest + 1], noise[0]))
