from __future__ import annotations

from fractions import Fraction

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.kernels.exact_sum import LIMBS, UNIT, add_exactly

N = 30
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, 1.0, 1 + 2**-52])


def summed(values, combinations, *, logarithms=False):
    sums, counts = np.zeros((1, 3, LIMBS), dtype=np.int64), np.zeros((1, 3, 2), dtype=np.int64)
    add_exactly(np.array([values]), combinations, len(values), logarithms, sums, counts)
    totals = [
        Fraction(sum(limb << (32 * place) for place, limb in enumerate(row)), 1 << -UNIT)
        for row in sums[0].tolist()
    ]
    return [(total, *count) for total, count in zip(totals, counts[0].tolist(), strict=True)]


@given(hnp.arrays(np.float64, N, elements=FLOATS), hnp.arrays(np.int16, N, elements=st.integers(0, 2)))
def test_sums_are_exact(values, combinations):
    found = summed(values, combinations)
    assert found == [naive.add_exactly(values, combinations, c) for c in range(3)]


@given(hnp.arrays(np.float64, N, elements=FLOATS))
def test_values_without_a_logarithm_are_counted_apart(values):
    combinations = np.zeros(N, dtype=np.int16)
    total, added, without = summed(values, combinations, logarithms=True)[0]
    expected, n, left = naive.add_exactly(values, combinations, 0, logarithms=True)
    assert (added, without) == (n, left)
    assert float(total) == pytest.approx(float(expected), rel=1e-13, abs=1e-9)


def test_no_order_changes_a_sum_that_rounding_would_lose():
    values = np.array([1e300, 1.0, -1e300, 5e-324] * 5)
    rng = np.random.default_rng(0)
    for _ in range(5):
        rng.shuffle(values)
        total = summed(values, np.zeros(len(values), dtype=np.int16))[0][0]
        assert total == 5 + 5 * Fraction(5e-324)
