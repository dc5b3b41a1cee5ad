"""Bad bins: which stretches of the trajectories leave the rest, by a tree, by the MAD, and by how far.

The tree and the MAD rule are those of PeacoQC (Emmaneel et al., Cytometry A 2022), written from its
description. Neither finds a signal that settles slowly; the third rule does: it compares every bin with the
one that most of the file agrees with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.clock import runs
from cytogate.qc.trajectories import noise_of, running_mean, running_median

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.qc.trajectories import Trajectories

MADS = 6.0
TREE_GAIN = 0.6  # of the standard deviation, that a split must take away
TREE_FEWEST_BINS = 150
SMOOTH = 5  # bins: the MAD rule looks at running medians, so that one odd bin is none
CERTAIN = 5.0  # standard deviations of the noise
LEAST_CHANGE = 0.05  # about 5 % of a signal: what is less harms no gate, however certain it is
CERTAIN_AWAY = 3.0  # of a long stretch, which chance does not make
AWAY = 0.08  # of a signal: a tenth, which harms gates, less what smoothing takes off it
COMMON = 2  # directions along which channels move together
BEYOND_CHANCE = 1.15  # times the largest movement that noise makes along any direction
OUTLYING = 3.0  # standard deviations; differences beyond are edges of clogs, not noise
ALIKE = 0.9  # of the most bins that agree with one: others with as many are as good
PARTS = (16, 6)  # of the file, over which signals are smoothed: for what is fast, and for what is small
FEWEST_GOOD = 5  # bins in a row between bad ones


@dataclass(frozen=True, slots=True, eq=False)
class BadBins:
    """Bins found by each rule, (n_bins,) bool; `bad` is all of them, with good runs that are too short."""

    tree: NDArray[np.bool_]
    mad: NDArray[np.bool_]
    away: NDArray[np.bool_]
    bad: NDArray[np.bool_]


def bad_bins(found: Trajectories, detected: Trajectories) -> BadBins:
    """Return which bins leave the rest of the file.

    Parameters
    ----------
    found : Trajectories
        Of compensated values, for the tree and the MAD rule.
    detected : Trajectories
        Of the same bins before compensation, for how far a detector's gain moved: compensation makes of a
        change of 3 % in a bright dye one of 30 % in a dim one beside it.
    """
    centred = found.values - np.median(found.values, axis=0)
    table = np.column_stack([centred, centred.mean(axis=1)])  # what moves all channels a little
    noise = np.append(found.noise, noise_of(table[:, -1:]))
    tree = ~isolation_tree(table) if len(table) >= TREE_FEWEST_BINS else np.zeros(len(table), dtype=bool)
    tree &= _beyond(table, noise, tree)
    mad = np.zeros(len(table), dtype=bool)
    mad[~tree] = _outside_mads(table[~tree], noise)
    away = _away_from_level(detected, tree | mad)
    bad = tree | mad | away
    return BadBins(tree, mad, away, bad | _short_good(bad))


def _beyond(
    table: NDArray[np.float64], noise: NDArray[np.float64], out: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return bins that differ from the median of those not `out` by more than noise and harmless change."""
    if out.all():
        return out
    difference = np.abs(table - np.median(table[~out], axis=0))
    return np.asarray((difference > np.maximum(CERTAIN * noise, LEAST_CHANGE)).any(axis=1))


def isolation_tree(table: NDArray[np.float64], gain: float = TREE_GAIN) -> NDArray[np.bool_]:
    """Return which rows (n,) of a table (n, c) stay together when it is split as PeacoQC splits it.

    Each split is at the value of the column that takes most off the standard deviation, at least the part
    `gain`, and each further split at least as much as those above it. The leaf with most rows stays.
    """
    limit = int(np.ceil(np.log2(len(table))))
    best = np.arange(0)
    waiting = [(np.arange(len(table)), 0, gain)]
    while waiting:
        rows, depth, least = waiting.pop()
        split = _best_split(table[rows]) if depth < limit and len(rows) > 3 else None
        if split is None or split[2] <= least:
            best = rows if len(rows) > len(best) else best
            continue
        column, value, reached = split
        below = table[rows, column] <= value
        waiting += [(rows[below], depth + 1, reached), (rows[~below], depth + 1, reached)]
    stays = np.zeros(len(table), dtype=bool)
    stays[best] = True
    return stays


