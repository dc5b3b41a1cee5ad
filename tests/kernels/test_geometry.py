"""Geometry kernels beside their twins."""

from __future__ import annotations

from itertools import pairwise

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.kernels.geometry import in_quadric, point_in_polygon, points_in_polygon, points_in_quadric

# Multiples of 1/8: every product in the kernel is exact, so that even events on an edge must agree.
coordinates = st.integers(-80, 80).map(lambda k: k / 8)
points = st.tuples(coordinates, coordinates)


@given(st.lists(points, min_size=3, max_size=12), st.lists(points, min_size=1, max_size=30))
def test_polygon_kernel_is_its_twin_on_edges_and_crossings_too(vertices, events):
    vertex_x, vertex_y = np.array(vertices).T.copy()
    events = [*events, *vertices]  # the vertices themselves, and midpoints of edges
    events += [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(vertices)]
    for x, y in events:
        expected = naive.point_in_polygon(x, y, vertex_x, vertex_y)
        assert point_in_polygon(x, y, vertex_x, vertex_y) == expected


@given(st.lists(points, min_size=3, max_size=8), st.lists(points, min_size=1, max_size=20))
def test_direction_and_first_vertex_do_not_matter(vertices, events):
    vertex_x, vertex_y = np.array(vertices).T.copy()
    x, y = np.array(events).T.copy() + 1e-3 / 3
    answers = np.empty((3, len(x)), dtype=bool)
    points_in_polygon(x, y, vertex_x, vertex_y, answers[0])
    points_in_polygon(x, y, vertex_x[::-1].copy(), vertex_y[::-1].copy(), answers[1])
    points_in_polygon(x, y, np.roll(vertex_x, 1), np.roll(vertex_y, 1), answers[2])
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


@pytest.mark.parametrize(
    "event", [(np.nan, 0.5), (0.5, np.nan), (np.inf, 0.5), (-np.inf, 0.5), (0.5, np.inf)]
)
def test_nan_and_infinite_events_are_in_no_polygon(event):
    everything = np.array(
        [[-np.inf, -np.inf], [np.inf, -np.inf], [np.inf, np.inf], [-np.inf, np.inf]]
    ).T.copy()
    assert point_in_polygon(1e308, -1e308, *everything)
    assert not point_in_polygon(*event, *everything)


def test_adjacent_polygons_share_no_event_and_lose_none():
    """A slanted edge in numbers that are not exact, walked up and walked down, and events that lie on it."""
    top, bottom = (0.7, 0.9), (0.1, 0.3)
    left = np.array([bottom, (-1.0, 0.3), (-1.0, 0.9), top]).T.copy()
    right = np.array([top, (2.0, 0.9), (2.0, 0.3), bottom]).T.copy()
    part = np.linspace(0, 1, 5001)[:-1]
    y = 0.3 + part * (0.9 - 0.3)
    x = 0.1 + part * (0.7 - 0.1)
    for nudge in (0.0, 1e-17, -1e-17, 1e-16, -1e-16):
        in_left = [point_in_polygon(a + nudge, b, *left) for a, b in zip(x, y, strict=True)]
        in_right = [point_in_polygon(a + nudge, b, *right) for a, b in zip(x, y, strict=True)]
        assert (np.array(in_left) ^ np.array(in_right)).all()


def test_no_events_give_no_answers():
    out = np.empty(0, dtype=bool)
    square = np.array([[0.0, 1, 1, 0], [0, 0, 1, 1]])
    points_in_polygon(np.empty(0), np.empty(0), square[0], square[1], out)
    points_in_quadric(np.empty((0, 2)), np.zeros(2), np.eye(2), 1.0, out)
    assert out.shape == (0,)


@given(
    st.integers(2, 4).flatmap(
        lambda d: st.tuples(
            st.lists(st.floats(-100, 100), min_size=d, max_size=d),
            st.lists(st.floats(-100, 100), min_size=d, max_size=d),
            st.lists(st.floats(-3, 3), min_size=d * d, max_size=d * d),
        )
    ),
    st.floats(0.1, 1e4),
)
def test_quadric_kernel_is_its_twin(shape, distance_square):
    values, mean, precision = map(np.array, shape)
    precision = precision.reshape(len(mean), len(mean))
    delta = values - mean
    form = delta @ precision @ delta
    size = np.abs(delta) @ np.abs(precision) @ np.abs(delta) + distance_square
    if abs(form - distance_square) > 1e-12 * size:  # nearer than rounding, either answer is right
        expected = naive.in_quadric(values, mean, precision, distance_square)
        assert in_quadric(values, mean, precision, distance_square) == expected


def test_border_of_a_quadric_is_inside():
    assert in_quadric(np.array([3.0, 4.0]), np.zeros(2), np.eye(2), 25.0)
    assert not in_quadric(np.array([3.0, np.nextafter(4.0, 5.0)]), np.zeros(2), np.eye(2), 25.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinite_events_are_in_no_quadric_not_even_an_indefinite_one(value):
    assert not in_quadric(np.array([value, 0.0]), np.zeros(2), np.array([[-1.0, 0.0], [0.0, 1.0]]), 1.0)
    assert not in_quadric(np.array([0.0, value]), np.zeros(2), np.eye(2), np.inf)
