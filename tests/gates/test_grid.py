"""Display grids: which cell a position falls into, and which cells a gate holds."""

from __future__ import annotations

import json
import math
import pickle

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import GatingError
from cytogate.gates._cells import inside_lattice
from cytogate.gates.base import Gridded, gate_from_dict
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate

INF = math.inf
DIMS = (Dimension("FSC-A"), Dimension("SSC-A"))
NEAREST = GridAxis(0, 100, 10, 0.5)  # cells 0..9, each ten wide, centred on 0, 10, 20 ...
TABLE = GridAxis(0, 100, 10, 0.0, table=True)  # cells 0..10, from 0, 10, 20 ... on
GRID = Grid(NEAREST, TABLE)
TRIANGLE = [(12, 5), (88, 31), (47, 96)]
numbers = st.floats(-500, 500) | st.sampled_from([4.999, 5.0, 95.0, 100.0, -INF, INF, math.nan])


def in_cells(gate, events):
    (cells,) = gate.lower_on_grid()
    x, y = np.asarray(events, dtype=float).reshape(-1, 2).T
    return naive.in_cells(x, y, cells)


def every_cell(grid):
    x, y = np.mgrid[0 : grid.x.last + 1, 0 : grid.y.last + 1].reshape(2, -1)
    return grid.x.low + (x + 0.25) / grid.x.per_unit, grid.y.low + (y + 0.25) / grid.y.per_unit


# --- an axis


def test_a_linear_axis_rounds_to_the_nearest_cell_and_holds_what_lies_beyond():
    cells = NEAREST.cell([-7.0, 4.999, 5.0, 94.9, 95.0, 250.0, 1e300])
    assert cells.tolist() == [0, 0, 1, 9, 9, 9, 9]


def test_a_table_rounds_down_and_its_last_entry_is_a_cell_of_its_own():
    assert TABLE.cell([-7.0, 9.999, 10.0, 99.9, 100.0, 250.0]).tolist() == [0, 0, 1, 9, 10, 10]


def test_corners_go_beyond_a_linear_axis_but_not_beyond_a_table():
    assert NEAREST.corner([-27.0, 97.0, 250.0]).tolist() == [-3, 10, 25]
    assert TABLE.corner([-27.0, 97.0, 250.0]).tolist() == [0, 9, 10]


def test_nan_and_infinities_are_in_no_cell():
    assert np.isnan(NEAREST.cell([math.nan, -INF, INF])).all()
    assert np.isnan(TABLE.cell([math.nan, -INF, INF])).all()


@pytest.mark.parametrize("axis", [NEAREST, TABLE, GridAxis(-3, 7, 256, 0.25)])
def test_the_centre_of_a_cell_is_in_its_middle(axis):
    cells = np.arange(axis.last)
    half = 0.4999 / axis.per_unit
    for position in (axis.centre(cells), axis.centre(cells) - half, axis.centre(cells) + half):
        assert axis.cell(position).tolist() == cells.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 1, 256), "it reaches from 1 to 1; expected low < high"),
        ((0, INF, 256), "from 0 to inf"),
        ((0, 1, 0), "0 cells; expected 1 to 4096"),
        ((0, 1, 5000), "5000 cells; expected 1 to 4096"),
        ((0, 5e-324, 256), "too short for 256 cells"),
    ],
)
def test_an_axis_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(GatingError, match=message):
        GridAxis(*arguments)


# --- whole-numbered outlines


def compare_with_twin(corners, n_x=7, n_y=6):
    wide = max(abs(value) for corner in corners for value in corner) >= 2**29
    table = np.array(corners, dtype=object if wide else np.int64)
    np.testing.assert_array_equal(inside_lattice(table, n_x, n_y), naive.inside_lattice(corners, n_x, n_y))


@given(st.lists(st.tuples(st.integers(-4, 11), st.integers(-4, 11)), min_size=3, max_size=9))
def test_cells_of_any_outline_are_those_of_the_plain_rule(corners):
    compare_with_twin(corners)


@given(
    st.lists(
        st.tuples(*[st.integers(-3, 9) | st.sampled_from([-(10**9), 2**31, 10**40, -(10**150)])] * 2),
        min_size=3,
        max_size=6,
    )
)
def test_corners_however_far_away_are_exact(corners):
    compare_with_twin(corners)


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([(1, 1), (4, 1), (4, 3), (1, 3)], 12),  # all four edges are in
        ([(2, 2), (2, 2), (2, 2)], 1),  # a polygon within one cell
        ([(1, 1), (5, 1), (3, 1)], 5),  # without area: the edge itself
        ([(1, 1), (4, 4), (4, 1), (1, 4)], 12),  # a bow tie: 16 less the left and right of its knot
        ([(9, 9), (12, 9), (12, 12)], 0),  # beyond the grid
    ],
)
def test_edges_are_inside(corners, expected):
    found = inside_lattice(np.array(corners, dtype=np.int64), 7, 6)
    assert found.sum() == expected
    np.testing.assert_array_equal(found, naive.inside_lattice(corners, 7, 6))


# --- polygons


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_events_go_by_their_cell_wherever_in_it_they_are(events):
    x, y = np.array(events).T
    held = np.stack([GRID.x.cell(x), GRID.y.cell(y)], axis=1)
    inside = naive.inside_lattice(np.floor(np.array(TRIANGLE) / 10 + [0.5, 0.0]), 10, 11)
    expected = [bool(not np.isnan(cell).any() and inside[tuple(cell.astype(int))]) for cell in held]
    assert in_cells(PolygonGate(DIMS, TRIANGLE, GRID), events).tolist() == expected


