from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cytogate.fcs.data.layout import RecordLayout, packed_layout
from cytogate.kernels.beyond import TILE, count_beyond


def beyond(buffer: np.ndarray, n: int, layout: RecordLayout, low: np.ndarray, top: np.ndarray):
    counts = np.zeros((layout.n_channels, 2), np.int64)
    places = (layout.row_bytes, layout.offsets, layout.widths, layout.kinds, layout.big_endian, layout.masks)
    scales = (layout.scale_kinds, layout.scale_a, layout.scale_b)
    scratch, flags = np.empty(TILE), np.empty(TILE, np.uint8)
    total = count_beyond(buffer, n, *places, *scales, low, top, scratch, flags, counts)
    return counts, total


BORDERS = st.sampled_from([-np.inf, -1.0, 0.0, 2.0, 100.0, np.inf])


@given(
    st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=3), st.integers(0, 6), st.booleans(), st.data()
)
def test_beyond_equals_its_slow_twin(kinds, n, big_endian, data):
    widths = np.array([{0: 2, 1: 4, 2: 8}[kind] for kind in kinds])
    layout = packed_layout(widths, np.array(kinds), big_endian=big_endian)
    size = n * layout.row_bytes
    buffer = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), np.uint8)
    low, top = (np.array([data.draw(BORDERS) for _ in kinds]) for _ in range(2))
    with np.errstate(all="ignore"):
        counts, total = beyond(buffer, n, layout, low, top)
        expected, any_channel = naive.count_beyond(buffer, n, layout, low, top)
    np.testing.assert_array_equal(counts, expected)
    assert total == any_channel


def test_tiles_add_up():
    values = np.arange(3 * TILE + 7, dtype=np.float32).repeat(2).reshape(-1, 2)
    values[::5, 1] = np.nan
    layout = packed_layout(np.array([4, 4]), np.array([1, 1]), big_endian=False)
    low, top = np.array([10.0, 20.0]), np.array([700.0, np.inf])
    counts, total = beyond(values.view(np.uint8).ravel(), len(values), layout, low, top)
    assert counts.tolist() == [[10, len(values) - 700], [16, 0]]
    assert total == 20 - 2 + len(values) - 700  # of the events 10 to 19, two have no second value
