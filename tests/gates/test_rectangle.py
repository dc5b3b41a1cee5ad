"""Rectangle gates: borders, open sides, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Interval
from cytogate.gates.rectangle import RectangleGate

A, B, C = Dimension("A"), Dimension("B"), Dimension("C")


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_event_on_minimum_is_inside_and_on_maximum_outside():
    gate = RectangleGate((A,), (1.0,), (2.0,))
    assert gate.contains(column(1.0, math.nextafter(1.0, 0), math.nextafter(2.0, 0), 2.0)).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_nan_on_any_dimension_is_outside_even_between_open_sides():
    gate = RectangleGate((A, B), (-math.inf, 0.0), (math.inf, 1.0))
    assert gate.contains(np.array([[5.0, 0.5], [math.nan, 0.5], [5.0, math.nan]])).tolist() == [
        True,
        False,
        False,
    ]


def test_infinite_events_compare_as_numbers_and_an_infinite_bound_is_open():
    events = column(-math.inf, 0.0, math.inf)
    assert RectangleGate((A,), (0.0,), (math.inf,)).contains(events).tolist() == [False, True, True]
    assert RectangleGate((A,), (-math.inf,), (0.0,)).contains(events).tolist() == [True, False, False]
    assert RectangleGate((A,), (-1.0,), (1.0,)).contains(events).tolist() == [False, True, False]


def test_it_lowers_to_one_interval_a_dimension():
    gate = RectangleGate((A, B), (0.0, -math.inf), (1.0, 2.0))
    assert gate.lower() == (Interval(A, 0.0, 1.0), Interval(B, -math.inf, 2.0))


def test_outline_of_a_range_is_its_ends_and_of_more_its_corners():
    assert RectangleGate((A,), (1.0,), (math.inf,)).outline().tolist() == [[1.0, math.inf]]
    gate = RectangleGate((A, B, C), (0, 1, 2), (3, 4, 5))
    assert gate.outline().tolist() == [[0, 1], [3, 1], [3, 4], [0, 4]]


def test_integers_become_floats_and_lists_tuples():
    gate = RectangleGate([A], [1], [2])
    assert gate == RectangleGate((A,), (1.0,), (2.0,))
    assert hash(gate) == hash(RectangleGate((A,), (1.0,), (2.0,)))


def test_every_bad_bound_is_named_at_once():
    with pytest.raises(GatingError, match="rectangle gate on A x B cannot be used") as caught:
        RectangleGate((A, B), (2.0, math.nan), (1.0, 3.0))
    assert [problem.location for problem in caught.value.problems] == ["A", "B"]
    assert "found 2 to 1; expected minimum < maximum" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((A,), (1.0, 2.0), (3.0,)), "minimum: found 2 values; expected 1"),
        (((), (), ()), "dimensions: found none"),
        (((A,), ("low",), (1.0,)), "minimum: not a list of numbers"),
    ],
)
def test_bounds_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(GatingError, match=message):
        RectangleGate(*arguments)


def test_values_of_the_wrong_shape_are_refused():
    with pytest.raises(GatingError, match=r"takes values of shape \(n_events, 1\); found \(3,\)"):
        RectangleGate((A,), (0.0,), (1.0,)).contains(np.zeros(3))
