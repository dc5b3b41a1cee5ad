"""Raster kernels: the index that never falls, where it steps, and the look-up."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.kernels import raster_index, rasters, shapes

LINEAR = np.array([0.0, -1000.0, 0.05, 0.0, 0.0, 64.0])
CURVED = np.array([1.0, 0.01, 50.0, -12.0, 0.0, 60.0])
FINE = np.array([1.0, 1e6, 47.0, -3.0, 0.0, 250.0])
AXES = [LINEAR, CURVED, FINE]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308]
values = st.floats() | st.floats(-3000, 3000) | st.sampled_from(SPECIAL)


@pytest.mark.parametrize("axis", AXES, ids=["linear", "curved", "fine"])
@given(st.lists(values, min_size=1, max_size=60), st.integers(1, 200))
def test_cell_of_many_is_that_of_one_and_never_falls(axis, entries, stride):
    x = np.sort(np.array(entries))
    out = np.zeros(len(x), dtype=np.int32)
    raster_index.cells_of(len(x), axis, x, stride, out)
    expected = [naive.cell_of(axis, value) for value in x]
    assert out.tolist() == [stride * cell for cell in expected]
    assert [raster_index.cell_of(axis, value) for value in x] == expected
    finite = [cell for cell in expected if cell]
    assert finite == sorted(finite)
    assert all(1 <= cell <= axis[5] for cell in finite)


@pytest.mark.parametrize("axis", AXES, ids=["linear", "curved", "fine"])
def test_steps_are_the_first_values_of_their_cells(axis):
    steps = np.zeros(int(axis[5]) + 2)
    assert raster_index.step_positions(axis, -1, np.zeros(1), steps)
    assert steps[1] == -np.finfo(float).max
    assert steps[-1] == np.finfo(float).max
    for cell in range(2, int(axis[5]) + 1):
        assert naive.cell_of(axis, steps[cell]) >= cell
        assert naive.cell_of(axis, np.nextafter(steps[cell], -np.inf)) < cell


@given(st.data())
def test_look_up_marks_inside_events_and_lists_those_of_the_border(data):
    n = data.draw(st.integers(0, 50))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    x_axis, y_axis = data.draw(st.sampled_from(AXES)), data.draw(st.sampled_from(AXES))
    x, y = rng.normal(0, 1500, n), rng.normal(0, 1500, n)
    x[: n // 5], y[n // 2 :] = np.resize(SPECIAL, n // 5), rng.normal(0, 1e-3, n - n // 2)
    pitch = int(x_axis[5]) + 1
    table = rng.choice(3, pitch * (int(y_axis[5]) + 1)).astype(np.uint8)
    source = np.ones(56, np.uint8)
    source[:n] = rng.random(n) < 0.7
    inside, asked = naive.look_up(
        [naive.cell_of(x_axis, v) for v in x], [naive.cell_of(y_axis, v) for v in y], pitch, table, source[:n]
    )
    target, places, border = np.zeros(56, np.uint8), np.zeros(57, np.int32), np.zeros(57, np.int32)
    m = rasters.look_up(n, x_axis, y_axis, x, y, table, source, target, places, border)
    assert border[:m].tolist() == asked
    np.testing.assert_array_equal(target[:n], inside)
    rows = np.flatnonzero(source[:n]).astype(np.int32)
    target[:] = 0
    m = rasters.look_up_rows(len(rows), rows, x_axis, y_axis, x, y, table, source, target, border)
    assert border[:m].tolist() == asked
    np.testing.assert_array_equal(target[:n], inside)


@given(
    st.sampled_from([0.3, -1.0, 1e300, -1e300, math.nan, math.inf, -math.inf]) | st.floats(-2, 2),
    st.floats(-2, 2),
    st.integers(0, 99),
)
def test_cell_of_a_grid_is_that_of_its_twin(x, y, seed):
    rng = np.random.default_rng(seed)
    grid = np.array([[0.0, 10.0, 0.5, -2.0], [0.1, 7.0, 0.0, 1.0]])
    inside = (rng.random((9, 12)) < 0.5).astype(np.uint8)
    assert shapes.cell_is_marked(x, y, grid, inside) == naive.cell_is_marked(x, y, grid, inside)
