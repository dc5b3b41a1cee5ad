"""FlowJo's logarithm and inverse hyperbolic sine: values of another program, edges."""

from __future__ import annotations

import csv
import itertools
import math

import numpy as np
import pytest

from cytogate.errors import TransformError
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.flowjo_asinh import FlowJoAsinh
from cytogate.transforms.flowjo_log import FlowJoLog


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "kind", "parameters"),
    [("log", FlowJoLog, ("offset", "decade", "scale")), ("fasinh", FlowJoAsinh, ("T", "M", "A", "length"))],
)
def test_values_of_flowworkspace_are_met(reference_data, name, kind, parameters):
    with (reference_data / "peer_values" / f"flowjo_{name}_flowWorkspace.csv").open() as file:
        rows = list(csv.DictReader(file))
    n_sets = 0
    for key, group in itertools.groupby(rows, key=lambda row: [float(row[p]) for p in parameters]):
        x, y = np.array([(float(row["x"]), float(row["y"])) for row in group]).T
        np.testing.assert_allclose(kind(*key).forward(x), y, rtol=1e-12, atol=1e-9)
        n_sets += 1
    assert n_sets == 3


def test_log_is_zero_up_to_the_offset_and_nan_for_nan_alone():
    scale = FlowJoLog(offset=10, decades=4, length=256)
    x = [-math.inf, -1e9, -0.0, 0.0, 5e-324, 9.99, 10.0]
    assert scale.forward(x).tolist() == [0.0] * 7
    assert scale.forward(10.000001) > 0.0
    assert math.isnan(scale.forward(math.nan))
    assert scale.forward(math.inf) == math.inf
    assert scale.forward(1e5) == pytest.approx(256.0, rel=1e-13)


def test_log_goes_back_to_the_offset_at_least():
    scale = FlowJoLog(offset=10, decades=4)
    np.testing.assert_allclose(scale.inverse([-0.5, 0.0, 0.25, 1.0]), [10, 10, 100, 1e5], rtol=1e-13)


def test_asinh_is_that_of_gating_ml_times_the_length():
    x = np.array([-1e4, -3.0, 0.0, 0.5, 700.0, 3e5])
    twin = Asinh(262144, 4.5, 0.5)
    scale = FlowJoAsinh(262144, 4.5, 0.5, length=4096)
    np.testing.assert_allclose(scale.forward(x), 4096 * twin.forward(x), rtol=1e-14)
    np.testing.assert_allclose(scale.inverse(4096 * twin.forward(x)), x, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("make", "locations"),
    [
        (lambda: FlowJoLog(0, -1, 0), ["offset", "decades", "length"]),
        (lambda: FlowJoLog(math.nan, 4), ["offset"]),
        (lambda: FlowJoLog("one", None), ["offset", "decades"]),
        (lambda: FlowJoAsinh(-1, 4, 5, 0), ["T", "A", "length"]),
        (lambda: FlowJoAsinh(262144, 301), ["M"]),
    ],
)
def test_all_parameters_outside_their_domain_are_refused_by_name(make, locations):
    with pytest.raises(TransformError) as caught:
        make()
    assert [problem.location.split()[1] for problem in caught.value.problems] == locations
