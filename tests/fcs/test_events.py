from __future__ import annotations

import numpy as np
import pytest

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import FcsError, PanelError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.fcs.source import EventSource


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_values_keep_their_type_and_are_not_copied(dtype):
    values = np.arange(6, dtype=dtype).reshape(3, 2)
    events = Events(values, ["A", "B"])
    assert events.values.dtype == dtype
    assert np.shares_memory(events.values, values)
    with pytest.raises(ValueError, match="read-only"):
        events.values[0, 0] = 1
    values[0, 0] = 5  # the caller's own array stays writable


@pytest.mark.parametrize(
    "values", [[[1, 2]], np.ones((1, 2), bool), np.array([[1, 2]], ">f4"), np.ones((2, 1)).T]
)
def test_other_numbers_become_native_c_contiguous_floats(values):
    events = Events(values, ["A", "B"])
    assert events.values.dtype == np.float64
    assert events.values.flags.c_contiguous
    np.testing.assert_array_equal(events.events(), np.asarray(values, np.float64))


def test_events_are_an_event_source_whose_reader_gives_their_bytes():
    events = Events(np.arange(8, dtype=np.float32).reshape(4, 2), [Channel("A", "CD3"), "B"])
    assert isinstance(events, EventSource)
    buffer = np.zeros(2 * events.layout.row_bytes, np.uint8)
    with events.reader() as reader:
        reader.read_into(1, 2, buffer)
    np.testing.assert_array_equal(buffer.view(np.float32), [2, 3, 4, 5])
    np.testing.assert_array_equal(events.column("B"), [1, 3, 5, 7])


def test_reader_refuses_events_that_are_not_there():
    with (
        Events(np.ones((3, 1)), ["A"]).reader() as reader,
        pytest.raises(FcsError, match=r"events 2 to 4.*0 to 3"),
    ):
        reader.read_into(2, 2, np.zeros(16, np.uint8))


def test_no_events_are_fine():
    events = Events(np.empty((0, 2)), ["A", "B"])
    assert events.n_events == 0
    with events.reader() as reader:
        reader.read_into(0, 0, np.empty(0, np.uint8))


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([1.0, 2.0], r"shape \(2,\), but there are 2 channels"),
        ([[1.0]], r"shape \(1, 1\)"),
        ([["a", "b"]], "expected numbers"),
    ],
)
def test_values_that_are_no_table_of_the_channels_are_refused(values, match):
    with pytest.raises(PanelError, match=match):
        Events(values, ["A", "B"])


def test_keywords_are_upper_case_and_survive_replaced_values():
    matrix = CompensationMatrix(["A"], ["A"], [[1.0]])
    events = Events([[1.0]], ["A"], matrix, {"$cyt": "x"}, "here")
    other = events.replace_values([[2.0]])
    assert (other.keywords["$CYT"], other.path, other.spillover) == ("x", "here", matrix)
    assert other.values.tolist() == [[2.0]]
