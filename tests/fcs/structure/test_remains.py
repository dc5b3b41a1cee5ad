"""Remains: what is left of DATA that no length proves, at the bounds of each rule."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.structure.claims import Claims
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.remains import Remains, refusal, remains
from cytogate.fcs.structure.window import Window

TEXT = Segment(58, 99)
TEN = Segment(100, 139)  # events of four bytes
ROW = 4


class Held:
    """Bytes of a file in memory."""

    def __init__(self, content):
        self._content = content

    def read_into(self, begin, out):
        assert 0 <= begin <= begin + len(out) <= len(self._content)
        out[:] = np.frombuffer(self._content[begin : begin + len(out)], np.uint8)


def claims(header=None, text=None, *, available, taken=(TEXT,)):
    return Claims(header, text, taken, ROW, 0, available)


def left(said, total=10, content=None):
    return remains(said, total, Window(Held(content or b" " * said.available), 0, said.available))


@pytest.mark.parametrize(
    ("place", "total", "available", "expected"),
    [
        (TEN, 10, 120, Remains(100, 5, is_cut=True)),
        (TEN, 10, 123, Remains(100, 5, is_cut=True)),
        (TEN, 10, 124, Remains(100, 6, is_cut=True)),
        (TEN, 12, 140, Remains(100, 10, is_cut=False)),
        (TEN, 12, 139, Remains(100, 9, is_cut=True)),
        (TEN, 10, 104, Remains(100, 1, is_cut=True)),
        (TEN, 10, 103, None),
        (TEN, 10, 100, None),
        (TEN, 10, 60, None),
        (Segment(100, 140), 10, 120, Remains(100, 5, is_cut=True)),
        (Segment(100, 140), 12, 150, Remains(100, 10, is_cut=False)),
        (Segment(100, 141), 10, 120, None),
        (Segment(100, 0), 10, 139, Remains(100, 9, is_cut=True)),
        (Segment(100, 0), 10, 140, None),
        (Segment(100, 100), 10, 120, Remains(100, 5, is_cut=True)),
        (Segment(100, 100), 10, 140, None),
        (Segment(99, 138), 10, 120, None),
    ],
)
def test_whole_events_of_the_one_place_remain(place, total, available, expected):
    assert left(claims(place, available=available), total) == expected
    assert left(claims(None, place, available=available), total) == expected
    assert left(claims(place, place, available=available), total) == expected


@pytest.mark.parametrize("surplus", [0, 1])
def test_the_place_as_long_as_the_events_goes_before_another(surplus):
    fits, other = Segment(100, 139 + surplus), Segment(104, 147)
    for pair in ((fits, other), (other, fits)):
        said = claims(*pair, available=120)
        assert left(said) == Remains(100, 5, is_cut=True)
        assert left(said, total=99) is None, "either could be the begin"


def test_the_longer_of_two_places_of_one_begin_counts():
    for pair in ((TEN, Segment(100, 179)), (Segment(100, 179), TEN)):
        assert left(claims(*pair, available=1000), 99) == Remains(100, 20, is_cut=False)


def test_a_place_behind_the_file_is_none():
    said = claims(TEN, Segment(150, 189), available=150)
    assert left(said, total=99) == Remains(100, 10, is_cut=False)


def test_no_event_that_remains_lies_on_text():
    behind = (Segment(120, 199),)
    assert left(claims(TEN, available=119, taken=behind)) == Remains(100, 4, is_cut=True)
    assert left(claims(TEN, available=1000, taken=behind)) is None


@pytest.mark.parametrize(
    ("at", "begin", "taken", "is_blank"),
    [
        (99, 100, (), False),
        (96, 100, (), False),
        (95, 100, (), True),
        (97, 100, (Segment(60, 97),), True),
        (98, 100, (Segment(60, 97),), False),
        (98, 100, (Segment(60, 97), Segment(60, 98)), True),
        (97, 100, (Segment(200, 209),), False),
        (57, 60, (), True),
        (58, 60, (), False),
    ],
)
def test_what_lies_right_before_the_begin_must_be_blank(at, begin, taken, is_blank):
    content = bytearray(b" " * 120)
    content[at] = ord("7")
    said = claims(Segment(begin, begin + 199), available=120, taken=taken)
    assert (left(said, 50, bytes(content)) is not None) == is_blank


@pytest.mark.parametrize(
    ("pair", "total", "available", "code", "offset", "found"),
    [
        ((None, None), 10, 200, "data-offsets", 26, "no place of DATA"),
        ((TEN, None), 10, 139, "data-truncated", 100, "0 of 10 events, DATA from 100 to 139"),
        ((Segment(100, 140), None), 10, 140, "data-truncated", 100, "0 of 10 events, DATA from 100 to 140"),
        ((TEN, Segment(104, 143)), 10, 130, "data-truncated", 100, "DATA from 100 to 139"),
        ((Segment(104, 143), TEN), 10, 130, "data-truncated", 100, "DATA from 100 to 139"),
        ((Segment(100, 141), None), 10, 130, "data-length", 100, "HEADER"),
        ((TEN, Segment(120, 159)), 10, 160, "data-ambiguous", 26, "HEADER"),
        ((TEN, None), 100, 400, "data-length", 100, "HEADER"),
        ((TEN, None), 100, 399, "tot-too-large", None, "HEADER"),
        ((Segment(90, 129), None), 10, 400, "data-overlap", 26, "HEADER"),
        ((None, Segment(90, 129)), 10, 400, "data-overlap", 90, "TEXT"),
        ((TEN, Segment(104, 143)), 9, 400, "data-length", 104, "HEADER"),
        ((Segment(90, 129), Segment(104, 147)), 10, 400, "data-overlap", 26, "HEADER"),
    ],
)
def test_refusal_points_at_what_is_wrong(pair, total, available, code, offset, found):
    error = refusal(claims(*pair, available=available), total, None, Findings("a.fcs"))
    assert (error.code, error.offset) == (code, offset)
    assert error.found.startswith(found)
    assert "enient" not in error.fix


@pytest.mark.parametrize(
    ("place", "total", "available", "code"),
    [(TEN, 10, 130, "data-truncated"), (TEN, 12, 200, "data-length"), (TEN, 100, 200, "tot-too-large")],
)
def test_refusal_counts_what_lenient_reading_gives(place, total, available, code):
    said = claims(place, available=available)
    found = left(said, total)
    error = refusal(said, total, found, Findings("a.fcs"))
    assert error.code == code
    assert error.found.startswith(f"{found.n_events} ")
    assert "lenient" in error.fix
