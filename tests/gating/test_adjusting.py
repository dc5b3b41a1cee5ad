"""Gates of one sample changed by hand, each kind of gate in data values and in scale units."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.errors import GatingError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.adjusting import GateChange, adjust, depends_on
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms import Linear, Log

X, Y = Dimension("X", transform="log"), Dimension("Y", transform="linear")
LOG, LINEAR = Log(T=1000.0, M=3.0), Linear(T=1000.0, A=0.0)
PARTS = (
    Quadrant("LL", ((0, 0), (1, 0))),
    Quadrant("LR", ((0, 1), (1, 0))),
    Quadrant("UL", ((0, 0), (1, 1))),
    Quadrant("UR", ((0, 1), (1, 1))),
)
TRIANGLE = np.array([[0.2, 0.2], [0.6, 0.2], [0.4, 0.8]])


@pytest.fixture
def strategy():
    nodes = [
        GateNode("Range", RectangleGate((X,), (-math.inf,), (0.5,))),
        GateNode("Box", RectangleGate((X, Y), (0.1, 0.2), (0.6, math.inf)), "Range"),
        GateNode("Triangle", PolygonGate((X, Y), TRIANGLE), "Box"),
        GateNode("Ellipse", EllipsoidGate((X, Y), (0.4, 0.5), ((0.01, 0.0), (0.0, 0.01)), 1.0)),
        GateNode("Quads", QuadrantGate((X, Y), ((0.4,), (0.5,)), PARTS), "Range"),
        GateNode("Either", BooleanGate("or", (Reference("Triangle"), Reference("Ellipse")))),
        GateNode("Alone", RectangleGate((Y,), (0.1,), (math.inf,))),
    ]
    return GatingStrategy.build(nodes, transforms={"log": LOG, "linear": LINEAR})


def changed(strategy, gate, **change):
    found = adjust(strategy, [GateChange(gate, change)])
    same = {node.name: node.gate for node, _ in strategy.gates if node.name != gate}
    for node, _ in found.gates:
        if node.name != gate:
            assert node.gate == same[node.name] or node.gate.to_dict() == same[node.name].to_dict()
    assert found.paths == strategy.paths
    return next(node.gate for node, _ in found.gates if node.name == gate)


def test_a_new_cut_is_a_data_value_unless_scale_units_are_said(strategy):
    assert changed(strategy, "Range", cut=100.0).maximum == pytest.approx((LOG.forward(100.0),))
    assert changed(strategy, "Range", below=0.7, units="scale").maximum == (0.7,)
    assert changed(strategy, "Alone", above=300.0).minimum == pytest.approx((0.3,))


def test_borders_of_a_box_change_one_by_one(strategy):
    gate = changed(strategy, "Box", x_min=0.2, y_max=0.9, units="scale")
    assert (gate.minimum, gate.maximum) == ((0.2, 0.2), (0.6, 0.9))


def test_a_move_in_data_values_goes_through_the_scale(strategy):
    gate = changed(strategy, "Box", move={"x": 50.0, "y": 100.0})
    assert gate.minimum == pytest.approx((LOG.forward(LOG.inverse(0.1) + 50), 0.3))
    assert gate.maximum[0] == pytest.approx(LOG.forward(LOG.inverse(0.6) + 50))
    assert gate.maximum[1] == math.inf


def test_a_polygon_moves_or_gets_new_vertices(strategy):
    moved = changed(strategy, "Triangle", move={"x": 0.1}, units="scale")
    np.testing.assert_allclose(moved.vertices, TRIANGLE + np.array([0.1, 0.0]))
    drawn = changed(strategy, "Triangle", vertices=[[10.0, 0.0], [100.0, 0.0], [10.0, 500.0]])
    expected = [[LOG.forward(x), LINEAR.forward(y)] for x, y in ((10, 0), (100, 0), (10, 500))]
    np.testing.assert_allclose(drawn.vertices, expected)


def test_an_ellipse_moves_and_keeps_its_shape(strategy):
    gate = changed(strategy, "Ellipse", move={"y": 100.0})
    np.testing.assert_allclose(gate.mean, (0.4, 0.6))
    np.testing.assert_allclose(gate.covariance, [[0.01, 0.0], [0.0, 0.01]])


def test_quadrants_get_new_cuts_or_move(strategy):
    gate = changed(strategy, "Quads", y_cut=700.0)
    assert gate.cuts == ((0.4,), pytest.approx((0.7,)))
    gate = changed(strategy, "Quads", move={"x": 0.05, "y": -0.1}, units="scale")
    assert gate.cuts == (pytest.approx((0.45,)), pytest.approx((0.4,)))


@pytest.mark.parametrize(
    ("gate", "change", "said"),
    [
        ("Box", {"cut": 3.0}, "has more borders than one"),
        ("Box", {"vertices": [[1, 1]] * 3}, "is a rectangle: it may have x_min"),
        ("Range", {"y_min": 1.0}, "no second axis"),
        ("Range", {"above": 5.0}, "the open side stays open"),
        ("Box", {"x_min": 0.9, "units": "scale"}, "nothing would be left"),
        ("Range", {"below": -5.0}, "-5 has no place on the scale of X"),
        ("Either", {"move": {"x": 1.0}}, "is a boolean: it has no geometry"),
        ("Triangle", {"units": "scale"}, "found nothing"),
        ("Trangle", {"move": {"x": 1.0}}, "no gate 'Trangle' to adjust. Did you mean Triangle"),
    ],
)
def test_what_does_not_fit_is_refused(strategy, gate, change, said):
    with pytest.raises(GatingError, match=said):
        adjust(strategy, [GateChange(gate, change)])


def test_populations_depend_on_gates_above_and_on_what_they_are_made_of(strategy):
    assert depends_on(strategy, ["Box"]) == {"/Range/Box", "/Range/Box/Triangle", "/Either"}
    assert depends_on(strategy, ["Quads"]) == {f"/Range/{part}" for part in ("LL", "LR", "UL", "UR")}
    assert depends_on(strategy, ["Alone"]) == {"/Alone"}
    assert "/Alone" not in depends_on(strategy, ["Range"])
    assert depends_on(strategy, []) == frozenset()
