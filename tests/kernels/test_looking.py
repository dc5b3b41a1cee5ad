from __future__ import annotations

import naive
import numpy as np
import pytest
from gating_cases import CHANNELS, events
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.gates.dimension import Dimension
from cytogate.gating.columns import ColumnTable
from cytogate.gating.passes import make_work
from cytogate.gating.strategy import GatingStrategy
from cytogate.kernels import looking
from cytogate.methods.summary import keys_of, salt_of

M = 25
HIGHEST = 2**64 - 1
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, 1.5])
COLUMN = hnp.arrays(np.float64, M, elements=st.floats(-2, 3) | ODD)
SPANS = np.array([[0.0, 1.0], [-1.0, 1.5]])


@given(COLUMN, st.integers(0, M), st.integers(1, 16))
def test_positions_on_an_axis_are_counted_as_its_twin_does(x, m, bins):
    counts, numbers = np.ones(bins, dtype=np.int64), np.ones(2, dtype=np.int64)
    looking.count_on_axis(m, x, SPANS[0], counts, numbers)
    expected, of_each = naive.count_on_axis(x[:m], SPANS[0], bins)
    np.testing.assert_array_equal(counts, 1 + expected)
    np.testing.assert_array_equal(numbers, 1 + np.array(of_each))


@given(COLUMN, COLUMN, st.integers(0, M), st.sampled_from([(1, 1), (8, 8), (16, 4), (12, 3)]))
def test_positions_on_a_plane_are_counted_as_its_twin_does(x, y, m, sizes):
    bins, side = sizes
    counts, plane = np.ones((2, bins), dtype=np.int64), np.ones((side, side), dtype=np.int64)
    numbers = np.ones(2, dtype=np.int64)
    looking.count_on_plane(m, x, y, SPANS, counts, plane, numbers)
    on_axes, on_plane, of_each = naive.count_on_plane(x[:m], y[:m], SPANS, bins, side)
    np.testing.assert_array_equal(counts, 1 + on_axes)
    np.testing.assert_array_equal(plane, 1 + on_plane)
    np.testing.assert_array_equal(numbers, 1 + np.array(of_each))


@given(
    COLUMN,
    COLUMN,
    hnp.arrays(np.int32, M, elements=st.integers(0, 2047)),
    st.integers(0, 2**40),
    st.integers(0, HIGHEST),
    st.sampled_from([0, 2**60, 2**63, HIGHEST]),
)
def test_events_of_low_keys_are_kept_as_its_twin_does(x, y, rows, first, salt, limit):
    keys, kept = np.zeros(M + 3, dtype=np.uint64), np.zeros((2, M + 3))
    held = looking.keep_low_keys(M, rows, first, np.uint64(salt), x, y, np.uint64(limit), 3, keys, kept)
    expected = naive.keep_low_keys(rows, first, salt, x, y, limit)
    assert held == 3 + len(expected)
    found = zip(keys[3:held].tolist(), kept[0, 3:held].tolist(), kept[1, 3:held].tolist(), strict=True)
    assert list(found) == expected


@given(
    hnp.arrays(np.int32, M, elements=st.integers(0, 2047)),
    st.integers(0, M),
    st.integers(0, 2**40),
    st.integers(0, HIGHEST),
    st.sampled_from([0, 2**60, 2**63, HIGHEST]),
)
def test_rows_of_low_keys_are_chosen_as_its_twin_does(rows, m, first, salt, limit):
    chosen = np.full(M, -1, dtype=np.int32)
    k = looking.rows_of_low_keys(m, rows, first, np.uint64(salt), np.uint64(limit), chosen)
    assert chosen[:k].tolist() == naive.rows_of_low_keys(rows[:m], first, salt, limit)


@given(st.integers(0, 2**40), st.text(max_size=5))
def test_keys_are_those_of_summaries(index, name):
    salt = salt_of(name)
    (twin,) = naive.keep_low_keys([0], index, int(salt), [0.0], [0.0], HIGHEST)
    assert keys_of([index], name).tolist() == [twin[0]]


@pytest.mark.parametrize("counted", [True, False])
def test_a_chunk_is_added_to_what_was_seen_before(counted):
    """The root, a mask of few events and an empty one, of 60 events in blocks of 2048 and of 16."""
    source = events(60)
    table = ColumnTable(source, GatingStrategy.build([]))
    slots = [table.slot(Dimension(name)) for name in ("FSC-A", "Time")]
    columns = table.freeze()
    masks = np.zeros((3, 60), dtype=bool)
    masks[0] = True
    masks[1, [3, 11, 17, 40, 59]] = True
    looks = looking.Looks(
        masks=np.array([0, 1, 2]),
        parents=np.array([0, 0, 1]),
        axes=np.array([[[slots[0], -1], [slots[1], -1]], [[slots[1], -1], [-1, -1]], [[slots[0], -1]] * 2]),
        spans=np.array([[[0.0, 2e5], [0.0, 1.0]]] * 3)[:, ::1],
        salt=np.uint64(5),
        counted=counted,
    )
    tally = looking.Tally(
        counts=np.zeros((3, 2, 8), dtype=np.int64),
        planes=np.zeros((3, 4, 4), dtype=np.int64),
        numbers=np.zeros((3, 2), dtype=np.int64),
        keys=np.zeros((3, 120), dtype=np.uint64),
        events=np.zeros((3, 2, 120)),
        held=np.zeros(3, dtype=np.int64),
        limits=np.full(3, 2**63, dtype=np.uint64),
    )
    buffer = np.ascontiguousarray(source.values).view(np.uint8).reshape(-1)
    bits = np.packbits(masks, axis=1)
    for first in (0, 60):
        looking.look_at(buffer, 60, first, columns, looks, bits, make_work(len(columns.slots), 3), tally)
    x, time = (source.values[:, CHANNELS.index(name)].astype(float) for name in ("FSC-A", "Time"))
    on_axes, plane, numbers = naive.count_on_plane(x, time, looks.spans[0], 8, 4)
    times = 2 if counted else 0
    np.testing.assert_array_equal(tally.counts[0], times * on_axes)
    np.testing.assert_array_equal(tally.planes[0], times * plane)
    few, of_few = naive.count_on_axis(time[masks[1]], looks.spans[1, 0], 8)
    np.testing.assert_array_equal(tally.counts[1, 0], times * few)
    each = [times * np.array(numbers), times * np.array(of_few), [0, 0]]
    np.testing.assert_array_equal(tally.numbers, each)
    rows = np.arange(60)
    kept = [entry for first in (0, 60) for entry in naive.keep_low_keys(rows, first, 5, x, time, 2**63)]
    assert tally.held[0] == len(kept) > 0
    np.testing.assert_array_equal(
        tally.keys[0, : len(kept)], np.array([key for key, _, _ in kept], np.uint64)
    )
    np.testing.assert_array_equal(tally.events[0, :, : len(kept)].T, [entry[1:] for entry in kept])
    assert tally.held[2] == 0
