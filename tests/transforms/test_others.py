"""Linear, log and asinh: published values, values of another program, edges."""

from __future__ import annotations

import csv
import math

import naive
import numpy as np
import pytest

from cytogate.errors import TransformError
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log

X = [-10, -5, -1, 0, 0.3, 1, 3, 10, 100, 1000]
X_LOG = [0.5, 1, 10, 100, 1000, 1023, 1e4, 1e5, 262144]
X_LINEAR = [-100, -10, 0, 10, 100, 1000, 2000]
# Gating-ML 2.0 tables (science notes, to 6 decimals)
PUBLISHED = [
    (
        Asinh(1000, 4, 1),
        X,
        [-0.200009, -0.139829, -0.000856, 0.2, 0.303776, 0.400856, 0.495521, 0.600009, 0.8, 1],
    ),
    (Asinh(1000, 5, 0), X, [-0.6, -0.539794, -0.400009, 0, 0.295521, 0.400009, 0.495425, 0.6, 0.8, 1]),
    (
        Asinh(1000, 3, 2),
        X,
        [0.199144, 0.256923, 0.358203, 0.4, 0.41298, 0.441797, 0.503776, 0.600856, 0.800009, 1],
    ),
    (Log(10000, 5), X_LOG, [0.139794, 0.2, 0.4, 0.6, 0.8, 0.801975, 1, 1.2, 1.283708]),
    (
        Log(1023, 4.5),
        X_LOG,
        [0.264243, 0.331139, 0.553361, 0.775583, 0.997805, 1, 1.220028, 1.44225, 1.535259],
    ),
    (
        Log(262144, 4.5),
        X_LOG,
        [-0.271016, -0.20412, 0.018102, 0.240324, 0.462547, 0.464741, 0.684769, 0.906991, 1],
    ),
    (Linear(1000, 0), X_LINEAR, [-0.1, -0.01, 0, 0.01, 0.1, 1, 2]),
    (Linear(1000, 100), X_LINEAR, [0, 0.081818, 0.090909, 0.1, 0.181818, 1, 1.909091]),
    (Linear(1024, 256), X_LINEAR, [0.121875, 0.192188, 0.2, 0.207813, 0.278125, 0.98125, 1.7625]),
]
KINDS = {"linGml2": Linear, "logGml2": Log, "asinhGml2": Asinh}


@pytest.mark.parametrize(("scale", "x", "expected"), PUBLISHED, ids=lambda value: str(value)[:32])
def test_published_values_are_met_to_six_decimals(scale, x, expected):
    np.testing.assert_allclose(scale.forward(x), expected, rtol=0, atol=6e-7)


@pytest.mark.reference
@pytest.mark.parametrize("name", sorted(KINDS))
def test_flowcore_values_are_met_nan_and_infinities_included(reference_data, name):
    with (reference_data / "peer_values" / f"{name}_flowCore.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 1000
    for row in rows:
        scale = KINDS[name](**{key: float(row[key]) for key in "TMA" if key in row})
        np.testing.assert_allclose(scale.forward(float(row["x"])), float(row["y"]), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("scale", "twin"),
    [
        (Linear(262144, 1000), lambda x: naive.forward_linear(x, 262144, 1000)),
        (Log(262144, 4.5), lambda x: naive.forward_log(x, 262144, 4.5)),
        (Asinh(262144, 4.5, 0.7), lambda x: naive.forward_asinh(x, 262144, 4.5, 0.7)),
    ],
    ids=["linear", "log", "asinh"],
)
def test_fifty_digits_agree_to_1e12(scale, twin):
    for x in [1e-300, 1e-6, 0.2, 1, 17, 1234.5, 262143.999, 262144.001, 1e7, 1e12]:
        assert abs(scale.forward(x) - twin(x)) < 1e-12 * max(1.0, abs(twin(x)))


def test_log_of_zero_is_minus_infinity_and_of_less_is_nan():
    scale = Log(10000, 4)
    assert scale.forward(0.0) == -math.inf
    assert scale.forward(-0.0) == -math.inf
    assert math.isnan(scale.forward(-1e-300))
    assert math.isnan(scale.forward(-math.inf))
    assert scale.forward(5e-324) > -math.inf
    assert scale.inverse(-math.inf) == 0.0


def test_log_is_one_at_the_top_to_the_bit():
    assert Log(262144, 4.5).forward(262144.0) == 1.0


def test_an_overflowing_asinh_factor_is_refused():
    with pytest.raises(TransformError, match="asinh M: found 301; expected 0 < M <= 300"):
        Asinh(1000, 301)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear(-1), "linear T: found -1; expected T > 0"),
        (lambda: Linear(1000, 1001), "linear A: found 1001; expected 0 <= A <= T"),
        (lambda: Log(1000, 0), "log M: found 0; expected M > 0"),
        (lambda: Asinh(1000, 4, 5), "asinh A: found 5; expected 0 <= A <= M"),
    ],
)
def test_parameters_outside_their_domain_are_refused_by_name(make, message):
    with pytest.raises(TransformError, match=message):
        make()


def test_unknown_and_missing_parameters_are_named():
    with pytest.raises(TransformError, match="log transform: unknown parameter W; known are T, M"):
        Log.from_dict({"kind": "log", "T": 1, "M": 2, "W": 3})
    with pytest.raises(TransformError, match=r"log transform: .*'M'"):
        Log.from_dict({"kind": "log", "T": 1})


def test_shape_is_kept_and_float32_is_taken():
    scale = Asinh(1000, 4)
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert scale.forward(values).shape == (3, 4)
    assert scale.forward(values).dtype == np.float64
    np.testing.assert_array_equal(scale.forward(values.T), scale.forward(values).T)
    assert isinstance(scale.forward(np.float32(3)), float)
