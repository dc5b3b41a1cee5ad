"""Trajectories: the median of every peak of every channel, bin after bin of the file.

After PeacoQC (Emmaneel et al., Cytometry A 2022), which finds the peaks of each bin anew; here the peaks of
the whole file divide each channel once, and the median of a bin's events around each peak is followed: it
needs fewer events a bin, and no peak is ever taken for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cytogate.methods.density import Density, smooth
from cytogate.methods.peaks import landscape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.qc.watch import Seen

PER_BIN = 128  # sampled events; a multiple of TIME_EVERY, so that the time of each bin's first event is known
FEWEST_BINS = 10
FEWEST_EVENTS = 20  # of a bin around a peak, for a median
DEPTH, SHARE = 0.15, 0.15  # of a valley, and of the events on a peak, for a peak of its own
POOLED = 4096  # events of the whole file in which peaks are looked for
AROUND = (0.005, 0.995)  # quantiles, the axis on which peaks are looked for
BINS = 256  # of that axis
WITHIN_ONE = 0.6827  # of normal values, those within a standard deviation
WIDTH = 0.02  # of that axis, standard deviation of the kernel that smooths it


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """Medians over the file.

    Attributes
    ----------
    edges : (n_bins + 1,) int64
        First event of each bin, and the number of events.
    names : tuple of str
        Channel of each column; several columns of one channel are its peaks, from low to high.
    values : (n_bins, n_columns) float64
        asinh scale: where signals are high, differences are relative changes.
    noise : (n_columns,) float64
        Standard deviation that the events' scatter gives to a value, by the differences of neighbours:
        neither drift nor clogs are in it.
    """

    edges: NDArray[np.int64]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    noise: NDArray[np.float64]

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.values)


def trajectories(seen: Seen, table: NDArray[np.float64]) -> Trajectories | None:
    """Return the medians of the peaks of (n_channels, n_sampled) values; None of too few events."""
    n_bins = table.shape[1] // PER_BIN
    if n_bins < FEWEST_BINS or not seen.channels:
        return None
    names, columns = [], []
    borders = _borders(table, seen.cofactors)
    for at, name in enumerate(seen.channels):
        ordered = np.sort(table[at, : n_bins * PER_BIN].reshape(n_bins, PER_BIN), axis=1)
        for median in _medians(ordered, borders[at]):
            filled = np.isfinite(median)
            if 2 * filled.sum() < n_bins:
                continue
            scaled = np.arcsinh(median / seen.cofactors[at])
            names.append(name)
            columns.append(scaled)
    if not columns:
        return None
    edges = np.arange(n_bins + 1, dtype=np.int64) * (PER_BIN * seen.apart)
    edges[-1] = seen.n_events
    values = np.column_stack(columns)
    typical = np.nanmedian(values, axis=0)
    return Trajectories(edges, tuple(names), np.where(np.isnan(values), typical, values), noise_of(values))


def _borders(table: NDArray[np.float64], cofactors: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the ends of the peaks of each channel, (n_peaks + 1,) data values, infinite at both ends."""
    pooled = np.arcsinh(table[:, :: max(1, table.shape[1] // POOLED)] / cofactors[:, None])
    places, counts, steps = [], np.zeros((len(table), BINS), dtype=np.int64), []
    for at, values in enumerate(pooled):
        finite = np.sort(values[np.isfinite(values)])
        low, high = (
            (finite[[int(part * (len(finite) - 1)) for part in AROUND]]).tolist() if len(finite) else (0, 0)
        )
        steps.append((high - low) / BINS)
        places.append(low + (np.arange(BINS) + 0.5) * steps[-1])
        if low < high:
            within = finite[(finite > low) & (finite < high)]
            counts[at] = np.bincount(((within - low) / (high - low) * BINS).astype(np.int64), minlength=BINS)
    heights = smooth(counts, 1.0, WIDTH * BINS) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    found = []
    for at, (x, height) in enumerate(zip(places, heights, strict=True)):
        density = Density(x, counts[at], height, height, height, int(counts[at].sum()), WIDTH * BINS)
        valleys = landscape(density, depth=DEPTH, share=SHARE).valleys if steps[at] > 0.0 else ()
        found.append(np.array([-np.inf, *(np.sinh(x[one.at]) * cofactors[at] for one in valleys), np.inf]))
    return found


def _medians(ordered: NDArray[np.float64], borders: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the medians (n_bins,) of rows (n_bins, PER_BIN) between borders; NaN where there are few."""
    rows = np.arange(len(ordered))
    place = [np.zeros(len(ordered), dtype=np.int64)]
    place += [np.sum(ordered < border, axis=1) for border in borders[1:-1]]
    place.append(np.sum(~np.isnan(ordered), axis=1))  # which stand last
    medians = []
    for first, end in pairwise(place):
        low, high = np.clip((first + end - 1) // 2, 0, None), np.minimum((first + end) // 2, PER_BIN - 1)
        middle = (ordered[rows, low] + ordered[rows, high]) / 2
        medians.append(np.where(end - first >= FEWEST_EVENTS, middle, np.nan))
    return medians


def noise_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of independent noise on columns (n, c), by differences of neighbours.

    NaN are passed over. Of normal noise 68 % of differences are within a standard deviation of a difference:
    that quantile scatters less than the median, and the edges of a few clogs do not move it.
    """
    steps = np.sort(np.abs(np.diff(values, axis=0)), axis=0)  # NaN stand last
    place = WITHIN_ONE * np.maximum(np.sum(~np.isnan(steps), axis=0) - 1, 0)
    below = np.floor(place).astype(np.int64)
    columns = np.arange(steps.shape[1])
    low, high = steps[below, columns], steps[np.minimum(below + 1, len(steps) - 1), columns]
    part = place - below
    return np.asarray((low + np.where(part > 0.0, part * (high - low), 0.0)) / np.sqrt(2.0))


def running_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return running medians of columns (n, c) over an odd `window`; the ends are mirrored."""
    return np.asarray(np.median(_windows(values, window), axis=-1))


def running_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return running means of columns (n, c) over an odd `window`; the ends are mirrored."""
    return np.asarray(np.mean(_windows(values, window), axis=-1))


def _windows(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    half = min(window // 2, len(values) - 1)
    padded = np.concatenate([values[half:0:-1], values, values[-2 : -half - 2 : -1]]) if half else values
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
