"""Cuts of others that run through a peak of a sample's own events."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from cytogate.methods.crossing import foot_distance
from cytogate.methods.summary import Span, Summary

SPAN = Span(-0.25, 1.03)


def of(*peaks, n=2000, seed=0):
    """Return the summary of normal peaks, each (middle, deviation, share)."""
    rng = default_rng(seed)
    return Summary.of(
        np.concatenate([rng.normal(middle, sd, int(share * n)) for middle, sd, share in peaks]), [SPAN]
    )


@pytest.mark.parametrize("middle", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("at", [-0.5, 0.0, 0.5])
def test_a_cut_near_the_summit_is_seen_with_its_way_out(middle, at):
    way_out = foot_distance(of((middle, 0.05, 1.0)), middle + at * 0.05)
    foot = np.sqrt(2 * np.log(10))  # a tenth of the height, in deviations; the kernel makes it wider
    assert (foot - abs(at)) * 0.05 < way_out < 1.4 * (foot - abs(at)) * 0.05


@pytest.mark.parametrize("at", [-3.0, -1.5, 1.5, 3.0])
def test_a_cut_on_a_flank_or_beyond_is_not(at):
    assert foot_distance(of((0.5, 0.05, 1.0)), 0.5 + at * 0.05) is None


def test_the_peak_of_a_minority_counts_as_much():
    two = of((0.2, 0.04, 0.9), (0.7, 0.04, 0.1))
    assert foot_distance(two, 0.45) is None
    assert 0.05 < foot_distance(two, 0.7) < 0.2
    assert 0.05 < foot_distance(two, 0.2) < 0.2


def test_a_valley_is_a_way_out_too():
    near = of((0.4, 0.05, 0.5), (0.6, 0.05, 0.5))
    assert foot_distance(near, 0.4) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("summary", "place"), [(of((0.5, 0.05, 1.0), n=30), 0.5), (of((0.5, 0.05, 1.0)), 5.0)]
)
def test_few_events_and_places_off_the_axis_cross_nothing(summary, place):
    assert foot_distance(summary, place) is None


def test_no_events_cross_nothing():
    assert foot_distance(Summary.empty([SPAN]), 0.5) is None


def test_units_do_not_matter():
    events = default_rng(3).normal(0.5, 0.05, 1000)
    one = foot_distance(Summary.of(events, [SPAN]), 0.52)
    span = Span(SPAN.low * 2.0**12, SPAN.high * 2.0**12)
    assert foot_distance(Summary.of(events * 2.0**12, [span]), 0.52 * 2.0**12) == pytest.approx(one * 2.0**12)
