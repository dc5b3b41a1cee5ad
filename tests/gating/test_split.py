"""Changes between two samples that were made by staining, by gates or by biology, and told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

import cytogate as cg
from cytogate.fcs.channels.panel import Channel
from cytogate.gates.dimension import Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate, with_cleaning
from cytogate.gating.node import GateNode
from cytogate.gating.split import Looked, split_change
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.linear import Linear

NAMES = ("S", "A", "B")
PAIRS = {
    "A": ("/Cells/A", "/Cells"),
    "DN": ("/Cells/A/DN", "/Cells/A"),
    "corner": ("/Cells/A/Corner", "/Cells/A"),
}


def tube(seed, *, high=0.3, double_negative=0.25, drift=0.0, n=30_000):
    """Cells negative or positive on A, and of the positive ones negative or positive on B; 0 to 1 each."""
    rng = np.random.default_rng(seed)
    is_high, is_negative = rng.uniform(size=n) < high, rng.uniform(size=n) < double_negative
    a = rng.normal(np.where(is_high, 0.7, 0.3), 0.07) + drift
    b = rng.normal(np.where(is_negative, 0.3, 0.65), 0.07) + drift
    scatter = rng.normal(0.5, 0.08, n)
    table = np.column_stack([scatter, a, b])
    return cg.Events(table, [Channel(name, range=1.0) for name in NAMES])


def strategy(cut_a=0.5, cut_b=0.475, scatter_top=0.9):
    scales = {"s": Linear(T=1.0, A=0.0)}
    dims = [Dimension(name, transform="s") for name in NAMES]
    square = [[0.1, cut_a], [scatter_top, cut_a], [scatter_top, 1.5], [0.1, 1.5]]
    nodes = [
        GateNode("Cells", RectangleGate((dims[0],), (0.1,), (scatter_top,))),
        GateNode("A", PolygonGate((dims[0], dims[1]), square), "Cells"),
        GateNode(
            "AxB",
            QuadrantGate((dims[2],), ((cut_b,),), (Quadrant("DN", ((0, 0),)), Quadrant("P", ((0, 1),)))),
            "A",
        ),
        GateNode("Corner", RectangleGate((dims[1], dims[2]), (0.7, cut_b), (np.inf, np.inf)), "A"),
    ]
    return GatingStrategy.build(nodes, transforms=scales)


def test_what_cleaning_takes_out_of_a_sample_is_not_compared():
    """A stretch of the first sample has no double negatives and brighter dyes."""
    rest, bad, other = (
        tube(0),
        tube(5, double_negative=0.0, drift=0.1, n=12_000),
        tube(1, double_negative=0.4),
    )
    at_scatter = RectangleGate((Dimension("S"),), (2.0,), (9.0,))
    values = np.vstack([rest.values, bad.values + np.array([3.0, 0.0, 0.0])])
    whole = cg.Events(values, [Channel(name, range=9.0) for name in NAMES])
    cleaned = with_cleaning(strategy(), [CleaningGate("bad", at_scatter, keeps=False)])
    within = cg.Events(rest.values, whole.channels)
    assert split(whole, other, cleaned) == split(within, other)
    loose = strategy(scatter_top=9.0)
    assert split(whole, other, with_cleaning(loose, cleaned.cleaning)) == split(within, other, loose)
    assert split(whole, other, loose) != split(within, other, loose)


def split(first, second, gates_first=None, gates_second=None):
    a = Looked(first, gates_first or strategy(), "a")
    b = Looked(second, gates_second or strategy(), "b")
    return split_change(a, b, PAIRS)


@pytest.mark.parametrize("drift", [-0.08, 0.05, 0.1])
def test_staining_drift_under_fixed_gates_is_the_gates(drift):
    for seed in range(3):
        found = split(tube(seed), tube(100 + seed, drift=drift))
        for name in PAIRS:
            # The corner is cut through the middle of a peak, where nothing moves a share faster.
            assert abs(found[name].biology) < (2.5 if name == "corner" else 1.5)
        assert abs(found["corner"].change) > 8
        assert found["corner"].at_unmoved_gates == pytest.approx(found["corner"].change)


@pytest.mark.parametrize("drift", [-0.08, 0.05, 0.1])
def test_staining_drift_that_gates_follow_is_nothing(drift):
    gates = strategy(0.5 + drift, 0.475 + drift)
    found = split(tube(0), tube(1, drift=drift), gates_second=gates)
    for name in ("A", "DN"):
        assert abs(found[name].change) < 1.5
        assert abs(found[name].gate) < 1.0
        assert abs(found[name].biology) < 1.5


@pytest.mark.parametrize(("high", "double_negative"), [(0.1, 0.25), (0.3, 0.6), (0.6, 0.05), (0.3, 0.25)])
def test_biology_under_fixed_gates_is_biology(high, double_negative):
    for seed in range(3):
        found = split(tube(seed), tube(100 + seed, high=high, double_negative=double_negative))
        assert abs(found["A"].gate) < 0.7
        assert abs(found["DN"].gate) < 0.7
        assert found["A"].change == pytest.approx(100 * (high - 0.3), abs=1.5)


def test_a_gate_that_jumped_is_told_from_the_biology_beside_it():
    jumped = strategy(cut_b=0.6)
    found = split(tube(0), tube(1, double_negative=0.4), gates_second=jumped)["DN"]
    assert found.biology == pytest.approx(15, abs=4)
    assert found.change > 25
    assert found.gate == pytest.approx(found.change - 15, abs=4)


def test_a_gate_that_jumped_alone_is_no_biology():
    found = split(tube(0), tube(1), gates_second=strategy(cut_b=0.6))["DN"]
    assert found.gate > 10
    assert abs(found.biology) < 1.5


def test_the_parts_add_up():
    found = split(tube(0), tube(1, double_negative=0.4, drift=0.06), gates_second=strategy(cut_b=0.55))
    for part in found.values():
        assert part.gate + part.biology == pytest.approx(part.change, abs=1e-12)


def test_there_and_back_is_the_opposite():
    one = Looked(tube(0), strategy(), "a")
    two = Looked(tube(1, double_negative=0.4, drift=0.06), strategy(cut_b=0.55), "b")
    there, back = split_change(one, two, PAIRS), split_change(two, one, PAIRS)
    for name in PAIRS:
        assert back[name].change == -there[name].change
        assert back[name].biology == pytest.approx(-there[name].biology, abs=1e-9)


def test_a_sample_against_itself_has_no_parts():
    one = Looked(tube(0), strategy(), "a")
    for part in split_change(one, one, PAIRS).values():
        assert (part.change, part.gate, part.biology, part.at_unmoved_gates) == (0, 0, 0, 0)


@pytest.mark.parametrize("n", [0, 1, 10, 100])
def test_tubes_of_few_events_are_split_all_the_same(n):
    found = split(tube(0), tube(1, n=n))
    for part in found.values():
        assert math.isnan(part.change) or part.gate + part.biology == pytest.approx(part.change)


def test_a_population_that_is_gone_is_biology():
    found = split(tube(0), tube(1, high=0.0))["A"]
    assert found.biology == pytest.approx(-30, abs=1.5)
    assert abs(found.gate) < 1


def overlapping(seed, *, high, drift=0.0, n=400):
    """Few cells of one parent, in two populations that lie too near for a valley between them."""
    rng = np.random.default_rng(seed)
    b = rng.normal(np.where(rng.uniform(size=n) < high, 0.6, 0.45), 0.07) + drift
    table = np.column_stack([rng.normal(0.5, 0.08, n), rng.normal(0.7, 0.07, n), b])
    return cg.Events(table, [Channel(name, range=1.0) for name in NAMES])


@pytest.mark.parametrize("n", [400, 5000])
def test_populations_that_hide_in_one_peak_are_mostly_biology_where_one_grows(n):
    gates = strategy(0.45, 0.525), strategy(0.45, 0.525)
    parts = []
    for seed in range(4):
        one, two = overlapping(seed, high=0.3, n=n), overlapping(100 + seed, high=0.7, n=n)
        found = split(one, two, *gates)["DN"]
        assert found.change < -20
        parts.append(found.gate / found.change)
    assert abs(np.mean(parts)) < 0.55  # by the top of the peak alone it would be 1


def test_populations_that_hide_in_one_peak_are_the_gates_where_both_are_brighter():
    gates = strategy(0.45, 0.525), strategy(0.45, 0.525)
    for seed in range(4):
        one, two = (
            overlapping(seed, high=0.5, n=5000),
            overlapping(100 + seed, high=0.5, drift=0.05, n=5000),
        )
        found = split(one, two, *gates)["DN"]
        assert found.change < -12
        assert abs(found.biology) < 0.2 * abs(found.change)
