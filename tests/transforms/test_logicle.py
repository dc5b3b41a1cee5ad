"""Logicle: published values, values of another program, 50 digits, and the way back."""

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
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.logicle import Logicle

# Gating-ML 2.0, values of its table and the same formula carried further (science notes, to 6 decimals)
PUBLISHED = [
    (
        (1000, 1, 4, 0),
        [-10, -5, -1, 0, 0.3, 1, 3, 10, 100, 1000],
        [0.067574, 0.147986, 0.228752, 0.25, 0.256384, 0.271248, 0.312897, 0.432426, 0.739548, 1],
    ),
    (
        (1000, 1, 4, 1),
        [-10, -5, -1, 0, 0.3, 1, 3, 10, 100, 1000],
        [0.254059, 0.318389, 0.383001, 0.4, 0.405107, 0.416999, 0.450318, 0.545941, 0.791638, 1],
    ),
    (
        (1000, 0, 4, 1),
        [-10, -5, -1, 0, 0.3, 1, 3, 10, 100, 1000],
        [-0.200009, -0.139829, -0.000856, 0.2, 0.303776, 0.400856, 0.495521, 0.600009, 0.8, 1],
    ),
    (
        (262144, 0.5, 4.5, 0),
        [-1000, -100, -10, 0, 10, 100, 1000, 1e4, 1e5, 262144],
        [-0.232115, 0.009041, 0.099918, 0.111111, 0.122304, 0.213181, 0.454338, 0.683833, 0.906928, 1],
    ),
    (
        (262144, 1, 4.5, 0),
        [-1000, -100, -10, 0, 10, 100, 1000, 1e4, 1e5, 262144],
        [0.038133, 0.199649, 0.21996, 0.222222, 0.224485, 0.244795, 0.406311, 0.676221, 0.906356, 1],
    ),
    (
        (4194304, 1, 5, 0),
        [-1e4, -1000, -300, 0, 300, 1000, 1e4, 1e5, 1e6, 4194304],
        [-0.042889, 0.160238, 0.187971, 0.2, 0.212029, 0.239762, 0.442889, 0.67125, 0.875094, 1],
    ),
    (
        (4194304, 1.5, 5, 0),
        [-1e4, -1000, -300, 0, 300, 1000, 1e4, 1e5, 1e6, 4194304],
        [0.220773, 0.291889, 0.297566, 0.3, 0.302434, 0.308111, 0.379227, 0.648412, 0.872916, 1],
    ),
]
HARD = [  # T, W, M, A: no linear region, the widest, negative A, few and many decades
    (262144, 0.5, 4.5, 0),
    (262144, 0, 4.5, 0),
    (262144, 2.25, 4.5, 0),
    (262144, 0.5, 4.5, -0.5),
    (262144, 1.5, 4.5, 1.5),
    (1, 0.05, 0.5, 0),
    (1e9, 0.3, 20, 2),
    (4194304, 1e-9, 5.5, 0),
    (262144, 2.25, 4.5, -2.25),
    (262144, 50, 100, 0),
    (1e300, 0.5, 4.5, 3.5),
    (1e-300, 0.5, 4.5, 0),
]
POINTS = [1e-300, 1e-9, 1e-3, 0.37, 1, 7.7, 123.4, 999.9, 5e3, 262143, 262144, 1e6, 1e8, 1e15]


@pytest.mark.parametrize(("parameters", "x", "expected"), PUBLISHED)
def test_published_values_are_met_to_six_decimals(parameters, x, expected):
    np.testing.assert_allclose(Logicle(*parameters).forward(x), expected, rtol=0, atol=6e-7)


@pytest.mark.reference
def test_flowcore_values_are_met_to_1e9_and_go_back(reference_data):
    with (reference_data / "peer_values" / "logicle_flowCore.csv").open() as file:
        rows = list(csv.DictReader(file))
    sets = itertools.groupby(rows, key=lambda row: (row["T"], row["W"], row["M"], row["A"]))
    n_sets = 0
    for parameters, group in sets:
        scale = Logicle(*map(float, parameters))
        x, y = np.array([(float(row["x"]), float(row["y"])) for row in group]).T
        np.testing.assert_allclose(scale.forward(x), y, rtol=0, atol=1e-9)
        n_sets += 1
        unit = scale.T * 10**-scale.M
        near = np.abs(x) < 1e3 * scale.T  # further out one last bit of y is worth more than the tolerance
        np.testing.assert_allclose(scale.inverse(y)[near], x[near], rtol=1e-9, atol=1e-8 * unit)
    assert n_sets == 12


@pytest.mark.parametrize("parameters", HARD)
def test_fifty_digits_agree_to_1e10_of_the_scale(parameters):
    scale = Logicle(*parameters)
    unit = max(1.0, scale.T / 1e15) * min(1.0, scale.T)
    for x in (sign * point * unit for point in POINTS for sign in (1, -1)):
        exact = naive.forward_logicle(x, *parameters)
        assert abs(mpmath.mpf(scale.forward(x)) - exact) < 1e-12 * max(1, abs(exact)), x


