from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.kernels import operations

N = 37
MASK = hnp.arrays(np.bool_, N)
COLUMN = hnp.arrays(
    np.float64, N, elements=st.floats(-2, 2) | st.sampled_from([np.nan, np.inf, -np.inf, 0.5])
)
CODES, PARAMETERS = np.zeros(1, dtype=np.int64), np.zeros((1, 16))
ROWS, SCALED = np.zeros(N, dtype=np.int64), np.zeros((3, N))


@given(MASK)
def test_bits_are_packed_first_event_first(marks):
    out = np.zeros((N + 7) // 8, dtype=np.uint8)
    operations.pack_bits(N, marks, out)
    np.testing.assert_array_equal(out, naive.pack_bits(marks))


@given(COLUMN, MASK, st.floats(-2, 2), st.floats(-2, 2) | st.just(np.inf))
def test_interval_is_half_open_within_its_source(column, source, low, high):
    target = np.zeros(N, dtype=np.bool_)
    count = operations.apply_interval(N, column, low, high, source, target)
    np.testing.assert_array_equal(target, naive.apply_interval(column, low, high, source))
    assert count == target.sum()


@given(COLUMN, COLUMN, MASK)
def test_box_of_a_polygon_never_changes_its_answer(x, y, source):
    vx, vy = np.array([-1.0, 1.0, 0.5]), np.array([-1.0, -0.5, 1.5])
    box = np.array([-1.0, 1.0, -1.0, 1.5])
    target = np.zeros(N, dtype=np.bool_)
    count = operations.apply_polygon(
        N, x, y, -1, -1, CODES, PARAMETERS, box, vx, vy, source, target, ROWS, SCALED
    )
    np.testing.assert_array_equal(target, naive.apply_polygon(x, y, vx, vy, source))
    assert count == target.sum()


@given(COLUMN, COLUMN, MASK)
def test_quadric_is_asked_for_events_of_its_source(x, y, source):
    mean, precision = np.array([0.1, -0.2]), np.array([[1.0, 0.3], [0.1, 2.0]])
    target = np.zeros(N, dtype=np.bool_)
    axes = np.array([[0, -1], [1, -1]])
    values = np.vstack([x, y])
    count = operations.apply_quadric(
        N, values, axes, CODES, PARAMETERS, mean, precision, 1.5, source, target, ROWS, SCALED
    )
    np.testing.assert_array_equal(target, naive.apply_quadric(values, mean, precision, 1.5, source))
    assert count == target.sum()


@pytest.mark.parametrize("operation", [operations.OP_AND, operations.OP_OR, operations.OP_NOT])
@given(
    marks=hnp.arrays(np.bool_, (3, N)),
    source=MASK,
    complement=st.tuples(st.integers(0, 1), st.integers(0, 1)),
)
def test_boolean_follows_its_truth_table(operation, marks, source, complement):
    terms = np.array([[1, complement[0]], [2, complement[1]]])
    if operation == operations.OP_NOT:
        terms = terms[:1]
    target = np.zeros(N, dtype=np.bool_)
    count = operations.apply_boolean(N, operation, terms, marks, source, target)
    name = {operations.OP_AND: "and", operations.OP_OR: "or", operations.OP_NOT: "not"}[operation]
    np.testing.assert_array_equal(target, naive.apply_boolean(name, terms, marks, source))
    assert count == target.sum()
