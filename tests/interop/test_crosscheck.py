from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.fcs.read import read_fcs
from cytogate.fcs.write import write_fcs
from cytogate.interop.crosscheck import _largest_difference, cross_check


@pytest.fixture
def tube(tmp_path):
    path = tmp_path / "tube.fcs"
    write_fcs(path, np.array([[1.5, 2.5], [-3.0, 4e5]], dtype=np.float32), ["A", "B"])
    return read_fcs(path)


def test_other_readers_find_the_same_values(tube):
    for witness in cross_check(tube):
        assert (witness.n_events, witness.n_channels) == (2, 2)
        assert witness.largest_difference == 0.0
        assert witness.agrees is True


def test_a_reader_that_fails_is_no_verdict_on_the_file(tube, monkeypatch):
    import flowio

    def refuse(path: str) -> None:
        message = "numpy has no newbyteorder"
        raise AttributeError(message)

    monkeypatch.setattr(flowio, "FlowData", refuse)
    first, second = cross_check(tube)
    assert first.agrees is None
    assert first.problem == "AttributeError: numpy has no newbyteorder"
    assert second.agrees is True


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        ([1.0, math.nan], [1.0, math.nan], 0.0),
        ([1.0, math.inf], [1.0, math.inf], 0.0),
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([math.inf, 2.0], [1.0, 2.0], math.inf),
    ],
)
def test_difference_is_the_largest_and_not_finite_values_agree_with_themselves(ours, theirs, difference):
    assert _largest_difference(np.array([ours]), np.array([theirs])) == difference


def test_a_nan_against_a_number_is_a_difference():
    assert _largest_difference(np.array([[math.nan]]), np.array([[1.0]])) > 0
