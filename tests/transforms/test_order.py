"""No transform ever puts two values in the wrong order: thresholds are pulled back on the strength of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.kernels import transforms as kernels
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_asinh import FlowJoAsinh
from cytogate.transforms.flowjo_log import FlowJoLog
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle

SCALES = [
    Linear(262144, 100),
    Log(262144, 4.5),
    Log(5e-324, 0.1),
    FlowJoLog(3.7, 4.5, 256.0),
    Asinh(262144, 4.5, 0.5),
    Asinh(1e6, 300, 300),
    FlowJoAsinh(262144, 1, 0),
    Logicle(262144, 0.5, 4.5),
    Logicle(262144, 0, 4.5),
    Logicle(262144, 2.25, 4.5, -2.25),
    Logicle(262144, 50, 100),
    Logicle(1e300, 0.5, 4.5, 3.5),
    Logicle(1e-300, 1, 4.5, scale="0-M"),
    Hyperlog(262144, 0.5, 4.5),
    Hyperlog(262144, 1e-300, 4.5),
    Hyperlog(262144, 2.25, 4.5, -2.25),
    Hyperlog(262144, 50, 100),
    Hyperlog(1e300, 0.5, 4.5, 3.5),
    Hyperlog(1e-300, 1, 4.5),
    Biex(),
    Biex(width=-1000.0, channels=64),
    Biex(negative=50.0, channels=256),
    Biex(maximum=1e300, positive=90.0),
    Bounded(Log(262144, 4.5), 0.1, 0.9),
    Bounded(Biex(), 0.0, 4096.0),
]
INFINITY = 0x7FF0000000000000  # its bits


def rises(scale, x):
    x = np.sort(x[~np.isnan(x)])
    y = scale.forward(x)
    y = y[~np.isnan(y)]
    return not (y[1:] < y[:-1]).any()


def neighbours(x, steps=60):
    """Float64 values within so many of `x`, itself included."""
    bits = np.float64(abs(x)).view(np.int64) + np.arange(-steps, steps + 1)
    return math.copysign(1.0, x) * bits[(bits >= 0) & (bits <= INFINITY)].view(np.float64)


@pytest.mark.parametrize("scale", SCALES, ids=str)
@given(x=st.floats(allow_nan=False, allow_infinity=False), k=st.integers(0, 2_000_000))
def test_neighbours_of_any_value_keep_their_order(scale, x, k):
    near = neighbours(x)
    further = np.abs(near[-1:]).view(np.int64) + np.arange(60) * k
    further = further[further <= INFINITY].view(np.float64)
    assert rises(scale, np.concatenate([near, math.copysign(1.0, x) * further]))


@pytest.mark.parametrize("scale", SCALES, ids=str)
@given(place=st.floats(-3.0, 3.0), k=st.integers(1, 2_000_000))
def test_neighbours_of_any_place_on_the_scale_keep_their_order(scale, place, k):
    x = scale.inverse(place * (scale.forward(1e5) or 1.0))
    if math.isfinite(x) and x != 0.0:
        assert rises(scale, np.concatenate([neighbours(x), x * (1 + k * 2.0**-52 * np.arange(40))]))


def borders(scale):
    """Values where the way to a position changes: reach of the guess, largest multiple, steps of accuracy."""
    p = scale.parameters
    if scale.kernel_code == kernels.LINEAR:
        return [0.0, -float(p[0]), float(p[1])]
    if scale.kernel_code == kernels.LOG:
        return [0.0, 5e-324, float(p[0]), float(p[0]) * kernels.LARGEST, float(p[0]) / kernels.LARGEST]
    found = [0.0, float(p[14]) / float(p[0]), kernels.LARGEST / float(p[0])]
    found += [float(scale.inverse(p[3] + p[15] * 2.0**k)) for k in range(-40, 9)]
    if isinstance(scale, Bounded):
        found += [float(scale.inverse(p[16])), float(scale.inverse(p[17]))]
    return found


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_order_holds_across_every_border_of_the_computation(scale):
    for border in borders(scale):
        if math.isfinite(border):
            assert rises(scale, np.concatenate([neighbours(border, 2000), -neighbours(border, 2000)])), border


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_order_holds_over_all_of_float64(scale):
    rng = np.random.default_rng(8)
    x = rng.integers(0, np.float64(1.7e308).view(np.int64), 100_000).view(np.float64)
    x = np.concatenate([x, rng.normal(0, 200, 50_000), 10 ** rng.uniform(-3, 7, 50_000)])
    x = np.unique(np.concatenate([x, -x, np.nextafter(x, np.inf), [math.inf, -math.inf]]))
    assert rises(scale, x)
