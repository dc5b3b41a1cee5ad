"""What holds for every method: it answers for any events, within its bounds, always the same, quickly."""

from __future__ import annotations

import math
import pickle
import time

import numpy as np
import pytest
from cut_mixtures import LOGICLE, sample, summary_of
from hypothesis import given
from hypothesis import strategies as st

from cytogate.methods.base import Bounds, cut_methods
from cytogate.methods.summary import Span, Summary

METHODS = {name: cut_methods.get(name)() for name in cut_methods.names()}
METHODS["shift"] = METHODS["shift"].with_landmarks((0.3, 0.7))
METHODS["mindensity by plug-in"] = cut_methods.get("mindensity")(bandwidth="plug-in")
METHODS["tailgate to the left"] = cut_methods.get("tailgate")(side="left")
METHODS["quantile 0.5"] = cut_methods.get("quantile")(0.5)

places = st.floats(-2, 3) | st.sampled_from([-math.inf, math.inf, 0.0, 0.3, -0.25, 1.03])
events = st.lists(st.tuples(places, st.integers(1, 400)), max_size=8)
clouds = st.lists(
    st.tuples(st.integers(0, 800), st.floats(-0.3, 1.1), st.floats(1e-6, 0.3)), min_size=1, max_size=3
)
limits = st.tuples(st.floats(-1, 2), st.floats(-1, 2), st.floats(-1, 2)).map(sorted)


def check(method, summary, bounds):
    found = method.find(summary, bounds)
    (position,), (variance,) = found.position, found.variance
    assert bounds.low <= position <= bounds.high
    assert variance > 0
    assert 0 <= found.confidence <= 1
    assert found.n_events == summary.n
    assert math.isinf(variance) == bool(found.fallback)
    if found.fallback:
        assert position == bounds.hold(bounds.fallback)
        assert found.note


@pytest.mark.parametrize("name", METHODS)
@given(events=events, limits=limits)
def test_piles_of_events_are_answered_within_the_bounds(name, events, limits):
    values = [place for place, times in events for _ in range(times)]
    check(METHODS[name], summary_of(values), Bounds(limits[1], limits[0], limits[2]))


@pytest.mark.parametrize("name", METHODS)
@given(clouds=clouds, limits=limits, seed=st.integers(0, 2**32 - 1))
def test_clouds_of_events_are_answered_within_the_bounds(name, clouds, limits, seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(mean, deviation, n) for n, mean, deviation in clouds])
    check(METHODS[name], summary_of(values), Bounds(limits[1], limits[0], limits[2]))


@pytest.mark.parametrize("name", METHODS)
def test_fallback_outside_its_bounds_is_held_within(name):
    assert METHODS[name].find(Summary.empty([LOGICLE]), Bounds(5.0, 0.2, 0.6)).position == (0.6,)


@pytest.mark.parametrize("name", METHODS)
def test_infinite_bounds_and_distant_fallbacks_are_answered(name):
    summary = sample(5000, (0.7, 0.3, 0.05), (0.3, 0.7, 0.05))
    for fallback in (-1e300, 0.5, 1e300):
        check(METHODS[name], summary, Bounds(fallback))


@pytest.mark.parametrize("name", METHODS)
def test_linear_scales_are_answered(name):
    values = sample(20_000, (0.7, 0.3, 0.05), (0.3, 0.7, 0.05)).events[:, 0] * 262144
    check(METHODS[name], summary_of(values, Span(0.0, 262144.0)), Bounds(130_000.0, 0.0, 262144.0))


@pytest.mark.parametrize("name", METHODS)
def test_the_same_events_give_the_same_answer_to_the_last_digit(name):
    first, again = (sample(5000, (0.7, 0.3, 0.05), (0.3, 0.7, 0.05)) for _ in range(2))
    assert METHODS[name].find(first, Bounds(0.5)) == METHODS[name].find(again, Bounds(0.5))


@pytest.mark.parametrize("name", METHODS)
def test_methods_travel_between_processes(name):
    assert pickle.loads(pickle.dumps(METHODS[name])) == METHODS[name]


def piles(n):
    return summary_of(np.repeat(np.random.default_rng(1).uniform(-1, 2, 50), n // 50))


def two_peaks(n):
    return sample(n, (0.7, 0.3, 0.05), (0.3, 0.7, 0.05))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("events", "n"), [(two_peaks, 20_000), (two_peaks, 1_000_000), (piles, 20_000)])
def test_a_cut_takes_milliseconds(name, events, n):
    summary = events(n)
    spent = []
    for _ in range(12):
        start = time.process_time()  # not the clock: other tests run beside this one
        METHODS[name].find(summary, Bounds(0.5))
        spent.append(time.process_time() - start)
    assert min(spent) < 0.015
