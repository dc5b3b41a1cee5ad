"""Singlets: a strip along the robust line of pulse height on pulse area."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.errors import GatingError
from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, OUT_OF_BOUNDS, Found, shape_methods
from cytogate.methods.shapes import _outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.methods.summary import Summary

LEAST_EVENTS = 50
LEAST_KEPT = 0.75  # fewer singlets than this are not believed
MOST_KEPT = 0.99  # more, and the strip removes no doublets
STRIPS = 20  # of area, for a first line that outliers do not tilt
STEPS = 8  # of each kind of weights
HUBER = 1.345  # standard deviations: 95 % efficient for Gaussian residuals
TUKEY = 4.685  # the same
MAD_TO_SD = 1.4826
STEEPEST = 20.0  # of the line, and its inverse the flattest, in the units of the outline's box


@shape_methods.register("singlets")
@dataclass(frozen=True, slots=True)
class Singlets:
    """Events whose height is what their area predicts: the prediction band of a robust regression.

    Height on area by iterated weighted least squares: Huber's weights first, then Tukey's bisquare, which
    leaves doublets no say at all. The scale is the median residual above the line, where no doublets are.
    The gate is a strip of half-width z((1 + level) / 2) residual standard deviations between the smallest
    and the largest area of the template's own outline. The position is (slope, height of the line at the
    middle of the outline's areas, logarithm of the half-width); heights in scale units. Source: Huber 1964,
    Beaton and Tukey 1974; what openCyto's singletGate is documented to do, but for the second weights.

    Parameters
    ----------
    level : float
        Share of the single cells that the strip is to hold, 0 to 1.

    Raises
    ------
    GatingError
        `level` is not between 0 and 1.
    """

    looks_at: ClassVar[str] = "sample"
    uses_reference: ClassVar[bool] = False

    level: float = 0.99

    def __post_init__(self) -> None:
        if not 0.0 < self.level < 1.0:
            message = f"singlets: level is {self.level:g}; expected a share between 0 and 1, such as 0.99."
            raise GatingError(message)

    def find(self, summary: Summary, outline: NDArray[np.float64], reference: Summary | None) -> Found:
        """Return the strip in a sample; x is the area, y the height."""
        still = self.unmoved(outline)
        box = _outline.box_of(outline)
        events = summary.events
        if events.ndim == 2 and events.shape[1] == 2:
            events = events[np.isfinite(events).all(axis=1)]
            events = events[np.abs(events[:, 0] - box.centre[0]) <= box.half[0]]
        if events.ndim != 2 or events.shape[1] != 2 or len(events) < LEAST_EVENTS:
            return Found.fell_back(still, FEW_EVENTS, summary.n)
        area, height = events[:, 0] - box.centre[0], events[:, 1]
        try:
            line = _robust_line(area, height)
        except np.linalg.LinAlgError:  # few different areas: no line is left when outliers lose their say
            line = None
        if line is None:
            return Found.fell_back(
                still, DEAD_MARKER, summary.n, "Area or height is the same for all events."
            )
        half = _normal_quantile(0.5 * (1.0 + self.level)) * line.spread
        kept = float((np.abs(height - line.slope * area - line.middle) < half).mean())
        position = (line.slope, line.middle, math.log(half))
        if kept < LEAST_KEPT or _held(position, outline) != position:
            note = f"The strip would keep {kept:.0%} of events with slope {line.slope:.3g}."
            return Found.fell_back(still, OUT_OF_BOUNDS, summary.n, note)
        note = f"The strip keeps {kept:.1%}: hardly a doublet." if kept > MOST_KEPT else ""
        return Found(position, line.variance, min(kept / self.level, 1.0), summary.n, note=note)

    def place(
        self, dims: tuple[Dimension, Dimension], outline: NDArray[np.float64], position: tuple[float, ...]
    ) -> PolygonGate:
        """Return the strip, four vertices; the template's own outline where nothing moved."""
        if tuple(position) == self.unmoved(outline):
            return PolygonGate(dims, outline)
        slope, middle, logarithm = _held(position, outline)
        box, half = _outline.box_of(outline), math.exp(logarithm)
        left, right = (middle - slope * box.half[0], middle + slope * box.half[0])
        x = box.centre[0] + np.array([-1.0, 1.0, 1.0, -1.0]) * box.half[0]
        return PolygonGate(dims, np.column_stack([x, [left - half, right - half, right + half, left + half]]))

    def unmoved(self, outline: NDArray[np.float64]) -> tuple[float, ...]:
        """Return the strip with the area, the centre and the tilt of the outline."""
        mean, covariance = _outline.moments(outline)
        slope = covariance[0, 1] / covariance[0, 0]
        residual = max(covariance[1, 1] - slope * covariance[0, 1], 1e-18)
        middle = mean[1] + slope * (_outline.box_of(outline).centre[0] - mean[0])
        return float(slope), float(middle), 0.5 * math.log(3.0 * residual)  # a strip's variance is half^2 / 3


