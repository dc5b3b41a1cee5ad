"""Planes: the bins of a summary, their smoothed form and its modes."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_plots import SPANS, plot, seen

from cytogate.methods.shapes import _plane
from cytogate.methods.summary import Span, Summary

TWO = {"a": ((0.3, 0.4), (0.05, 0.05), 0.0, 0.7), "b": ((0.7, 0.6), (0.05, 0.05), 0.0, 0.3)}


def test_modes_are_found_to_a_part_of_a_bin_highest_first():
    plane = _plane.plane_of(seen(plot(1, 400_000, TWO)))
    modes = _plane.modes(plane, plane.blurred(plane.counts, 0.03), 0.1)
    np.testing.assert_allclose(modes, [(0.3, 0.4), (0.7, 0.6)], atol=0.004)


def test_low_modes_are_left_out():
    plane = _plane.plane_of(seen(plot(1, 400_000, TWO)))
    assert len(_plane.modes(plane, plane.blurred(plane.counts, 0.03), 0.6)) == 1


def test_no_events_have_no_modes():
    plane = _plane.plane_of(Summary.empty(SPANS))
    assert _plane.modes(plane, plane.counts, 0.1).shape == (0, 2)


def test_what_is_beyond_the_span_is_left_out():
    plane = _plane.plane_of(seen(np.array([[0.5, 0.5], [2.0, 0.5], [0.5, -np.inf]])))
    places, counts = plane.cells()
    assert counts.tolist() == [1.0]
    np.testing.assert_allclose(places, [(0.5, 0.5)], atol=0.01)


def test_a_part_and_coarser_bins_keep_places_and_events():
    plane = _plane.plane_of(seen(plot(1, 10_000, TWO)))
    part = plane.cropped(np.array([0.1, 0.1]), np.array([0.9, 0.9]))
    for other in (part, plane.coarser(), part.coarser()):
        places, counts = other.cells()
        assert counts.sum() == pytest.approx(plane.counts.sum(), rel=0.001)
        np.testing.assert_allclose(counts @ places / counts.sum(), (0.42, 0.46), atol=0.01)


def test_a_box_beside_the_plane_leaves_a_bin():
    plane = _plane.plane_of(seen(plot(1, 100, TWO)))
    assert plane.cropped(np.array([5.0, 5.0]), np.array([6.0, 6.0])).counts.shape == (1, 1)


def test_lengths_of_axes_are_those_of_their_scales():
    spans = (Span(-0.25, 1.03), Span(0.0, 262144.0))
    np.testing.assert_allclose(_plane.units(Summary.empty(spans)), (1.0, 262144.0))


def test_one_axis_has_no_plane():
    assert _plane.plane_of(Summary.empty(SPANS[:1])) is None
    assert _plane.plane_of(None) is None


def test_planes_with_other_bins_are_not_alike():
    plane = _plane.plane_of(Summary.empty(SPANS))
    assert _plane.alike(plane, _plane.plane_of(seen(plot(1, 100, TWO))))
    assert not _plane.alike(plane, plane.coarser())
    assert not _plane.alike(plane, _plane.plane_of(Summary.empty((SPANS[0], Span(0.0, 1.0)))))
