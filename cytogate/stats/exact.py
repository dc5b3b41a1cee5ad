"""Null distributions of rank statistics by counting every arrangement, so that ties need no approximation.

Ranks are doubled mid-ranks, hence whole numbers: sums of them are counted exactly, by convolution rather than
by listing arrangements. What is conditional on is the set of ranks that was observed, ties included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_PAIRED = 12  # items whose pairings are counted: 2^12 sets of them
MOST_VISITS = 5  # whose orders within a block are listed (120)
MOST_STATES = 400_000  # arrangements of Friedman ranks in one step
DIGITS = 10  # of the largest value: closer ones are ties, since 12.1 - 7.9 is not 4.2 in binary


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """A distribution on whole numbers.

    Attributes
    ----------
    support : ndarray of int, shape (n_values,)
        Ascending.
    mass : ndarray of float, shape (n_values,)
        Sums to 1.
    """

    support: NDArray[np.int64]
    mass: NDArray[np.float64]

    @classmethod
    def of(cls, ways: NDArray[np.float64]) -> Null:
        """Return the distribution of a sum, from the number of ways to reach 0, 1, 2 ..."""
        support = np.flatnonzero(ways)
        return cls(support.astype(np.int64), ways[support] / ways.sum())

    @property
    def centre(self) -> float:
        """The mean; those of this module but Friedman's are symmetric, or nearly, about it."""
        return float(self.support @ self.mass)

    def lower(self, value: float) -> float:
        """Return P(T <= value)."""
        return _share(self.mass[self.support <= value + 1e-9])

    def upper(self, value: float) -> float:
        """Return P(T >= value)."""
        return _share(self.mass[self.support >= value - 1e-9])

    def two_sided(self, value: float) -> float:
        """Return P(T is at least as far from the centre as value)."""
        away = np.abs(self.support - self.centre)
        return _share(self.mass[away >= abs(value - self.centre) - 1e-6])

    @property
    def floor(self) -> float:
        """The smallest two-sided p that can come out."""
        away = np.abs(self.support - self.centre)
        return self.two_sided(float(self.support[int(away.argmax())]))


