"""Quadrant gates: intervals, parts, offset quadrants, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Interval
from cytogate.gates.quadrant import Quadrant, QuadrantGate

IGD, CD27 = Dimension("IgD"), Dimension("CD27")
FOUR = (
    Quadrant("DN", ((0, 0), (1, 0))),
    Quadrant("N+T", ((0, 1), (1, 0))),
    Quadrant("UM", ((0, 1), (1, 1))),
    Quadrant("SWM", ((0, 0), (1, 1))),
)
GATE = QuadrantGate((IGD, CD27), ((0.4,), (0.5,)), FOUR)
OFFSET = QuadrantGate(  # CD27 is cut at one place among IgD- cells and at another among IgD+
    (IGD, CD27, CD27),
    ((0.4,), (0.5,), (0.7,)),
    (
        Quadrant("DN", ((0, 0), (1, 0))),
        Quadrant("SWM", ((0, 0), (1, 1))),
        Quadrant("N+T", ((0, 1), (2, 0))),
        Quadrant("UM", ((0, 1), (2, 1))),
    ),
)


def test_an_event_on_the_cross_belongs_to_the_upper_right_part():
    event = np.array([[0.4, 0.5]])
    assert {part: bool(GATE.contains(event, part)[0]) for part in GATE.parts} == {
        "DN": False,
        "N+T": False,
        "UM": True,
        "SWM": False,
    }


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)), min_size=1, max_size=30))
def test_the_four_parts_hold_every_event_once_infinities_included(events):
    values = np.array(events)
    assert (sum(GATE.contains(values, part).astype(int) for part in GATE.parts) == 1).all()
    offset = values[:, [0, 1, 1]]
    assert (sum(OFFSET.contains(offset, part).astype(int) for part in OFFSET.parts) == 1).all()


def test_nan_counts_only_where_a_part_looks():
    gate = QuadrantGate((IGD, CD27), ((0.4,), (0.5,)), (Quadrant("IgD+", ((0, 1),)), FOUR[0]))
    values = np.array([[0.6, math.nan], [math.nan, 0.1]])
    assert gate.contains(values, "IgD+").tolist() == [True, False]
    assert gate.contains(values, "DN").tolist() == [False, False]


def test_several_cuts_make_several_intervals():
    names = ("low", "mid", "high")
    gate = QuadrantGate((IGD,), ((1, 2),), tuple(Quadrant(name, ((0, k),)) for k, name in enumerate(names)))
    values = np.array([[0.5], [1.0], [1.5], [2.0], [9.0]])
    assert [gate.contains(values, name).tolist() for name in names] == [
        [True, False, False, False, False],
        [False, True, True, False, False],
        [False, False, False, True, True],
    ]
    assert gate.outline("mid").tolist() == [[1.0, 2.0]]


def test_a_part_lowers_to_the_intervals_of_its_dividers():
    assert OFFSET.lower("UM") == (Interval(IGD, 0.4, math.inf), Interval(CD27, 0.7, math.inf))


def test_a_part_is_drawn_as_a_box_with_infinite_sides():
    inf = math.inf
    assert GATE.outline("SWM").tolist() == [[-inf, 0.5], [0.4, 0.5], [0.4, inf], [-inf, inf]]
    assert OFFSET.outline("N+T").tolist() == [[0.4, -inf], [inf, -inf], [inf, 0.7], [0.4, 0.7]]


def test_the_gate_itself_is_no_population():
    with pytest.raises(GatingError, match="ask for a part: DN, N\\+T, UM, SWM"):
        GATE.contains(np.zeros((1, 2)))


def test_an_unknown_part_names_the_nearest():
    with pytest.raises(GatingError, match=r"no part 'SWN'\. Did you mean SWM"):
        GATE.lower("SWN")


@pytest.mark.parametrize(
    ("dims", "cuts", "quadrants", "message"),
    [
        ((IGD,), ((2, 1),), (Quadrant("a", ((0, 0),)),), "divider 0: found cuts .* expected them ascending"),
        ((IGD,), ((1, 1),), (Quadrant("a", ((0, 0),)),), "ascending"),
        ((IGD,), ((),), (Quadrant("a", ((0, 0),)),), "expected one or more finite numbers"),
        ((IGD,), ((math.inf,),), (Quadrant("a", ((0, 0),)),), "finite numbers"),
        ((IGD, CD27), ((1,),), (Quadrant("a", ((0, 0),)),), "cuts: found 1 lists; expected 2"),
        ((IGD,), ((1,),), (), "quadrants: found none"),
        ((), (), (Quadrant("a", ((0, 0),)),), "dividers: found none"),
        ((IGD,), ((1,),), (Quadrant("a", ((1, 0),)),), "quadrant 'a': found divider 1; expected 0 to 0"),
        ((IGD,), ((1,),), (Quadrant("a", ((0, 2),)),), "found interval 2 of divider 0; expected 0 to 1"),
        ((IGD,), ((1,),), (Quadrant("a", ()),), "it uses no divider"),
        ((IGD,), ((1,),), (Quadrant("a", ((0, 0), (0, 1))),), "uses a divider twice"),
        ((IGD,), ((1,),), (Quadrant("a", ((0, 0),)), Quadrant("a", ((0, 1),))), "the name is used twice"),
    ],
)
def test_what_makes_no_parts_is_refused(dims, cuts, quadrants, message):
    with pytest.raises(GatingError, match=message):
        QuadrantGate(dims, cuts, quadrants)
