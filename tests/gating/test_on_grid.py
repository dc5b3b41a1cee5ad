"""Gating in the cells of a display grid: the engine against the cells' documentation, and FlowJo's counts."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.passes import read_columns
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.biex import Biex
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.flowjo_log import FlowJoLog

TRANSFORMS = {"biex": Bounded(Biex(width=-100), 0.0, 4096.0), "log": FlowJoLog(offset=10, decades=4)}
A, B, C = Dimension("A"), Dimension("B", transform="biex"), Dimension("C", transform="log")
LINEAR = GridAxis(-1000, 262144, 256, 0.5)
TABLE = GridAxis(0, 4096, 1024, 0.0, table=True)
LOG = GridAxis(0, 1, 256, 0.5)
GATES = {
    "inner": PolygonGate((A, B), [(2e4, 900), (2e5, 1500), (1e5, 3300)], Grid(LINEAR, TABLE)),
    "to the top": PolygonGate((B, C), [(2000, 0.5), (5000, 0.5), (5000, 2), (1500, 2)], Grid(TABLE, LOG)),
    "to the bottom": PolygonGate((A, C), [(-5e3, -1), (9e4, -1), (-5e3, 0.6)], Grid(LINEAR, LOG)),
    "bow": PolygonGate((C, A), [(0.1, 1e4), (0.9, 2e5), (0.9, 1e4), (0.1, 2e5)], Grid(LOG, LINEAR)),
    "beyond": PolygonGate((A, B), [(3e5, 900), (4e5, 900), (4e5, 2000)], Grid(LINEAR, TABLE)),
    "oval": EllipsoidGate((A, B), (1e5, 2e3), ((1e9, 9e6), (9e6, 4e5)), 2.0, Grid(LINEAR, TABLE)),
    "oval at the end": EllipsoidGate((B, C), (4000, 1), ((4e5, 0), (0, 0.04)), 1.0, Grid(TABLE, LOG)),
}


def strategy_of(gates):
    transforms = {
        name: scale
        for name, scale in TRANSFORMS.items()
        if any(dim.transform == name for gate in gates.values() for dim in gate.dims)
    }
    return GatingStrategy.build([GateNode(name, gate) for name, gate in gates.items()], transforms=transforms)


def events(n):
    rng = np.random.default_rng(n)
    spread = rng.normal(size=(n, 3)) * [9e4, 4e4, 2e4] + [8e4, 2e3, 5e3]
    odd = rng.random((n, 3)) < 0.02
    spread[odd] = rng.choice([math.nan, math.inf, -math.inf, 1e30, -1e30, 0.0, 262144.0, -865.9], odd.sum())
    return cg.Events(spread, ["A", "B", "C"])


@pytest.mark.parametrize("n", [3, 2000, 60_000])  # the engine's maps have other sizes for more events
def test_events_are_in_the_cells_of_the_gate(n):
    source, strategy = events(n), strategy_of(GATES)
    result = cg.gate(source, strategy, grid="flowjo")
    for name, gate in GATES.items():
        x, y = read_columns(source, strategy, gate.dims)
        (cells,) = gate.lower_on_grid()
        expected = naive.in_cells(x, y, cells)
        np.testing.assert_array_equal(result.mask(name), expected, err_msg=name)
        assert n < 2000 or name == "beyond" or 0 < expected.sum() < n


def test_all_other_gates_stay_exact():
    box = RectangleGate((A,), (100.0,), (200.0,))
    strategy = strategy_of({"box": box, "inner": GATES["inner"]})
    source = cg.Events(np.array([[99.9, 0, 0], [100, 0, 0], [199.9, 0, 0], [200, 0, 0]]), ["A", "B", "C"])
    assert cg.gate(source, strategy, grid="flowjo").count("box") == 2


def test_without_the_grid_the_same_gates_are_exact():
    source, strategy = events(2000), strategy_of(GATES)
    exact = cg.gate(source, strategy)
    for name, gate in GATES.items():
        values = read_columns(source, strategy, gate.dims)
        np.testing.assert_array_equal(exact.mask(name), gate.contains(values.T), err_msg=name)


def test_gates_without_a_grid_are_refused_together_by_path():
    plain = PolygonGate((A, B), [(0, 0), (1, 0), (0, 1)])
    oval = EllipsoidGate((A, B), (0, 0), np.eye(2), 1.0)
    strategy = strategy_of({"plain": plain, "oval": oval, "inner": GATES["inner"]})
    with pytest.raises(GatingError) as caught:
        cg.gate(events(3), strategy, grid="flowjo")
    assert {problem.location for problem in caught.value.problems} == {"/plain", "/oval"}
