"""Ratios and compositions on logs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.stats.composition import clr, ratio


def test_a_ratio_has_half_an_event_more_on_either_side():
    found = ratio(40, 10)
    assert found.value == pytest.approx(40.5 / 10.5)
    assert found.log2 == pytest.approx(math.log2(40.5 / 10.5))
    assert found.low < 4 < found.high


def test_a_ratio_to_nothing_is_finite_with_an_open_end():
    found = ratio(12, 0)
    assert found.value == 25
    assert math.isinf(found.high)
    assert 0 < found.low < found.value
    assert ratio(0, 12).low == 0


def test_a_ratio_of_nothing_to_nothing_is_none():
    found = ratio(0, 0)
    assert math.isnan(found.value)
    assert math.isnan(found.log2)


def test_a_ratio_of_negative_counts_is_refused():
    with pytest.raises(ValueError, match="not -1 and 2"):
        ratio(-1, 2)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8))
def test_centred_log_ratios_add_up_to_0_and_keep_ratios(counts):
    found = clr(np.array(counts, dtype=float))
    assert found.sum() == pytest.approx(0, abs=1e-9)
    assert found[0] - found[1] == pytest.approx(math.log((counts[0] + 0.5) / (counts[1] + 0.5)))


def test_a_part_that_was_not_counted_leaves_no_composition_of_that_tube():
    found = clr(np.array([[10, np.nan, 5], [10, 20, 5]]))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("wrong", [[5.0], 5.0, [5.0, -1.0]])
def test_one_part_or_a_negative_count_is_refused(wrong):
    with pytest.raises(ValueError, match="two or more parts"):
        clr(np.array(wrong))
