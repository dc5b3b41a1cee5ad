"""A fixed cut follows the peaks of a sample, so far as it may."""

from __future__ import annotations

import numpy as np
import pytest
from cut_mixtures import answers, sample, spreads, summary_of

from cytogate.errors import GatingError
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, NO_LANDMARK, OUT_OF_BOUNDS, Bounds
from cytogate.methods.cuts.shift import DECADE, Shift

BOTH = Shift(landmarks=(0.25, 0.65))
CUT = Bounds(0.45)


def two_peaks(negative, positive, n=30_000, seed=1):
    return sample(n, (0.7, negative, 0.05), (0.3, positive, 0.05), seed=seed)


@pytest.mark.parametrize("moved", [-0.05, -0.02, 0.0, 0.03, 0.05])
def test_cut_moves_with_both_peaks(moved):
    found = BOTH.find(two_peaks(0.25 + moved, 0.65 + moved), CUT)
    assert found.position[0] == pytest.approx(0.45 + moved, abs=0.005)
    assert not found.fallback


def test_between_landmarks_the_displacement_is_interpolated():
    found = BOTH.find(two_peaks(0.25, 0.69), CUT)
    assert found.position[0] == pytest.approx(0.45 + 0.02, abs=0.004)
    assert BOTH.find(two_peaks(0.25, 0.69), Bounds(0.3)).position[0] == pytest.approx(0.305, abs=0.004)
    assert BOTH.find(two_peaks(0.25, 0.69), Bounds(0.8)).position[0] == pytest.approx(0.84, abs=0.006)


def test_one_landmark_moves_the_cut_by_its_own_displacement():
    found = Shift(landmarks=(0.25,)).find(two_peaks(0.28, 0.65), CUT)
    assert found.position[0] == pytest.approx(0.48, abs=0.005)


def test_lost_positive_peak_leaves_the_negative_to_follow():
    found = BOTH.find(sample(20_000, (1, 0.28, 0.05)), CUT)
    assert found.position[0] == pytest.approx(0.48, abs=0.005)
    assert found.confidence < 0.5


def test_peaks_twice_as_high_do_not_move_the_cut():
    places = [
        BOTH.find(sample(50_000, (0.7, 0.27, 0.05), (high, 0.67, 0.05)), CUT).position[0]
        for high in (0.1, 0.2, 0.4)
    ]
    assert max(places) - min(places) < 0.01


def test_shift_beyond_the_limit_is_told_and_not_made():
    found = BOTH.find(two_peaks(0.25 + 0.3 * DECADE, 0.65 + 0.3 * DECADE), CUT)
    assert (found.position, found.fallback) == ((0.45,), OUT_OF_BOUNDS)
    assert "+0.3" in found.note
    wide = Shift(landmarks=(0.25, 0.65), limit=0.5).find(two_peaks(0.317, 0.717), CUT)
    assert wide.position[0] == pytest.approx(0.517, abs=0.005)


def test_peak_far_from_all_landmarks_is_none_of_them():
    found = Shift(landmarks=(0.25,)).find(sample(20_000, (1, 0.7, 0.05)), CUT)
    assert (found.position, found.fallback) == ((0.45,), NO_LANDMARK)


def test_cut_that_leaves_its_bounds_falls_back():
    found = BOTH.find(two_peaks(0.29, 0.69), Bounds(0.45, 0.4, 0.47))
    assert (found.position, found.fallback) == ((0.45,), OUT_OF_BOUNDS)


@pytest.mark.parametrize("n", [2000, 40_000])
def test_variance_is_that_of_repeated_samples(n):
    parts = ((0.7, 0.25, 0.05), (0.3, 0.65, 0.08))
    real, said = spreads(answers(BOTH, CUT, n, parts))
    assert said == pytest.approx(real, rel=0.3)


def test_landmarks_are_those_of_a_reference():
    assert BOTH.landmarks_of(two_peaks(0.25, 0.65)) == pytest.approx((0.25, 0.65), abs=0.005)
    assert BOTH.landmarks_of(summary_of([])) == ()
    learned = Shift().with_landmarks(BOTH.landmarks_of(two_peaks(0.25, 0.65)))
    assert learned.find(two_peaks(0.25, 0.65), CUT).position[0] == pytest.approx(0.45, abs=1e-9)


def test_without_landmarks_nothing_moves():
    assert Shift().find(two_peaks(0.25, 0.65), CUT).fallback == NO_LANDMARK


def test_peaks_are_matched_in_order():
    close = sample(60_000, (0.5, 0.36, 0.03), (0.5, 0.5, 0.03))
    found = Shift(landmarks=(0.38, 0.48), limit=1.0).find(close, Bounds(0.43))
    assert found.position[0] == pytest.approx(0.43, abs=0.01)


@pytest.mark.parametrize(("values", "code"), [([0.3] * 3, FEW_EVENTS), (np.full(500, 0.3), DEAD_MARKER)])
def test_hopeless_samples_say_why(values, code):
    assert BOTH.find(summary_of(values), CUT).fallback == code


def test_arguments_out_of_range_are_refused():
    with pytest.raises(GatingError, match=r"limit must be above 0.*landmarks must be finite"):
        Shift(landmarks=(float("nan"),), limit=0)
