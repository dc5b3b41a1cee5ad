from __future__ import annotations

import math
import sys

import naive
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.kernels.quantiles import (
    BINS,
    GATHER,
    ROW,
    assign_places,
    count_cells,
    find_ranks,
    first_key,
    mark_cells,
    narrow,
    place_found,
    select_rank,
    select_targets,
    value_of_key,
)

EDGES = [0.0, -0.0, 5e-324, -5e-324, 1e-310, 1.5, -1.5, 4.0, 1e5, -1e5, 1.7e308, -1.7e308]
SPECIAL = [np.nan, np.inf, -np.inf]
N, COMBINATIONS = 40, 3
MEMBERS = np.array([[True, False, True], [True, True, True], [False, False, False]])


def events(seed: int):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 300, (2, N)) * 10.0 ** rng.integers(-3, 4, (2, N))
    values[:, rng.integers(0, N, 12)] = rng.choice([*EDGES, *SPECIAL], 12)
    return values, rng.integers(0, COMBINATIONS, N).astype(np.int16)


def counted(values, combinations, offsets, marked=()):
    counts = np.zeros((len(values), COMBINATIONS, ROW), dtype=np.uint32)
    for cell in marked:
        counts[cell] = GATHER
    most = values.size
    found, places = np.empty(most), np.empty(most, dtype=np.int32)
    m = count_cells(
        values, combinations, values.shape[1], offsets, counts, found, places, np.empty(N, dtype=np.int32)
    )
    return counts, found[:m], places[:m]


@pytest.mark.parametrize("offset", [2.2250738585072014e-308, 0.3, 4.0, 1e300])
@pytest.mark.parametrize("seed", range(4))
def test_cells_are_counted_and_marked_ones_noted_down(seed, offset):
    values, combinations = events(seed)
    offsets = np.array([offset, 1.0])
    expected, _ = naive.count_cells(values, combinations, offsets, ())
    marked = set(list(expected)[::3])
    _, noted = naive.count_cells(values, combinations, offsets, marked)
    counts, found, places = counted(values, combinations, offsets, marked)
    assert all(counts[cell] >= GATHER for cell in marked)
    counts &= ~GATHER
    assert {tuple(cell): counts[tuple(cell)] for cell in np.argwhere(counts).tolist()} == expected
    cells = [tuple(map(int, cell)) for cell in np.array(np.unravel_index(places, counts.shape)).T]
    assert [cell for cell, _ in noted] == cells
    np.testing.assert_array_equal([value for _, value in noted], found)
    assert not np.signbit(found[found == 0]).any()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=N))
def test_greater_values_are_not_in_lower_buckets(values):
    line = np.array([sorted(values)])
    for offset in (1e-300, 2.0, 1e300):
        buckets = [naive.bucket(value, offset) for value in line[0]]
        assert buckets == sorted(buckets)
        counts, _, _ = counted(line, np.zeros(len(values), dtype=np.int16), np.array([offset]))
        assert np.repeat(np.arange(ROW), counts[0, 0]).tolist() == buckets


def test_ranks_are_found_in_sums_of_combinations():
    values, combinations = events(5)
    counts, _, _ = counted(values, combinations, np.array([1.0, 1.0]))
    ranks = np.tile(np.array([3, 0, 11, N]), (2, len(MEMBERS), 1))
    buckets, below = np.empty_like(ranks), np.empty_like(ranks)
    find_ranks(counts, MEMBERS, ranks, buckets, below)
    expected = naive.find_ranks(counts, MEMBERS, ranks)
    assert list(zip(buckets.ravel().tolist(), below.ravel().tolist(), strict=True)) == expected


def test_cells_between_two_buckets_are_marked():
    low = np.array([[[0, 4000], [5, 7], [1, 1]]])
    high = np.array([[[0, 4095], [5, 6], [9, 9]]])
    counts = np.random.default_rng(0).integers(0, 9, (1, COMBINATIONS, ROW)).astype(np.uint32)
    marks, held = np.zeros(counts.shape, dtype=bool), np.zeros(1, dtype=np.int64)
    mark_cells(counts, MEMBERS, low, high, marks, held)
    np.testing.assert_array_equal(marks, naive.mark_cells(marks.shape, MEMBERS, low, high))
    assert held.tolist() == [counts[marks].sum()]


