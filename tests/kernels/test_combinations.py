from __future__ import annotations

import naive
import numpy as np
import pytest

from cytogate.kernels.combinations import (
    BLOCK,
    UNKNOWN,
    drop_records,
    fill_combinations,
    learn_combinations,
)


def tables(n_populations: int, most: int):
    levels = (n_populations + 7) // 8
    return (
        np.full((levels, most, 256), UNKNOWN, dtype=np.int16),
        np.zeros(levels, dtype=np.int64),
        np.zeros((levels, most), dtype=np.int64),
    )


def some_marks(n: int, n_populations: int, kinds: int, seed: int = 0):
    """(n, n_populations) bool with at most `kinds` different rows."""
    rng = np.random.default_rng(seed)
    return rng.random((kinds, n_populations))[rng.integers(0, kinds, n)] < 0.4


@pytest.mark.parametrize(("n", "n_populations"), [(1, 1), (7, 3), (8, 8), (61, 9), (200, 70), (BLOCK + 9, 5)])
def test_a_number_stands_for_one_combination(n, n_populations):
    marks = some_marks(n, n_populations, kinds=12)
    bits = np.packbits(marks.T, axis=1)
    steps, known, origins = tables(n_populations, 64)
    assert not fill_combinations(bits, 0, n, steps, np.empty(n, dtype=np.int16))
    assert learn_combinations(bits, 0, n, steps, known, origins)
    assert known[-1] == naive.learn_combinations(marks)
    out = np.empty(n, dtype=np.int16)
    assert fill_combinations(bits, 0, n, steps, out)
    members = np.zeros((n_populations, known[-1]), dtype=bool)
    for combination in range(known[-1]):
        state = combination
        for level in reversed(range(len(known))):
            state, byte = divmod(int(origins[level, state]), 256)
            for k in range(min(8, n_populations - 8 * level)):
                members[8 * level + k, combination] = byte >> k & 1
        assert state == 0
    np.testing.assert_array_equal(naive.fill_combinations(members, out), marks)


def test_the_middle_of_the_events_is_as_a_part_of_all():
    marks = some_marks(100, 11, kinds=6)
    bits = np.packbits(marks.T, axis=1)
    steps, known, origins = tables(11, 16)
    assert learn_combinations(bits, 0, 40, steps, known, origins)
    assert learn_combinations(bits, 40, 60, steps, known, origins)
    whole, part = np.empty(100, dtype=np.int16), np.empty(33, dtype=np.int16)
    assert fill_combinations(bits, 0, 100, steps, whole)
    assert fill_combinations(bits, 48, 33, steps, part)
    np.testing.assert_array_equal(part, whole[48:81])


def test_more_combinations_than_fit_are_refused():
    marks = np.eye(9, dtype=bool)
    bits = np.packbits(marks.T, axis=1)
    assert not learn_combinations(bits, 0, 9, *tables(9, 8))
    assert learn_combinations(bits, 0, 9, *tables(9, 9))


def test_a_combination_that_is_new_at_any_level_is_noticed():
    marks = np.zeros((16, 17), dtype=bool)
    marks[:8, 3] = True
    steps, known, origins = tables(17, 4)
    assert learn_combinations(np.packbits(marks.T, axis=1), 0, 16, steps, known, origins)
    out = np.empty(16, dtype=np.int16)
    for population in (0, 9, 16):
        other = marks.copy()
        other[11, population] = True
        assert not fill_combinations(np.packbits(other.T, axis=1), 0, 16, steps, out)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.9, 1.0])
def test_records_that_nobody_wants_are_dropped_where_they_are_many(share):
    rng = np.random.default_rng(3)
    n, row_bytes = 50, 6
    records = rng.integers(0, 256, (n, row_bytes)).astype(np.uint8)
    combinations = np.where(rng.random(n) < share, rng.integers(0, 2, n), 2).astype(np.int16)
    expected, numbers = naive.drop_records(records.tolist(), combinations.tolist(), 2)
    buffer = records.reshape(-1).copy()
    m = drop_records(buffer, row_bytes, combinations, 2, n)
    assert m == len(expected)
    assert buffer.reshape(n, row_bytes)[:m].tolist() == expected
    assert combinations[:m].tolist() == numbers
