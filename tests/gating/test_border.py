"""Density at borders, where it can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import cytogate as cg
from cytogate.fcs.channels.panel import Channel
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.border import borders
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

X, Y = Dimension("X"), Dimension("Y")
SQUARE = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]
GATES = {
    "threshold": RectangleGate((X,), (0.5,), (np.inf,)),
    "rectangle": RectangleGate((X, Y), (0.3, 0.3), (0.7, 0.7)),
    "polygon": PolygonGate((X, Y), SQUARE),
    "ellipse": EllipsoidGate((X, Y), np.array([0.5, 0.5]), np.eye(2) * 0.04, 1.0),
    "quadrants": QuadrantGate(
        (X, Y), ((0.5,), (0.5,)), (Quadrant("Q1", ((0, 0), (1, 0))), Quadrant("Q2", ((0, 1),)))
    ),
}


def found(values, **gates):
    source = cg.Events(values, [Channel("X", range=1.0), Channel("Y", range=1.0)])
    strategy = GatingStrategy.build([GateNode(name, gate) for name, gate in gates.items()])
    return {border.gate: border for border in borders(source, strategy, "s")}


def test_even_events_have_density_1_at_every_border():
    rng = np.random.default_rng(0)
    for border in found(rng.uniform(0, 1, (4000, 2)), **GATES).values():
        assert border.density == pytest.approx(1, abs=0.25), border.gate
        assert border.place == pytest.approx((0.5,) * len(border.place), abs=0.01)
        assert border.n_events == 4000


def test_a_valley_has_less_and_a_ridge_more():
    rng = np.random.default_rng(0)
    two = np.column_stack([rng.normal(rng.choice([0.3, 0.7], 4000), 0.08), rng.uniform(0, 1, 4000)])
    valley = found(two, gate=GATES["threshold"])["gate"]
    ridge = found(two, gate=RectangleGate((X,), (0.7,), (np.inf,)))["gate"]
    assert valley.density < 0.85 < 1.0 <= ridge.density + 0.05
    narrow = np.column_stack([rng.normal(0.5, 0.015, 4000), rng.uniform(0, 1, 4000)])
    assert found(narrow, gate=GATES["threshold"])["gate"].density > 1.3


@pytest.mark.parametrize("n", [0, 1])
def test_without_events_nothing_is_dense(n):
    for border in found(np.full((n, 2), 0.1), **GATES).values():
        assert border.density == 1
        assert border.n_events == n


def test_booleans_have_no_border_and_open_sides_no_place():
    both = BooleanGate("and", (Reference("threshold"), Reference("open")))
    open_side = RectangleGate((X, Y), (0.5, -np.inf), (np.inf, np.inf))
    given = found(np.zeros((5, 2)), threshold=GATES["threshold"], open=open_side, both=both)
    assert set(given) == {"threshold", "open"}
    assert given["open"].place[0] == 0.5
    assert np.isnan(given["open"].place[1])


def test_parts_of_a_gate_are_its_populations():
    given = found(np.zeros((5, 2)), quadrants=GATES["quadrants"])["quadrants"]
    assert given.populations == ("/Q1", "/Q2")
    assert given.parent is None


def test_a_quadrant_gate_with_two_dividers_on_one_axis_is_looked_at():
    x, y = Dimension("A"), Dimension("B")
    parts = (Quadrant("low", ((0, 0), (1, 0))), Quadrant("high", ((0, 1), (2, 1))))
    gate = QuadrantGate((x, y, y), ((0.5,), (0.4,), (0.6,)), parts)
    events = cg.Events(np.random.default_rng(1).uniform(0, 1, (500, 2)), ["A", "B"])
    (found,) = borders(events, GatingStrategy.build([GateNode("Cross", gate)]), "s")
    assert len(found.place) == 3
    assert found.n_events == 500
