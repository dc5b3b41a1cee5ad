"""Transform kernels beside their twins."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.kernels import exponential
from cytogate.kernels import transforms as kernels
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle


@given(st.floats(-60, 700))
def test_expm1_is_right_to_three_units_in_the_last_place(x):
    exact = naive.expm1(x)
    assert abs(exponential.expm1(x) - exact) <= 3 * math.ulp(exact)


def test_expm1_at_its_edges():
    assert exponential.expm1(0.0) == 0.0
    assert exponential.expm1(710.0) == math.inf
    assert exponential.expm1(math.inf) == math.inf
    assert exponential.expm1(-math.inf) == -1.0
    assert exponential.expm1(-50.0) == -1.0


BIEXPONENTIALS = [
    *(Logicle(262144, W, 4.5) for W in (0.0, 1e-6, 0.3, 1.0, 2.25)),
    Logicle(1e9, 0.3, 20, 2),
    Asinh(262144, 4.5, 0.5),
    Asinh(1e12, 14),
    Biex(width=-100.0),
    Biex(channels=64, negative=1.0, width=-1.0),
]
HYPERLOGS = [*(Hyperlog(262144, W, 4.5) for W in (1e-9, 0.01, 0.3, 1.0, 2.25)), Hyperlog(1e9, 0.3, 20, 2)]


@pytest.mark.parametrize("scale", [*BIEXPONENTIALS, *HYPERLOGS], ids=str)
def test_estimates_err_by_far_less_than_what_is_settled(scale):
    """The order of events rests on this: an estimate off by HALF may be rounded the wrong way."""
    parameters = scale.parameters
    is_hyperlog = scale.kernel_code == kernels.HYPERLOG
    estimate = kernels.hyperlog_estimate if is_hyperlog else kernels.logicle_estimate
    rng = np.random.default_rng(11)
    worst, searched = 0.0, 0
    for s in 10.0 ** rng.uniform(-8, math.log10(parameters[14]), 400):
        found = estimate(parameters, s)
        if math.isnan(found):
            searched += 1
            continue
        if is_hyperlog:
            exact = naive.hyperlog_position(parameters[2], parameters[4], s, found)
        else:
            exact = naive.unfolded_position(parameters[2], parameters[4], s, found)
        worst = max(worst, abs(found - exact) / math.ulp(found))
    assert searched < 300
    assert worst < kernels.HALF / 4


@given(st.floats(1.0, 1e307))
def test_rough_logarithm_is_right_to_a_ten_thousandth(x):
    assert abs(exponential.rough_log(x) - naive.ln(x)) < 1e-4


@given(st.floats(-0.11, 0.11))
def test_small_fall_is_expm1_of_the_negative(t):
    exact = naive.expm1(-t)
    assert abs(exponential.small_fall(t) - exact) <= 2e-13 * abs(exact)


@pytest.mark.parametrize("ratio", [1.0 + 2.0**-52, 1.0 + 1e-9, 1.37, 2.0, 9.99, 1e5, 3.3e77, 9e299])
def test_logarithms_are_the_nearest_kept_value(ratio):
    parameters = Log(1.0, 1.0 / math.log(10.0)).parameters  # the scale counts in e-folds
    exact = naive.ln(ratio)
    assert abs(kernels.forward_scalar(kernels.LOG, parameters, ratio) - 1 - exact) <= 2**-42 * (1 + exact)


@pytest.mark.parametrize("kind", [Logicle, Hyperlog])
@pytest.mark.parametrize("T", [10_000, 262_144, 4_194_304])
@pytest.mark.parametrize("M", [4, 4.5, 5, 5.5])
@pytest.mark.parametrize("W", [0.05, 0.25, 0.5, 1, 1.5, 2])
def test_on_usual_scales_no_value_needs_the_search(kind, T, M, W):
    parameters = kind(T, W, M).parameters
    estimate = kernels.logicle_estimate if kind is Logicle else kernels.hyperlog_estimate
    assert np.isfinite([estimate(parameters, s) for s in np.geomspace(1e-8, parameters[14], 500)]).all()


@pytest.mark.parametrize(
    "scale", [Biex(), Biex(negative=1.0), Biex(width=-200.0), Asinh(262144, 4.5)], ids=str
)
def test_on_usual_scales_of_flowjo_no_value_needs_the_search(scale):
    parameters = scale.parameters
    found = [kernels.logicle_estimate(parameters, s) for s in np.geomspace(1e-8, parameters[14], 500)]
    assert np.isfinite(found).all()


@pytest.mark.parametrize("scale", [Logicle(262144, 0.5, 4.5), Hyperlog(262144, 0.5, 4.5), Biex()], ids=str)
def test_search_and_estimate_settle_on_the_same_bits(scale):
    code, parameters = scale.kernel_code, scale.parameters
    estimate = kernels.hyperlog_estimate if code == kernels.HYPERLOG else kernels.logicle_estimate
    for s in np.geomspace(1e-6, parameters[14], 500):
        found = kernels.settle(code, parameters, kernels.search(code, parameters, s), s)
        assert found == kernels.settle(code, parameters, estimate(parameters, s), s)


@pytest.mark.parametrize("s", [1e-300, 1e-9, 0.5, 40.0, 1e9, 1e100, 1e300])
@pytest.mark.parametrize("W", [1e-300, 1e-9, 0.5, 50.0])
def test_the_search_finds_hyperlog_from_anywhere(W, s):
    parameters = Hyperlog(262144, W, 100.0).parameters
    s = min(s, kernels.LARGEST * parameters[4])
    found = kernels.search(kernels.HYPERLOG, parameters, s)
    exact = naive.hyperlog_position(parameters[2], parameters[4], s, found)
    assert abs(found - exact) <= 16 * math.ulp(found)


EVERY_CODE = [
    (kernels.LINEAR, Linear(262144, 1000)),
    (kernels.LOG, Log(262144, 4.5)),
    (kernels.LOG, FlowJoLog(10.0, 4.5)),
    (kernels.LOGICLE, Logicle(262144, 0.6, 4.5)),
    (kernels.LOGICLE, Asinh(262144, 4.5)),
    (kernels.LOGICLE, Biex()),
    (kernels.HYPERLOG, Hyperlog(262144, 0.6, 4.5)),
    (kernels.HYPERLOG, Bounded(Hyperlog(262144, 0.6, 4.5), 0.1, 0.9)),
    (kernels.LOG, Bounded(Log(262144, 4.5), 0.0, 1.0)),
    (kernels.LINEAR, Bounded(Linear(262144), 0.0, 1.0)),
]


@pytest.mark.parametrize(("code", "scale"), EVERY_CODE, ids=str)
def test_into_and_scalar_have_the_same_bits(code, scale):
    assert scale.kernel_code == code
    parameters = scale.parameters
    x = np.array(
        [np.nan, -np.inf, -1e9, -3.0, -1e-310, -0.0, 0.0, 5e-324, 1.0, 777.7, 262144.0, 1e300, np.inf]
    )
    x = np.concatenate([x, np.geomspace(1e-3, 1e7, 500), -np.geomspace(1e-3, 1e7, 500)])
    out = np.empty_like(x)
    kernels.forward_into(code, parameters, x, out)
    np.testing.assert_array_equal(out, [kernels.forward_scalar(code, parameters, value) for value in x])
    back = np.empty_like(x)
    kernels.inverse_into(code, parameters, out, back)
    np.testing.assert_array_equal(back, [kernels.inverse_scalar(code, parameters, value) for value in out])
