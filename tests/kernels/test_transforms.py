"""Transform kernels beside their twins."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.kernels import transforms as kernels
from cytogate.transforms.logicle import Logicle


@given(st.floats(-60, 700))
def test_expm1_is_right_to_three_units_in_the_last_place(x):
    exact = naive.expm1(x)
    assert abs(kernels.expm1(x) - exact) <= 3 * math.ulp(exact)


def test_expm1_at_its_edges():
    assert kernels.expm1(0.0) == 0.0
    assert kernels.expm1(710.0) == math.inf
    assert kernels.expm1(math.inf) == math.inf
    assert kernels.expm1(-math.inf) == -1.0
    assert kernels.expm1(-50.0) == -1.0


@pytest.mark.parametrize("W", [0.0, 1e-6, 0.3, 1.0, 2.25])
def test_estimates_err_by_less_than_the_zone_that_is_settled(W):
    """The order of events rests on this: an estimate off by more than DOUBT may be rounded the wrong way."""
    parameters = Logicle(262144, W, 4.5).parameters
    rng = np.random.default_rng(11)
    worst = 0
    for s in 10.0 ** rng.uniform(-8, math.log10(parameters[14]), 400):
        estimate = kernels._logicle_estimate(parameters, s)
        exact = naive.unfolded_position(parameters[2], parameters[4], s, estimate)
        worst = max(worst, abs(estimate - exact) / math.ulp(estimate))
    assert 0 < worst < kernels.DOUBT / 2


@pytest.mark.parametrize("T", [10_000, 262_144, 4_194_304])
@pytest.mark.parametrize("M", [4, 4.5, 5, 5.5])
@pytest.mark.parametrize("W", [0, 0.25, 0.5, 1, 1.5, 2])
def test_on_usual_scales_no_value_needs_the_search(T, M, W):
    parameters = Logicle(T, W, M).parameters
    estimates = [kernels._logicle_estimate(parameters, s) for s in np.geomspace(1e-8, parameters[14], 500)]
    assert np.isfinite(estimates).all()


def test_search_and_estimate_settle_on_the_same_bits():
    parameters = Logicle(262144, 0.5, 4.5).parameters
    for s in np.geomspace(1e-6, parameters[14], 500):
        found = kernels._settle(parameters, kernels._logicle_search(parameters, s), s)
        assert found == kernels._settle(parameters, kernels._logicle_estimate(parameters, s), s)


@pytest.mark.parametrize("code", [kernels.LINEAR, kernels.LOG, kernels.ASINH, kernels.LOGICLE])
def test_into_and_scalar_have_the_same_bits(code):
    from cytogate.transforms.base import transform_kinds

    kinds = {kind.kernel_code: kind for kind in transform_kinds}
    accepted = {"T": 262144, "M": 4.5, "W": 0.6}
    parameters = kinds[code](
        **{k: v for k, v in accepted.items() if k in kinds[code].__dataclass_fields__}
    ).parameters
    x = np.array(
        [np.nan, -np.inf, -1e9, -3.0, -1e-310, -0.0, 0.0, 5e-324, 1.0, 777.7, 262144.0, 1e300, np.inf]
    )
    out = np.empty_like(x)
    kernels.forward_into(code, parameters, x, out)
    np.testing.assert_array_equal(out, [kernels.forward_scalar(code, parameters, value) for value in x])
    back = np.empty_like(x)
    kernels.inverse_into(code, parameters, out, back)
    np.testing.assert_array_equal(back, [kernels.inverse_scalar(code, parameters, value) for value in out])
