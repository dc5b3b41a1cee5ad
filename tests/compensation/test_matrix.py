from __future__ import annotations

import csv
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CompensationError
from cytogate.fcs.events import Events
from cytogate.fcs.read import read_fcs

ASYMMETRIC = CompensationMatrix(["D1", "D2"], ["F1", "F2"], [[1.0, 0.5], [0.0, 1.0]])


def test_rows_are_fluorochromes_and_columns_detectors():
    """Light of F1 alone reaches D2 by half; a transposed matrix would leave it there."""
    np.testing.assert_array_equal(ASYMMETRIC.apply([[100.0, 50.0], [0.0, 30.0]]), [[100.0, 0.0], [0.0, 30.0]])


@given(n=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
def test_compensation_undoes_spillover(n, seed):
    rng = np.random.default_rng(seed)
    values = np.eye(n) + rng.uniform(0, 0.5 / n, (n, n)) * (1 - np.eye(n))
    names = [f"D{i}" for i in range(n)]
    matrix = CompensationMatrix(names, names, values)
    true = rng.normal(0, 1000, (7, n))
    np.testing.assert_allclose(matrix.apply(true @ values), true, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(values @ matrix.inverse, np.eye(n), atol=1e-14)
    np.testing.assert_allclose(matrix.inverse, np.linalg.inv(values), rtol=1e-10, atol=1e-13)


def test_pivoting_inverts_a_matrix_with_zeros_on_the_diagonal():
    matrix = CompensationMatrix("AB", "AB", [[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(matrix.inverse, [[0.0, 1.0], [1.0, 0.0]])
    assert {problem.code for problem in matrix.warnings} == {"spillover-diagonal"}


def test_whole_table_keeps_other_channels_and_any_order():
    table = np.array([[7.0, 50.0, 100.0]], np.float32)
    out = ASYMMETRIC.apply(table, channels=["FSC", "D2", "D1"])
    assert out.dtype == np.float64
    np.testing.assert_array_equal(out, [[7.0, 0.0, 100.0]])
    assert table[0, 1] == 50.0


def test_rows_in_another_order_than_columns_go_to_the_detector_of_their_name():
    matrix = CompensationMatrix(["A", "B"], ["B", "A"], [[0.0, 1.0], [1.0, 0.5]])
    np.testing.assert_array_equal(matrix.apply([[100.0, 50.0]]), [[100.0, 0.0]])
    assert matrix.warnings == ()


def test_events_give_events():
    events = Events([[7.0, 100.0, 50.0]], ["FSC", "D1", "D2"], path="x")
    out = ASYMMETRIC.apply(events)
    assert isinstance(out, Events)
    assert (out.values.tolist(), out.path) == ([[7.0, 100.0, 0.0]], "x")


def test_result_does_not_depend_on_the_block_an_event_is_in():
    values = np.random.default_rng(0).normal(0, 1e4, (10_000, 2))
    whole = ASYMMETRIC.apply(values)
    np.testing.assert_array_equal(whole[4090:4100], ASYMMETRIC.apply(values[4090:4100]))


def test_not_a_number_stays_in_its_event():
    out = ASYMMETRIC.apply([[np.nan, 1.0], [1.0, 1.0]])
    assert np.isnan(out[0]).all()
    assert np.isfinite(out[1]).all()


@pytest.mark.parametrize(
    ("detectors", "fluorochromes", "values", "match"),
    [
        ("A", "AB", [[1.0], [0.0]], "2 fluorochromes and 1 detectors.*at least as many detectors"),
        ("ABC", "AB", [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]], "cannot be inverted reliably"),
        ("AB", "AB", [[1.0, 0.0]], r"shape \(1, 2\); expected"),
        ("", "", np.empty((0, 0)), "at least one fluorochrome"),
        ("AA", "AB", np.eye(2), "detector named more than once: A"),
        ("AB", "BB", np.eye(2), "fluorochrome named more than once: B"),
        ("AB", "AB", [[1.0, np.nan], [0.0, 1.0]], "fluorochrome A in detector B is nan"),
        ("AB", "AB", [[1.0, 1.0], [1.0, 1.0]], "condition number"),
        ("AB", "AB", [[1.0, 1.0], [1.0, 1.0 + 1e-9]], "cannot be inverted reliably"),
        ("AB", "AB", [["x", 1], [1, 1]], "not a table of numbers"),
    ],
)
def test_unusable_matrix_is_refused_with_the_reason(detectors, fluorochromes, values, match):
    with pytest.raises(CompensationError, match=match):
        CompensationMatrix(detectors, fluorochromes, values)


@pytest.mark.parametrize(
    ("values", "channels", "match"),
    [
        ([[1.0, 2.0, 3.0]], None, "3 columns, but there are 2 detectors.*channels="),
        ([[1.0, 2.0]], ["D1"], "2 columns, but there are 1 channels given"),
        ([1.0, 2.0], None, "1 dimensions"),
        ([[1.0, 2.0]], ["D1", "D 2"], "detectors that the events lack: D2. Events have: D1, D 2"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, channels, match):
    with pytest.raises(CompensationError, match=match):
        ASYMMETRIC.apply(values, channels)


def test_warnings_of_condition_and_negative_coefficients():
    near = CompensationMatrix("AB", "AB", [[1.0, 0.99], [0.99, 1.0]])
    assert [problem.code for problem in near.warnings] == ["spillover-condition"]
    assert near.condition_number == pytest.approx(199)
    negative = CompensationMatrix("AB", "AB", [[1.0, -0.1], [-0.004, 1.0]])
    assert [problem.code for problem in negative.warnings] == ["spillover-negative"]
    assert CompensationMatrix("AB", "AB", np.eye(2)).warnings == ()


def test_values_are_read_only_and_not_the_callers():
    values = np.eye(2)
    matrix = CompensationMatrix("AB", "AB", values)
    values[0, 1] = 5
    assert matrix.values[0, 1] == 0
    for array in (matrix.values, matrix.inverse):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 2


def test_round_trip_hash_and_renaming():
    again = CompensationMatrix.from_dict(ASYMMETRIC.to_dict())
    assert again == ASYMMETRIC
    assert again.sha256 == pickle.loads(pickle.dumps(ASYMMETRIC)).sha256
    assert hash(again) == hash(ASYMMETRIC)
    renamed = ASYMMETRIC.renamed({"D1": "E1"})
    assert (renamed.detectors, renamed.fluorochromes) == (("E1", "D2"), ("F1", "F2"))
    assert renamed != ASYMMETRIC
    assert ASYMMETRIC != "matrix"


@pytest.mark.reference
def test_compensated_values_equal_those_of_another_program(reference_data):
    """flowCore 2.11.0 on 68983.fcs: first 500 events and the sums of whole columns, to 1e-9 relative."""

    def table(name):
        with (reference_data / "peer_values" / name).open(newline="") as stream:
            header, *body = csv.reader(stream)
        return header, np.array(body, float)

    f = read_fcs(reference_data / "flowjo_flowsom_68983" / "68983.fcs")
    assert f.spillover is not None
    names, spill = table("comp_68983_spill.csv")
    np.testing.assert_allclose(f.spillover.values, spill, rtol=1e-15)
    places = [f.channels.index(name) for name in names]
    compensated = f.spillover.apply(f)[:, places]
    np.testing.assert_allclose(f.events()[:500, places], table("comp_68983_raw500.csv")[1], rtol=1e-15)
    np.testing.assert_allclose(compensated[:500], table("comp_68983_comp500_flowCore.csv")[1], rtol=1e-9)
    sums = table("comp_68983_colsums_raw_comp.csv")[1]
    np.testing.assert_allclose(compensated.sum(axis=0), sums[1], rtol=1e-9)


def test_matrix_whose_singular_values_are_not_found_is_refused(monkeypatch):
    def fail(table):
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr(np.linalg, "cond", fail)
    with pytest.raises(CompensationError, match="condition number inf"):
        CompensationMatrix("AB", "AB", np.eye(2))
