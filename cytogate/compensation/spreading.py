"""Spillover spreading: how much wider a detector's values become where another fluorochrome is bright.

Compensation centres the spilled light on zero; it cannot take away its noise. After Nguyen, Perfetto, Mahnke,
Chattopadhyay and Roederer, Cytometry A 83:306 (2013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST = 200  # events on either side of the cut
APART = 3.0  # widths of the negative events by which the medians must differ
COFACTOR = 150.0  # data values: below it the asinh scale of the cut is nearly linear
BINS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Spreading:
    """Spreading of one fluorochrome into every detector, from a single stain.

    Attributes
    ----------
    values : (n_detectors,) float64
        Square root of the variance gained, over the square root of the signal gained; 0 where none is gained,
        NaN on its own detector, and everywhere where `why` says that it cannot be told.
    wider : (n_detectors,) float64
        Width of the positive events over that of the negative ones; NaN as `values`.
    n_negative, n_positive : int
        Events that it rests on.
    why : str
        Why there are no values; empty where there are.
    """

    values: NDArray[np.float64]
    wider: NDArray[np.float64]
    n_negative: int
    n_positive: int
    why: str = ""


def spreading(events: ArrayLike, stained: int) -> Spreading:
    """Return the spreading of a single stain.

    Parameters
    ----------
    events : (n_events, n_detectors) array_like
        Compensated, on the linear scale.
    stained : int
        Column of the detector that the fluorochrome is measured on.

    Notes
    -----
    With positive and negative events told apart on that detector (Otsu's cut on an asinh scale), medians F
    and widths σ = P84 - P50: ``sqrt(max(0, σ²pos,j - σ²neg,j)) / sqrt(Fpos,k - Fneg,k)``.
    """
    table = np.asarray(events, dtype=np.float64)
    table = table[np.isfinite(table).all(axis=1)]
    nothing = np.full(table.shape[1], np.nan)
    if not len(table):
        return Spreading(nothing, nothing, 0, 0, "no events")
    own = table[:, stained]
    is_positive = own > _otsu(own)
    positive, negative = table[is_positive], table[~is_positive]
    sizes = len(negative), len(positive)
    if min(sizes) < FEWEST:
        return Spreading(nothing, nothing, *sizes, f"fewer than {FEWEST} events are positive, or negative")
    (low, narrow), (high, wide) = _median_and_width(negative), _median_and_width(positive)
    gained = float(high[stained] - low[stained])
    if gained <= APART * narrow[stained]:
        return Spreading(nothing, nothing, *sizes, "positive and negative events do not stand apart")
    values = np.sqrt(np.maximum(0.0, wide**2 - narrow**2)) / math.sqrt(gained)
    wider = np.divide(wide, narrow, out=np.full_like(wide, np.nan), where=narrow > 0.0)
    values[stained] = wider[stained] = np.nan
    return Spreading(values, wider, *sizes)


def _median_and_width(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle, upper = np.percentile(table, (50, 84), axis=0)
    return middle, upper - middle


def _otsu(values: NDArray[np.float64]) -> float:
    """Return the cut that leaves the least variance on its two sides, on an asinh scale (Otsu 1979)."""
    scaled = np.arcsinh(values / COFACTOR)
    counts, edges = np.histogram(scaled, bins=BINS)
    centres = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = len(values) - below
    sums = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    best = np.flatnonzero(between == np.nanmax(between, initial=0.0))  # a gap without events: its middle
    return float(np.sinh(edges[1:-1][best].mean()) * COFACTOR) if len(best) else float(values.max())
