"""A density on the bins is the sum of kernels at the events; bandwidths are what their rules say."""

from __future__ import annotations

import numpy as np
import pytest
from cut_mixtures import LOGICLE, sample, summary_of
from scipy.stats import norm

from cytogate.methods.density import estimate, nrd0, plug_in, quantiles, smooth
from cytogate.methods.summary import Span, Summary

STEP = 1.28 / 1024


def test_density_is_the_sum_of_kernels_at_the_events():
    values = summary_of([]).centres()[[280, 296, 600, 920]]
    density = estimate(summary_of(values), bandwidth=0.03)
    expected = norm.pdf(density.x[:, None], values, 0.03).mean(axis=1)
    np.testing.assert_allclose(density.height, expected, atol=1e-9)
    assert np.sum(density.height) * density.step == pytest.approx(1, abs=1e-4)


def test_slope_and_sharp_curve_are_what_their_kernels_say():
    counts = np.zeros(1022)
    counts[400] = 2
    x = (np.arange(1022) - 400) * STEP
    u = x / 0.05
    np.testing.assert_allclose(
        smooth(counts, STEP, 0.05, "slope"), -2 * u / 0.05 * norm.pdf(x, 0, 0.05), atol=1e-9
    )
    fourth_order = (3 - u**2) / 2 * norm.pdf(x, 0, 0.05)
    np.testing.assert_allclose(
        smooth(counts, STEP, 0.05, "sharp"), 2 * np.maximum(fourth_order, 0), atol=1e-9
    )


def test_events_at_one_end_are_not_seen_at_the_other():
    density = estimate(summary_of(np.full(50, 1.02)), bandwidth=0.1)
    assert density.height[:300].max() < 1e-9


def test_events_beyond_the_span_are_no_peak():
    inside = np.random.default_rng(1).normal(0.4, 0.05, 1000)
    beyond = np.full(500, np.inf)
    density = estimate(summary_of(np.concatenate([inside, beyond, -beyond])))
    assert density.n == 1000
    assert abs(density.x[np.argmax(density.height)] - 0.4) < 0.02


def test_nrd0_is_that_of_the_values():
    values = np.random.default_rng(2).normal(0.4, 0.1, 5000)
    low, high = np.quantile(values, [0.25, 0.75])
    expected = 0.9 * min(values.std(ddof=1), (high - low) / 1.34) * 5000**-0.2
    assert nrd0(summary_of(values).counts[0], STEP) == pytest.approx(expected, rel=1e-3)


def test_nrd0_takes_the_deviation_where_quartiles_agree():
    values = np.concatenate([np.full(90, 0.3), np.linspace(0, 1, 10)])
    counts = summary_of(values).counts[0]
    assert nrd0(counts, STEP) == pytest.approx(0.9 * values.std(ddof=1) * 100**-0.2, rel=0.01)
    assert nrd0(summary_of([0.3] * 9).counts[0], STEP) == pytest.approx(0.9 * STEP * 9**-0.2)
    assert nrd0(summary_of([0.3]).counts[0], STEP) == STEP


def test_plug_in_is_the_best_bandwidth_of_a_gaussian():
    best = 0.08 * (4 / 3 / 20_000) ** 0.2
    assert plug_in(sample(20_000, (1, 0.4, 0.08)).counts[0], STEP) == pytest.approx(best, rel=0.15)


def test_plug_in_does_not_smooth_distant_peaks_into_each_other():
    counts = sample(20_000, (0.5, 0.1, 0.02), (0.5, 0.8, 0.02)).counts[0]
    assert plug_in(counts, STEP) < nrd0(counts, STEP) / 5


@pytest.mark.parametrize("values", [[], [0.3], [0.3] * 100, [0.1, 0.9]])
def test_bandwidths_of_hardly_anything_are_positive(values):
    counts = summary_of(values).counts[0]
    assert 0 < plug_in(counts, STEP) < 1
    assert 0 < estimate(summary_of(values)).bandwidth < 1


def test_quantiles_are_those_of_the_values():
    values = np.random.default_rng(3).normal(0.4, 0.1, 50_000)
    shares = np.array([0.01, 0.25, 0.5, 0.999])
    ours = LOGICLE.low + quantiles(summary_of(values).counts[0], STEP, shares)
    np.testing.assert_allclose(ours, np.quantile(values, shares), atol=STEP)


def test_quantiles_lie_within_a_filled_bin():
    counts = np.zeros(10, dtype=np.int64)
    counts[[2, 7]] = 5
    assert quantiles(counts, 1.0, np.array([0.0, 0.1, 0.5, 0.6, 1.0])).tolist() == [0.0, 2.2, 3.0, 7.2, 8.0]


def test_noise_is_the_spread_over_samples():
    rng = np.random.default_rng(4)
    drawn = [estimate(summary_of(rng.normal(0.4, 0.1, 2000)), bandwidth=0.03) for _ in range(200)]
    at = 360  # two deviations from the mode, where n does not limit the count
    for curve, noise in (("height", drawn[0].height_noise), ("slope", drawn[0].slope_noise)):
        real = np.std([getattr(one, curve)[at] for one in drawn])
        assert float(noise(drawn[0].height[at])) == pytest.approx(real, rel=0.2)


def test_replicates_vary_as_samples_do_and_are_always_the_same():
    density = estimate(sample(2000, (1, 0.4, 0.1)), bandwidth=0.03)
    first, again = density.replicates("height"), density.replicates("height")
    np.testing.assert_array_equal(first, again)
    assert first.shape == (50, 1022)
    assert first[:, 360].std() == pytest.approx(float(density.height_noise(density.height[360])), rel=0.3)


def test_second_axis_is_looked_at_when_asked_for():
    values = np.column_stack([np.full(100, 0.2), np.full(100, 0.7)])
    both = Summary.of(values, [LOGICLE, Span(0.0, 1.0)])
    density = estimate(both, 1, bandwidth=0.02)
    assert density.x[np.argmax(density.height)] == pytest.approx(0.7, abs=0.001)