def _best_split(table: NDArray[np.float64]) -> tuple[int, float, float] | None:
    """Return column, value and gain of the split that takes most off the standard deviation of its column."""
    n = len(table)
    ordered = np.sort(table, axis=0)
    whole = ordered.std(axis=0, ddof=1)
    usable = whole > 0.0
    if not usable.any():
        return None
    count = np.arange(1, n)[:, None]
    running, squares = np.cumsum(ordered, axis=0), np.cumsum(ordered**2, axis=0)
    low = _deviation(count, running[:-1], squares[:-1])
    high = _deviation(n - count, running[-1] - running[:-1], squares[-1] - squares[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(usable, (whole - (low + high) / 2) / whole, -np.inf)
    gain[ordered[1:] == ordered[:-1]] = -np.inf  # equal values cannot be parted
    row, column = np.unravel_index(int(np.argmax(gain)), gain.shape)
    if not np.isfinite(gain[row, column]):
        return None
    return int(column), float(ordered[row, column]), float(gain[row, column])


def _deviation(
    n: NDArray[np.int64], total: NDArray[np.float64], squares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return standard deviations of `n` values by their sums; of one value it is 0."""
    return np.asarray(np.sqrt(np.maximum(squares - total**2 / n, 0.0) / np.maximum(n - 1, 1)))


def _outside_mads(table: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.bool_]:
    if len(table) < SMOOTH:
        return np.zeros(len(table), dtype=bool)
    smooth = running_median(table, SMOOTH)
    distance = np.abs(smooth - np.median(smooth, axis=0))
    mad = 1.4826 * np.median(distance, axis=0)
    certain = CERTAIN * noise * 1.2533 / np.sqrt(SMOOTH)  # a median scatters more than a mean
    return np.asarray((distance > np.maximum(np.maximum(MADS * mad, certain), LEAST_CHANGE)).any(axis=1))


def _away_from_level(found: Trajectories, out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return bins at which a column is far from where it stands in most of the file.

    Detectors of one laser move together: what the columns have in common is followed, along at most two
    directions and only where it moves by more than noise does, which leaves most of the noise behind.
    """
    away = np.zeros(found.n_bins, dtype=bool)
    kept = np.flatnonzero(~out)
    if len(kept) < SMOOTH:
        return away
    noise = np.maximum(found.noise, np.finfo(np.float64).tiny)
    table = (found.values[kept] - np.median(found.values[kept], axis=0)) / noise
    apart = _uncorrelated(table)
    back, moved = np.linalg.inv(apart), []
    for part in PARTS:
        window = max(SMOOTH, found.n_bins // part) | 1
        directions = _common_directions(running_median(table, window) @ apart, window)
        if not len(directions):
            continue
        common = table @ apart @ directions.T @ directions @ back * noise
        smooth = running_mean(running_median(common, SMOOTH), window)
        uncertain = np.hypot(noise_of(common), noise * np.sqrt(window / len(table)))  # bins, and directions
        certain = np.maximum(AWAY, CERTAIN_AWAY * uncertain * 1.2533 / np.sqrt(window))
        moved.append(smooth / certain)
    if moved:
        away[kept] = _alone(np.column_stack(moved))
    return away


def _alone(table: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return rows (n,) of a table (n, c) that disagree with the row with which most agree.

    Rows agree that are at most 1 apart in every column. Of several with as many, the row nearest to the
    medians counts: a signal that rises evenly loses both ends.
    """
    apart = np.zeros((len(table), len(table)))
    for column in table.T:
        np.maximum(apart, np.abs(column[:, None] - column), out=apart)
    agree = np.sum(apart <= 1.0, axis=1)
    off = np.abs(table - np.median(table, axis=0)).max(axis=1)
    best = np.argmin(np.where(agree >= ALIKE * agree.max(), off, np.inf))
    return np.asarray(apart[best] > 1.0)


def _uncorrelated(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (c, c) matrix that takes from columns (n, c) of noise 1 what their noise has in common.

    A bin with a few more cells of one kind moves the medians of many channels at once: noise, and alike in
    all. Its covariance is that of differences of neighbours, shrunk towards none, for it has c^2 entries.
    """
    n, c = table.shape
    steps = np.clip(np.diff(table, axis=0) / np.sqrt(2.0), -OUTLYING, OUTLYING)
    covariance = (steps.T @ steps + c * np.eye(c)) / (n - 1 + c)
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors / np.sqrt(values) @ vectors.T)


def _common_directions(smooth: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return the directions (k, c) in which smoothed columns (n, c) move by more than noise of 1 a bin does.

    Of n smoothed rows, n / window are independent: the largest singular value of such noise is near
    sqrt(n) + sqrt(c * window) standard deviations (Marchenko and Pastur), however the direction was chosen.
    """
    n, c = smooth.shape
    _, sizes, directions = np.linalg.svd(smooth, full_matrices=False)
    edge = 1.2533 / np.sqrt(window) * (np.sqrt(n) + np.sqrt(c * window))
    return np.asarray(directions[:COMMON][sizes[:COMMON] > BEYOND_CHANCE * edge])


def _short_good(bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return bins of good runs between bad ones that are too short to be trusted."""
    short = np.zeros(len(bad), dtype=bool)
    for begin, end in runs(~bad):
        if begin > 0 and end < len(bad) and end - begin < FEWEST_GOOD:
            short[begin:end] = True
    return short
