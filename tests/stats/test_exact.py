"""Null distributions against lists of every arrangement, and known floors."""

from __future__ import annotations

from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.stats import exact

TIED = st.lists(st.integers(0, 4), min_size=2, max_size=6)


def same(null: exact.Null, listed) -> bool:
    """Whether a distribution is that of a list of equally likely numbers."""
    support, counts = np.unique(np.array(listed), return_counts=True)
    return bool(np.array_equal(null.support, support) and np.allclose(null.mass, counts / counts.sum()))


@given(TIED)
def test_signed_rank_counts_every_choice_of_signs(values):
    ranks = exact.doubled_ranks(values)
    listed = [
        sum(r for r, plus in zip(ranks, way, strict=True) if plus)
        for way in product([0, 1], repeat=len(ranks))
    ]
    assert same(exact.signed_rank(ranks), listed)


@given(TIED, st.integers(1, 5))
def test_rank_sum_counts_every_choice_of_subjects(values, size):
    ranks = exact.doubled_ranks(values)
    size = min(size, len(values))
    assert same(exact.rank_sum(ranks, size), [sum(way) for way in combinations(ranks.tolist(), size)])


@given(TIED, TIED)
def test_pairing_counts_every_order(first, second):
    n = min(len(first), len(second))
    a, b = exact.doubled_ranks(first[:n]), exact.doubled_ranks(second[:n])
    assert same(exact.pairing(a, b), [int(a @ np.array(way)) for way in permutations(b.tolist())])


@pytest.mark.parametrize(
    "rows", [[[1, 2, 3], [3, 1, 2], [1, 2, 3]], [[1, 1, 2], [1, 2, 3], [2, 2, 1]], [[1, 2, 3, 4]] * 2]
)
def test_friedman_counts_every_order_in_each_block(rows):
    ranks = np.array([exact.doubled_ranks(row) for row in rows])
    ways = product(*(permutations(row) for row in ranks.tolist()))
    assert same(exact.friedman(ranks), [int((np.array(way).sum(axis=0) ** 2).sum()) for way in ways])


def test_friedman_of_many_visits_is_left_to_permutations():
    assert exact.friedman(np.tile(2 * np.arange(1, 9), (6, 1))) is None


def test_friedman_of_many_blocks_is_left_to_permutations():
    assert exact.friedman(np.tile(2 * np.arange(1, 6), (30, 1))) is None


def test_sums_are_those_of_independent_ones():
    one = exact.pairing([1, 2, 3], [2, 4, 6])
    listed = [a @ np.array([1, 2, 3]) for a in np.array(list(permutations([2, 4, 6])))]
    assert same(exact.sums_of([one, one]), [a + b for a in listed for b in listed])


@pytest.mark.parametrize(
    ("n", "floor"), [(4, 0.125), (5, 0.0625), (6, 0.03125), (7, 0.015625), (8, 0.0078125)]
)
def test_floor_of_wilcoxon(n, floor):
    assert exact.signed_rank(2 * np.arange(1, n + 1)).floor == pytest.approx(floor, abs=1e-12)


@pytest.mark.parametrize(
    ("m", "n", "floor"),
    [(5, 5, 0.00794), (6, 6, 0.00216), (5, 6, 0.00433), (3, 3, 0.1), (4, 2, 0.1333), (5, 1, 0.3333)],
)
def test_floor_of_mann_whitney(m, n, floor):
    assert exact.rank_sum(2 * np.arange(1, m + n + 1), m).floor == pytest.approx(floor, abs=5e-5)


@pytest.mark.parametrize(("n", "floor"), [(5, 0.01667), (6, 0.002778)])
def test_floor_of_spearman(n, floor):
    ranks = 2 * np.arange(1, n + 1)
    assert exact.pairing(ranks, ranks).floor == pytest.approx(floor, abs=5e-6)


def test_more_than_twelve_pairs_are_refused():
    with pytest.raises(ValueError, match="at most 12 pairs, not 13"):
        exact.pairing(np.arange(13), np.arange(13))


def test_differences_of_equal_decimals_are_ties():
    assert exact.doubled_ranks([12.1 - 7.9, 4.2, 8.4 - 4.2]).tolist() == [4, 4, 4]


def test_settling_keeps_zero_and_nothing():
    assert exact.settled([0.0, 0.0]).tolist() == [0.0, 0.0]
    assert exact.settled([]).tolist() == []


@given(st.integers(1, 12), st.sampled_from([0.8, 0.9, 0.95]))
def test_interval_covers_its_level_or_is_the_whole_range(n, level):
    null = exact.signed_rank(np.arange(1, n + 1))
    averages = np.sort(np.array([(a + b) / 2 for a in range(n) for b in range(a, n)], dtype=float))
    low, high, coverage = exact.order_interval(averages, null, level)
    depth = int((averages < low).sum())
    assert low <= high
    assert coverage >= level - 1e-9 or (low, high) == (averages[0], averages[-1])
    assert coverage == pytest.approx(max(0.0, 1 - 2 * null.lower(depth)), abs=0.2)


def test_interval_is_the_shortest_that_covers():
    null = exact.signed_rank(np.arange(1, 7))
    walsh = np.arange(21.0)
    assert exact.order_interval(walsh, null, 0.95) == (0.0, 20.0, pytest.approx(0.96875))
    assert exact.order_interval(walsh, null, 0.9375) == (1.0, 19.0, pytest.approx(0.9375))
    assert exact.order_interval(walsh, null, 0.9)[0] == 2.0