def test_an_edge_through_the_events_lets_none_in_once_it_is_rounded_past_them():
    # FlowJo counts 0 of 50 here: on the grid the upper edge runs from row 132 down to row 131, and the events
    # lie in row 132
    grid = Grid(GridAxis(50_000, 150_000, 256, 0.5), GridAxis(0, 255_000, 256, 0.5))
    corners = [(59_478, 106_172), (58_929, 131_669), (136_676, 130_495), (136_676, 106_230)]
    gate = PolygonGate(DIMS, corners, grid)
    events = np.stack([np.linspace(65_536, 131_072, 100), np.full(100, 131_072.0)], axis=1)
    assert gate.contains(events).sum() == 50
    assert in_cells(gate, events).sum() == 0


def test_a_gate_at_the_end_of_the_axis_takes_what_lies_beyond_it():
    gate = PolygonGate(DIMS, [(60, 0), (130, 0), (130, 60), (60, 60)], GRID)
    assert in_cells(gate, [(500, 20), (INF, 20), (50, 20), (80, -500), (80, 500)]).tolist() == [
        True,
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "vertices",
    [
        [(35, 42), (INF, 42), (INF, INF), (35, INF)],
        [(35, 42), (-INF, 42), (35, -INF)],  # the corner at infinity left out
        [(-INF, 31), (INF, 31), (INF, 64), (-INF, 64)],
        [(35, 5), (70, 80), (700_000, 80), (700_000, INF), (-INF, INF), (-INF, 5)],
    ],
)
@pytest.mark.parametrize("far", [1e4, 1e12, 1e100])
def test_infinite_corners_are_the_limit_of_far_ones(vertices, far):
    grid = Grid(NEAREST, NEAREST)
    outline = PolygonGate(DIMS, vertices).outline()  # with the corners that lie at infinity
    x, y = every_cell(grid)
    beyond = PolygonGate(DIMS, np.clip(outline, -far * 1e6, far * 1e6), grid)
    np.testing.assert_array_equal(
        in_cells(PolygonGate(DIMS, vertices, grid), np.stack([x, y], axis=1)),
        in_cells(beyond, np.stack([x, y], axis=1)),
    )


def test_the_map_of_a_small_gate_is_small_and_read_only():
    grid = Grid(GridAxis(0, 100, 1024, 0.5), GridAxis(0, 100, 1024, 0.5))
    (cells,) = PolygonGate(DIMS, [(10, 10), (12, 10), (12, 12)], grid).lower_on_grid()
    assert max(cells.inside.shape) < 30
    assert cells.inside.any()
    with pytest.raises(ValueError, match="read-only"):
        cells.inside[0, 0] = True


# --- ellipses


def test_an_ellipse_holds_the_cells_whose_centres_are_in_it():
    gate = EllipsoidGate(DIMS, (50, 50), ((400, 150), (150, 225)), 2.0, GRID)
    x, y = np.mgrid[0:10, 0:11].reshape(2, -1)
    expected = gate.contains(np.stack([x * 10.0, y * 10.0 + 5.0], axis=1))  # cells of the table begin there
    assert 5 < expected.sum() < 60
    found = in_cells(gate, np.stack([x * 10.0 - 4.9, y * 10.0 + 9.9], axis=1))
    np.testing.assert_array_equal(found, expected)


def test_an_ellipse_in_three_dimensions_has_no_grid():
    with pytest.raises(GatingError, match="grid: found one with 3 dimensions; a grid has two"):
        EllipsoidGate((*DIMS, Dimension("CD3")), (0, 0, 0), np.eye(3), 1.0, GRID)


# --- both kinds


def gridded(grid):
    return [
        PolygonGate(DIMS, TRIANGLE, grid),
        EllipsoidGate(DIMS, (50, 50), ((400, 150), (150, 225)), 1.0, grid),
    ]


@pytest.mark.parametrize("kind", [0, 1])
class TestGridded:
    def test_survives_json_and_pickle_and_is_equal_by_value(self, kind):
        gate = gridded(GRID)[kind]
        assert isinstance(gate, Gridded)
        for other in (
            gate_from_dict(json.loads(json.dumps(gate.to_dict()))),
            pickle.loads(pickle.dumps(gate)),
        ):
            assert other == gate
            assert hash(other) == hash(gate)
            assert other.grid == GRID

    def test_another_grid_makes_another_gate(self, kind):
        assert gridded(GRID)[kind] != gridded(None)[kind]
        assert gridded(GRID)[kind] != gridded(Grid(TABLE, NEAREST))[kind]

    def test_the_dictionary_of_a_gate_without_grid_is_as_it_was(self, kind):
        plain = gridded(None)[kind].to_dict()
        assert "grid" not in plain
        assert gate_from_dict(plain).grid is None

    def test_exact_geometry_does_not_look_at_the_grid(self, kind):
        events = np.random.default_rng(3).uniform(-10, 110, (2000, 2))
        with_grid, without = gridded(GRID)[kind], gridded(None)[kind]
        np.testing.assert_array_equal(with_grid.contains(events), without.contains(events))
        np.testing.assert_array_equal(with_grid.outline(), without.outline())

    def test_without_a_grid_there_are_no_cells(self, kind):
        with pytest.raises(GatingError, match="on FSC-A x SSC-A has no display grid"):
            gridded(None)[kind].lower_on_grid()
