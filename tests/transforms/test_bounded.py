"""Bounds: clamped after the transform, whatever the transform."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import TransformError
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.base import transform_from_dict
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle
from cytogate.transforms.pullback import pull_back

INNER = [
    Linear(262144, 100),
    Log(262144, 4.5),
    Asinh(262144, 4.5, 0.5),
    Logicle(262144, 0.5, 4.5),
    Hyperlog(262144, 0.5, 4.5),
    FlowJoLog(2.0, 5.0),
    Biex(channels=256),
]
X = np.array(
    [math.nan, -math.inf, -1e5, -3.0, -0.0, 0.0, 5e-324, 0.7, 88.0, 5e4, 262144.0, 1e9, 1e300, math.inf]
)


@pytest.mark.parametrize("inner", INNER, ids=lambda scale: scale.kind)
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (None, 0.4), (0.2, None), (None, None), (-0.1, -0.1)])
def test_positions_beyond_a_bound_become_the_bound(inner, bounds):
    expected = [naive.clamp(y, *bounds) for y in inner.forward(X)]
    np.testing.assert_array_equal(Bounded(inner, *bounds).forward(X), expected)


def test_log_of_zero_is_clamped_and_of_less_stays_nan():
    scale = Bounded(Log(10000, 4), 0.0, 1.0)
    assert scale.forward(0.0) == scale.forward(-0.0) == scale.forward(1e-300) == 0.0
    assert math.isnan(scale.forward(-1.0))
    assert scale.forward(math.inf) == 1.0


@given(low=st.floats(-2, 2), width=st.floats(0, 2), low2=st.floats(-2, 2), width2=st.floats(0, 2))
def test_bounds_of_bounds_are_applied_from_within(low, width, low2, width2):
    inner = Bounded(Linear(1000, 1000), low, low + width)
    scale = Bounded(inner, low2, low2 + width2)
    x = np.linspace(-9000, 9000, 61)
    expected = [naive.clamp(y, low2, low2 + width2) for y in inner.forward(x)]
    np.testing.assert_array_equal(scale.forward(x), expected)


@pytest.mark.parametrize("inner", INNER, ids=lambda scale: scale.kind)
def test_a_threshold_at_the_minimum_is_passed_by_all_that_have_a_position(inner):
    scale = Bounded(inner, 0.1, 0.9)
    border = pull_back(scale, 0.1)
    assert border == (0.0 if inner.kind == "log" else -math.inf)
    assert pull_back(scale, -5.0) == border
    np.testing.assert_array_equal(border <= X, scale.forward(X) >= 0.1)


@pytest.mark.parametrize("inner", INNER, ids=lambda scale: scale.kind)
def test_a_threshold_above_the_maximum_is_passed_by_none(inner):
    scale = Bounded(inner, 0.1, 0.9)
    assert math.isnan(pull_back(scale, math.nextafter(0.9, 1)))
    assert math.isfinite(pull_back(scale, 0.9))
    assert not (scale.forward(X) >= math.nextafter(0.9, 1)).any()


@pytest.mark.parametrize("inner", INNER, ids=lambda scale: scale.kind)
@given(t=st.floats(0.1, 0.9))
def test_a_threshold_between_is_pulled_back_as_without_bounds(inner, t):
    border = pull_back(Bounded(inner, 0.05, 0.95), t)
    assert border == pull_back(inner, t)


def test_inverse_takes_a_position_beyond_a_bound_for_the_bound():
    scale = Bounded(Linear(1000), 0.25, 0.75)
    assert scale.inverse([-3.0, 0.0, 0.5, 1.0]).tolist() == [250.0, 250.0, 500.0, 750.0]
    assert math.isnan(scale.inverse(math.nan))


def test_dictionaries_nest_and_leave_open_ends_out():
    scale = Bounded(Bounded(Logicle(1000, 1, 4, scale="0-M"), minimum=-1), -math.inf, 0.5)
    entries = scale.to_dict()
    assert entries == {
        "kind": "bounded",
        "transform": {
            "kind": "bounded",
            "transform": {"kind": "logicle", "T": 1000.0, "W": 1.0, "M": 4.0, "A": 0.0, "scale": "0-M"},
            "minimum": -1.0,
        },
        "maximum": 0.5,
    }
    assert transform_from_dict(entries) == scale


def test_ticks_beyond_a_bound_are_left_out():
    inner = Logicle(262144, 0.5, 4.5)
    ticks = Bounded(inner, inner.forward(0.0), inner.forward(5e4)).ticks(-1000, 262144)
    assert [label for _, label in ticks.major] == ["0", "10^2", "10^3", "10^4"]
    assert max(ticks.minor) == 5e4
    assert min(ticks.minor) > 0


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((1.0, 0.0), "bounded minimum and maximum: found 1 to 0; expected minimum <= maximum"),
        ((math.nan, 0.0), "bounded minimum: found nan; expected a number, or None"),
        ((math.inf, None), "bounded minimum: found inf"),
        ((None, "high"), "bounded maximum: found 'high'"),
    ],
)
def test_bounds_that_are_none_are_refused(bounds, message):
    with pytest.raises(TransformError, match=message):
        Bounded(Linear(1000), *bounds)


def test_what_is_no_transform_is_refused():
    with pytest.raises(TransformError, match="bounded transform: found 'log'; expected a transform"):
        Bounded("log", 0, 1)
    with pytest.raises(TransformError, match="bounded transform: no parameter transform; known are"):
        Bounded.from_dict({"kind": "bounded", "minimum": 0})
    with pytest.raises(TransformError, match="unknown parameter low"):
        Bounded.from_dict({"kind": "bounded", "low": 0})
