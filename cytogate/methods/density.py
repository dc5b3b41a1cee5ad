"""Density of one axis: a Gaussian kernel estimate on the bins of a summary, by fast Fourier transform."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.methods.summary import Summary

BandwidthRule: TypeAlias = Literal["nrd0", "plug-in"]
Curve: TypeAlias = Literal["height", "sharp", "slope"]

WIDEST = 8  # the bandwidth is at most this part of the axis, so that the two ends never meet in the transform
NARROWEST = 2  # bins: a narrower kernel has frequencies that the bins cannot hold, and rings
REPLICATES = 50
# Integrals of the squared Gaussian kernel and of its squared derivative: variances of density and slope.
KERNEL_SQUARE = 1 / (2 * math.sqrt(math.pi))
SLOPE_SQUARE = 1 / (4 * math.sqrt(math.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A kernel density estimate on the inner bins of one axis.

    The outermost bins of a summary also hold all events beyond the span, whose places are not known; they
    are left out, or they would be peaks.

    Attributes
    ----------
    x : (m,) float64
        Middles of the bins, scale units.
    counts : (m,) int64
        Events.
    height : (m,) float64
        Density, per scale unit; its integral is 1.
    sharp : (m,) float64
        The density by a kernel of fourth order, for places: minima and maxima that a Gaussian kernel pushes
        towards the wider peak stay where they are.
    slope : (m,) float64
        First derivative of `height`.
    n : int
        Events of `counts`.
    bandwidth : float
        Standard deviation of the kernel, scale units.
    """

    x: NDArray[np.float64]
    counts: NDArray[np.int64]
    height: NDArray[np.float64]
    sharp: NDArray[np.float64]
    slope: NDArray[np.float64]
    n: int
    bandwidth: float

    @property
    def step(self) -> float:
        """Return the width of a bin."""
        return float(self.x[1] - self.x[0])

    def height_noise(self, height: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the standard deviation that counting gives to a height; one event's where nothing is."""
        window = self.n * self.bandwidth / KERNEL_SQUARE
        return np.sqrt(np.maximum(height, 0.0) * window + 1.0) / window

    def slope_noise(self, height: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the standard deviation that counting gives to the slope where the density has a height."""
        one = KERNEL_SQUARE / (self.n * self.bandwidth)
        return np.sqrt((np.maximum(height, 0.0) + one) * SLOPE_SQUARE / (self.n * self.bandwidth**3))

    def replicates(self, curve: Curve, *, count: int = REPLICATES) -> NDArray[np.float64]:
        """Return (count, m) curves of samples that might have been drawn instead.

        Bins are drawn anew by Poisson's law at the same bandwidth. The seed is a checksum of the counts, so
        that the same events always give the same answer.
        """
        rng = np.random.default_rng(zlib.crc32(np.ascontiguousarray(self.counts, dtype="<i8").tobytes()))
        used = np.flatnonzero(self.counts)
        drawn = np.zeros((count, len(self.x)))
        drawn[:, used] = rng.poisson(self.counts[used], (count, len(used)))
        return smooth(drawn, self.step, self.bandwidth, curve) / self.n


def estimate(
    summary: Summary,
    which: int = 0,
    *,
    adjust: float = 1.0,
    rule: BandwidthRule = "nrd0",
    bandwidth: float | None = None,
) -> Density:
    """Return the density of an axis of a summary.

    Parameters
    ----------
    summary : Summary
        Events of one population.
    which : int
        The axis.
    adjust : float
        Multiplies the bandwidth of the rule.
    rule : {"nrd0", "plug-in"}
        `nrd0` or `plug_in`.
    bandwidth : float, optional
        Scale units; instead of the rule.
    """
    x = summary.centres(which)[1:-1]
    counts = summary.counts[which][1:-1]
    step = float(x[1] - x[0])
    if bandwidth is None:
        bandwidth = adjust * (nrd0 if rule == "nrd0" else plug_in)(counts, step)
    bandwidth = min(max(bandwidth, NARROWEST * step), step * len(x) / WIDEST)
    n = int(counts.sum())
    curves: tuple[Curve, ...] = ("height", "sharp", "slope")
    height, sharp, slope = (smooth(counts, step, bandwidth, curve) / max(n, 1) for curve in curves)
    return Density(x, counts, height, sharp, slope, n, bandwidth)


def smooth(
    counts: NDArray[Any], step: float, bandwidth: float, curve: Curve = "height"
) -> NDArray[np.float64]:
    """Return (..., m) sums of kernels over (..., m) counts, per scale unit.

    The kernel is multiplied in frequency, where it is known exactly; zeros behind the last bin keep the ends
    apart. ``"height"`` is the Gaussian kernel, ``"slope"`` its first derivative; ``"sharp"`` the kernel of
    fourth order that comes of a Gaussian (Wand and Schucany 1990), with no density below zero.
    """
    bins = counts.shape[-1]
    length = 1 << (2 * bins - 1).bit_length()
    frequency = 2 * math.pi * np.fft.rfftfreq(length, step)
    exponent = 0.5 * (frequency * bandwidth) ** 2
    kernel = np.exp(-exponent)
    if curve == "slope":
        kernel = kernel * 1j * frequency
    elif curve == "sharp":
        kernel = kernel * (1 + exponent)
    out = np.fft.irfft(np.fft.rfft(counts, length) * kernel, length)[..., :bins] / step
    return np.asarray(out if curve == "slope" else np.maximum(out, 0.0))


def nrd0(counts: NDArray[np.int64], step: float) -> float:
    """Return Silverman's bandwidth (1986), 0.9 min(SD, IQR/1.34) n^-1/5, which R's `density` takes too."""
    n = int(counts.sum())
    if n < 2:
        return step
    place = np.arange(len(counts)) * step
    mean = float(counts @ place) / n
    spread = math.sqrt(float(counts @ (place - mean) ** 2) / (n - 1))
    low, high = quantiles(counts, step, np.array([0.25, 0.75]))
    between = float(high - low) / 1.34
    if between < step:  # the quartiles are in one bin: a pile, of which R takes the deviation too
        between = math.inf
    return 0.9 * (min(spread, between) or step) * math.pow(n, -0.2)


def plug_in(counts: NDArray[np.int64], step: float) -> float:
    """Return the bandwidth of Botev, Grotowski and Kroese (Annals of Statistics 2010), `nrd0` if it has none.

    It estimates the roughness of the density from the data in stages, each with its own best bandwidth, and
    does not take the density for a Gaussian: distant peaks are not smoothed into each other.
    """
    from scipy.fft import dct  # heavy, and only for those who ask for it
    from scipy.optimize import brentq

    n = int(counts.sum())
    if n < 2:
        return step
    power = (dct(counts / n, 2)[1:] / 2) ** 2
    order = np.arange(1, len(counts), dtype=np.float64) ** 2
    filled = max(int((counts > 0).sum()), 2)

    def roughness(s: int, time: float) -> float:
        return float(2 * math.pi ** (2 * s) * np.sum(order**s * power * np.exp(-order * math.pi**2 * time)))

    def beyond(time: float) -> float:
        """Return how much larger a squared bandwidth is than the one that it leads to."""
        norm = roughness(7, time)
        for s in range(6, 1, -1):
            odd = math.prod(range(1, 2 * s, 2)) / math.sqrt(2 * math.pi)
            stage = (2 * (1 + 0.5 ** (s + 0.5)) / 3 * odd / (min(n, filled) * norm)) ** (2 / (3 + 2 * s))
            norm = roughness(s, stage)
        return time - math.pow(2 * n * math.sqrt(math.pi) * norm, -0.4)

    times = np.geomspace(len(counts) ** -2.0, 0.1, 8)  # from one bin to a third of the axis
    gaps = [beyond(float(time)) for time in times]
    for low, high, before, after in zip(times[:-1], times[1:], gaps[:-1], gaps[1:], strict=True):
        if before < 0 <= after:
            root: float = brentq(beyond, low, high, rtol=1e-3)
            return math.sqrt(root) * step * len(counts)
    return nrd0(counts, step)


def quantiles(counts: NDArray[np.int64], step: float, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return below which places shares of the events are, from the left edge of the first bin."""
    running = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    wanted = shares * running[-1]
    bin_ = np.clip(np.searchsorted(running, wanted, side="left") - 1, 0, len(counts) - 1)
    within = np.divide(
        wanted - running[bin_], counts[bin_], out=np.zeros(len(wanted)), where=counts[bin_] > 0
    )
    return np.asarray((bin_ + np.clip(within, 0.0, 1.0)) * step)
