"""Intervals against published and exact values."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from cytogate.stats.intervals import clopper_pearson, difference, garwood, shifted, wilson


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (0, 500, 0, 0.7624),
        (5, 500, 0.4279, 2.3193),
        (37, 812, 3.3237, 6.2175),
        (0, 10_000, 0, 0.0384),
        (1, 10_000, 0.0018, 0.0566),
        (20, 10_000, 0.1295, 0.3087),
        (50, 10_000, 0.3795, 0.6585),
        (100, 10_000, 0.8229, 1.2147),
        (5, 6, 43.64972, 96.99466),
    ],
)
def test_wilson_gives_published_percentages(count, total, low, high):
    found = [100 * end for end in wilson(count, total)]
    assert found == pytest.approx([low, high], abs=6e-5)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (0, 500, 0, 0.7351),
        (5, 500, 0.3255, 2.3181),
        (37, 812, 3.2283, 6.2263),
        (0, 10_000, 0, 0.0369),
        (1, 10_000, 0.0003, 0.0557),
        (20, 10_000, 0.1222, 0.3087),
        (50, 10_000, 0.3713, 0.6587),
        (100, 10_000, 0.8144, 1.2150),
        (5, 6, 35.87654, 99.57893),
        (6, 6, 54.07419, 100),
        (1, 6, 0.42107, 64.12346),
        (0, 6, 0, 45.92581),
    ],
)
def test_clopper_pearson_gives_published_percentages(count, total, low, high):
    found = [100 * end for end in clopper_pearson(count, total)]
    assert found == pytest.approx([low, high], abs=6e-5)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0, 3.689),
        (1, 0.0253, 5.572),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (20, 12.217, 30.888),
        (30, 20.241, 42.827),
        (50, 37.111, 65.919),
        (100, 81.364, 121.627),
    ],
)
def test_garwood_gives_published_counts(count, low, high):
    assert garwood(count) == pytest.approx((low, high), abs=6e-4)


def test_wilson_of_none_is_exactly_zero_below_and_of_all_exactly_one_above():
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0


def test_an_empty_parent_has_no_interval():
    assert all(math.isnan(end) for end in (*wilson(0, 0), *clopper_pearson(0, 0)))


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n + 1))))
def test_both_intervals_hold_the_share_and_stay_between_0_and_1(pair):
    count, total = pair
    for low, high in (wilson(count, total), clopper_pearson(count, total)):
        assert 0 <= low <= count / total <= high <= 1


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_clopper_pearson_ends_leave_half_the_error_in_each_tail(count, more, level):
    total = count + more
    low, high = clopper_pearson(count, total, level=level)
    tail = (1 - level) / 2
    assert binom.cdf(count, total, high) == pytest.approx(tail, rel=1e-6)
    if count:
        assert binom.sf(count - 1, total, low) == pytest.approx(tail, rel=1e-6)


@given(st.integers(0, 300), st.sampled_from([0.8, 0.95, 0.99]))
def test_garwood_ends_leave_half_the_error_in_each_tail(count, level):
    low, high = garwood(count, level=level)
    tail = (1 - level) / 2
    assert poisson.cdf(count, high) == pytest.approx(tail, rel=1e-6)
    if count:
        assert poisson.sf(count - 1, low) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize("pair", [(-1, 5), (6, 5)])
def test_counts_that_do_not_fit_are_refused(pair):
    with pytest.raises(ValueError, match=r"0 <= count <= total, not count -?\d of 5"):
        wilson(*pair)


def test_a_level_in_percent_is_refused():
    with pytest.raises(ValueError, match=r"between 0 and 1, not at 95"):
        garwood(3, level=95)


@pytest.mark.parametrize("shifts", [[], [0.0, 0.0]])
@pytest.mark.parametrize(("count", "total"), [(37, 812), (0, 50), (50, 50)])
def test_shifted_without_a_shift_is_wilson(count, total, shifts):
    assert shifted(count, total, shifts) == wilson(count, total)


def test_shifted_without_events_is_nan():
    assert all(math.isnan(end) for end in shifted(0, 0, [0.1]))


def test_shifted_adds_the_variances_of_counting_and_shifts():
    normal = NormalDist()
    shifts = [0.2 * normal.inv_cdf((step + 0.5) / 200) for step in range(200)]
    count, total = 500, 1000
    low, high = shifted(count, total, shifts, level=0.9)
    half = normal.inv_cdf(0.95) * math.sqrt(0.2**2 + 1 / count + 1 / (total - count))
    assert math.log(high / (1 - high)) == pytest.approx(half, rel=0.02)
    assert math.log(low / (1 - low)) == pytest.approx(-half, rel=0.02)


@pytest.mark.parametrize(("count", "total"), [(37, 812), (0, 50), (50, 50), (1, 3)])
def test_shifted_is_never_narrower_than_wilson(count, total):
    inner = wilson(count, total)
    low, high = shifted(count, total, [0.001, -0.001])
    assert 0 <= low <= inner[0]
    assert inner[1] <= high <= 1


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((48, 80), (56, 70), 0.0524, 0.3339),  # Newcombe 1998, table II, method 10
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((0, 29), (5, 56), -0.0381, 0.1926),  # at 0: not symmetric
        ((56, 70), (48, 80), -0.3339, -0.0524),
    ],
)
def test_difference_of_wilson_intervals_is_that_of_newcombe(first, second, low, high):
    shares = [(count / total, *wilson(count, total)) for count, total in (first, second)]
    assert difference(*shares) == pytest.approx((low, high), abs=6e-5)


def test_a_value_outside_of_its_interval_has_no_difference():
    with pytest.raises(ValueError, match="not 60 in 45 to 55"):
        difference((50, 45, 55), (60, 45, 55))
