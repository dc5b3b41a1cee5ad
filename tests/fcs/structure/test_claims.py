"""Claims: what HEADER and TEXT say of DATA, at the bounds of each rule."""

from __future__ import annotations

import numpy as np
import pytest
from fcs.answers import codes, refusal
from fcs.build import MISSING, ROWS, build, keywords, plain, unsigned

from cytogate.errors import FcsError
from cytogate.fcs.structure.claims import Claims
from cytogate.fcs.structure.header import Segment, other_segments
from cytogate.fcs.structure.segments import Segments

FAR = 10**8  # of eight digits no more are written in HEADER
TEXT = Segment(58, 99)
NO_TEXT = {"text_data": lambda b, e: (MISSING, MISSING)}


def claims(header=None, text=None, available=10**9):
    return Claims(header, text, (TEXT,), 4, 0, available)


def of_bytes(n, *, width=1, **options):
    """A file of one channel and `n` events, whose number it does not tell."""
    words = keywords(1, n, datatype="I", bits=8 * width, ranges=256**width)
    del words["$TOT"]
    return build(words, unsigned([[k + 1] for k in range(n)], (width,)), version="2.0", **options)


# --- pairs of offsets


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", []),
        (b"     300", []),
        (b"     300 400", []),
        (b"     300     40", []),
        (b"     300     400", [(300, 400)]),
        (b"     300     400     500     600", [(300, 400), (500, 600)]),
        (b"     300     400     500", [(300, 400)]),
        (b"       0       0     500     600", [(500, 600)]),
        (b"       0       5     500     600", [(500, 600)]),
        (b"       5       0     500     600", [(500, 600)]),
        (b"       1       1", [(1, 1)]),
    ],
)
def test_other_segments_are_whole_pairs_of_offsets(raw, expected):
    assert other_segments(raw) == tuple(Segment(*pair) for pair in expected)


def test_end_is_that_of_segments_inside_the_file():
    segments = Segments(TEXT, None, Segment(100, 199), Segment(500, 599), (Segment(200, 249),), b"/")
    assert segments.end(1000) == segments.end(600) == 600
    assert segments.end(599) == 250


# --- eight digits


def test_header_that_is_cut_short_has_the_digits_of_a_far_place():
    assert claims(Segment(100, 5), Segment(100, FAR + 5)).is_cut_short is True
    assert claims(Segment(0, 5), Segment(0, FAR + 5)).is_cut_short is True
    assert claims(Segment(100, 0), Segment(100, FAR)).is_cut_short is True
    assert claims(Segment(100, FAR - 1), Segment(100, FAR - 1)).is_cut_short is False
    assert claims(Segment(FAR - 1, 5), Segment(-1, FAR + 5)).is_cut_short is False
    assert claims(Segment(100, 5), None).is_cut_short is False
    assert claims(None, Segment(100, FAR + 5)).is_cut_short is False


def test_a_wrapped_end_is_beyond_eight_digits():
    assert claims(Segment(100, 0)).wrapped(FAR - 99) == Segment(100, FAR)
    assert claims(Segment(100, 1)).wrapped(FAR - 98) == Segment(100, FAR + 1)
    assert claims(Segment(100, FAR - 1)).wrapped(FAR - 100) is None
    assert claims(Segment(100, 1)).wrapped(FAR - 99) is None
    assert claims(Segment(99, 0)).wrapped(FAR - 98) is None, "it lies on TEXT"
    assert claims(Segment(100, 0), available=FAR).wrapped(FAR - 99) is None


# --- the number of events by the length of DATA


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("width", [1, 2])
def test_length_of_data_gives_the_number_of_events(read, n, width):
    f = read(of_bytes(n, width=width))
    assert (f.n_events, codes(f)) == (n, [])
    if n and width > 1:
        f = read(of_bytes(n, width=width, tail=b"\0", header_data=lambda b, e: (b, e + 1), **NO_TEXT))
        assert (f.n_events, codes(f)) == (n, ["data-end-past"])
        assert f.raw()[:, 0].tolist() == list(range(1, n + 1))


@pytest.mark.parametrize(
    ("behind", "answer"), [(0, "data-end-past"), (1, "data-end-past"), (-1, "data-length")]
)
def test_one_byte_too_many_is_of_events_that_are_all_there(read, behind, answer):
    said = {"header_data": lambda b, e: (b, e + 1), **NO_TEXT}
    content = of_bytes(3, width=2, tail=b"\0" * max(behind, 0), **said)
    if behind < 0:
        assert refusal(read, content[:behind]).code == answer
    else:
        assert codes(read(content)) == [answer]


@pytest.mark.parametrize("width", [1, 2, 3])
def test_length_of_data_cut_short_gives_the_number_that_it_was_to_hold(read, width):
    content = of_bytes(2, width=width)
    error = refusal(read, content[:-1])
    assert (error.code, error.found[:12]) == ("data-truncated", "1 of 2 event")
    f = read(content[:-1], lenient=True)
    assert f.raw().tolist() == [[1]]


def test_one_event_cut_short_is_none(read):
    assert refusal(read, of_bytes(1, width=2)[:-1], lenient=True).code == "data-truncated"
    assert refusal(read, of_bytes(1, width=1)[:-1], lenient=True).code == "data-length"


