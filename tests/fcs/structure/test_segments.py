"""Segments: DATA where its length proves it, TEXT where its words do; ANALYSIS, OTHER and the checksum."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from fcs.answers import codes, refusal
from fcs.build import MISSING, ROWS, build, floats, keywords, plain, unsigned

from cytogate.errors import FcsError
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.read import read_fcs
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.storage import open_storage
from cytogate.fcs.structure.datasets import find_data_set
from cytogate.fcs.structure.header import HEADER_BYTES, Segment

VALUES = np.array(ROWS, np.float32)
LARGE = 10**8  # bytes from here on have no offsets in HEADER


def recovered(read, content, code, **options):
    f = read(content, **options)
    assert code in codes(f)
    assert code in REPAIRS
    np.testing.assert_array_equal(f.raw(), VALUES)
    return f


# --- segments, as they are read


def test_segments_tell_where_everything_lies(read):
    content = plain()
    f = read(content)
    begin = len(content) - 48
    assert f.segments.text == Segment(58, begin - 1)
    assert f.segments.data == Segment(begin, len(content) - 1)
    assert f.segments.supplemental is None
    assert f.segments.analysis is None
    assert f.segments.others == ()
    assert pickle.loads(pickle.dumps(f)).segments == f.segments


def test_segments_are_those_read_not_those_said(read):
    f = read(plain(header_data=lambda b, e: (b + 7, e), text_data=lambda b, e: (b, e + 1)))
    assert f.segments.data.length == 48


# --- DATA behind what HEADER can say


def sparse(path, n_events, *, header, text=True, cut=0, width=1):
    """A file of `n_events` records of `width` bytes, of which the last ones alone are written."""
    words = keywords(1, n_events, datatype="I", bits=8 * width, ranges=256**width)
    if not text:
        del words["$BEGINDATA"], words["$ENDDATA"]
    length = len(build(words, b""))
    end = length + n_events * width - 1
    said = {"header_data": lambda b, e: header(length, end), "text_data": lambda b, e: (length, end)}
    path.write_bytes(build(words, b"", **said))
    os.truncate(path, length + n_events * width - cut)
    with path.open("r+b") as stream:
        stream.seek(-2 * width, os.SEEK_END)
        stream.write((7).to_bytes(width, "little") + (9).to_bytes(width, "little"))
    return end


def last_two(f):
    buffer = np.empty(2 * f.layout.row_bytes, np.uint8)
    with f.reader() as reader:
        reader.read_into(f.n_events - 2, 2, buffer)
    return buffer.view(f"<u{f.layout.row_bytes}").tolist()


@pytest.mark.parametrize(
    ("header", "warned"),
    [
        (lambda b, e: (0, 0), []),
        (lambda b, e: (b" " * 8, b" " * 8), ["header-offsets-blank"]),
        (lambda b, e: (b, 99999999), ["data-offsets-differ"]),
        (lambda b, e: (99999999, 99999999), ["data-offsets-differ"]),
        (lambda b, e: (b, 0), ["data-offsets-differ"]),
        (lambda b, e: (b, e % LARGE), ["header-offsets-wrapped"]),
        (lambda b, e: (b, b), ["data-offsets-differ"]),
        (lambda b, e: (b, int(str(e)[:8])), ["data-offsets-differ"]),
    ],
)
@pytest.mark.parametrize("n_events", [LARGE, LARGE + 50, 5 * 10**9])
def test_large_data_are_found_by_text_whatever_header_says(tmp_path, n_events, header, warned):
    path = tmp_path / "large.fcs"
    sparse(path, n_events, header=header)
    f = read_fcs(path)
    assert [problem.code for problem in f.opening] == warned
    assert f.n_events == n_events
    assert last_two(f) == [7, 9]


def test_two_thousand_million_events_of_four_bytes(tmp_path):
    path = tmp_path / "large.fcs"
    end = sparse(path, 2 * 10**9, header=lambda b, e: (0, 0), width=4)
    f = read_fcs(path)
    assert f.segments.data.end == end > 2**32
    assert last_two(f) == [7, 9]


def test_last_eight_digits_alone_are_enough_where_the_events_fit(tmp_path):
    path = tmp_path / "large.fcs"
    sparse(path, 3 * LARGE + 7, header=lambda b, e: (b, e % LARGE), text=False)
    f = read_fcs(path)
    warned = [problem.code for problem in f.opening]
    assert warned == ["data-offsets-missing", "header-offsets-wrapped"]
    assert (f.n_events, last_two(f)) == (3 * LARGE + 7, [7, 9])
    sparse(path, 3 * LARGE + 7, header=lambda b, e: (b, e % LARGE + 1), text=False)
    with pytest.raises(FcsError, match=r"data-length|data-end|tot-too-large"):
        read_fcs(path)


def test_large_data_cut_short_are_refused(tmp_path):
    path = tmp_path / "large.fcs"
    sparse(path, LARGE + 50, header=lambda b, e: (0, 0), cut=20)
    with pytest.raises(FcsError, match="data-truncated") as caught:
        read_fcs(path)
    assert f"{LARGE + 30} of {LARGE + 50} events" in caught.value.found
    assert read_fcs(path, lenient=True).n_events == LARGE + 30


# --- DATA


def test_end_equal_to_begin_in_text(read):
    recovered(read, plain(text_data=lambda b, e: (b, b)), "data-offsets-differ")


@pytest.mark.parametrize("pair", [(4455, 4454), (3548, 3499), (4329, 4328)])
def test_offsets_seen_in_the_wild_differ_and_one_is_proven(read, pair):
    shift = pair[1] - pair[0]
    recovered(read, plain(header_data=lambda b, e: (b, e + shift)), "data-offsets-differ")
    recovered(read, plain(text_data=lambda b, e: (b + shift, e + shift)), "data-offsets-differ")


def test_data_over_header_are_refused(read):
    low = lambda b, e: (10, 57)  # noqa: E731
    error = refusal(read, plain(header_data=low, text_data=low))
    assert (error.code, error.field, error.offset) == ("data-overlap", "HEADER", 26)


def test_data_over_text_by_text_alone_point_at_data(read):
    content = plain(header_data=lambda b, e: (0, 0), text_data=lambda b, e: (b - 20, e - 20))
    error = refusal(read, content)
    assert (error.code, error.field) == ("data-overlap", "$BEGINDATA")


def test_data_over_supplemental_text_are_refused(read):
    words = {"$BEGINSTEXT": "0000001000", "$ENDSTEXT": "0000001006"}
    content = plain(more=words, header_data=lambda b, e: (980, 1027), text_data=lambda b, e: (980, 1027))
    error = refusal(read, content.ljust(1000) + b"/AA/bb/" + bytes(40))
    assert (error.code, error.offset) == ("data-overlap", 26)


def test_data_past_the_end_of_the_file_are_refused(read):
    far = lambda b, e: (b + 10**6, e + 10**6)  # noqa: E731
    content = plain(header_data=lambda b, e: (0, 0), text_data=far)
    error = refusal(read, content)
    assert (error.code, error.field) == ("data-truncated", "$BEGINDATA")
    assert content[error.offset :].startswith(b"$BEGINDATA")
    assert error.found.startswith("0 of 4 events")


def test_more_events_than_the_file_has_bytes_point_at_the_total(read):
    content = plain(
        more={"$TOT": "99999"}, header_data=lambda b, e: (b, e + 1), text_data=lambda b, e: (b + 1, e)
    )
    error = refusal(read, content)
    assert (error.code, error.field) == ("tot-too-large", "$TOT")
    assert content[error.offset :].startswith(b"$TOT/99999/")


def test_negative_offsets_in_text(read):
    recovered(read, plain(text_data=lambda b, e: ("0", "-1")), "data-offsets-differ")
    recovered(read, plain(text_data=lambda b, e: ("-1", "-1")), "data-offsets-differ")
    recovered(read, plain(text_data=lambda b, e: (MISSING, e)), "data-offsets-missing")


# --- the ends of TEXT


def text_end(shift):
    return lambda b, e: (b, e + shift)


def text_begin(shift):
    return lambda b, e: (b + shift, e)


def test_text_that_ends_on_the_first_byte_of_data_said_by_text_alone(read):
    content = plain(header_text=text_end(1), header_data=lambda b, e: (0, 0))
    f = recovered(read, content, "text-end-past")
    assert f.segments.text.end == f.segments.data.begin - 1
    escaped = plain([[6.1e-39, 2.0]], header_text=text_end(1), header_data=lambda b, e: (0, 0))
    assert read(escaped).n_events == 1


@pytest.mark.parametrize("first", [b"/", b"\0", b" ", b"A", b"\xff"])
def test_first_byte_of_data_is_never_taken_for_text(read, first):
    words = keywords(1, 4, datatype="I", bits=8, ranges=256)
    content = build(words, first + b"abc", header_text=text_end(1))
    f = read(content)
    assert codes(f) == ["text-end-past"]
    assert f.raw()[:, 0].tolist() == [*first, *b"abc"]
    assert len(f.keywords) == len(words)


@pytest.mark.parametrize("shift", [2, 3, 10, 47])
def test_text_that_runs_into_data_is_refused(read, shift):
    error = refusal(read, plain(header_text=text_end(shift)))
    assert error.code in ("data-overlap", "text-syntax")
    assert error.offset is not None


@pytest.mark.parametrize("shift", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 40, 80])
@pytest.mark.parametrize("gap", [b"", b"  \0 "])
def test_text_that_is_said_to_end_too_early_is_read_whole(read, shift, gap):
    more = {"$P3G": "1.0", "$TIMESTEP": "0.01"}
    f = recovered(read, plain(more=more, header_text=text_end(-shift), gap=gap), "text-end-short")
    assert f.keywords["$TIMESTEP"] == "0.01"
    assert f.segments.text.end == f.segments.data.begin - 1 - len(gap)
    assert "text-no-final-delimiter" not in codes(f)


def test_text_end_too_early_is_seen_behind_data_too(read):
    """TEXT is the last segment, so nothing but the end of the file bounds it."""
    words = keywords(3, 4, **{"$P3G": "2.0"}) | {"$BEGINDATA": "58", "$ENDDATA": "105"}
    text = ("/" + "/".join(part for pair in words.items() for part in pair) + "/").encode()
    for shift in (0, 1, 4, 9):
        places = b"%8d%8d%8d%8d%8d%8d" % (106, 105 + len(text) - shift, 58, 105, 0, 0)
        f = read(b"FCS3.1    " + places + floats(ROWS) + text)
        assert codes(f) == (["text-end-short"] if shift else [])
        assert f.keywords["$P3G"] == "2.0"
        np.testing.assert_array_equal(f.raw(), VALUES)


def test_gap_that_is_no_text_is_left_alone(read):
    for gap in (b"\x01/\x02/", b"written by a machine", b"//", b"/x", b"/A/b"):
        f = read(plain(gap=gap))
        assert codes(f) == []
        assert len(f.keywords) == len(keywords(3, 4))
    f = read(plain(gap=b"junk", final_delimiter=False))
    assert codes(f) == ["text-no-final-delimiter"]


def test_gap_of_more_keywords_than_are_read_is_left_alone(read):
    gap = b"".join(b"K%d/x/" % n for n in range(500))
    f = read(plain(gap=gap), limits=Limits(max_keywords=100))
    assert dict(f.keywords).keys() == keywords(3, 4).keys()
    assert "K499" in read(plain(gap=gap)).keywords


def test_long_gaps_are_read_to_their_end(read):
    more = {"LAST": "x" * 70000, "END": "y"}
    f = recovered(read, plain(more=more, header_text=text_end(-69000)), "text-end-short")
    assert f.keywords["END"] == "y"
    assert codes(read(plain(gap=b" " * 70000))) == []


def test_text_that_is_said_to_begin_too_late_is_read_whole(read):
    content = plain(version="2.0", more={"$P1G": "2.0"})
    words = content[58:].split(b"/")
    at, lost = 58, 0
    for word in words[1:-1]:  # each of the delimiters of TEXT
        at += len(word) + 1
        if at > 58 + 150:
            break
        try:
            f = read(content[:10] + b"%8d" % at + content[18:])
        except FcsError:
            continue
        lost += 1
        assert codes(f) == ["text-begin-late"]
        assert f.segments.text.begin == 58
        assert f.keywords["$BEGINANALYSIS"] == "0"
    assert lost > 5


def test_text_begin_too_late_is_seen_behind_data_whose_place_text_alone_says(read):
    words = keywords(3, 4) | {"$BEGINDATA": "58", "$ENDDATA": "105"}
    text = ("/" + "/".join(part for pair in words.items() for part in pair) + "/").encode()
    places = b"%8d%8d" % (106 + text.index(b"/$ENDANALYSIS"), 105 + len(text))
    f = read(b"FCS3.1    " + places + b"      58" + b"0    105" + b"       0" * 2 + floats(ROWS) + text)
    assert codes(f) == ["header-offsets-unreadable", "text-begin-late"]
    assert dict(f.keywords) == words
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_text_begin_in_the_blanks_before_it_is_refused_or_the_same(read):
    content = bytearray(plain(header_text=lambda b, e: (b + 42, e + 42)))
    content[58:58] = b" " * 42
    with pytest.raises(FcsError):
        read(bytes(content[:10]) + b"%8d" % 90 + bytes(content[18:]))


def test_text_larger_than_the_limit_points_at_its_field(read):
    error = refusal(read, plain(), limits=Limits(max_text_bytes=100))
    assert (error.code, error.field, error.offset) == ("text-too-large", "HEADER", 10)


# --- supplemental TEXT


def with_places(key, tail, shift=0, **options):
    """A file with a segment behind DATA whose place the keywords $BEGIN<key>, $END<key> say."""
    more = {f"$BEGIN{key}": "0" * 8, f"$END{key}": "0" * 8} | options.pop("more", {})
    begin = len(plain(more=more, **options))
    more |= {f"$BEGIN{key}": f"{begin:08d}", f"$END{key}": f"{begin + len(tail) - 1 + shift:08d}"}
    return plain(more=more, tail=tail, **options)


def test_supplemental_text_has_its_place(read):
    f = read(with_places("STEXT", b"/EXTRA/1/$TOT/9/"))
    assert f.keywords["EXTRA"] == "1"
    assert f.keywords["$TOT"] == "4"
    assert f.segments.supplemental.length == 16
    assert codes(f) == ["supplemental-text-differs"]
    assert "$TOT" in f.warnings[0].message


@pytest.mark.parametrize("tail", [b"/EXTRA/", b"\0\0\0\0", b"/" * 9, b"/A/b/c/"])
def test_supplemental_text_that_cannot_be_read_is_left_out(read, tail):
    f = recovered(read, with_places("STEXT", tail), "supplemental-text-ignored")
    assert codes(f) == ["supplemental-text-ignored"]
    assert f.segments.supplemental is None


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        *((*pair, False) for pair in [("", ""), ("0", "0"), ("0", "500"), ("500", "0"), ("", "500")]),
        *((*pair, False) for pair in [("500", "499"), ("500", "500"), ("0", "-1"), ("1", "0")]),
        *((*pair, True) for pair in [("500", "498"), ("500", "1"), ("500", "-1"), ("1", "-1")]),
        *((*pair, True) for pair in [("500", ""), ("500", "x"), ("x", "500"), ("x", ""), ("x", "0")]),
        *((*pair, True) for pair in [("-1", "-9"), ("58", "60"), ("1", "58"), ("9000", "9001")]),
    ],
)
def test_offsets_of_supplemental_text_that_are_no_place_are_said_unless_they_say_none(read, begin, end, said):
    f = read(plain(more={"$BEGINSTEXT": begin or " ", "$ENDSTEXT": end or " "}))
    assert codes(f) == ["supplemental-text-ignored"] * said
    assert f.segments.supplemental is None


def test_supplemental_text_of_the_most_bytes_allowed_is_read(read):
    content = with_places("STEXT", b"/EXTRA/" + b"1" * 2000 + b"/")
    assert codes(read(content, limits=Limits(max_text_bytes=2008))) == []
    f = read(content, limits=Limits(max_text_bytes=2007))
    assert codes(f) == ["supplemental-text-ignored"]
    assert "EXTRA" not in f.keywords


# --- ANALYSIS


def test_analysis_is_read_when_it_is_asked_for(read):
    f = read(with_places("ANALYSIS", b"/$CSEXP/A. Smith/Ratio/1//5/"))
    assert dict(f.analysis) == {"$CSEXP": "A. Smith", "RATIO": "1/5"}
    assert codes(f) == []


def test_analysis_in_header_alone(read):
    begin = len(plain())
    content = plain(tail=b"/A/1/")
    f = read(content[:42] + b"%8d%8d" % (begin, begin + 4) + content[58:])
    assert dict(f.analysis) == {"A": "1"}
    assert f.segments.analysis == Segment(begin, begin + 4)


@pytest.mark.parametrize(
    ("begin", "end"),
    [(b"       0", b"      -1"), (b" " * 8, b" " * 8), (b"\0" * 8, b"\0" * 8), (b"x" * 8,) * 2],
)
def test_analysis_that_is_nowhere(read, begin, end):
    content = plain()
    f = read(content[:42] + begin + end + content[58:])
    assert dict(f.analysis) == {}
    assert f.segments.analysis is None
    assert codes(f) == []


@pytest.mark.parametrize("tail", [b"no keywords at all", b"/A/", b"\0\0\0\0x", b"/$A/1/$B"])
def test_broken_analysis_is_a_warning_and_never_an_error(read, tail):
    f = recovered(read, with_places("ANALYSIS", tail), "analysis-unreadable")
    assert dict(f.analysis) == {}


def test_analysis_outside_the_file_or_too_large_is_a_warning(read):
    recovered(read, with_places("ANALYSIS", b"/A/1/", shift=1), "analysis-unreadable")
    content = plain()
    recovered(read, content[:42] + b"%8d%8d" % (70000, 80000) + content[58:], "analysis-unreadable")
    f = read(with_places("ANALYSIS", b"/A/1/".ljust(5000)), limits=Limits(max_text_bytes=4000))
    assert codes(f) == ["analysis-unreadable"]


def test_oddities_of_analysis_say_that_they_are_its(read):
    f = read(with_places("ANALYSIS", b"/A/1/a/2/"))
    assert [problem.location.split(": ")[1] for problem in f.warnings] == ["ANALYSIS A"]
    assert codes(f) == ["text-duplicate-keyword"]


@pytest.mark.parametrize("tail", [b"      ", b"\0" * 6, b"ANY/1/", b"/ANY/1"])
def test_analysis_without_its_first_or_last_delimiter_or_without_anything(read, tail):
    f = read(with_places("ANALYSIS", tail))
    assert dict(f.analysis) == ({"ANY": "1"} if b"A" in tail else {})
    assert "analysis-unreadable" not in codes(f)


def test_analysis_over_text_is_none(read):
    content = plain()
    f = read(content[:42] + b"%8d%8d" % (58, 200) + content[58:])
    assert dict(f.analysis) == {} or "ANALYSIS" in str(f.warnings)


# --- checksum


def naive_crc(content):
    """CRC-16 of FCS 3.0, 3.5, bit by bit: x16 + x12 + x5 + 1, bytes from their lowest bit on, from 0."""
    crc = 0
    for byte in content:
        for n in range(8):
            bit = (crc ^ (byte >> n)) & 1
            crc = (crc >> 1) ^ (0x8408 if bit else 0)
    return crc


def test_checksum_of_the_standard_is_that_of_a_slow_twin(read):
    assert naive_crc(b"123456789") == 0x2189  # as published for this polynomial, order and start
    content = plain()
    expected = naive_crc(content)
    for stated in (b"%08d" % expected, b"%8d" % expected, b"%08X" % expected, b"%8x" % expected):
        f = read(content + stated)
        found = f.checksum()
        assert (found.computed, found.agrees, found.offset) == (expected, True, len(content))
        assert found.stated == stated.decode().strip()
        assert codes(f) == []


def test_wrong_checksum_is_a_warning_once_it_was_asked_for(read):
    content = plain()
    f = read(content + b"%08d" % (naive_crc(content) ^ 1))
    assert codes(f) == []
    assert f.checksum().agrees is False
    assert codes(f) == ["checksum-differs"]
    assert f"byte {len(content)}" in f.warnings[0].message
    damaged = bytearray(content + b"%08d" % naive_crc(content))
    damaged[-30] ^= 4
    assert read(bytes(damaged)).checksum().agrees is False


@pytest.mark.parametrize("tail", [b"", b"00000000", b"        ", b"\0" * 8, b"not a no"])
def test_no_checksum_is_no_warning(read, tail):
    f = read(plain(tail=tail))
    found = f.checksum()
    assert (found.stated, found.agrees, found.problem("a")) == (None, None, None)
    assert codes(f) == []


def test_checksum_covers_all_segments_and_its_data_set_alone(read):
    content = with_places("ANALYSIS", b"/A/1/")
    assert read(content + b"%08d" % naive_crc(content)).checksum().agrees is True
    second = plain([[1.0, 2.0]])
    length = len(plain(more={"$NEXTDATA": "0" * 8})) + 8
    first = plain(more={"$NEXTDATA": f"{length:08d}"})
    both = first + b"%08d" % naive_crc(first) + second + b"%08d" % naive_crc(second)
    assert read(both).checksum().agrees is True
    assert read(both, 1).checksum().agrees is True


def test_checksum_of_many_blocks(read, monkeypatch):
    monkeypatch.setattr("cytogate.fcs.structure.checksum._BLOCK", 100)
    rows = np.random.default_rng(5).normal(size=(900, 4)).astype("<f4")
    content = build(keywords(4, len(rows)), rows.tobytes())
    assert read(content).checksum().computed == naive_crc(content)


# --- warnings that are refused


def test_refused_warnings_include_those_that_events_alone_show(read):
    words = keywords(1, 2, datatype="I", bits=16, ranges=1024)
    content = build(words, unsigned([[5], [40000]], (2,)))
    assert codes(read(content)) == ["bits-beyond-range"]
    error = refusal(read, content, refuse=["bits-beyond-range"])
    assert (error.code, error.field) == ("bits-beyond-range", "$P1R")
    assert str(error).count(error.path) == 1
    error = refusal(read, with_places("ANALYSIS", b"broken"), refuse=["analysis-unreadable"])
    assert error.code == "analysis-unreadable"


def test_refused_warnings_that_opening_shows_need_no_events(read, monkeypatch):
    words = keywords(1, 2, datatype="I", bits=16, ranges=1024)
    content = build(words, unsigned([[5], [40000]], (2,)), gap=b" ")
    monkeypatch.setattr("cytogate.fcs.file.FcsFile._odd_values", lambda self: 1 / 0)
    assert read(content, refuse=["text-padded"]).n_events == 2
    padded = plain(padding=b"  ")
    assert refusal(read, padded, refuse=["text-padded"]).code == "text-padded"


# --- bounds of what is put right


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (b"    12.5", b" " * 8, "header-offsets-unreadable"),
        (b" " * 8, b"    12.5", "header-offsets-unreadable"),
        (b" " * 8, b"\0" * 8, "header-offsets-blank"),
    ],
)
def test_offsets_of_data_are_blank_when_both_are(read, first, last, code):
    f = recovered(read, plain(header_data=lambda b, e: (first, last)), code)
    assert len(f.warnings) == 1


@pytest.mark.parametrize("blank", ["begin", "end"])
def test_one_offset_of_data_that_is_blank_makes_both_unreadable(read, blank):
    def place(begin, end):
        return (b" " * 8, b"%8d" % end) if blank == "begin" else (b"%8d" % begin, b" " * 8)

    f = recovered(read, plain(header_data=place), "header-offsets-unreadable")
    assert len(f.warnings) == 1


@pytest.mark.parametrize(
    ("excess", "code"), [(12, "data-truncated"), (13, "data-length"), (18, "data-length")]
)
def test_without_a_total_only_whole_events_can_be_missing(read, excess, code):
    more = {"$TOT": None, "$BEGINDATA": None, "$ENDDATA": None}
    content = plain(version="2.0", more=more, header_data=lambda b, e: (b, e + excess))
    assert refusal(read, content).code == code


@pytest.mark.parametrize("spare", [0, -1])
def test_text_goes_on_up_to_the_limit_of_text(read, spare):
    note = "x" * 70_000
    content = plain(
        more={"NOTE": note}, header_text=lambda b, e: (b, e - len("NOTE//") - len(note)), gap=b" " * 10
    )
    whole = content.index(b"x/ ") + 2 - 58
    f = read(content, limits=Limits(max_text_bytes=whole + spare))
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert f.keywords.get("NOTE") == (note if spare == 0 else None)
    assert ("text-end-short" in codes(f)) == (spare == 0)


@pytest.mark.parametrize(
    ("lead", "is_text"),
    [(b"/NOTE/x", True), (b"/\x01\x02/x", False), (b"/\xff\xd8/x", False)],
)
def test_only_words_before_text_are_of_text(read, lead, is_text):
    f = read(plain(lead=lead))
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert ("text-begin-late" in codes(f)) == is_text
    assert f.keywords.get("NOTE") == ("x" if is_text else None)


def test_a_value_that_was_mended_is_not_suspected_again(read):
    f = read(plain(more={"$COM": "a/$ b", "$CYT": "x"}, escape=False))
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert f.keywords["$COM"] == "a/$ b"
    assert codes(f) == ["text-delimiter-unescaped"]


@pytest.mark.parametrize(
    ("place", "warned"),
    [
        ("inside", True),
        ("before", False),
        ("up to", False),
        ("on the first byte", True),
        ("on the last byte", True),
        ("outside", False),
    ],
)
def test_segments_that_lie_on_data_are_said(read, place, warned):
    begin = len(plain()) - VALUES.nbytes
    said = {
        "up to": lambda b, e: (begin - 4, begin - 1),
        "on the first byte": lambda b, e: (begin - 3, begin),
        "on the last byte": lambda b, e: (len(plain()) - 1, len(plain()) + 2),
        "inside": lambda b, e: (len(plain()) - 10, len(plain()) - 3),
        "before": lambda b, e: (58, 60),
        "outside": lambda b, e: (len(plain()) - 10, len(plain()) + 50),
    }
    found = codes(read(plain(header_analysis=said[place], tail=b"    ")))
    assert ("segments-overlap" in found) == warned


def test_text_padded_onto_data_whose_place_header_alone_says(read):
    """One blank behind the last value, in place of a delimiter, and TEXT said to end on DATA."""
    drop = lambda b, e: (MISSING, MISSING)  # noqa: E731
    f = read(
        plain(
            version="2.0",
            final_delimiter=False,
            padding=b" ",
            text_data=drop,
            header_text=lambda b, e: (b, e + 1),
        )
    )
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert "text-end-past" in codes(f)


def test_delimiter_that_is_the_first_byte_of_data_ends_no_text_in_blanks(read):
    """Either TEXT lacks its delimiter, or DATA begins a byte later."""
    early = lambda b, e: (b - 1, e - 1)  # noqa: E731
    error = refusal(read, plain(more={"LAST": "x "}, header_data=early, text_data=early))
    assert error.code == "data-overlap"


@pytest.mark.parametrize("n", [1, 70_000, 140_000])
def test_text_of_any_length_that_ends_on_data(read, n):
    words = keywords(1, 4, datatype="I", bits=8, ranges=256) | {"LAST": "x" * n}
    content = build(words, b"abcd", header_text=text_end(1))
    f = read(content)
    assert codes(f) == ["text-end-past"]
    assert f.raw()[:, 0].tolist() == [*b"abcd"]
    assert f.keywords["LAST"] == "x" * n


@pytest.mark.parametrize(("n", "shift"), [(10, -12), (70_000, -69_000), (65_536, -65_541), (65_536, -65_540)])
def test_gap_behind_text_ends_before_the_first_byte_of_data(read, n, shift):
    words = keywords(1, 4, datatype="I", bits=8, ranges=256) | {"LAST": "x" * n, "END": "y"}
    f = read(build(words, b"/b/d", header_text=text_end(shift)))
    assert codes(f) == ["text-end-short"]
    assert f.raw()[:, 0].tolist() == [*b"/b/d"]
    assert dict(f.keywords)["END"] == "y"
    assert f.segments.text.end == f.segments.data.begin - 1


def test_keywords_before_text_that_end_there_are_another_segment(read):
    f = read(plain(lead=b"/A/b/C/ "))
    assert codes(f) == []
    assert "A" not in f.keywords


def test_gap_behind_text_ends_at_the_nearest_segment(read):
    words = keywords(1, 4, datatype="I", bits=8, ranges=256) | {"LAST": "x", "END": "y"}
    f = read(build(words, b"/b/d", header_text=text_end(-12), analysis=b"/AA/bb/"))
    assert codes(f) == ["text-end-short"]
    assert f.raw()[:, 0].tolist() == [*b"/b/d"]


@pytest.mark.parametrize("at_end", [False, True])
def test_supplemental_text_that_shares_one_byte_with_text_is_text_itself(read, at_end):
    more = {"$BEGINSTEXT": "0000000030", "$ENDSTEXT": "0000000058"}
    if at_end:
        end = read(plain(more=more)).segments.text.end
        more = {"$BEGINSTEXT": f"{end:010d}", "$ENDSTEXT": f"{end + 5:010d}"}
    (problem,) = read(plain(more=more)).warnings
    assert problem.code == "supplemental-text-ignored"
    assert "TEXT itself" in problem.message


@pytest.mark.parametrize("by_header", [True, False])
def test_text_that_ends_in_blanks_on_data_is_shorter_where_header_says_so(read, by_header):
    options = {} if by_header else {"header_data": lambda b, e: (0, 0)}
    content = plain(final_delimiter=False, padding=b" ", header_text=text_end(1), **options)
    if by_header:
        assert "text-end-past" in codes(read(content))
    else:
        assert refusal(read, content).code == "data-overlap"


def test_gap_behind_text_is_not_bounded_by_what_begins_at_its_end(read):
    more = {"LAST": "x", "END": "y"}
    end = read(plain(more=more)).segments.text.end - 8
    content = plain(more=more, header_text=text_end(-8), header_analysis=lambda b, e: (end, end + 5))
    f = read(content)
    assert "text-end-short" in codes(f)
    assert f.keywords["END"] == "y"


@pytest.mark.parametrize(("shift", "can_tell"), [(0, True), (-3, False)])
def test_missing_total_is_promised_where_the_length_of_data_gives_it(read, shift, can_tell):
    said = lambda b, e: (b, e + shift)  # noqa: E731
    error = refusal(read, plain(more={"$TOT": None}, header_data=said, text_data=said))
    assert (error.code, error.field) == ("keyword-missing", "$TOT")
    assert ("enient reading" in error.fix) == can_tell


def test_text_may_be_as_long_as_its_limit(read):
    content = plain()
    length = read(content).segments.text.length
    assert codes(read(content, limits=Limits(max_text_bytes=length))) == []
    error = refusal(read, content, limits=Limits(max_text_bytes=length - 1))
    assert (error.code, error.found) == ("text-too-large", f"TEXT of {length} bytes")


@pytest.mark.parametrize(("length", "n_kept"), [(2**17 - 1, 2**17 - 1), (2**17, 2**17), (2**17 + 7, 2**17)])
def test_of_a_large_text_its_ends_alone_are_kept(tmp_path, length, n_kept):
    others = len(plain(more={"NOTE": ""})) - HEADER_BYTES - VALUES.nbytes
    path = tmp_path / "a.fcs"
    path.write_bytes(plain(more={"NOTE": "x" * (length - others)}))
    storage = open_storage(path, LIMITS)
    with storage.open() as handle:
        found, _ = find_data_set(storage, handle, 0, LIMITS, lenient=False)
    raw = path.read_bytes()[HEADER_BYTES : -VALUES.nbytes]
    assert len(raw) == found.text.place.length == length
    assert found.text.ends == raw[: n_kept // 2] + raw[length - n_kept + n_kept // 2 :]
    assert found.keywords["NOTE"] == "x" * (length - others)


def test_text_that_ends_in_blanks_is_shorter_for_data_alone(read):
    """ANALYSIS said to begin on the last byte of a value does not cut it."""
    options = {"version": "2.0", "more": {"LAST": "a b"}, "final_delimiter": False}
    options["text_data"] = lambda b, e: (MISSING, MISSING)
    last_byte = len(plain(**options)) - VALUES.nbytes - 1
    f = read(plain(**options, header_analysis=lambda b, e: (last_byte, last_byte + 5)))
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert f.keywords["LAST"] == "a b"
    assert "text-end-past" not in codes(f)
