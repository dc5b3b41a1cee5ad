from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.kernels.histogram import bin_of, histogram_2d

VALUES = hnp.arrays(np.float64, 40, elements=st.floats(-2, 3) | st.sampled_from([np.nan, np.inf, -np.inf]))


@given(x=VALUES, y=VALUES, mask=hnp.arrays(np.bool_, 40), bins=st.integers(1, 16))
def test_histogram_counts_as_its_twin(x, y, mask, bins):
    out = np.zeros((bins, bins), dtype=np.uint32)
    histogram_2d(x, y, mask, 0.0, 1.0, -1.0, 1.5, out)
    np.testing.assert_array_equal(out, naive.histogram_2d(x, y, mask, 0.0, 1.0, -1.0, 1.5, bins))


def test_values_beyond_the_ends_are_piled_on_the_edge():
    assert bin_of(-5.0, 0.0, 1.0, 8) == 0
    assert bin_of(1.0, 0.0, 1.0, 8) == 7
    assert bin_of(np.inf, 0.0, 1.0, 8) == 7


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (-np.inf, 1.0), (0.0, np.inf), (np.nan, 1.0)])
def test_axis_without_length_puts_nothing_outside_the_array(low, high):
    assert bin_of(0.5, low, high, 8) in range(8)
