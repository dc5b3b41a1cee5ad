"""Outlines: their moments, and how they move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_plots import DIMS, TRANSITIONAL
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cytogate.gates.polygon import PolygonGate
from cytogate.methods.shapes import _outline

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


@pytest.mark.parametrize("outline", [TRANSITIONAL, TRANSITIONAL[::-1], SQUARE, SQUARE[:3]], ids=range(4))
def test_moments_are_those_of_events_spread_evenly(outline):
    events = np.random.default_rng(1).uniform(0.0, 1.0, (400_000, 2))
    inside = events[PolygonGate(DIMS, outline).contains(events)]
    mean, covariance = _outline.moments(outline)
    np.testing.assert_allclose(mean, inside.mean(axis=0), atol=0.002)
    np.testing.assert_allclose(covariance, np.cov(inside.T), atol=0.0005)


def test_an_outline_without_one_area_counts_as_its_box():
    bow = SQUARE[[0, 2, 1, 3]]
    mean, covariance = _outline.moments(bow)
    np.testing.assert_allclose(mean, (0.5, 0.5))
    np.testing.assert_allclose(covariance, np.eye(2) / 12.0)


def test_a_box_goes_round_what_is_finite():
    box = _outline.box_of(np.array([[0.2, 0.1], [math.inf, 0.1], [math.inf, 0.5], [0.2, 0.5]]))
    np.testing.assert_allclose(box.centre, (0.2, 0.3))
    np.testing.assert_allclose(box.half, (_outline.LEAST_HALF, 0.2))


def test_distance_is_zero_inside_and_straight_outside():
    box = _outline.box_of(SQUARE)
    x, y = np.array([0.5, 1.3, 1.3, -0.2]), np.array([0.5, 0.5, 1.4, 0.1])
    np.testing.assert_allclose(box.distance(x, y), (0.0, 0.3, 0.5, 0.2), atol=1e-12)


def test_terms_move_the_middle_the_borders_and_the_corners():
    box = _outline.box_of(SQUARE)
    position = (0.01, 0.0, 0.02, 0.0, 0.0, 0.03, 0.0, 0.04)
    moved = _outline.moved(SQUARE, _outline.held(position, box), box) - SQUARE
    np.testing.assert_allclose(moved[:, 0], (-0.01, 0.03, 0.03, -0.01), atol=1e-12)
    np.testing.assert_allclose(moved[:, 1], (0.01, -0.07, 0.07, -0.01), atol=1e-12)


@given(arrays.arrays(np.float64, 8, elements=st.floats(-10.0, 10.0)))
def test_no_displacement_folds_an_outline(position):
    box = _outline.box_of(SQUARE)
    moved = _outline.moved(SQUARE, _outline.held(tuple(position), box), box)
    along = np.roll(moved, -1, axis=0) - moved
    after = np.roll(along, -1, axis=0)
    turns = along[:, 0] * after[:, 1] - along[:, 1] * after[:, 0]
    assert (turns > 0.0).all()  # still convex, still counter-clockwise


def test_an_edge_to_infinity_stays_parallel_to_its_axis():
    outline = np.array([[0.5, 0.6], [math.inf, 0.6], [math.inf, 0.9], [0.7, 0.9]])
    box = _outline.box_of(outline)
    moved = _outline.moved(outline, _outline.held((0.01, 0.02, 0.0, 0.01), box), box)
    assert moved[1].tolist() == [math.inf, moved[0, 1]]
    assert moved[2].tolist() == [math.inf, moved[3, 1]]
    assert moved[0, 1] != pytest.approx(0.62)