@given(
    hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(-5, 5) | st.sampled_from([0.0, 1.0])),
    st.data(),
)
def test_selection_is_what_sorting_gives(values, data):
    rank = data.draw(st.integers(0, len(values) - 1))
    expected = naive.select_rank(values.tolist(), rank)
    assert select_rank(values, rank) == expected


@pytest.mark.parametrize("missing", [0, 1])
def test_targets_are_selected_among_the_cells_of_their_population(missing):
    values, combinations = events(8)
    values = np.abs(values)
    offsets = np.array([1e6, 1e6])  # few buckets, with many values each
    expected, _ = naive.count_cells(values, combinations, offsets, ())
    marked = sorted(expected)[missing:]
    counts, found, places = counted(values, combinations, offsets, marked)
    counts &= ~GATHER
    cells = dict.fromkeys(expected)
    for cell, value in naive.count_cells(values, combinations, offsets, set(marked))[1]:
        cells[cell] = [*(cells[cell] or []), value]
    targets = np.array(
        [
            (column, population, at, rank)
            for column in range(2)
            for population in range(2)
            for at in sorted({cell[2] for cell in expected if cell[0] == column and cell[2] < ROW - 1})
            for rank in range(int(counts[column, MEMBERS[population], at].sum()))
        ]
    )
    wanted = naive.select_targets(cells, MEMBERS, targets.tolist())
    assert (None in wanted) == bool(missing)
    marks = np.zeros(counts.shape, dtype=bool)
    for cell in marked:
        marks[cell] = True
    starts, sizes = np.full(counts.shape, -1, dtype=np.int32), np.empty(len(targets), dtype=np.int64)
    placed = np.empty(assign_places(targets, MEMBERS, counts, marks, starts, sizes))
    place_found(found, places, starts.reshape(-1), placed)
    out = np.empty(len(targets))
    select_targets(targets, sizes, MEMBERS, counts, starts, placed, out)
    assert [None if size < 0 else value for size, value in zip(sizes, out, strict=True)] == wanted


@given(st.floats(allow_nan=False))
@example(sys.float_info.max)  # infinity comes next
def test_a_key_is_the_place_of_its_value_among_all(value):
    number = naive.key(value)
    assert value_of_key(np.int64(number)) == value == naive.value_of_key(number)
    assert naive.key(math.nextafter(value, math.inf)) == number + (np.isfinite(value) or value < 0)


@settings(deadline=None)
@given(st.integers(0, 4096), st.sampled_from([2.3e-308, 1e-3, 2.0, 1e300]))
def test_first_key_of_a_bucket_is_its_border(bucket, offset):
    found = int(first_key(np.int64(bucket), offset))
    limit = naive.key(np.inf)
    assert -limit < found <= limit
    if found < limit:
        assert naive.bucket(value_of_key(np.int64(found)), offset) >= bucket
    if found - 1 > -limit:
        assert naive.bucket(value_of_key(np.int64(found - 1)), offset) < bucket


@pytest.mark.parametrize("seed", range(3))
def test_narrowing_counts_or_notes_what_is_in_its_interval(seed):
    values, combinations = events(seed)
    intervals = np.array([(naive.key(-50.0), naive.key(3000.0)), (naive.key(0.0), naive.key(1e7))])
    columns, populations = np.array([1, 0]), np.array([0, 1])
    shift = (int(intervals[0, 1]) - int(intervals[0, 0])).bit_length() - 12
    counts = np.zeros((2, BINS), dtype=np.int64)
    ends = np.array([[2**63 - 1, 1 - 2**63]] * 2)
    found, which = np.empty(2 * N), np.empty(2 * N, dtype=np.int64)
    m = narrow(
        values, combinations, N, columns, populations, MEMBERS, intervals, np.array([shift, -1]), counts,
        ends, found, which,
    )  # fmt: skip
    low, high = intervals[0].tolist()
    inside = naive.narrow(values[1], MEMBERS[0][combinations], low, high)
    bins = np.repeat(np.arange(BINS), counts[0]).tolist()
    assert bins == [(naive.key(value) - low) >> shift for value in inside]
    assert ends[0].tolist() == [naive.key(inside[0]), naive.key(inside[-1])]
    noted = naive.narrow(values[0], MEMBERS[1][combinations], *intervals[1].tolist())
    assert (which[:m] == 1).all()
    assert sorted(found[:m].tolist()) == noted
    assert not counts[1].any()
