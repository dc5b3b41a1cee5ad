"""Register: staining that shifts moves the gate as much, populations that grow or shrink do not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn_plots import B_CELLS, DIMS, TRANSITIONAL, plot, seen

from cytogate.methods.base import FEW_EVENTS, NO_LANDMARK, NOT_CONVERGED, OUT_OF_BOUNDS
from cytogate.methods.shapes.register import Register

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary

METHOD = Register()


@pytest.fixture(scope="module")
def reference() -> Summary:
    return seen(plot(0, 300_000, B_CELLS), "reference")


def moves(found, method=METHOD) -> np.ndarray:
    """Return how far each vertex went, (n, 2)."""
    assert found.fallback == ""
    return method.place(DIMS, TRANSITIONAL, found.position).vertices - TRANSITIONAL


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"naive": 0.5},
        {"transitional": 0.5},
        {"memory": 0.5},
        {"memory": 2.0},
        {"activated": 5.0},
        {"transitional": 3.0},
    ],
    ids=str,
)
def test_a_population_of_another_size_moves_the_gate_by_less_than_a_hundredth(reference, sizes):
    of_seeds = [
        moves(METHOD.find(seen(plot(seed, 30_000, B_CELLS, **sizes)), TRANSITIONAL, reference))
        for seed in range(1, 6)
    ]
    assert np.abs(np.mean(of_seeds, axis=(0, 1))).max() < 0.005
    assert np.abs(np.mean(of_seeds, axis=1)).max() < 0.01  # of each sample, the gate as a whole
    assert np.abs(of_seeds).max() < 0.015  # and no vertex by much more


@pytest.mark.parametrize("shift", [(0.05, 0.0), (0.0, -0.05), (0.05, 0.05), (-0.08, 0.03)])
@pytest.mark.parametrize("sizes", [{}, {"naive": 0.5, "transitional": 0.5}], ids=["same", "other sizes"])
def test_shifted_staining_moves_the_gate_as_much(reference, shift, sizes):
    for seed in range(1, 4):
        sample = seen(plot(seed, 30_000, B_CELLS, shift=shift, **sizes))
        moved = moves(METHOD.find(sample, TRANSITIONAL, reference))
        np.testing.assert_allclose(moved.mean(axis=0), shift, atol=0.01)
        np.testing.assert_allclose(moved, np.tile(shift, (4, 1)), atol=0.015)


def test_brighter_cells_may_move_more_than_dim_ones(reference):
    events = plot(3, 60_000, B_CELLS)
    events[:, 1] += 0.25 * (events[:, 1] - 0.5)  # y stretched about 0.5
    moved = moves(METHOD.find(seen(events), TRANSITIONAL, reference))
    np.testing.assert_allclose(moved[:, 1], 0.25 * (TRANSITIONAL[:, 1] - 0.5), atol=0.022)
    assert moved[2:, 1].mean() > moved[:2, 1].mean() + 0.02  # the upper edge goes farther than the lower one


def test_the_same_events_move_nothing(reference):
    found = METHOD.find(reference, TRANSITIONAL, reference)
    np.testing.assert_allclose(found.position, 0.0, atol=1e-4)
    assert found.confidence > 0.9


@pytest.mark.parametrize("n", [1000, 20_000])
def test_variance_is_not_below_the_real_spread_and_not_far_above(reference, n):
    found = [METHOD.find(seen(plot(seed, n, B_CELLS)), TRANSITIONAL, reference) for seed in range(20, 44)]
    spread = np.std([one.position[:2] for one in found], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([one.variance[:2] for one in found], axis=0))
    # it holds, too, what the sizes of populations could explain: it is on the safe side
    assert (claimed > 0.8 * spread).all()
    assert (claimed < 5.0 * spread).all()


def test_fewer_events_are_less_sure(reference):
    sparse, dense = (METHOD.find(seen(plot(5, n, B_CELLS)), TRANSITIONAL, reference) for n in (1500, 40_000))
    assert all(a > 2.0 * b for a, b in zip(sparse.variance[:2], dense.variance[:2], strict=True))
    assert sparse.confidence < dense.confidence


def test_a_shift_beyond_the_limit_is_not_followed(reference):
    found = METHOD.find(seen(plot(1, 30_000, B_CELLS, shift=(0.14, 0.0))), TRANSITIONAL, reference)
    assert found.fallback == OUT_OF_BOUNDS
    assert found.position == METHOD.unmoved(TRANSITIONAL)
    assert "(+0.1" in found.note


def test_few_events_or_no_reference_leave_the_gate_and_say_so(reference):
    assert METHOD.find(seen(plot(1, 60, B_CELLS)), TRANSITIONAL, reference).fallback == FEW_EVENTS
    sample = seen(plot(1, 5000, B_CELLS))
    assert METHOD.find(sample, TRANSITIONAL, None).fallback == NO_LANDMARK
    assert METHOD.find(sample, TRANSITIONAL, seen(plot(1, 40, B_CELLS))).fallback == NO_LANDMARK


def test_a_plot_that_looks_like_something_else_is_not_registered(reference):
    noise = np.random.default_rng(1).uniform(0.3, 1.0, (20_000, 2))
    found = METHOD.find(seen(noise), TRANSITIONAL, reference)
    assert found.fallback in (NOT_CONVERGED, OUT_OF_BOUNDS)


def test_an_open_outline_stays_open(reference):
    outline = np.array([[0.55, 0.6], [np.inf, 0.6], [np.inf, np.inf], [0.55, np.inf]])
    found = METHOD.find(seen(plot(2, 30_000, B_CELLS, shift=(0.04, 0.04))), outline, reference)
    vertices = METHOD.place(DIMS, outline, found.position).vertices
    np.testing.assert_array_equal(np.isinf(vertices), np.isinf(outline))
    np.testing.assert_allclose(vertices[0], [0.59, 0.64], atol=0.01)
    assert vertices[1, 1] == vertices[0, 1]


def test_a_sample_is_registered_in_a_tenth_of_a_second(reference):
    sample = seen(plot(1, 50_000, B_CELLS, shift=(0.03, 0.03)))
    METHOD.find(sample, TRANSITIONAL, reference)
    spent = []
    for _ in range(5):
        begin = time.process_time()
        METHOD.find(sample, TRANSITIONAL, reference)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.25  # on a busy machine, where BLAS may spin on a second core
