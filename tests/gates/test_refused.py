"""What no gate, transform or matrix of a strategy may be: refused by name before any event is read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import cytogate as cg
from cytogate.errors import GatingError, TransformError
from cytogate.gates._checks import on_one_line
from cytogate.gates.base import gate_from_dict
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.base import transform_from_dict

NAN, INF = math.nan, math.inf
A, B = Dimension("A"), Dimension("B")
BOWTIE = [(0, 0), (2, 2), (2, 0), (0, 2)]  # its two halves wind in opposite ways: the signed area is 0


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: PolygonGate((A, B), [(0, 0), (1, NAN), (1, 1)]), "vertex 2: found (1, nan)"),
        (lambda: PolygonGate((A, B), [(NAN, NAN)] * 3), "vertex 3"),
        (lambda: PolygonGate((A, B), [(0, 0), (1, 1)]), "found 2; expected at least 3"),
        (lambda: PolygonGate((A, B), np.empty((0, 2))), "found 0; expected at least 3"),
        (lambda: PolygonGate((A, B), [(1, 1)] * 4), "found 4, all equal: the polygon has no area"),
        (lambda: PolygonGate((A, B), [(0, 0), (1, 1), (5, 5)]), "all on one line through (0, 0)"),
        (lambda: PolygonGate((A, B), [(0.1, 0.3), (0.2, 0.6), (0.3, 0.9)]), "has no area"),
        (lambda: PolygonGate((A, B), [(1, 0), (1, INF), (1, -INF)]), "all on one line"),
        (lambda: PolygonGate((A, B), [(0, INF), (1, INF), (2, INF)]), "all on one line"),
        (lambda: PolygonGate((A,), BOWTIE), "dimensions: found 1; expected 2"),
        (lambda: PolygonGate((A, B), [(1, 2, 3)] * 3), "shape (3, 3); expected (n_vertices, 2)"),
        (lambda: PolygonGate((A, B), [(1e200, 0), (1, 1), (0, 1)]), "beyond 1e150"),
        (lambda: EllipsoidGate((A, B), (0, 0), ((1, 1), (1, 1)), 1), "which has no inverse"),
        (lambda: EllipsoidGate((A, B), (0, 0), ((0, 0), (0, 0)), 1), "which has no inverse"),
        (lambda: EllipsoidGate((A, B), (0, 0), ((1, 2), (0.5, 1)), 1), "which has no inverse"),
        (lambda: EllipsoidGate((A, B), (0, NAN), ((1, 0), (0, 1)), 1), "mean: found NaN or an infinity"),
        (lambda: EllipsoidGate((A, B), (0, 0), ((1, 0), (0, INF)), 1), "covariance: found NaN or an inf"),
        (lambda: EllipsoidGate((A, B), (0, 0), ((1, 0), (0, 1)), 0), "distance_square: found 0"),
        (lambda: EllipsoidGate((A, B), (0, 0), ((1, 0), (0, 1)), NAN), "distance_square: found nan"),
        (lambda: EllipsoidGate((A, B), (0, 0, 0), ((1, 0), (0, 1)), 1), "mean: found shape (3,)"),
        (lambda: EllipsoidGate((A,), (0,), ((1,),), 1), "found 1; expected at least 2"),
        (lambda: RectangleGate((A,), (NAN,), (1,)), "A: found nan to 1; expected minimum < maximum"),
        (lambda: RectangleGate((A,), (1,), (1,)), "A: found 1 to 1"),
        (lambda: RectangleGate((A,), (INF,), (INF,)), "A: found inf to inf"),
        (lambda: RectangleGate((A, B), (0,), (1, 2)), "minimum: found 1 values; expected 2"),
        (lambda: RectangleGate((), (), ()), "dimensions: found none"),
        (lambda: QuadrantGate((A,), ((NAN,),), (Quadrant("q", ((0, 0),)),)), "divider 0: found cuts (nan,)"),
        (lambda: QuadrantGate((A,), ((1, 1),), (Quadrant("q", ((0, 0),)),)), "expected them ascending"),
        (lambda: QuadrantGate((A,), ((1,),), (Quadrant("q", ((0, 2),)),)), "found interval 2 of divider 0"),
        (lambda: QuadrantGate((A,), ((1,),), (Quadrant("q", ((1, 0),)),)), "found divider 1; expected 0"),
        (lambda: QuadrantGate((A,), ((1,),), (Quadrant("q", ((0, 0),)),) * 2), "'q': the name is used twice"),
        (lambda: BooleanGate("xor", (Reference("a"), Reference("b"))), "found 'xor'"),
        (lambda: BooleanGate("not", ()), "found 0; 'not' takes exactly 1"),
        (lambda: Ratio("A", "B", 0.0), "A is 0; expected a finite number, not 0"),
        (lambda: Ratio("A", "B", 1.0, NAN), "B is nan"),
    ],
)  # fmt: skip
def test_gate_that_cannot_be_is_refused(make, text):
    with pytest.raises(GatingError) as caught:
        make()
    assert text in str(caught.value)


@pytest.mark.parametrize("stored", [[["nan", 0], [1, 1], [1, 0]], [[0, 0], [1, 1], [2, 2]]])
def test_stored_gate_is_checked_like_a_new_one(stored):
    data = {"kind": "polygon", "dims": [A.to_dict(), B.to_dict()], "vertices": stored}
    with pytest.raises(GatingError, match="vert"):
        gate_from_dict(data)


def test_all_faults_of_a_gate_are_listed_at_once():
    with pytest.raises(GatingError) as caught:
        PolygonGate((A,), [(NAN, 0), (1, INF), (NAN, 1)])
    assert len(caught.value.problems) == 3
    assert "polygon gate on A" in str(caught.value)


def test_outline_that_crosses_itself_is_legal_though_its_signed_area_is_zero():
    gate = PolygonGate((A, B), BOWTIE)
    values = np.array([[0.5, 1.0], [1.5, 1.0], [1.0, 0.25], [1.0, 1.75]])
    assert gate.contains(values).tolist() == [True, True, False, False]


def test_polygon_however_thin_has_an_area():
    gate = PolygonGate((A, B), [(0, 0), (1, 1), (1, math.nextafter(1, 2))])
    assert not on_one_line(gate.vertices)


@given(
    st.lists(st.integers(-50, 50), min_size=3, max_size=8),
    st.tuples(*[st.decimals("-9", "9", places=2)] * 4),
)
def test_points_along_any_line_are_refused(steps, line):
    """Start and direction in decimals of two places: the points are what a person would write."""
    x, y, dx, dy = line
    points = [(float(x + k * dx), float(y + k * dy)) for k in steps]
    with pytest.raises(GatingError, match="no area"):
        PolygonGate((A, B), points)


@given(st.lists(st.tuples(*[st.integers(-1000, 1000)] * 2), min_size=3, max_size=7), st.integers(-300, 140))
def test_points_with_an_area_are_not_refused(points, exponent):
    (x0, y0), *others = points
    assume(len({((x - x0) * (v - y0) - (u - x0) * (y - y0)) for x, y in others for u, v in others}) > 1)
    vertices = [(float(f"{x}e{exponent}"), float(f"{y}e{exponent}")) for x, y in points]
    assert not on_one_line(PolygonGate((A, B), vertices).vertices)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("linear", {"T": 0, "A": 0}), ("linear", {"T": 1, "A": 2}), ("linear", {"T": NAN, "A": 0}),
        ("log", {"T": -1, "M": 4}), ("log", {"T": 1, "M": 0}), ("log", {"T": INF, "M": 4}),
        ("asinh", {"T": 1, "M": -1, "A": 0}), ("asinh", {"T": 1, "M": 1, "A": 2}),
        ("logicle", {"T": 1, "W": 3, "M": 4, "A": 0}), ("logicle", {"T": 1, "W": -1, "M": 4, "A": 0}),
        ("logicle", {"T": 1, "W": 1, "M": 4, "A": 3}), ("logicle", {"T": 1, "W": 1, "M": 4, "A": -2}),
        ("hyperlog", {"T": 1, "W": 0, "M": 4, "A": 0}), ("hyperlog", {"T": 1, "W": 3, "M": 4, "A": 0}),
        ("hyperlog", {"T": 0, "W": 1, "M": 4, "A": 0}), ("hyperlog", {"T": 1, "W": 1, "M": 4, "A": 9}),
    ],
)  # fmt: skip
def test_transform_outside_its_range_is_refused(kind, parameters):
    with pytest.raises(TransformError, match=f"{kind} [TWMA]: found"):
        transform_from_dict({"kind": kind, **parameters})


def _range(name, parent=None, channel="A", **dim):
    return GateNode(name, RectangleGate((Dimension(channel, **dim),), (0.0,), (1.0,)), parent)


def _not(name, reference, parent=None):
    return GateNode(name, BooleanGate("not", (Reference(reference),)), parent)


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([_range("X", "Y"), _range("Y", "X")], "gate 'X': parent 'Y' is reached from the gate itself"),
        ([_range("X", "X")], "parent 'X' is reached from the gate itself"),
        ([_not("X", "Y"), _not("Y", "X")], "refers to itself"),
        ([_not("X", "X")], "refers to itself"),
        ([_not("X", "Y"), _range("Y", "X")], "refers to itself"),
        ([_range("X"), _range("X")], "a second population 'X' below the root"),
        ([_range("X", "P")], "unknown parent 'P'"),
        ([_not("X", "P")], "There is no population 'P'"),
        ([_range("X", transform="t")], "gate 'X', dimension 'A': unknown transform 't'"),
        ([_range("X", compensation="m")], "gate 'X', dimension 'A': unknown compensation 'm'"),
    ],
)
def test_tree_that_cannot_be_is_refused_by_name(nodes, text):
    with pytest.raises(GatingError) as caught:
        GatingStrategy.build(nodes)
    assert text in str(caught.value)


class _Unread(cg.Events):
    """Events whose values nobody may look at."""

    def reader(self):
        raise AssertionError

    events = reader


def test_events_that_may_not_be_read_tell_when_they_are():
    strategy = GatingStrategy.build([_range("X")])
    with pytest.raises(AssertionError):
        cg.gate(_Unread(np.zeros((3, 2)), ["A", "B"]), strategy)


@pytest.mark.parametrize(
    ("dim", "error", "text"),
    [
        (Dimension("C"), cg.PanelError, "'C'"),
        (Dimension("R", ratio=Ratio("A", "C")), cg.PanelError, "'C'"),
        (Dimension("A", "m"), cg.CompensationError, "needs detectors that the panel lacks: C"),
    ],
)
def test_strategy_that_does_not_fit_is_refused_before_an_event_is_read(dim, error, text):
    events = _Unread(np.zeros((3, 2)), ["A", "B"])
    matrix = cg.CompensationMatrix(["A", "C"], ["A", "C"], np.eye(2))
    node = GateNode("X", RectangleGate((dim,), (0.0,), (1.0,)))
    with pytest.raises(error, match=text):
        cg.gate(events, GatingStrategy.build([node], compensations={"m": matrix}))


def test_every_population_with_an_unknown_channel_is_named():
    events = _Unread(np.zeros((3, 2)), ["A", "B"])
    nodes = [_range("X"), _range("Y", "X", channel="C"), _range("Z", "Y", channel="D")]
    with pytest.raises(cg.PanelError) as caught:
        cg.gate(events, GatingStrategy.build(nodes))
    assert [problem.location for problem in caught.value.problems] == ["/X/Y", "/X/Y/Z"]
    assert "/X/Y/Z: no channel or label 'D' in the panel" in str(caught.value)
