"""Polygon gates: edges, crossings, vertices at infinity, what is refused."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.polygon import PolygonGate

INF = math.inf
DIMS = (Dimension("CD19"), Dimension("CD3"))
RNG = np.random.default_rng(4)
CLOUD = np.concatenate([RNG.uniform(-10, 10, (4000, 2)), RNG.integers(-10, 11, (4000, 2))])
STEPS = [(0, 0), (3, 0), (3, 2), (6, 2), (6, 5)]


def inside(vertices, events=CLOUD):
    return PolygonGate(DIMS, vertices).contains(np.asarray(events, dtype=float))


def test_left_and_bottom_edges_are_inside_right_and_top_are_not():
    square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    events = [(0, 1), (1, 0), (2, 1), (1, 2), (0, 0), (2, 0), (0, 2), (2, 2)]
    assert inside(square, events).tolist() == [True, True, False, False, True, False, False, False]


def test_an_outline_wound_twice_is_a_hole():
    pentagram = [(math.sin(k * 0.8 * math.pi), math.cos(k * 0.8 * math.pi)) for k in range(5)]
    assert inside(pentagram, [(0.0, 0.0), (0.0, 0.7)]).tolist() == [False, True]


@pytest.mark.parametrize(
    "vertices",
    [
        [(1, 2), (INF, 2), (INF, INF), (1, INF)],  # quadrants of a cross at (1, 2)
        [(1, 2), (-INF, 2), (-INF, INF), (1, INF)],
        [(1, 2), (-INF, 2), (-INF, -INF), (1, -INF)],
        [(1, 2), (INF, 2), (INF, -INF), (1, -INF)],
        [(1, 2), (INF, 2), (1, INF)],  # the corner at infinity left out
        [(1, 2), (-INF, 2), (1, INF)],
        [(1, 2), (-INF, 2), (1, -INF)],
        [(1, 2), (INF, 2), (1, -INF)],
        [(-INF, 1), (INF, 1), (INF, 4), (-INF, 4)],  # a band
        [(-2, -INF), (5, -INF), (5, INF), (-2, INF)],
        [(-INF, INF), (-INF, 3), (0, 3), (2, 5), (2, INF)],  # slanted, closed at infinity
        [(-INF, -INF), (INF, -INF), (INF, INF), (-INF, INF)],  # everything
        [*STEPS, (6, INF), (0, INF)],
        [*STEPS, (INF, 5), (INF, -INF), (0, -INF)],
        [(-INF, 0), (0, 0), (0, -INF), (-INF, -INF), (-INF, 0)],  # closed twice
        [(0, -INF), (INF, INF), (0, INF)],  # between two infinite points, one corner
        [(INF, -3), (-INF, INF), (-INF, -3)],
    ],
)
def test_infinite_vertices_are_the_limit_of_large_ones(vertices):
    far = np.clip(np.array(vertices, dtype=float), -1e9, 1e9)
    if len(vertices) == 3:  # the limit has the corner; a diagonal at 1e9 cuts off nothing near
        assert np.isfinite(inside(far)).all()
    np.testing.assert_array_equal(inside(vertices), inside(far))


def test_four_infinite_quadrants_hold_every_event_once():
    arms = [(INF, 2), (1, INF), (-INF, 2), (1, -INF)]
    members = sum(inside([(1, 2), arms[k], arms[(k + 1) % 4]]).astype(int) for k in range(4))
    assert (members == 1).all()


@pytest.mark.parametrize(
    ("vertices", "named"),
    [
        ([(0, 0), (1, 0), (INF, 5)], "vertices 2 and 3: the edge from (1, 0) to (inf, 5)"),
        ([(0, 0), (INF, INF), (0, INF)], "vertices 1 and 2"),
        ([(INF, 3), (-INF, 5), (0, 5)], "vertices 1 and 2"),
        ([(0, -INF), (7, INF), (0, INF)], "vertices 1 and 2"),
        ([(0, 0), (1, 0), (1, INF)], "vertices 3 and 1"),
    ],
)
def test_an_edge_to_infinity_in_no_one_direction_is_refused_by_its_vertices(vertices, named):
    with pytest.raises(GatingError) as caught:
        PolygonGate(DIMS, vertices)
    assert named in str(caught.value)
    assert "parallel to an axis" in str(caught.value)


@pytest.mark.parametrize(
    ("vertices", "message"),
    [
        ([(0, 0), (1, 1)], "vertices: found 2; expected at least 3"),
        ([(0, 0), (1, math.nan), (2, 2)], r"vertex 2: found \(1, nan\)"),
        ([(0, 0), (1, 1e200), (2, 2)], r"vertex 2: found \(1, 1e\+200\), beyond 1e150. Write inf"),
        ([1, 2, 3], r"found a table of shape \(3,\)"),
        ([("a", 1), (2, 3), (3, 4)], "not a table of numbers"),
    ],
)
def test_vertices_that_make_no_outline_are_refused(vertices, message):
    with pytest.raises(GatingError, match=message):
        PolygonGate(DIMS, vertices)


def test_three_dimensions_are_refused():
    with pytest.raises(GatingError, match="dimensions: found 3; expected 2"):
        PolygonGate((*DIMS, Dimension("X")), [(0, 0), (1, 0), (0, 1)])


def test_vertices_are_a_read_only_copy_also_after_pickling():
    mine = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    gate = PolygonGate(DIMS, mine)
    mine[0] = 9.0
    assert gate.vertices[0].tolist() == [0.0, 0.0]
    assert not gate.vertices.flags.writeable
    assert not pickle.loads(pickle.dumps(gate)).vertices.flags.writeable


def test_equality_is_by_value():
    first = PolygonGate(DIMS, [(0, 0), (1, 0), (0, 1)])
    assert first == PolygonGate(DIMS, [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    assert first != PolygonGate(DIMS, [(0, 0), (1, 0), (0, 2)])
    assert first != "polygon"


@given(st.integers(0, 2**32 - 1), st.floats(-5, 5))
def test_cut_in_two_a_polygon_keeps_every_event(seed, cut):
    """A convex polygon and its two halves left and right of a vertical line."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
    outline = np.stack([8 * np.cos(angle), 8 * np.sin(angle)], axis=1)
    gate = PolygonGate(DIMS, outline)
    members = gate.contains(CLOUD)
    left = members & (CLOUD[:, 0] < cut)
    right = members & (CLOUD[:, 0] >= cut)
    assert left.sum() + right.sum() == members.sum()
    order = rng.permutation(len(CLOUD))
    np.testing.assert_array_equal(gate.contains(CLOUD[order]), members[order])
