"""The cut is where the negative's flank has run out, however many events there are, and never beyond."""

from __future__ import annotations

import numpy as np
import pytest
from cut_mixtures import answers, sample, spreads, summary_of

from cytogate.errors import GatingError
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, NO_LANDMARK, NOT_CONVERGED, OUT_OF_BOUNDS, Bounds
from cytogate.methods.cuts.tailgate import TailGate

PURE = ((1.0, 0.3, 0.05),)
DEVIATIONS = 3.577  # of a Gaussian whose slope is a hundredth of its steepest


@pytest.mark.parametrize("n", [500, 5000, 200_000])
def test_cut_of_a_gaussian_is_where_the_formula_says_with_few_events_and_many(n):
    found = answers(TailGate(), Bounds(0.5), n, PURE, repeats=20)
    assert np.mean([one.position[0] for one in found]) == pytest.approx(0.3 + DEVIATIONS * 0.05, abs=0.01)


@pytest.mark.parametrize("tolerance", [0.05, 0.2])
def test_tolerance_says_how_far_the_flank_is_followed(tolerance):
    u = np.linspace(1, 6, 5001)
    far = u[np.argmin(np.abs(u * np.exp((1 - u**2) / 2) - tolerance))]
    found = TailGate(tolerance=tolerance).find(sample(100_000, *PURE), Bounds(0.5))
    assert found.position[0] == pytest.approx(0.3 + far * 0.05, abs=0.006)


@pytest.mark.parametrize("n", [1000, 20_000])
def test_variance_is_that_of_repeated_samples(n):
    real, said = spreads(answers(TailGate(), Bounds(0.5), n, ((0.95, 0.3, 0.05), (0.05, 0.7, 0.1))))
    assert said == pytest.approx(real, rel=0.3)


def test_left_flank_is_the_mirror_image_of_the_right():
    values = np.random.default_rng(1).normal(0.39, 0.05, 5000)
    right = TailGate().find(summary_of(values), Bounds(0.6))
    left = TailGate(side="left").find(summary_of(0.78 - values), Bounds(0.18))
    assert left.position[0] == pytest.approx(0.78 - right.position[0], abs=0.003)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.6, 0.9])
def test_cut_lies_between_negative_and_positive_peak_whichever_is_taller(share):
    for at in (0.6, 0.8):
        found = TailGate().find(sample(20_000, (1 - share, 0.25, 0.05), (share, at, 0.06)), Bounds(0.45))
        assert not found.fallback
        assert 0.35 < found.position[0] < at - 0.06


def test_a_positive_peak_twice_as_high_hardly_moves_the_cut():
    places = [
        TailGate().find(sample(50_000, (1, 0.25, 0.05), (high, 0.7, 0.06)), Bounds(0.45)).position[0]
        for high in (0.05, 0.1, 0.2)
    ]
    assert max(places) - min(places) < 0.02


def test_without_a_negative_peak_nothing_is_cut_behind_the_positive():
    found = TailGate().find(sample(20_000, (1, 0.7, 0.05)), Bounds(0.4))
    assert (found.position, found.fallback) == ((0.4,), NO_LANDMARK)


def test_cut_outside_its_bounds_falls_back():
    assert TailGate().find(sample(20_000, *PURE), Bounds(0.6, 0.55, 0.7)).fallback == OUT_OF_BOUNDS


def test_flank_that_the_scale_cuts_off_does_not_run_out():
    found = TailGate().find(summary_of(np.random.default_rng(2).uniform(0.9, 1.03, 5000)), Bounds(1.02))
    assert found.fallback == NOT_CONVERGED
    assert found.position == (1.02,)


@pytest.mark.parametrize(("values", "code"), [([], FEW_EVENTS), ([0.4] * 99, DEAD_MARKER)])
def test_hopeless_samples_say_why(values, code):
    assert TailGate().find(summary_of(values), Bounds(0.5)).fallback == code


def test_arguments_out_of_range_are_refused():
    with pytest.raises(GatingError, match=r"side must be right or left, not 'up'.*tolerance must be between"):
        TailGate(side="up", tolerance=1.5)
