"""Ratio of two channels: values of another program, divisions by zero."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import TransformError
from cytogate.transforms.ratio import Ratio


@pytest.mark.reference
def test_flowcore_values_are_met(reference_data):
    with (reference_data / "peer_values" / "ratioGml2_flowCore.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 2000
    for row in rows:
        found = Ratio(*(float(row[name]) for name in "ABC")).forward(float(row["x"]), float(row["yy"]))
        assert found == pytest.approx(float(row["y"]), rel=1e-12, abs=1e-300)


def test_numbers_and_arrays_have_the_same_answers():
    ratio = cg.transforms.Ratio(2.0, -1.0, 3.0)
    x, y = np.array([[1.0, -7.0], [0.0, 4.5]]), np.array([[3.5, 2.0], [9.0, -1.0]])
    found = ratio.forward(x, y)
    assert found.shape == (2, 2)
    for place in np.ndindex(2, 2):
        number = ratio.forward(float(x[place]), float(y[place]))
        assert isinstance(number, float)
        assert number == found[place] == 2.0 * (x[place] + 1.0) / (y[place] - 3.0)


def test_division_by_zero_is_infinite_or_nan_without_a_warning():
    found = Ratio().forward([1.0, -1.0, 0.0, math.nan, 1e300], [0.0, 0.0, 0.0, 1.0, 1e-300])
    np.testing.assert_array_equal(found, [math.inf, -math.inf, math.nan, math.nan, math.inf])


def test_parameters_that_are_not_finite_are_listed():
    with pytest.raises(TransformError) as caught:
        Ratio(math.nan, 0.0, math.inf)
    assert [problem.location for problem in caught.value.problems] == ["ratio A", "ratio C"]