def test_lengths_that_fit_no_number_are_those_of_text_first(read):
    with pytest.raises(FcsError) as caught:
        read(
            plain(
                more={"$TOT": None},
                version="2.0",
                header_data=lambda b, e: (b + 5, e - 2),
                text_data=lambda b, e: (b + 3, e - 2),
                tail=b"x",
            )
        )
    begin = len(plain(more={"$TOT": None})) - 48
    assert (caught.value.code, caught.value.offset) == ("data-length", begin + 3)


# --- DATA of which not all is said


@pytest.mark.parametrize("n_behind", range(12))
def test_events_from_a_begin_alone_fill_the_file_or_leave_a_checksum(read, n_behind):
    content = plain(header_data=lambda b, e: (b, 0), text_data=lambda b, e: (b, 0), tail=b"0" * n_behind)
    if n_behind in (0, 1, 8):
        f = read(content)
        assert "data-end-missing" in codes(f)
        np.testing.assert_array_equal(f.raw(), np.array(ROWS, np.float32))
    else:
        refusal(read, content)


def test_an_end_before_its_begin_is_no_number_of_events(read):
    said = lambda b, e: (b, b - 1 - 48)  # noqa: E731 - two events of 24 bytes, backwards
    error = refusal(
        read, plain(more={"$TOT": None}, version="2.0", header_data=said, text_data=said), lenient=True
    )
    assert error.code == "data-length"


def test_events_do_not_fill_the_file_where_one_of_two_ends_is_a_number_that_does_not_fit(read):
    said = {"header_data": lambda b, e: (b, e - 5), "text_data": lambda b, e: (b, 0)}
    refusal(read, plain(**said))
    assert "data-end-missing" in codes(read(plain(**{**said, "header_data": lambda b, e: (b, b)})))


@pytest.mark.parametrize("surplus", [0, 1])
def test_data_on_text_overlap(read, surplus):
    said = lambda b, e: (b - 24, e - 24 + surplus)  # noqa: E731
    error = refusal(read, plain(header_data=said, text_data=said, tail=bytes(64)))
    assert error.code == "data-overlap"


def test_message_of_two_places_names_the_one_that_fits(read):
    content = plain(header_data=lambda b, e: (b + 7, e))
    f = read(content)
    (found,) = [problem for problem in f.warnings if problem.code == "data-offsets-differ"]
    begin = len(content) - 48
    assert f"only {Segment(begin, begin + 47)} fits" in found.message


def test_one_byte_more_that_is_cut_off_is_not_an_event(read):
    said = lambda b, e: (b, e + 1)  # noqa: E731
    content = plain(header_data=said, text_data=said)
    assert read(content).n_events == len(ROWS)
    f = read(content[:-12], lenient=True)
    assert f.n_events == len(ROWS) - 1
    miscounted = plain(more={"$TOT": "9"}, header_data=said, text_data=said, tail=bytes(64))
    assert read(miscounted, lenient=True).n_events == len(ROWS)
    assert "4 events" in refusal(read, miscounted).found


# --- what is free, seen and proven


@pytest.mark.parametrize(
    ("begin", "length", "is_free"),
    [
        (58, 142, True),
        (57, 10, False),
        (58, 143, False),
        (200, 1, False),
        (299, 1, False),
        (150, 250, False),
        (300, 100, True),
        (300, 101, False),
    ],
)
def test_data_lie_inside_the_file_and_clear_of_text(begin, length, is_free):
    said = Claims(None, None, (Segment(200, 299),), 4, 0, 400)
    assert said.lies_free(begin, length) is is_free


def test_a_place_that_cannot_be_looked_at_is_seen_where_it_is_said():
    said = Claims(Segment(500, 600), Segment(401, 440), (TEXT,), 4, 1000, 400)
    assert said.seen(0) == ("DATA", 1000)
    assert said.seen(400) == ("DATA", 1400)
    assert said.seen(401) == ("$BEGINDATA", None)
    assert said.seen(500) == said.seen(-1) == ("HEADER", 1026)


def test_a_place_is_proven_by_its_length_alone():
    said = claims(Segment(300, 309), Segment(300, 309), available=400)
    assert said.proven(10) == said.proven(9, 1) == [300]
    assert said.proven(9) == said.proven(11) == []
    assert claims(Segment(300, 309), Segment(310, 319)).proven(10) == [310, 300]
    assert claims(Segment(90, 109), Segment(310, 329)).proven(20) == [310]


@pytest.mark.parametrize("tail", [b"", b"x"])
def test_first_byte_that_is_blank_is_in_doubt_where_a_byte_follows_data(read, tail):
    """Else the byte too many lies behind the file, and the begin is right."""
    said = lambda b, e: (b, e + 1)  # noqa: E731
    words = keywords(1, 4, datatype="I", bits=8, ranges=256)
    content = build(words, b" abc", header_data=said, text_data=said, tail=tail)
    if tail:
        assert refusal(read, content).code == "data-ambiguous"
    else:
        f = read(content)
        assert (f.raw()[:, 0].tolist(), codes(f)) == ([*b" abc"], ["data-end-past"])


@pytest.mark.parametrize("pair", [("-5", "0"), (0, 0), (58, 58), (58, 57), (58, 0)])
def test_no_events_lie_nowhere(read, pair):
    words = keywords(1, 0)
    f = read(build(words, b"", header_data=lambda b, e: (0, 0), text_data=lambda b, e: pair))
    assert (f.n_events, codes(f)) == (0, [])
