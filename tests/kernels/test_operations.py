from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cytogate.kernels import columns, operations

N = 37
ROOM = 40  # marks have a length that 8 divides
MASK = hnp.arrays(np.bool_, N)
COLUMN = hnp.arrays(
    np.float64, N, elements=st.floats(-2, 2) | st.sampled_from([np.nan, np.inf, -np.inf, 0.5])
)


def marks_of(mask):
    marks = np.ones(ROOM, dtype=np.uint8)  # what lies beyond the events must not matter
    marks[:N] = mask
    return marks


@given(MASK)
def test_bits_are_packed_first_event_first_and_unpacked_again(mask):
    out = np.zeros((N + 7) // 8, dtype=np.uint8)
    operations.pack_bits(N, marks_of(mask), out)
    np.testing.assert_array_equal(out, naive.pack_bits(mask))
    rows = np.flatnonzero(mask | (np.arange(N) % 5 == 0)).astype(np.int32)
    of_rows = np.zeros_like(out)
    operations.pack_bits_of_rows(len(rows), rows, marks_of(mask), of_rows)
    np.testing.assert_array_equal(of_rows, out)
    back = np.zeros(N, dtype=np.uint8)
    operations.unpack_bits(N, out, back)
    np.testing.assert_array_equal(back, naive.unpack_bits(out, N))
    np.testing.assert_array_equal(back, mask)


@given(hnp.arrays(np.bool_, (4, N)))
def test_what_entered_is_told_from_what_was_there_before(masks):
    was_source, was_inside, source, found = masks
    packed = np.zeros((N + 7) // 8, dtype=np.uint8)
    operations.pack_bits(N, marks_of(was_source), packed)
    entered = marks_of(np.zeros(N, dtype=np.bool_))
    count = operations.mark_entered(N, packed, marks_of(source), entered)
    assert entered[:N].tolist() == naive.mark_entered(packed, source)
    assert count == entered[:N].sum()
    entered[:N] &= found
    operations.pack_bits(N, marks_of(was_inside), packed)
    target = marks_of(was_inside)
    count = operations.mark_kept(N, packed, marks_of(source), entered, target)
    assert target[:N].tolist() == naive.mark_kept(packed, source, entered[:N])
    assert count == target[:N].sum()


@given(hnp.arrays(np.bool_, st.integers(0, 5000)), st.sampled_from([0.0, 0.5, 1.0]))
def test_marks_are_counted_and_listed(mask, fill):
    n = len(mask)
    marks = np.full(-(-n // 8) * 8, 1, dtype=np.uint8)
    marks[:n] = mask | (fill == 1.0)
    assert operations.count_marks(n, marks) == naive.count_marks(marks[:n])
    rows = np.zeros(n + 1, dtype=np.int32)
    m = columns.list_rows(n, marks, rows)
    assert rows[:m].tolist() == naive.list_rows(marks[:n])


@given(COLUMN, MASK, st.floats(-2, 2), st.floats(-2, 2) | st.sampled_from([np.inf, np.nan]))
def test_interval_has_both_ends_within_its_source(column, source, low, last):
    target = np.zeros(ROOM, dtype=np.uint8)
    expected = naive.apply_interval(column, low, last, source)
    count = operations.apply_interval(N, column, low, last, marks_of(source), target)
    np.testing.assert_array_equal(target[:N], expected)
    assert count == expected.sum()
    rows = np.flatnonzero(np.arange(N) % 3).astype(np.int32)
    some = np.zeros(ROOM, dtype=np.uint8)
    count = operations.apply_interval_to_rows(len(rows), rows, column, low, last, marks_of(source), some)
    np.testing.assert_array_equal(some[rows], expected[rows])
    assert count == some.sum() == expected[rows].sum()


@given(COLUMN, MASK, st.floats(-2, 2), st.floats(-2, 2) | st.sampled_from([np.inf, np.nan]))
def test_outside_an_interval_stays_what_is_not_a_number(column, source, low, last):
    marks = marks_of(source)
    expected = naive.apply_outside(column, low, last, source)
    count = operations.apply_outside(N, column, low, last, marks, marks)  # in place, as the root is cleaned
    np.testing.assert_array_equal(marks[:N], expected)
    assert count == expected.sum()


@given(hnp.arrays(np.float64, (9, N), elements=st.floats(-1e6, 1e6)), st.integers(0, 9), st.randoms())
def test_several_columns_a_pass_sum_in_the_same_order(table, n_terms, random):
    terms = np.array([random.randrange(9) for _ in range(n_terms)], dtype=np.int64)
    coefficients = np.array([random.uniform(-1, 1) for _ in range(n_terms)])
    out = np.full(N, np.nan)
    columns.add_terms(N, table, terms, coefficients, 0, n_terms, out)
    expected = naive.add_terms(table[terms], coefficients)
    np.testing.assert_array_equal(out, expected)
    rows = np.array(random.sample(range(N), random.randrange(N)), dtype=np.int32)
    some = np.full(N, np.nan)
    columns.add_terms_of_rows(len(rows), rows, table, terms, coefficients, 0, n_terms, some)
    np.testing.assert_array_equal(some[rows], expected[rows])
    assert np.isnan(some).sum() == N - len(rows)


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
    target = np.zeros(ROOM, dtype=np.uint8)
    all_marks = np.stack([marks_of(mask) for mask in marks])
    count = operations.apply_boolean(N, operation, terms, all_marks, marks_of(source), target)
    name = {operations.OP_AND: "and", operations.OP_OR: "or", operations.OP_NOT: "not"}[operation]
    np.testing.assert_array_equal(target[:N], naive.apply_boolean(name, terms, marks, source))
    assert count == target.sum()
