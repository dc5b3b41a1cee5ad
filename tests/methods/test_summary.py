"""Summaries: exact counts, events chosen by their keys alone, and sums that know no order."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from summaries import assert_same

from cytogate import transforms
from cytogate.errors import GatingError
from cytogate.methods import summary as module
from cytogate.methods.span import span_of
from cytogate.methods.summary import BINS, BINS_2D, RESERVOIR, Span, Summary, bins_of, keys_of
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_asinh import FlowJoAsinh
from cytogate.transforms.flowjo_log import FlowJoLog

SPANS = (Span(0.0, 1.0), Span(-0.25, 1.03))
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])
POSITIONS = hnp.arrays(
    np.float64, st.tuples(st.integers(0, 30), st.just(2)), elements=st.floats(-0.5, 1.5) | ODD
)
SAMPLES = st.lists(st.tuples(POSITIONS, st.sampled_from(["a", "b", "c"])), min_size=1, max_size=5)


@pytest.fixture(autouse=True, scope="module")
def small_reservoir():
    """Make reservoirs of few events, which samples of a few events fill."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RESERVOIR", 7)
        yield


def of(samples):
    return [Summary.of(values, SPANS, name=name) for values, name in samples]


@given(POSITIONS)
def test_counts_are_those_of_all_events_with_a_place(values):
    summary = Summary.of(values, SPANS)
    placed = [(x, y) for x, y in values.tolist() if x == x and y == y]
    assert (summary.n, summary.n_nan) == (len(placed), len(values) - len(placed))
    expected = np.zeros((2, BINS), int)
    plane = np.zeros((BINS_2D, BINS_2D), int)
    for position in placed:
        cell = []
        for axis, (value, span) in enumerate(zip(position, SPANS, strict=True)):
            share = (value - span.low) / (span.high - span.low)
            expected[axis, int(min(max(share * BINS, 0), BINS - 1))] += 1
            cell.append(int(min(max(share * BINS_2D, 0), BINS_2D - 1)))
        plane[tuple(cell)] += 1
    np.testing.assert_array_equal(summary.counts, expected)
    np.testing.assert_array_equal(summary.plane, plane)


@given(SAMPLES, st.randoms(use_true_random=False))
def test_a_sum_does_not_depend_on_order_or_grouping(samples, random):
    parts = of(samples)
    whole = Summary.total(parts)
    random.shuffle(parts)
    assert_same(Summary.total(parts), whole)
    cut = random.randint(0, len(parts))
    groups = [Summary.total(group) for group in (parts[:cut], parts[cut:]) if group]
    assert_same(Summary.total(groups), whole)


@given(SAMPLES)
def test_the_empty_summary_adds_nothing(samples):
    whole = Summary.total(of(samples))
    assert_same(Summary.total([Summary.empty(SPANS), whole]), whole)
    assert_same(Summary.total([whole]), whole)


@given(POSITIONS, st.integers(0, 30))
def test_parts_of_a_sample_add_up_to_the_sample(values, cut):
    at = np.arange(len(values))
    parts = [
        Summary.of(values[some], SPANS, indices=at[some], name="s") for some in (slice(cut), slice(cut, None))
    ]
    assert_same(Summary.total(parts), Summary.of(values, SPANS, name="s"))


@given(POSITIONS)
def test_the_reservoir_holds_the_finite_events_of_the_lowest_keys(values):
    summary = Summary.of(values, SPANS, name="s")
    keys = keys_of(np.arange(len(values)), "s")
    finite = [at for at in np.argsort(keys) if np.isfinite(values[at]).all()][: module.RESERVOIR]
    np.testing.assert_array_equal(summary.keys, keys[finite])
    np.testing.assert_array_equal(summary.events, values[finite].reshape(-1, 2))


def test_infinities_lie_in_the_outermost_bins_and_not_in_the_reservoir():
    summary = Summary.of([np.inf, -np.inf, 0.5, np.nan], SPANS[:1])
    assert (summary.n, summary.n_nan, len(summary.events)) == (3, 1, 1)
    assert (summary.counts[0][0], summary.counts[0][-1]) == (1, 1)


def test_values_however_far_lie_in_the_outermost_bins():
    far = [1e305, -1e305, 1.7e308, -1.7e308]
    summary = Summary.of(far, [Span(0.0, 1e-3)])
    assert (summary.counts[0][0], summary.counts[0][-1], summary.n) == (2, 2, 4)


