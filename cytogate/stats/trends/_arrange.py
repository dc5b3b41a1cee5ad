"""Arrangements of visits within patients, of signs, labels and patients: all where few, drawn where many."""

from __future__ import annotations

import math
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

BLOCK = 2_000_000  # numbers held at once
NEAR = 1e-9  # relative: a statistic this near to the observed one counts as equal to it

Block = TypeVar("Block", np.float64, np.intp)


def share(
    blocks: Iterable[NDArray[Block]],
    statistic: Callable[[NDArray[Block]], NDArray[np.float64]],
    observed: float,
    *,
    listed: bool,
) -> float:
    """Return the share of arrangements whose statistic is at least the observed one.

    Of arrangements that were drawn, the observed one is counted too: (1 + b) / (1 + draws).
    """
    at_least = total = 0
    for block in blocks:
        values = statistic(block)
        at_least += int((values >= observed - NEAR * max(1.0, abs(observed))).sum())
        total += values.size
    return at_least / total if listed else (1 + at_least) / (1 + total)


def within(
    values: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> tuple[Iterator[NDArray[np.float64]], bool, float]:
    """Return the observed values in other orders within their rows.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_columns)
        Missing ones stay where they are.
    draws : int
        All arrangements are listed where there are no more of them.
    rng : Generator

    Returns
    -------
    blocks : iterator of ndarray, shape (some, n_observed)
        Observed cells, row by row.
    listed : bool
        Whether these are all there are.
    count : float
        How many there are.
    """
    rows = [row[np.isfinite(row)] for row in values]
    count = math.prod(float(math.factorial(min(row.size, 150))) for row in rows)
    if count <= draws:
        ways = [[np.array(order) for order in permutations(row)] for row in rows if row.size]
        return iter([np.array([np.concatenate(each) for each in product(*ways)])]), True, count

    def drawn() -> Iterator[NDArray[np.float64]]:
        size = max(1, BLOCK // max(1, sum(row.size for row in rows)))
        for start in range(0, draws, size):
            some = min(size, draws - start)
            yield np.concatenate(
                [rng.permuted(np.tile(row, (some, 1)), axis=1) for row in rows if row.size], axis=1
            )

    return drawn(), False, count


def signs(n: int, draws: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], bool]:
    """Return rows of +1 and -1, shape (n_arrangements, n), and whether these are all."""
    if 2**n <= max(draws, 1):
        places = np.arange(2**n)[:, None] >> np.arange(n) & 1
        return 1.0 - 2.0 * places.astype(np.float64), True
    return 1.0 - 2.0 * rng.integers(0, 2, size=(draws, n)).astype(np.float64), False


def labels(n: int, chosen: int, draws: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], bool]:
    """Return rows with `chosen` ones among zeros, shape (n_arrangements, n), and whether these are all."""
    if math.comb(n, chosen) <= draws:
        picks = np.array(list(combinations(range(n), chosen))).reshape(-1, chosen)
        out = np.zeros((len(picks), n))
        np.put_along_axis(out, picks, 1.0, axis=1)
        return out, True
    first = np.zeros(n)
    first[:chosen] = 1.0
    return rng.permuted(np.tile(first, (draws, 1)), axis=1), False


def orders(n: int, draws: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], bool]:
    """Return orders of n patients, shape (n_arrangements, n), and whether these are all."""
    if math.factorial(min(n, 20)) <= draws:
        return np.array(list(permutations(range(n))), dtype=np.intp), True
    return rng.permuted(np.tile(np.arange(n), (draws, 1)), axis=1).astype(np.intp), False