def settled(values: ArrayLike) -> NDArray[np.float64]:
    """Return values without the last binary digits, so that equal differences of decimals are equal."""
    array = np.asarray(values, dtype=np.float64)
    largest = float(np.abs(array).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return array
    decimals = DIGITS - math.ceil(math.log10(largest))  # of decimals, so that 1.4 stays 1.4
    return np.asarray(np.round(array, min(max(decimals, -290), 290)))


def doubled_ranks(values: ArrayLike) -> NDArray[np.int64]:
    """Return twice the mid-ranks.

    Examples
    --------
    >>> doubled_ranks([3.1, 1.0, 3.1]).tolist()
    [5, 2, 5]
    """
    _, places, counts = np.unique(settled(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((2 * ends - counts + 1)[places.ravel()], dtype=np.int64)


def signed_rank(ranks: ArrayLike) -> Null:
    """Return the null of the sum of the ranks that got a plus; each sign a fair coin (Wilcoxon).

    Examples
    --------
    >>> [signed_rank(2 * np.arange(1, n + 1)).floor for n in (4, 5, 6)]
    [0.125, 0.0625, 0.03125]
    """
    whole = np.asarray(ranks, dtype=np.int64)
    ways = np.zeros(int(whole.sum()) + 1)
    ways[0] = 1.0
    for rank in whole:
        if rank:
            ways[rank:] = (ways[rank:] + ways[:-rank]) / 2
            ways[:rank] /= 2
    return Null.of(ways)


def rank_sum(ranks: ArrayLike, size: int) -> Null:
    """Return the null of the sum of `size` of the ranks, any of them equally likely (Mann-Whitney).

    Examples
    --------
    >>> rank_sum(2 * np.arange(1, 7), 1).floor  # one against five: p can never be less
    0.3333333333333333
    """
    whole = np.asarray(ranks, dtype=np.int64)
    ways = np.zeros((size + 1, int(whole.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in whole:
        ways[1:, rank:] = ways[1:, rank:] + ways[:-1, : ways.shape[1] - rank]
    return Null.of(ways[size])


def pairing(first: ArrayLike, second: ArrayLike) -> Null:
    """Return the null of the sum of products of whole numbers, any pairing equally likely (Spearman, Page).

    Counted set by set of the second's items, in 2^n steps, not n!.

    Raises
    ------
    ValueError
        With more than 12 pairs.

    Examples
    --------
    >>> ranks = 2 * np.arange(1, 7)
    >>> round(pairing(ranks, ranks).floor, 6)
    0.002778
    """
    left, right = (tuple(np.sort(np.asarray(items)).tolist()) for items in (first, second))
    if len(left) > MOST_PAIRED:
        message = f"Pairings are counted for at most {MOST_PAIRED} pairs, not {len(left)}."
        raise ValueError(message)
    return _pairing(left, right)


@lru_cache(maxsize=256)  # without ties it is the same for every measure of a study
def _pairing(left: tuple[int, ...], right: tuple[int, ...]) -> Null:
    n = len(left)
    ways = np.zeros((1 << n, sum(a * b for a, b in zip(left, right, strict=True)) + 1))
    ways[0, 0] = 1.0
    for taken in range((1 << n) - 1):
        weight = left[taken.bit_count()]
        for item in range(n):
            if not taken >> item & 1:
                product = weight * right[item]
                ways[taken | 1 << item, product:] += ways[taken, : ways.shape[1] - product]
    return Null.of(ways[-1])


def sums_of(nulls: list[Null]) -> Null:
    """Return the distribution of the sum of independent ones."""
    ways = np.ones(1)
    for null in nulls:
        row = np.zeros(int(null.support[-1]) + 1)
        row[null.support] = null.mass
        ways = np.convolve(ways, row)
    return Null.of(ways)


def friedman(ranks: NDArray[np.int64]) -> Null | None:
    """Return the null of the sum of squares of rank sums, ranks in any order within blocks.

    Parameters
    ----------
    ranks : ndarray of int, shape (n_blocks, n_visits)
        Doubled mid-ranks within each block.

    Returns
    -------
    Null or None
        None where there are too many arrangements to count; permutations are drawn then.
    """
    n_visits = ranks.shape[1]
    if n_visits > MOST_VISITS:
        return None
    orders = np.array(list(permutations(range(n_visits))))
    states: NDArray[np.int64] = np.sort(ranks[:1], axis=1)
    mass = np.ones(1)
    for block in ranks[1:]:
        ways = np.unique(block[orders], axis=0)  # of tied ranks fewer, all equally likely
        if len(states) * len(ways) > MOST_STATES:
            return None
        # columns are alike: only the sorted sums matter
        following = np.sort(states[:, None, :] + ways[None], axis=2).reshape(-1, n_visits)
        states, places = np.unique(following, axis=0, return_inverse=True)
        mass = _summed(places, np.repeat(mass / len(ways), len(ways)))
    support, places = np.unique((states**2).sum(axis=1), return_inverse=True)
    return Null(support, _summed(places, mass))


def order_interval(ordered: NDArray[np.float64], null: Null, level: float) -> tuple[float, float, float]:
    """Return the interval between two of the ordered differences or averages, and its true coverage.

    Parameters
    ----------
    ordered : ndarray of float, shape (m,)
        Ascending: Walsh averages, differences of groups, or differences of patients.
    null : Null
        Of the number of them above 0, without ties: from 0 to m.
    level : float
        Wanted coverage.

    Returns
    -------
    (low, high, coverage)
        The shortest that covers at least `level`; where none does, the whole range, with what it covers.
    """
    below = np.cumsum(null.mass)
    depth = max(1, int(np.searchsorted(below, (1 - level) / 2 + 1e-12, side="right")))
    # with m values, at most half of them can be cut off at either end
    depth = min(depth, (ordered.size + 1) // 2)
    return float(ordered[depth - 1]), float(ordered[-depth]), max(0.0, 1 - 2 * float(below[depth - 1]))


def _summed(places: NDArray[np.intp], mass: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(places.ravel(), mass).astype(np.float64)


def _share(mass: NDArray[np.float64]) -> float:
    return min(1.0, float(mass.sum()))