def test_one_axis_of_two_is_that_of_the_events_with_a_place_on_both():
    values = np.array([[0.1, 0.2], [0.3, np.nan], [0.5, 0.6]])
    both = Summary.of(values, SPANS, name="s")
    alone = Summary.of(values[[0, 2], 1], SPANS[1:], indices=[0, 2], name="s")
    second = both.axis(1)
    assert (second.n_nan, second.plane) == (1, None)
    np.testing.assert_array_equal(second.counts[0], alone.counts[0])
    np.testing.assert_array_equal(second.events, alone.events)
    np.testing.assert_array_equal(second.keys, alone.keys)


def test_keys_are_those_of_splitmix64():
    first = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]  # of seed 0, as published
    salt = int(module.salt_of("s"))
    step = int(module.STEP)
    turns = [(k + 1 - salt * pow(step, -1, 2**64)) % 2**64 for k in range(3)]
    assert keys_of(np.array(turns, dtype=np.uint64), "s").tolist() == first


def test_samples_choose_different_events():
    chosen = {name: set(np.argsort(keys_of(np.arange(1000), name))[:100].tolist()) for name in ("a", "b")}
    assert len(chosen["a"] & chosen["b"]) < 30  # ten are expected


def test_the_reservoir_is_a_fair_sample(monkeypatch):
    monkeypatch.setattr(module, "RESERVOIR", RESERVOIR)
    values = np.linspace(0.0, 1.0, 200_000)
    summary = Summary.of(values, SPANS[:1], name="ramp")
    assert summary.events.shape == (RESERVOIR, 1)
    assert (np.diff(summary.keys.astype(object)) > 0).all()
    shares = np.histogram(summary.events, bins=10, range=(0, 1))[0] / RESERVOIR
    np.testing.assert_allclose(shares, 0.1, atol=0.01)  # 0.002 is one standard deviation


def test_spans_must_agree_to_add_up():
    with pytest.raises(GatingError, match="one span add up; found 2"):
        Summary.total([Summary.empty(SPANS[:1]), Summary.empty(SPANS[1:])])
    with pytest.raises(GatingError, match="found 0"):
        Summary.total([])


@pytest.mark.parametrize("ends", [(1.0, 1.0), (0.0, np.inf), (np.nan, 1.0), (1.0, 0.0)])
def test_a_span_has_a_length(ends):
    with pytest.raises(GatingError, match="finite ends"):
        Span(*ends)


def test_summaries_are_read_only_and_cross_process_borders():
    summary = Summary.of([[0.1, 0.2], [0.3, 0.4]], SPANS)
    for array in (*summary.counts, summary.plane, summary.events, summary.keys):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    assert_same(pickle.loads(pickle.dumps(summary)), summary)


def test_centres_are_the_middles_of_the_bins():
    centres = Summary.empty(SPANS).centres(1)
    np.testing.assert_array_equal(bins_of(centres, SPANS[1]), np.arange(BINS))


@pytest.mark.parametrize(
    ("scale", "span"),
    [
        (transforms.Logicle(T=262144, W=0.5, M=4.5), Span(-0.25, 1.03)),
        (transforms.Logicle(T=1000, W=1.5, M=4.5, A=0.5), Span(-0.25, 1.03)),
        (transforms.Hyperlog(T=10000, W=0.5, M=4.5), Span(-0.25, 1.03)),
        (transforms.Asinh(T=10000, M=4, A=1), Span(-0.25, 1.03)),
        (transforms.Linear(T=262144), Span(0.0, 1.0)),
        (transforms.Linear(T=262144, A=1000), Span(0.0, 1.0)),
        (transforms.Log(T=10000, M=4), Span(0.0, 1.0)),
        (FlowJoLog(offset=1, decades=4, length=256), Span(0.0, 256.0)),
        (FlowJoAsinh(T=262144, M=4, A=1), Span(-64.0, 263.68)),
        (Biex(), Span(-0.25 * 4096, 1.03 * 4096)),
        (Bounded(transforms.Log(T=10000, M=4), 0.2, 0.9), Span(0.2, 0.9)),
        (Bounded(transforms.Logicle(T=1000, W=0.5, M=4.5), minimum=0.0), Span(0.0, 1.03)),
        (Bounded(transforms.Log(T=10000, M=4), 0.5, 0.5), Span(0.0, 1.0)),
        (None, Span(0.0, 1024.0)),
    ],
)
def test_the_scale_alone_decides_the_span(scale, span):
    found = span_of(scale, 1024.0)
    np.testing.assert_allclose((found.low, found.high), (span.low, span.high), rtol=3e-3)
