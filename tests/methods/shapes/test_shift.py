"""Shift: landmarks carry a fixed gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn_plots import B_CELLS, DIMS, TRANSITIONAL, plot, seen

from cytogate.methods.base import FEW_EVENTS, NO_LANDMARK, OUT_OF_BOUNDS
from cytogate.methods.shapes.shift import Shift

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary

METHOD = Shift()


@pytest.fixture(scope="module")
def reference() -> Summary:
    return seen(plot(0, 300_000, B_CELLS), "reference")


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.04, 0.0), (-0.03, 0.04)])
@pytest.mark.parametrize("sizes", [{}, {"naive": 0.5}, {"memory": 0.3}, {"transitional": 0.0}], ids=str)
def test_the_gate_moves_as_the_landmarks_do_whatever_their_sizes(reference, shift, sizes):
    found = [
        METHOD.find(seen(plot(seed, 30_000, B_CELLS, shift=shift, **sizes)), TRANSITIONAL, reference)
        for seed in range(1, 6)
    ]
    assert {one.fallback for one in found} == {""}
    np.testing.assert_allclose([one.position for one in found], [shift] * 5, atol=0.015)
    np.testing.assert_allclose(np.mean([one.position for one in found], axis=0), shift, atol=0.007)


def test_the_outline_moves_as_a_whole():
    vertices = METHOD.place(DIMS, TRANSITIONAL, (0.02, -0.03)).vertices
    np.testing.assert_allclose(vertices - TRANSITIONAL, [(0.02, -0.03)] * 4, atol=1e-12)


@pytest.mark.parametrize("n", [2000, 20_000])
def test_variance_is_that_of_real_samples(reference, n):
    found = [METHOD.find(seen(plot(seed, n, B_CELLS)), TRANSITIONAL, reference) for seed in range(20, 60)]
    spread = np.std([one.position for one in found], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([one.variance for one in found], axis=0))
    assert (claimed > spread / 1.7).all()
    assert (claimed < spread * 1.7).all()


def test_landmarks_that_moved_too_far_leave_the_gate(reference):
    found = METHOD.find(seen(plot(1, 30_000, B_CELLS, shift=(0.08, 0.0))), TRANSITIONAL, reference)
    assert (found.fallback, found.position) == (OUT_OF_BOUNDS, (0.0, 0.0))
    assert "farther than the gate may go" in found.note


def test_few_events_or_no_reference_leave_the_gate(reference):
    assert METHOD.find(seen(plot(1, 60, B_CELLS)), TRANSITIONAL, reference).fallback == FEW_EVENTS
    assert METHOD.find(seen(plot(1, 5000, B_CELLS)), TRANSITIONAL, None).fallback == NO_LANDMARK


def test_peaks_elsewhere_are_no_landmarks(reference):
    lone = {"lone": ((0.82, 0.5), (0.02, 0.02), 0.0, 1.0)}
    found = METHOD.find(seen(plot(1, 5000, lone)), TRANSITIONAL, reference)
    assert (found.fallback, found.position) == (NO_LANDMARK, (0.0, 0.0))