@pytest.mark.parametrize("parameters", HARD[:7])
def test_values_come_back(parameters):
    scale = Logicle(*parameters)
    rng = np.random.default_rng(3)
    x = np.concatenate(
        [rng.normal(0, scale.T * 1e-3, 2000), scale.T * 10 ** rng.uniform(-scale.M, 0.5, 2000)]
    )
    tolerance = 1e-9 * (np.abs(x) + 1e-3 * scale.T * 10**-scale.M)
    assert (np.abs(scale.inverse(scale.forward(x)) - x) <= tolerance).all()


@given(
    st.floats(1.0, 1e7),
    st.floats(0.0, 1.0),
    st.floats(1.0, 8.0),
    st.floats(0.0, 1.0),
    st.floats(-1.0, 1.0),
)
def test_any_legal_parameters_give_zero_its_place_and_come_back(T, part, M, share, where):
    W = part * M / 2
    A = max(-W + share * (M - W), -W)
    scale = Logicle(T, W, M, min(A, M - 2 * W))
    assert scale.forward(0.0) == (scale.A + scale.W) / (scale.M + scale.A)
    assert scale.forward(T) == pytest.approx(1.0, abs=1e-12)
    x = where * T
    back = scale.inverse(scale.forward(x))
    assert abs(back - x) <= 1e-9 * abs(x) + 1e-14 * T


def test_without_linear_region_it_is_asinh():
    x = np.linspace(-500, 1000, 301)
    np.testing.assert_allclose(Logicle(1000, 0, 4, 1).forward(x), Asinh(1000, 4, 1).forward(x), atol=1e-13)


def test_flowcore_counts_positions_to_m():
    ours, theirs = Logicle(262144, 0.5, 4.5, 0.5), Logicle(262144, 0.5, 4.5, 0.5, scale="0-M")
    x = np.array([-1e3, -2.0, 0.0, 5e-3, 40.0, 1e5, 262144.0, 1e7])
    np.testing.assert_allclose(theirs.forward(x), 4.5 * ours.forward(x), rtol=1e-14)
    np.testing.assert_allclose(theirs.inverse(4.5 * ours.forward(x)), x, rtol=1e-10, atol=1e-10)
    assert theirs.ticks(-1000, 262144) == ours.ticks(-1000, 262144)


def test_the_choice_of_positions_is_kept_and_left_out_where_it_is_gating_mls():
    assert Logicle(1000, 1, 4).to_dict() == {"kind": "logicle", "T": 1000.0, "W": 1.0, "M": 4.0, "A": 0.0}
    scale = Logicle(1000, 1, 4, scale="0-M")
    assert scale.to_dict()["scale"] == "0-M"
    assert Logicle.from_dict(scale.to_dict()) == scale != Logicle(1000, 1, 4)


def test_another_choice_of_positions_is_refused():
    with pytest.raises(TransformError, match=r"logicle scale: found '0-4'; expected '0-1' .* or '0-M'"):
        Logicle(1000, 1, 4, scale="0-4")


def test_negative_values_mirror_positive_ones():
    scale = Logicle(262144, 0.7, 4.5)
    x = np.array([1e-5, 3.0, 250.0, 1e4, 1e7])
    zero = scale.forward(0.0)
    np.testing.assert_allclose(scale.forward(-x), 2 * zero - scale.forward(x), rtol=0, atol=1e-15)


def test_nan_and_infinities_stay_what_they_are():
    scale = Logicle(262144, 0.5, 4.5)
    assert math.isnan(scale.forward(math.nan))
    assert scale.forward(math.inf) == math.inf
    assert scale.forward(-math.inf) == -math.inf
    assert scale.inverse(math.inf) == math.inf
    assert scale.inverse(-math.inf) == -math.inf
    assert math.isnan(scale.inverse(math.nan))
    assert math.isfinite(scale.forward(1.7e308))


def test_array_and_scalar_have_the_same_bits():
    scale = Logicle(262144, 0.5, 4.5)
    rng = np.random.default_rng(5)
    x = np.concatenate(
        [rng.normal(0, 1000, 2000), 10.0 ** rng.uniform(-300, 300, 2000), [0.0, np.inf, -np.inf]]
    )
    np.testing.assert_array_equal(scale.forward(x), [scale.forward(value) for value in x.tolist()])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((0, 0.5, 4.5, 0), "logicle T: found 0; expected T > 0"),
        ((262144, 2.5, 4.5, 0), "logicle W: found 2.5; expected 0 <= W <= M/2"),
        ((262144, -0.1, 4.5, 0), "logicle W"),
        ((262144, 0.5, 0, 0), "logicle M"),
        ((262144, 0.5, 4.5, -0.6), "logicle A: found -0.6; expected -W <= A <= M - 2W"),
        ((262144, 0.5, 4.5, 4), "logicle A"),
        ((math.nan, 0.5, 4.5, 0), "logicle T: found nan"),
        ((math.inf, 0.5, 4.5, 0), "logicle T: found inf"),
    ],
)
def test_parameters_outside_their_domain_are_refused_by_name(parameters, message):
    with pytest.raises(TransformError, match=message):
        Logicle(*parameters)


def test_all_wrong_parameters_are_listed_at_once():
    with pytest.raises(TransformError) as caught:
        Logicle(-1, 9, 4.5)
    assert [problem.location for problem in caught.value.problems] == ["logicle T", "logicle W", "logicle A"]
