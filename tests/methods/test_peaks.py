"""Peaks are more than counting noise, and their places are finer than bins."""

from __future__ import annotations

import numpy as np
import pytest
from cut_mixtures import sample, summary_of

from cytogate.methods.density import estimate
from cytogate.methods.peaks import landscape, lowest_place


def peaks_of(summary, **options):
    density = estimate(summary, adjust=2.0)
    return [round(float(density.x[p]), 2) for p in landscape(density, **options).peaks]


@pytest.mark.parametrize("n", [100, 1000, 10_000, 100_000])
def test_one_population_has_one_peak_however_its_tail_is(n):
    rng = np.random.default_rng(7)
    for _ in range(20):
        for values in (
            rng.normal(0.3, 0.08, n),
            0.3 + 0.04 * rng.standard_t(4, n),
            0.1 + 0.1 * rng.lognormal(0, 0.5, n),
        ):
            assert len(peaks_of(summary_of(values), depth=0.1, share=0.002)) == 1


def test_peaks_come_from_low_to_high_with_a_valley_between_each_two():
    density = estimate(sample(20_000, (0.5, 0.1, 0.04), (0.2, 0.5, 0.04), (0.3, 0.8, 0.04)), adjust=1.0)
    land = landscape(density)
    assert [round(float(density.x[p]), 1) for p in land.peaks] == [0.1, 0.5, 0.8]
    for valley, left, right in zip(land.valleys, land.peaks[:-1], land.peaks[1:], strict=True):
        assert (valley.left, valley.right) == (left, right)
        assert left < valley.at < right
        lower = min(density.height[left], density.height[right])
        assert valley.depth == pytest.approx(1 - density.height[valley.at] / lower)


def test_small_peak_is_forgotten_when_a_share_is_asked_for():
    summary = sample(50_000, (0.99, 0.2, 0.05), (0.01, 0.8, 0.03))
    assert peaks_of(summary, share=0.005) == [0.2, 0.8]
    assert peaks_of(summary, share=0.05) == [0.2]


def test_shallow_valley_is_forgotten_when_a_depth_is_asked_for():
    summary = sample(100_000, (0.5, 0.3, 0.05), (0.5, 0.43, 0.05))
    assert len(peaks_of(summary, depth=0.01)) == 2
    assert len(peaks_of(summary, depth=0.5)) == 1


def test_a_level_top_is_one_peak_in_its_middle():
    density = estimate(summary_of(np.tile(np.linspace(0.3, 0.7, 401), 30)), bandwidth=0.01)
    land = landscape(density)
    assert len(land.peaks) == 1
    assert 0.3 < density.x[land.peaks[0]] < 0.7


def test_nothing_has_no_peak():
    assert landscape(estimate(summary_of([]))).peaks == ()


def test_lowest_place_is_finer_than_bins():
    x = np.linspace(0, 1, 101)
    for place in (0.5, 0.503, 0.497):
        assert float(lowest_place(x, (x - place) ** 2, 0.0)) == pytest.approx(place, abs=1e-3)


def test_lowest_place_of_a_floor_is_its_middle():
    x = np.linspace(0, 1, 101)
    floor = np.maximum(np.abs(x - 0.6) - 0.2, 0.0)
    ramp = floor + 1e-3 * x  # whose lowest point is at the floor's left end
    assert float(lowest_place(x, ramp, 0.05)) == pytest.approx(0.6, abs=0.02)
    assert float(lowest_place(x, np.zeros(101), 0.0)) == pytest.approx(0.5)


def test_lowest_places_of_many_curves_are_those_of_each():
    rng = np.random.default_rng(1)
    x, curves = np.linspace(0, 1, 50), rng.random((6, 50))
    alone = [float(lowest_place(x, curve, 0.1)) for curve in curves]
    np.testing.assert_allclose(lowest_place(x, curves, 0.1), alone)
