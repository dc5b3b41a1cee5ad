"""Matrices with more detectors than fluorochromes, and matrices that come inverted."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.compensation.keyword import format_spillover
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CompensationError
from cytogate.fcs.events import Events

# BV421 and BV510 over three detectors.
SPECTRAL = CompensationMatrix(["V1", "V2", "V3"], ["BV421", "BV510"], [[1.0, 0.5, 0.1], [0.1, 0.8, 1.0]])
WAY_BACK = np.array([[1.0, -0.2], [-0.1, 0.9], [0.3, 0.4]])


def _spectra(seed: int, n: int, m: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (n, m)) * 0.3 + np.eye(n, m)


@given(n=st.integers(1, 10), more=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
def test_more_detectors_than_fluorochromes_are_unmixed_by_least_squares(n, more, seed):
    values = _spectra(seed, n, n + more)
    matrix = CompensationMatrix([f"D{i}" for i in range(n + more)], [f"F{i}" for i in range(n)], values)
    measured = np.random.default_rng(seed).normal(0, 1000, (7, n + more))
    expected = np.linalg.lstsq(values.T, measured.T, rcond=None)[0].T
    np.testing.assert_allclose(matrix.apply(measured), expected, rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(matrix.inverse, np.linalg.pinv(values), rtol=1e-9, atol=1e-12)


def test_least_squares_keeps_the_condition_of_the_matrix():
    """Rows that differ by 1e-6: normal equations would leave four digits."""
    values = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0 + 1e-6]])
    matrix = CompensationMatrix("ABC", "FG", values)
    true = np.array([[100.0, 3.0]])
    np.testing.assert_allclose(matrix.apply(true @ values), true, rtol=1e-9)


def test_order_of_operations_is_fixed_down_to_the_last_bit():
    again = CompensationMatrix(SPECTRAL.detectors, SPECTRAL.fluorochromes, SPECTRAL.values.copy(order="F"))
    np.testing.assert_array_equal(again.inverse, SPECTRAL.inverse)


def test_compensated_columns_are_fluorochromes_where_detectors_are_more():
    assert SPECTRAL.targets == ("BV421", "BV510")
    assert not SPECTRAL.square
    table = np.array([[7.0, *(np.array([100.0, 50.0]) @ SPECTRAL.values)[::-1]]])
    out = SPECTRAL.apply(table, ["FSC", "V3", "V2", "V1"])
    np.testing.assert_allclose(out, [[100.0, 50.0]])
    events = Events(table, ["FSC", "V3", "V2", "V1"])
    np.testing.assert_array_equal(SPECTRAL.apply(events), out)


def test_missing_detector_is_named_where_detectors_are_more():
    with pytest.raises(CompensationError, match="detectors that the events lack: V3"):
        SPECTRAL.apply([[1.0, 2.0]], ["V1", "V2"])


def test_spectral_matrix_has_no_diagonal_to_warn_of():
    assert SPECTRAL.warnings == ()
    assert SPECTRAL.condition_number == pytest.approx(np.linalg.cond(SPECTRAL.values))


def test_spectral_matrix_has_no_place_in_a_spillover_keyword():
    with pytest.raises(CompensationError, match=r"\$SPILLOVER holds square matrices.*2 fluorochromes, 3 det"):
        format_spillover(SPECTRAL)


def test_matrix_given_inverted_is_used_as_it_stands():
    given_square = [[1.0, -0.5], [-0.25, 1.0]]
    matrix = CompensationMatrix("AB", "FG", given_square, inverted=True)
    np.testing.assert_array_equal(matrix.inverse, given_square)
    np.testing.assert_array_equal(matrix.apply([[4.0, 8.0]]), [[2.0, 6.0]])  # one row per detector
    np.testing.assert_allclose(matrix.values, np.linalg.inv(given_square), rtol=1e-14)
    np.testing.assert_allclose(matrix.values @ matrix.inverse, np.eye(2), atol=1e-15)


def test_matrix_given_inverted_may_have_more_detectors_than_fluorochromes():
    matrix = CompensationMatrix("ABC", "FG", WAY_BACK, inverted=True)
    measured = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(matrix.apply(measured), measured @ WAY_BACK, rtol=1e-15)
    assert matrix.values.shape == (2, 3)
    np.testing.assert_allclose(matrix.values, np.linalg.pinv(WAY_BACK), rtol=1e-12)


@pytest.mark.parametrize(
    ("matrix", "changed"),
    [
        (SPECTRAL, {"V1": "W1", "BV421": "X"}),
        (CompensationMatrix("ABC", "FG", WAY_BACK, inverted=True), {"A": "W", "F": "X"}),
        (CompensationMatrix("AB", "FG", [[1.0, -0.5], [-0.25, 1.0]], inverted=True), {"A": "W"}),
    ],
)
def test_dictionary_hash_pickle_and_renaming_keep_the_way_back(matrix, changed):
    for again in (
        CompensationMatrix.from_dict(json.loads(json.dumps(matrix.to_dict()))),
        pickle.loads(pickle.dumps(matrix)),
        matrix.renamed({}),
    ):
        assert (again, again.sha256, again.inverted) == (matrix, matrix.sha256, matrix.inverted)
        np.testing.assert_array_equal(again.inverse, matrix.inverse)
    renamed = matrix.renamed(changed)
    assert renamed != matrix
    assert set(changed.values()) <= {*renamed.detectors, *renamed.fluorochromes}
    np.testing.assert_array_equal(renamed.inverse, matrix.inverse)


def test_hash_of_a_plain_matrix_does_not_know_of_inverted_ones():
    plain = CompensationMatrix("AB", "AB", np.eye(2))
    assert set(plain.to_dict()) == {"detectors", "fluorochromes", "values"}
    assert CompensationMatrix("AB", "AB", np.eye(2), inverted=True) != plain


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (
            WAY_BACK.T,
            r"shape \(2, 3\); expected one row per detector and one column.*inverted",
        ),
        ([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], "cannot be inverted reliably"),
        ([[1.0, 2.0], [2.0, np.inf], [3.0, 6.0]], "coefficient of fluorochrome G in detector B is inf"),
    ],
)
def test_unusable_inverted_matrix_is_refused(values, match):
    with pytest.raises(CompensationError, match=match):
        CompensationMatrix("ABC", "FG", values, inverted=True)
