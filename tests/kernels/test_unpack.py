from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.kernels.unpack import unpack_column, unpack_rows

ALL_BITS = np.uint64(2**64 - 1)
FORMS = [(0, width) for width in range(1, 9)] + [(1, 4), (2, 8)]


def unpack(buffer, n, row_bytes, offset, width, kind, big_endian, mask=ALL_BITS, scale=(0, 1.0, 1.0)):
    out = np.full(n, np.nan)
    unpack_column(buffer, n, row_bytes, offset, width, kind, big_endian, np.uint64(mask), *scale, out)
    return out


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(("kind", "width"), FORMS)
@pytest.mark.parametrize("scale", [(0, 1.0, 1.0), (3, 0.5, 1.0)])
def test_some_rows_are_those_of_all(kind, width, big_endian, scale):
    rng = np.random.default_rng(width)
    buffer = rng.integers(0, 128, 30 * 11, dtype=np.uint8)
    rows = np.array([0, 3, 4, 17, 29], dtype=np.int32)
    layout = (11, 2, width, kind, big_endian, np.uint64(ALL_BITS), *scale)
    expected = naive.unpack_column(buffer, 30, *layout)
    out = np.full(30, -1.0)
    unpack_rows(buffer, rows, len(rows), 30, *layout, out)
    np.testing.assert_array_equal(out[rows], expected[rows])
    assert (np.delete(out, rows) == -1.0).all()
    unpack_rows(buffer, rows, -1, 30, *layout, out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(("kind", "width"), FORMS)
@given(data=st.data())
def test_unpack_equals_its_slow_twin(kind, width, big_endian, data):
    n = data.draw(st.integers(0, 5), label="n")
    before = data.draw(st.integers(0, 3), label="offset")
    after = data.draw(st.integers(0, 3), label="after")
    row_bytes = before + width + after
    buffer = np.frombuffer(data.draw(st.binary(min_size=n * row_bytes, max_size=n * row_bytes)), np.uint8)
    mask = data.draw(st.integers(0, 2**64 - 1), label="mask")
    scale = data.draw(st.sampled_from([(0, 1.0, 1.0), (1, 3.67, 1.0), (3, 0.01, 1.0)]))
    with np.errstate(all="ignore"):
        got = unpack(buffer, n, row_bytes, before, width, kind, big_endian, mask, scale)
        wanted = naive.unpack_column(buffer, n, row_bytes, before, width, kind, big_endian, mask, *scale)
    np.testing.assert_array_equal(got, wanted)


def test_log_scale_is_offset_times_power_of_ten():
    stored = np.array([0, 256, 1023], "<u2")
    got = unpack(stored.view(np.uint8), 3, 2, 0, 2, 0, False, scale=(2, 4 / 1024, 1.0))
    np.testing.assert_allclose(got, 10.0 ** (4 * stored / 1024), rtol=1e-14)


@pytest.mark.parametrize("order", ["<", ">"])
def test_float_specials_survive(order):
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4028235e38], f"{order}f4")
    got = unpack(values.view(np.uint8), 6, 4, 0, 4, 1, order == ">")
    np.testing.assert_array_equal(got, values.astype(np.float64))
    assert np.signbit(got[3])


def test_mask_takes_bits_above_the_range_away():
    stored = np.array([0xFC01, 0x03FF], "<u2")
    np.testing.assert_array_equal(unpack(stored.view(np.uint8), 2, 2, 0, 2, 0, False, mask=0x3FF), [1, 0x3FF])


def test_only_n_values_are_written():
    out = np.full(3, -1.0)
    unpack_column(np.zeros(8, np.uint8), 2, 4, 0, 4, 1, False, ALL_BITS, 0, 1.0, 1.0, out)
    np.testing.assert_array_equal(out, [0.0, 0.0, -1.0])
