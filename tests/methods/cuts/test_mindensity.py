"""The cut lies in the valley that is meant, on the right side of each peak, or it is said why it cannot."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cut_mixtures import answers, draw, sample, spreads, summary_of, valley_of

from cytogate.errors import GatingError
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, ONE_PEAK, OUT_OF_BOUNDS, Bounds
from cytogate.methods.cuts.mindensity import MinDensity
from cytogate.methods.summary import Span, Summary

NEGATIVE, POSITIVE = (0.8, 0.25, 0.06), (0.2, 0.6, 0.08)
NEAR_VALLEY = Bounds(0.45)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.8, 0.95])
def test_known_valley_is_found_without_the_bias_of_smoothing(share):
    parts = ((1 - share, 0.25, 0.06), (share, 0.6, 0.08))
    found = answers(MinDensity(), NEAR_VALLEY, 20_000, parts, repeats=20)
    mean = np.mean([one.position[0] for one in found])
    assert {one.fallback for one in found} == {""}
    assert mean == pytest.approx(valley_of(parts), abs=0.008)


@pytest.mark.parametrize("bandwidth", ["nrd0", "plug-in"])
@pytest.mark.parametrize("n", [2000, 40_000])
def test_variance_is_that_of_repeated_samples(n, bandwidth):
    found = answers(MinDensity(bandwidth=bandwidth), NEAR_VALLEY, n, (NEGATIVE, POSITIVE))
    real, said = spreads(found)
    assert said == pytest.approx(real, rel=0.3)


def test_variance_of_a_shoulder_is_that_of_repeated_samples():
    found = answers(MinDensity(), Bounds(0.42), 1500, ((0.7, 0.25, 0.06), (0.3, 0.45, 0.05)))
    real, said = spreads([one for one in found if not one.fallback])
    assert said == pytest.approx(real, rel=0.3)


def test_cut_holds_still_when_peaks_double_in_height():
    places = []
    for share in (0.1, 0.2, 0.4):
        found = MinDensity().find(sample(40_000, (1 - share, 0.2, 0.05), (share, 0.7, 0.06)), NEAR_VALLEY)
        places.append(found.position[0])
    assert max(places) - min(places) < 0.04  # a fifth of a decade, of two between the peaks


def test_deeper_valleys_are_surer():
    sure = [
        MinDensity().find(sample(20_000, NEGATIVE, (0.2, at, 0.08)), NEAR_VALLEY).confidence
        for at in (0.45, 0.5, 0.7)
    ]
    assert sure == sorted(sure)
    assert sure[0] < 0.5 < 0.9 < sure[2] <= 1


def test_of_several_valleys_that_near_the_fallback_is_taken():
    summary = sample(60_000, (0.4, 0.05, 0.04), (0.3, 0.4, 0.04), (0.3, 0.8, 0.04))
    for fallback in (0.2, 0.25, 0.55, 0.65):
        found = MinDensity().find(summary, Bounds(fallback))
        assert found.position[0] == pytest.approx(0.22 if fallback < 0.4 else 0.6, abs=0.03)
    undecided = MinDensity().find(summary, Bounds(0.41))
    assert undecided.confidence < 0.8 < found.confidence
    assert "compete" in undecided.note


def test_without_a_fallback_the_deepest_valley_is_taken():
    summary = sample(60_000, (0.4, 0.1, 0.06), (0.3, 0.35, 0.06), (0.3, 0.8, 0.04))
    assert MinDensity().find(summary, Bounds(math.nan)).position[0] == pytest.approx(0.58, abs=0.05)


def test_a_rare_clump_in_the_tail_draws_no_cut():
    rng = np.random.default_rng(3)
    values = np.concatenate([draw(rng, 20_000, (NEGATIVE, POSITIVE)), rng.normal(0.95, 0.005, 15)])
    assert MinDensity().find(summary_of(values), Bounds(0.7)).position[0] < 0.55


def test_valleys_outside_the_bounds_do_not_count():
    summary = sample(40_000, NEGATIVE, POSITIVE)
    found = MinDensity().find(summary, Bounds(0.6, 0.55, 0.7))
    assert (found.position, found.fallback) == ((0.6,), OUT_OF_BOUNDS)
    assert math.isinf(found.variance[0])
    assert found.confidence == 0


@pytest.mark.parametrize(("centre", "fallback", "side"), [(0.3, 0.5, 1), (0.7, 0.5, -1)])
def test_shoulder_is_looked_for_on_the_side_of_the_fallback(centre, fallback, side):
    summary = sample(20_000, (0.85, centre, 0.06), (0.15, centre + side * 0.17, 0.05))
    found = MinDensity().find(summary, Bounds(fallback))
    assert not found.fallback
    assert 0.09 < side * (found.position[0] - centre) < 0.17
    assert found.confidence <= 0.1
    wrong_side = MinDensity().find(summary, Bounds(centre - side * 0.2))
    assert wrong_side.fallback == ONE_PEAK


def test_bounds_hold_the_cut_on_a_shoulder_not_the_blurred_turn():
    summary = sample(2_000, (0.75, 0.3, 0.06), (0.25, 0.47, 0.05))
    free = MinDensity().find(summary, Bounds(0.4)).position[0]
    for low, high in ((free - 0.003, 1.0), (0.0, free + 0.003)):
        found = MinDensity().find(summary, Bounds(0.4, low, high))
        assert not found.fallback
        assert found.position[0] == free
    assert MinDensity().find(summary, Bounds(0.4, 0.0, free - 0.003)).fallback


def test_cut_moves_steadily_from_shoulder_to_valley():
    rng = np.random.default_rng(5)
    base, more = rng.normal(0.25, 0.06, 30_000), rng.normal(0, 0.05, 12_000)
    places = []
    for distance in np.arange(0.14, 0.30, 0.005):
        found = MinDensity().find(summary_of(np.concatenate([base, 0.25 + distance + more])), Bounds(0.4))
        places += [] if found.fallback else [found.position[0]]
    assert len(places) > 20
    assert np.abs(np.diff(places)).max() < 0.02  # a tenth of a decade


def test_a_shoulder_outside_the_bounds_is_told():
    summary = sample(20_000, (0.85, 0.3, 0.06), (0.15, 0.47, 0.05))
    found = MinDensity().find(summary, Bounds(0.33, 0.2, 0.35))
    assert (found.position, found.fallback) == ((0.33,), OUT_OF_BOUNDS)
    assert "shoulder" in found.note
    assert MinDensity().find(sample(20_000, (1, 0.3, 0.06)), Bounds(0.33, 0.2, 0.35)).fallback == ONE_PEAK


def test_shoulders_can_be_refused():
    summary = sample(20_000, (0.85, 0.3, 0.06), (0.15, 0.47, 0.05))
    assert MinDensity(one_peak="fallback").find(summary, Bounds(0.5)).fallback == ONE_PEAK


def test_one_peak_falls_back():
    found = MinDensity().find(sample(20_000, (1, 0.3, 0.06)), Bounds(0.5))
    assert (found.position, found.fallback, found.n_events) == ((0.5,), ONE_PEAK, 20_000)


@pytest.mark.parametrize(
    ("values", "code"),
    [([], FEW_EVENTS), ([0.3], FEW_EVENTS), ([0.3, 0.9] * 5, FEW_EVENTS), ([0.3] * 1000, DEAD_MARKER),
     ([np.inf] * 1000, DEAD_MARKER), ([np.inf, -np.inf] * 500 + [0.3] * 5, DEAD_MARKER)],
)  # fmt: skip
def test_hopeless_samples_say_why(values, code):
    found = MinDensity().find(summary_of(values), Bounds(0.5, 0.6, 0.9))
    assert (found.position, found.fallback) == ((0.6,), code)


def test_cut_of_a_total_is_that_of_all_events_together():
    rng = np.random.default_rng(6)
    values = [draw(rng, 5000, (NEGATIVE, POSITIVE)) for _ in range(4)]
    parts = [summary_of(one) for one in values]
    together = MinDensity().find(summary_of(np.concatenate(values)), NEAR_VALLEY)
    assert MinDensity().find(Summary.total(parts), NEAR_VALLEY) == together
    assert MinDensity().find(Summary.total(parts[::-1]), NEAR_VALLEY) == together
    assert together.variance[0] < MinDensity().find(parts[0], NEAR_VALLEY).variance[0]


def test_cut_does_not_depend_on_the_unit_of_the_scale():
    values = draw(np.random.default_rng(8), 20_000, (NEGATIVE, POSITIVE))
    ours = MinDensity().find(summary_of(values), NEAR_VALLEY)
    large = MinDensity().find(summary_of(values * 1e5, Span(-0.25e5, 1.03e5)), Bounds(0.45e5))
    assert large.position[0] == pytest.approx(ours.position[0] * 1e5, rel=1e-6)
    assert large.variance[0] == pytest.approx(ours.variance[0] * 1e10, rel=1e-6)
    assert large.confidence == pytest.approx(ours.confidence)


def test_arguments_out_of_range_are_refused_all_at_once():
    with pytest.raises(
        GatingError, match=r"adjust must be above 0, not -1.*depth.*one_peak must be shoulder or"
    ):
        MinDensity(adjust=-1, depth=2, one_peak="guess")
