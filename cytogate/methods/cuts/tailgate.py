"""Tailgate: the cut where the flank of the negative peak has run out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from cytogate.methods.base import NO_LANDMARK, NOT_CONVERGED, Bounds, Found, cut_methods
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
from cytogate.methods.density import Density, estimate, quantiles
from cytogate.methods.peaks import Landscape, landscape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.methods.summary import Summary

TRUSTED = 2.0  # standard deviations of counting noise: flatter than this a slope says nothing
# A Gaussian's slope at u standard deviations, as part of its steepest (which is at 1).
_FAR = np.linspace(1.0, 8.0, 701)
_STEEP = _FAR * np.exp((1 - _FAR**2) / 2)


@cut_methods.register("tailgate")
@dataclass(frozen=True, slots=True)
class TailGate:
    """Where the slope of the reference peak's flank comes back to `tolerance` times its steepest.

    The reference peak is the tallest one below the fallback (above it for ``side: left``), and the cut never
    leaves its flank. So far down a flank there are few events, and the slope is lost in counting noise
    before it reaches the tolerance; from there the flank is continued as that of a Gaussian. The kernel's own
    width is taken off. Both make the cut independent of how many events there are.

    Parameters
    ----------
    side : {"right", "left"}
        Which flank: right of a negative peak, left of a positive one.
    tolerance : float
        Part of the steepest slope, 0 to 1; 0.01 is 3.6 standard deviations of a Gaussian peak.
    adjust : float
        Multiplies the bandwidths.

    Raises
    ------
    GatingError
        An argument out of its range.
    """

    looks_at: ClassVar[str] = "sample"

    side: Literal["right", "left"] = "right"
    tolerance: float = 0.01
    adjust: float = 1.0

    def __post_init__(self) -> None:
        faults = [
            not_one_of("side", self.side, ("right", "left")),
            not_share("tolerance", self.tolerance),
            not_positive("adjust", self.adjust),
        ]
        refuse("tailgate", faults)

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut of the events of a summary."""
        if (found := unusable(summary, bounds)) is not None:
            return found
        coarse = estimate(summary, adjust=self.adjust)
        land = landscape(coarse, depth=0.1, share=0.002)
        peak = self._reference_peak(coarse, land, bounds)
        if peak is None:
            side = "below" if self.side == "right" else "above"
            return fall_back(summary, bounds, NO_LANDMARK, f"There is no peak {side} the fallback.")
        density = estimate(summary, bandwidth=self.adjust * _slope_bandwidth(coarse, peak, self.side))
        flank = self._flank(density, land, peak)
        slopes = density.slope[flank] * (-1.0 if self.side == "right" else 1.0)
        noise = density.slope_noise(density.height[flank])
        where = _ran_out(density.x[flank], slopes[None], noise, self.tolerance, density.bandwidth)
        if not math.isfinite(where[0]):
            return fall_back(summary, bounds, NOT_CONVERGED, "The flank does not run out on this scale.")
        drawn = density.replicates("slope")[:, flank] * (-1.0 if self.side == "right" else 1.0)
        others = _ran_out(density.x[flank], drawn, noise, self.tolerance, density.bandwidth)
        others = others[np.isfinite(others)]
        variance = spread(others) if len(others) > 1 else math.inf
        lost = TRUSTED * float(density.slope_noise(density.height[peak])) / float(slopes.max())
        return settle(summary, bounds, float(where[0]), variance, 1 - lost)

    def _reference_peak(self, density: Density, land: Landscape, bounds: Bounds) -> int | None:
        """Return the tallest peak on the side of the fallback from which the tail comes."""
        sign = 1 if self.side == "right" else -1
        behind = [p for p in land.peaks if not sign * (density.x[p] - bounds.fallback) >= 0]
        return max(behind, key=lambda p: float(density.height[p]), default=None)

    def _flank(self, density: Density, land: Landscape, peak: int) -> slice:
        """Return the bins from the mode outwards to the next real peak, or to the end of the axis."""
        valleys = [0, *(valley.at for valley in land.valleys), len(density.x)]
        low, high = max(v for v in valleys if v <= peak), min(v for v in valleys if v > peak)
        mode = low + int(np.argmax(density.height[low:high]))
        if self.side == "right":
            return slice(mode, min((p for p in land.peaks if p > peak), default=len(density.x)))
        return slice(mode, max((p for p in land.peaks if p < peak), default=None), -1)


def _slope_bandwidth(density: Density, peak: int, side: str) -> float:
    """Return the normal reference bandwidth for a first derivative, (4 / 5n)^1/7 SD (Chacón and Duong 2010).

    SD and n are those of the peak, from its other half, in which there are no positive events.
    """
    half = density.counts[: peak + 1][::-1] if side == "right" else density.counts[peak:]
    events = max(int(half.sum()), 1)
    deviation = float(quantiles(half, density.step, np.array([0.6827]))[0])
    return float(max(deviation, density.step) * (4 / (5 * 2 * events)) ** (1 / 7))


def _ran_out(
    x: NDArray[np.float64],
    slopes: NDArray[np.float64],
    noise: NDArray[np.float64],
    tolerance: float,
    bandwidth: float,
) -> NDArray[np.float64]:
    """Return where flanks have run out, NaN for those that do not.

    Parameters
    ----------
    x : (m,) array
        Middles of bins, from the mode outwards.
    slopes : (k, m) array
        Steepness of each flank, downwards is positive.
    noise : (m,) array
        Standard deviation that counting gives to the steepness.
    tolerance : float
        Part of the steepest.
    bandwidth : float
        Of the kernel, whose width is taken off.
    """
    rows = np.arange(len(slopes))
    steepest = np.argmax(slopes, axis=1)
    most = slopes[rows, steepest]
    limit = np.maximum(tolerance * most[:, None], TRUSTED * noise)
    over = (slopes <= limit) & (np.arange(len(x)) > steepest[:, None])
    first = np.argmax(over, axis=1)
    gap = slopes - limit
    before, after = gap[rows, first - 1], gap[rows, first]
    part = np.clip(before / np.where(before > after, before - after, 1.0), 0.0, 1.0)
    place = x[first - 1] + part * (x[first] - x[first - 1])
    reached = limit[rows, first] / np.where(most > 0, most, 1.0)
    further = _deviations(np.full(len(rows), tolerance)) / _deviations(reached)
    own = 1 - (bandwidth / np.maximum(np.abs(x[steepest] - x[0]), 1.5 * bandwidth)) ** 2
    ran_out = x[0] + (place - x[0]) * further * np.sqrt(own)
    return np.where(over.any(axis=1) & (most > 0), ran_out, np.nan)


def _deviations(steep: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at how many standard deviations a Gaussian's slope is a part of its steepest."""
    return np.interp(steep, _STEEP[::-1], _FAR[::-1])