@dataclass(frozen=True, slots=True)
class _Line:
    """height = middle + slope * area, residual standard deviation `spread`; variances of the position."""

    slope: float
    middle: float
    spread: float
    variance: tuple[float, float, float]


def _robust_line(area: NDArray[np.float64], height: NDArray[np.float64]) -> _Line | None:
    """Return Huber's line, or None where the events lie on a point or have no residuals."""
    order = np.argsort(area, kind="stable")
    strips = np.array_split(order, min(STRIPS, len(area) // 2))
    design = np.column_stack([np.ones(len(area)), area])
    middles = np.array([[np.median(area[strip]), np.median(height[strip])] for strip in strips])
    reach = middles[:, 0] - middles[:, 0].mean()
    if not float(reach @ reach) > 1e-12 * max(float(np.abs(area).max()) ** 2, 1e-300):
        return None
    slope = float(reach @ middles[:, 1]) / float(reach @ reach)
    line = np.array([float(np.median(middles[:, 1] - slope * middles[:, 0])), slope])
    for weigh in (_huber,) * STEPS + (_tukey,) * STEPS:
        residual = height - design @ line
        spread = MAD_TO_SD * float(np.median(np.abs(residual - np.median(residual))))
        if not spread > 0.0:
            return None
        weighted = design * weigh(residual / spread)[:, None]
        line = np.linalg.solve(weighted.T @ design, weighted.T @ height)
    residual = height - design @ line
    above = residual[residual > 0.0]  # doublets lie below the line and would widen the strip
    spread = MAD_TO_SD * float(np.median(above)) if len(above) else 0.0
    if not spread > 0.0:
        return None
    ratio = residual / spread
    # sandwich: residuals differ in size along the line, and doublets lie at large areas
    bend = np.where(
        np.abs(ratio) < TUKEY, (1.0 - (ratio / TUKEY) ** 2) * (1.0 - 5.0 * (ratio / TUKEY) ** 2), 0.0
    )
    bread = np.linalg.inv((design * bend[:, None]).T @ design)
    pull = design * (_tukey(ratio) * ratio * spread)[:, None]
    covariance = bread @ (pull.T @ pull) @ bread
    # the variance of the logarithm of the median absolute deviation of n Gaussian numbers is 1.36 / n
    variance = (float(covariance[1, 1]), float(covariance[0, 0]), 1.36 / len(above))
    return _Line(float(line[1]), float(line[0]), spread, variance)


def _huber(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of residuals that are `ratio` standard deviations."""
    weights: NDArray[np.float64] = HUBER / np.maximum(np.abs(ratio), HUBER)
    return weights


def _tukey(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of residuals that are `ratio` standard deviations; 0 beyond 4.685."""
    weights: NDArray[np.float64] = np.maximum(1.0 - (ratio / TUKEY) ** 2, 0.0) ** 2
    return weights


def _held(position: tuple[float, ...], outline: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the position within what is a strip near the outline: neither flat, vertical nor empty."""
    half = _outline.box_of(outline).half
    unit = float(half[1] / half[0])
    slope, middle, logarithm = (0.0 if math.isnan(value) else float(value) for value in position)
    size = math.log(float(half[1]))
    centre = float(_outline.box_of(outline).centre[1])
    return (
        min(max(slope, unit / STEEPEST), unit * STEEPEST),
        min(max(middle, centre - 2.0 * float(half[1])), centre + 2.0 * float(half[1])),
        min(max(logarithm, size - 10.0), size + 1.0),
    )


def _normal_quantile(share: float) -> float:
    """Return the quantile of the standard normal distribution."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)
