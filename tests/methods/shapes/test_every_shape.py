"""What every method on two axes keeps: it never raises for odd data, and every position is a gate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_plots import B_CELLS, DIMS, LYMPHOCYTES, SCATTER, SINGLETS, SPANS, TRANSITIONAL, plot, pulses, seen
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import (
    DEAD_MARKER,
    FEW_EVENTS,
    NO_LANDMARK,
    NOT_CONVERGED,
    OUT_OF_BOUNDS,
    shape_methods,
)
from cytogate.methods.summary import Span, Summary

NAMES = ("cluster", "register", "shift", "singlets")
CODES = {"", DEAD_MARKER, FEW_EVENTS, NO_LANDMARK, NOT_CONVERGED, OUT_OF_BOUNDS}
OPEN = np.array([[0.4, 0.3], [math.inf, 0.3], [math.inf, math.inf], [0.4, math.inf]])
BAND = np.array([[-math.inf, 0.2], [math.inf, 0.2], [math.inf, 0.5], [-math.inf, 0.5]])
BOW = np.array([[0.2, 0.2], [0.6, 0.6], [0.6, 0.2], [0.2, 0.6]])  # crosses itself
OUTLINES = {"transitional": TRANSITIONAL, "lymphocytes": LYMPHOCYTES, "singlets": SINGLETS}
OUTLINES |= {"open": OPEN, "band": BAND, "bow": BOW}
USUAL = {
    "cluster": (LYMPHOCYTES, plot(1, 8000, SCATTER)),
    "register": (TRANSITIONAL, plot(1, 8000, B_CELLS, shift=(0.02, 0.01))),
    "shift": (TRANSITIONAL, plot(1, 8000, B_CELLS, shift=(0.02, 0.01))),
    "singlets": (SINGLETS, pulses(1, 8000)),
}
REFERENCE = seen(plot(0, 50_000, B_CELLS), "reference")

methods = pytest.mark.parametrize("name", NAMES)
outlines = pytest.mark.parametrize("outline", OUTLINES.values(), ids=OUTLINES)
numbers = st.sampled_from([math.nan, math.inf, -math.inf]) | st.floats(-1e300, 1e300)
near = st.floats(-0.3, 1.1)


def check(name: str, summary: Summary, outline: np.ndarray, reference: Summary | None) -> None:
    method = shape_methods.get(name)()
    found = method.find(summary, outline, reference)
    still = method.unmoved(outline)
    assert found.fallback in CODES
    assert len(found.position) == len(found.variance) == len(still)
    assert np.isfinite(found.position).all()
    assert not np.isnan(found.variance).any()
    assert min(found.variance) > 0.0
    assert 0.0 <= found.confidence <= 1.0 + 1e-9
    assert found.n_events == summary.n
    if found.fallback:
        assert found.position == still
    gate = method.place(DIMS, outline, found.position)
    assert gate.contains(np.array([[0.3, 0.3], [math.nan, 0.3]])).tolist()[1] is False


def test_these_are_the_methods():
    assert set(NAMES) <= set(shape_methods.names())


@methods
@pytest.mark.parametrize("n", [0, 1, 2, 10, 100])
@outlines
def test_few_events_never_raise(name, n, outline):
    check(name, seen(plot(1, 500, SCATTER)[:n]), outline, REFERENCE)


@methods
@pytest.mark.parametrize(
    "events",
    [
        np.full((1000, 2), 0.3),
        np.full((1000, 2), math.nan),
        np.full((1000, 2), math.inf),
        np.column_stack([np.full(1000, 0.4), np.linspace(0, 1, 1000)]),
        np.column_stack([np.linspace(0, 1, 1000), np.linspace(0, 1, 1000)]),
        np.full((1000, 2), 1e300),
        np.repeat([[0.3, 0.3], [0.7, 0.7]], 500, axis=0),
    ],
    ids=["point", "nan", "inf", "line up", "diagonal", "far", "two points"],
)
@outlines
def test_odd_events_never_raise(name, events, outline):
    for reference in (None, seen(events), REFERENCE):
        check(name, seen(events), outline, reference)


@methods
@given(
    events=arrays.arrays(np.float64, st.tuples(st.integers(0, 400), st.just(2)), elements=numbers | near),
    which=st.sampled_from(list(OUTLINES)),
    itself=st.booleans(),
)
def test_whatever_the_events_are_like_there_is_an_answer(name, events, which, itself):
    summary = seen(events)
    check(name, summary, OUTLINES[which], summary if itself else REFERENCE)


@methods
@given(position=st.lists(numbers, min_size=8, max_size=8), which=st.sampled_from(list(OUTLINES)))
def test_every_position_is_a_gate(name, position, which):
    method = shape_methods.get(name)()
    outline = OUTLINES[which]
    gate = method.place(DIMS, outline, tuple(position[: len(method.unmoved(outline))]))
    assert gate.dims == DIMS


@methods
@outlines
def test_where_nothing_moved_the_gate_is_the_outline(name, outline):
    method = shape_methods.get(name)()
    assert method.place(DIMS, outline, method.unmoved(outline)) == PolygonGate(DIMS, outline)


@methods
def test_the_answer_depends_on_neither_the_order_nor_the_time(name):
    method = shape_methods.get(name)()
    outline, events = USUAL[name]
    order = np.random.default_rng(1).permutation(len(events))
    first = method.find(Summary.of(events, SPANS), outline, REFERENCE)
    again = method.find(Summary.of(events[order], SPANS, indices=order), outline, REFERENCE)
    assert first == again
    assert first.fallback == ""


@methods
def test_the_variance_of_an_answer_is_finite_and_that_of_a_fallback_is_not(name):
    method = shape_methods.get(name)()
    outline, events = USUAL[name]
    assert np.isfinite(method.find(seen(events), outline, REFERENCE).variance).all()
    assert np.isinf(method.find(Summary.empty(SPANS), outline, REFERENCE).variance).all()


@methods
def test_arguments_are_the_fields_of_a_frozen_dataclass(name):
    kind = shape_methods.get(name)
    assert kind() == kind()
    assert hash(kind()) == hash(kind())
    assert kind.looks_at == "sample"


@methods
def test_an_axis_in_data_values_gives_the_same_gate(name):
    method = shape_methods.get(name)()
    outline, events = USUAL[name]
    top = np.array([262144.0, 1000.0])
    spans = tuple(Span(span.low * axis, span.high * axis) for span, axis in zip(SPANS, top, strict=True))
    whole = plot(0, 50_000, B_CELLS)
    there = np.random.default_rng(1).uniform(0.1, 0.9, (2000, 2))
    scaled = method.find(seen(events), outline, REFERENCE)
    in_data = method.find(Summary.of(events * top, spans), outline * top, Summary.of(whole * top, spans))
    assert (in_data.fallback, in_data.confidence) == (scaled.fallback, pytest.approx(scaled.confidence))
    inside = method.place(DIMS, outline, scaled.position).contains(there)
    again = method.place(DIMS, outline * top, in_data.position).contains(there * top)
    assert (inside != again).sum() <= 2  # events on the border may fall either way
    assert inside.sum() > 10
