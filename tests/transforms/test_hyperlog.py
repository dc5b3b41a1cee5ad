"""Hyperlog: published values, values of another program, 50 digits, and the way back."""

from __future__ import annotations

import csv
import itertools
import math

import mpmath
import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import TransformError
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear

X = [-10, -5, -1, 0, 0.3, 1, 3, 10, 100, 1000]
# Gating-ML 2.0 (science notes, to 6 decimals)
PUBLISHED = [
    (
        (1000, 1, 4, 0),
        [0.083554, 0.155868, 0.229477, 0.25, 0.256239, 0.270523, 0.309092, 0.416446, 0.731875, 1],
    ),
    ((1000, 1, 4, 1), [0.266843, 0.324695, 0.383581, 0.4, 0.404991, 0.416419, 0.447273, 0.533157, 0.7855, 1]),
    (
        (1000, 0.01, 4, 1),
        [0.017447, 0.106439, 0.182593, 0.202, 0.207833, 0.221407, 0.259838, 0.386553, 0.774211, 1],
    ),
]
HARD = [  # T, W, M, A: the least and the widest linear region, A at both ends, few and many decades
    (262144, 0.5, 4.5, 0),
    (262144, 2.25, 4.5, 0),
    (262144, 0.5, 4.5, -0.5),
    (262144, 0.5, 4.5, 3.5),
    (1, 0.05, 0.5, 0),
    (1e9, 0.3, 20, 2),
    (4194304, 1e-9, 5.5, 0),
    (1e300, 0.5, 4.5, 0),
    (1e-300, 0.5, 4.5, 0),
    (262144, 50, 100, 0),
    (262144, 0.5, 100, -0.5),
]
POINTS = [1e-300, 1e-9, 1e-3, 0.37, 1, 7.7, 123.4, 999.9, 5e3, 262143, 262144, 1e6, 1e8, 1e15]


@pytest.mark.parametrize(("parameters", "expected"), PUBLISHED)
def test_published_values_are_met_to_six_decimals(parameters, expected):
    np.testing.assert_allclose(Hyperlog(*parameters).forward(X), expected, rtol=0, atol=6e-7)


@pytest.mark.reference
def test_flowcore_values_are_met_to_1e9_and_go_back(reference_data):
    with (reference_data / "peer_values" / "hyperlog_flowCore.csv").open() as file:
        rows = list(csv.DictReader(file))
    sets = itertools.groupby(rows, key=lambda row: (row["T"], row["W"], row["M"], row["A"]))
    n_sets = 0
    for parameters, group in sets:
        scale = Hyperlog(*map(float, parameters))
        x, y = np.array([(float(row["x"]), float(row["y"])) for row in group]).T
        np.testing.assert_allclose(scale.forward(x), y, rtol=0, atol=1e-12)
        n_sets += 1
        near = np.abs(x) < 1e3 * scale.T  # further out one last bit of y is worth more than the tolerance
        unit = scale.T * 10**-scale.M
        np.testing.assert_allclose(scale.inverse(y)[near], x[near], rtol=1e-9, atol=1e-8 * unit)
    assert n_sets == 10


@pytest.mark.parametrize("parameters", HARD)
def test_fifty_digits_agree_to_1e12_of_the_scale(parameters):
    scale = Hyperlog(*parameters)
    for x in (sign * point * (min(scale.T, 1e290) / 262144) for point in POINTS for sign in (1, -1)):
        exact = naive.forward_hyperlog(x, *parameters)
        assert abs(mpmath.mpf(scale.forward(x)) - exact) < 1e-12 * max(1, abs(exact)), x


@pytest.mark.parametrize("parameters", HARD)
def test_values_come_back(parameters):
    scale = Hyperlog(*parameters)
    rng = np.random.default_rng(3)
    decades = min(scale.M, 20)
    x = np.concatenate(
        [rng.normal(0, scale.T * 1e-3, 2000), scale.T * 10 ** rng.uniform(-decades, 0.5, 2000)]
    )
    # half a last bit of the position of zero is worth this much
    zero = scale.forward(0.0)
    bit = float(scale.inverse(zero + np.spacing(zero)) - scale.inverse(zero))
    tolerance = 1e-9 * (np.abs(x) + 1e-3 * scale.T * 10**-scale.M) + bit
    assert (np.abs(scale.inverse(scale.forward(x)) - x) <= tolerance).all()


@given(
    st.floats(1.0, 1e7),
    st.floats(1e-6, 1.0),
    st.floats(1.0, 8.0),
    st.floats(0.0, 1.0),
    st.floats(-1.0, 1.0),
)
def test_any_legal_parameters_give_zero_its_place_and_come_back(T, part, M, share, where):
    W = part * M / 2
    A = max(-W + share * (M - W), -W)
    scale = Hyperlog(T, W, M, min(A, M - 2 * W))
    assert scale.forward(0.0) == (scale.A + scale.W) / (scale.M + scale.A)
    assert scale.forward(T) == pytest.approx(1.0, abs=1e-12)
    x = where * T
    assert abs(scale.inverse(scale.forward(x)) - x) <= 1e-9 * abs(x) + 1e-14 * T


def test_with_hardly_any_width_it_is_a_straight_line():
    x = np.linspace(-500, 1000, 31)
    np.testing.assert_allclose(Hyperlog(1000, 1e-15, 4).forward(x), Linear(1000).forward(x), atol=1e-10)


def test_negative_values_mirror_positive_ones():
    scale = Hyperlog(262144, 0.7, 4.5)
    x = np.array([1e-5, 3.0, 250.0, 1e4, 1e7])
    np.testing.assert_allclose(scale.forward(-x), 2 * scale.forward(0.0) - scale.forward(x), atol=1e-15)


def test_nan_and_infinities_stay_what_they_are():
    scale = Hyperlog(262144, 0.5, 4.5)
    ends = [math.nan, math.inf, -math.inf]
    np.testing.assert_array_equal(scale.forward(ends), ends)
    np.testing.assert_array_equal(scale.inverse(ends), ends)
    assert math.isfinite(scale.forward(1.7e308))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((0, 0.5, 4.5, 0), "hyperlog T: found 0; expected T > 0"),
        ((262144, 0, 4.5, 0), "hyperlog W: found 0; expected 0 < W <= M/2"),
        ((262144, 2.5, 4.5, 0), "hyperlog W: found 2.5; expected 0 < W <= M/2"),
        ((262144, 0.5, 101, 0), "hyperlog M: found 101; expected 0 < M <= 100"),
        ((262144, 0.5, 4.5, -0.6), "hyperlog A: found -0.6; expected -W <= A <= M - 2W"),
        ((262144, 0.5, 4.5, math.nan), "hyperlog A: found nan"),
        (("high", 0.5, 4.5, 0), "hyperlog T: found 'high'; expected a number"),
        ((1e-300, 0.5, 50, 0), "hyperlog T: found 1e-300; expected T / 10.M and T / M between"),
    ],
)
def test_parameters_outside_their_domain_are_refused_by_name(parameters, message):
    with pytest.raises(TransformError, match=message):
        Hyperlog(*parameters)


def test_all_wrong_parameters_are_listed_at_once():
    with pytest.raises(TransformError) as caught:
        Hyperlog(-1, 0, 4.5, 9)
    assert [p.location for p in caught.value.problems] == ["hyperlog T", "hyperlog W", "hyperlog A"]
