"""What every measure promises, and the definitions of those that come with cytogate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.errors import CytogateError
from cytogate.gating.measures.base import Family, Ranked, Summed, find_measure, measures

NAMES = [name for name in measures.names() if not isinstance(measures.get(name), Family)]
NAMES += ["p0", "p2.5", "p50", "p99.9", "p100"]
VALUES = hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e12, 1e12))


def quickly(entry, values: np.ndarray) -> float:
    """The statistic as the pass over all populations computes it."""
    n = len(values)
    if isinstance(entry, Ranked):
        ordered = np.sort(values).tolist()
        return entry.of_ranks(tuple(ordered[rank] for rank in entry.ranks(n)), n)
    added = values[values > 0] if entry.logarithms else values
    terms = np.log(added) if entry.logarithms else added
    return entry.of_sum(sum(map(Fraction, terms.tolist()), Fraction()), n, n - len(added))


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_has_a_name_and_a_unit_and_nothing_to_say_of_nothing(name):
    entry = find_measure(name)
    assert (entry.name, entry.unit) == (name, "channel")
    assert np.isnan(entry.compute(np.empty(0)))


@pytest.mark.parametrize("name", NAMES)
@given(values=VALUES, positive=st.booleans())
def test_the_quick_way_is_the_definition(name, values, positive):
    values = np.abs(values) + 1e-3 if positive else values
    entry = find_measure(name)
    found, expected = quickly(entry, values), entry.compute(values)
    if isinstance(entry, Ranked):
        assert found == expected
    else:
        assert isinstance(entry, Summed)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", NAMES)
@given(values=VALUES, seed=st.integers(0, 99))
def test_the_order_of_values_changes_nothing(name, values, seed):
    entry = find_measure(name)
    shuffled = np.random.default_rng(seed).permutation(values)
    np.testing.assert_array_equal(entry.compute(values), entry.compute(shuffled))


def test_percentiles_are_those_of_numpys_linear_rule():
    values = np.array([1.0, 2.0, 4.0, 8.0, 100.0])
    for percent in (0, 5, 12.5, 50, 97.5, 100):
        assert find_measure(f"p{percent}").compute(values) == np.percentile(values, percent, method="linear")


@pytest.mark.parametrize("name", ["p", "p101", "p-1", "P5", "p5.", "p1e1", "p<percent>", " p5", "pNaN", "p٣"])
def test_what_is_no_percentile_is_refused(name):
    with pytest.raises(CytogateError, match=r"Unknown statistic.*(Known|Did you mean)"):
        find_measure(name)


def test_a_mean_of_sums_beyond_all_numbers_is_one():
    values = np.array([1.5e308, 1.5e308, -1e308])
    expected = float(sum(map(Fraction, values.tolist())) / 3)
    entry = find_measure("mean")
    assert entry.compute(values) == entry.compute(values[::-1]) == expected
    assert quickly(entry, values) == expected


def test_geometric_mean_is_not_defined_with_values_that_are_not_positive():
    entry = find_measure("geometric_mean")
    assert entry.compute(np.array([1.0, 100.0])) == pytest.approx(10.0)
    for value in (0.0, -1.0):
        assert np.isnan(entry.compute(np.array([1.0, value])))
        assert np.isnan(quickly(entry, np.array([1.0, value])))
