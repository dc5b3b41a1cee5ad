"""Pulling back: the same answer on data values as on the scale, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.transforms.asinh import Asinh
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle
from cytogate.transforms.pullback import last_below, pull_back

SCALES = [
    Linear(262144, 100),
    Log(262144, 4.5),
    Asinh(262144, 4.5, 0.5),
    Logicle(262144, 0.5, 4.5),
    Logicle(262144, 2.25, 4.5),
    Logicle(4194304, 0, 5.5, 1),
    Logicle(1000, 1, 4, -0.5),
]


@pytest.mark.parametrize("scale", SCALES, ids=str)
@given(t=st.floats(-3, 3))
def test_border_on_data_values_is_the_border_on_the_scale(scale, t):
    border = pull_back(scale, t)
    steps = [border]
    for toward in (-math.inf, math.inf):
        x = border
        for _ in range(40):
            x = math.nextafter(x, toward)
            steps.append(x)
    for k in range(1, 48):
        steps += [border * (1 + 2.0**-k), border * (1 - 2.0**-k)]
    x = np.array(steps)
    np.testing.assert_array_equal(x >= border, scale.forward(x) >= t)


@pytest.mark.parametrize("scale", [None, *SCALES], ids=str)
@given(t=st.floats(-3, 3))
def test_what_lies_below_ends_where_the_border_begins(scale, t):
    last = last_below(scale, t)
    forward = (lambda x: x) if scale is None else scale.forward
    if math.isnan(last):
        assert not forward(-math.inf) < t
    else:
        assert forward(last) < t
        assert last == math.inf or not forward(math.nextafter(last, math.inf)) < t


def test_an_open_end_takes_all_and_no_value_lies_below_minus_infinity():
    assert last_below(None, math.inf) == last_below(SCALES[3], math.inf) == math.inf
    assert math.isnan(last_below(None, -math.inf))


@pytest.mark.parametrize("scale", SCALES, ids=str)
@given(x=st.floats(allow_nan=False), k=st.integers(0, 1_000_000))
def test_forward_never_falls(scale, x, k):
    """Neighbouring values, and values a few up to a million steps apart, keep their order."""
    if isinstance(scale, Log):
        x = abs(x)
    bits = np.float64(x).view(np.int64)
    near = np.concatenate([bits + np.arange(-60, 60), bits + np.arange(0, 60) * k])
    values = near.view(np.float64)
    values = np.sort(values[np.isfinite(values) & (np.sign(values) == np.sign(x))])
    y = scale.forward(values)
    assert not (y[1:] < y[:-1]).any()


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_forward_never_falls_over_the_range_of_a_cytometer(scale):
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.normal(0, 200, 50_000), 10 ** rng.uniform(-3, 7, 50_000)])
    x = np.abs(x) if isinstance(scale, Log) else x
    x = np.unique(np.concatenate([x, np.nextafter(x, np.inf), np.nextafter(x, -np.inf)]))
    y = scale.forward(x)
    assert not (y[1:] < y[:-1]).any()


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_infinite_positions_pull_back_to_what_reaches_them(scale):
    assert pull_back(scale, math.inf) == math.inf
    assert pull_back(scale, -math.inf) == (0.0 if isinstance(scale, Log) else -math.inf)


def test_without_transform_a_threshold_stays():
    assert pull_back(None, 12.5) == 12.5
    assert pull_back(None, -math.inf) == -math.inf


def test_nan_is_reached_by_no_event():
    border = pull_back(SCALES[3], math.nan)
    assert not (np.array([-np.inf, 0.0, np.inf]) >= border).any()
