"""Peaks and valleys of a density that are more than counting noise, and where exactly they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.methods.density import Density

CLEAR = 3.5  # standard deviations of counting noise between a valley and its lower peak
NOTHING = 1e-9  # of the highest peak: lower is rounding of the transform


@dataclass(frozen=True, slots=True)
class Valley:
    """A minimum of a density between two real peaks; places are numbers of bins.

    Attributes
    ----------
    at : int
        The lowest bin.
    left, right : int
        The peaks on both sides.
    depth : float
        0 to 1: how far the valley goes down from the lower of the two peaks.
    """

    at: int
    left: int
    right: int
    depth: float


@dataclass(frozen=True, slots=True)
class Landscape:
    """The real peaks of a density, from low to high positions, and the valleys between them."""

    peaks: tuple[int, ...]
    valleys: tuple[Valley, ...]


def landscape(density: Density, *, depth: float = 0.0, share: float = 0.0) -> Landscape:
    """Return the peaks of a density that are more than noise, and the valleys between them.

    The least clear valley is filled, and the lower of its peaks forgotten, until every valley that is left
    lies `CLEAR` standard deviations of counting noise and the part `depth` below its lower peak, and at least
    the part `share` of all events lies on each peak.
    """
    peaks, valleys = _extremes(density.height)
    while valleys:
        clear = _clearness(density, peaks, valleys, depth)
        worst = int(np.argmin(clear))
        if clear[worst] >= 1.0:
            small = _smallest(density, valleys, share)
            if small is None:
                break
            _forget(density.height, peaks, valleys, small)
            continue
        lower = worst if density.height[peaks[worst]] < density.height[peaks[worst + 1]] else worst + 1
        _forget(density.height, peaks, valleys, lower)
    height = density.height
    kept = tuple(
        Valley(at, left, right, 1.0 - float(height[at] / min(height[left], height[right])))
        for at, left, right in zip(valleys, peaks[:-1], peaks[1:], strict=True)
    )
    return Landscape(tuple(peaks), kept)


def _extremes(height: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Return all local maxima and the minima between them; a level stretch counts as its middle."""
    top = float(height.max(initial=0.0))
    if top <= 0.0:
        return [], []
    level = np.where(height < NOTHING * top, 0.0, height)
    level = np.concatenate([[-1.0], level, [-1.0]])  # so that the ends are never minima
    change = np.sign(np.diff(level))
    moving = np.flatnonzero(change)
    turns = np.flatnonzero(change[moving[:-1]] != change[moving[1:]])
    middles = (moving[turns] + 1 + moving[turns + 1]) // 2 - 1
    rising = change[moving[turns]] > 0
    return middles[rising].tolist(), middles[~rising].tolist()


def _clearness(density: Density, peaks: list[int], valleys: list[int], depth: float) -> NDArray[np.float64]:
    """Return how clear each valley is; 1 is just enough."""
    floor, tops = density.height[valleys], density.height[peaks]
    lower = np.minimum(tops[:-1], tops[1:])
    clear = (lower - floor) / np.hypot(density.height_noise(lower), density.height_noise(floor)) / CLEAR
    return np.minimum(clear, (lower - floor) / lower / depth) if depth > 0.0 else clear


def _smallest(density: Density, valleys: list[int], share: float) -> int | None:
    """Return the peak with the fewest events, if it has less than `share` of all."""
    running = np.concatenate([[0], np.cumsum(density.counts)])
    events = np.diff(running[[0, *(v + 1 for v in valleys), len(density.counts)]])
    small = int(np.argmin(events))
    return small if events[small] < share * density.n else None


def _forget(height: NDArray[np.float64], peaks: list[int], valleys: list[int], which: int) -> None:
    """Fill the higher of the valleys beside a peak, and forget the peak."""
    beside = [i for i in (which - 1, which) if 0 <= i < len(valleys)]
    del valleys[max(beside, key=lambda i: height[valleys[i]])]
    del peaks[which]


def lowest_place(
    x: NDArray[np.float64], curves: NDArray[np.float64], noise: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return where (..., m) curves are lowest: the middle of what is not higher than noise makes it.

    A minimum of a flat floor is anywhere on it; the middle of the floor, weighted by how far it lies under
    the lowest value plus `noise`, hardly moves from sample to sample. With more events the floor shrinks
    to the minimum itself. At least two bins on both sides take part, so that places are finer than bins.

    Parameters
    ----------
    x : (m,) array
        Middles of bins.
    curves : (..., m) array
        One curve or many.
    noise : (...,) array or float
        Standard deviation of the lowest value of each.

    Returns
    -------
    (...,) array, in units of `x`
    """
    lowest = np.argmin(curves, axis=-1)[..., None]
    bottom = np.take_along_axis(curves, lowest, -1)
    beside = [np.take_along_axis(curves, np.clip(lowest + k, 0, len(x) - 1), -1) for k in (-2, 2)]
    slack = np.maximum(np.asarray(noise)[..., None], np.maximum(*beside) - bottom)
    weight = np.maximum(bottom + slack - curves, 0.0)
    total = weight.sum(axis=-1)
    level = total <= 0.0  # all bins alike
    weight = np.where(level[..., None], 1.0, weight)
    return np.asarray((weight @ x) / weight.sum(axis=-1))
