"""Deviations that hide each other, and valid files that look like deviations: no wrong value in silence."""

from __future__ import annotations

import pickle
import struct
import threading

import numpy as np
import pytest
from fcs.build import MISSING, ROWS, build, keywords, plain, unsigned

from cytogate.errors import FcsError
from cytogate.fcs.acquisition import read_acquisition
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs

COUNTS = [[100, 1], [1000, 2]]
WORDS = keywords(2, 2, datatype="I", bits=16)
PACKED = unsigned(COUNTS, [2, 2])


@pytest.fixture
def read(tmp_path):
    numbers = iter(range(100))

    def read(content, dataset=0, **options):
        path = tmp_path / f"{next(numbers)}.fcs"
        path.write_bytes(content)
        return read_fcs(path, dataset, **options)

    return read


def codes(f):
    return [problem.code for problem in f.warnings]


def refused(read, content, **options):
    with pytest.raises(FcsError) as caught:
        read(content, **options)
    return caught.value.code


# --- offsets of OTHER segments ------------------------------------------------------------------------


@pytest.mark.parametrize("segment", [b"%8d%8d" % (100, 200) * 2, b"99999999" * 4])
def test_a_segment_right_behind_header_is_no_offsets_of_others(read, segment):
    """DATA at byte 58 that reads as numbers."""
    words = keywords(4, len(segment) // 16, datatype="I", bits=32, ranges=2**32)
    f = read(build(words, segment, text_last=True))
    assert f.segments.data.begin == 58
    assert (f.segments.others, codes(f)) == ((), [])


def test_offsets_of_others_end_where_the_first_of_them_begins(read):
    other = b"%8d%8d" % (300, 310)
    content = plain(others=[other], lead=b" " * 0)
    begin = 58 + 16
    content = content[:58] + b"%8d%8d" % (begin, begin + 15) + other + b" " * 4 + content[begin:]
    moved = plain(others=[other], lead=other + b" " * 4)
    assert len(content) == len(moved)
    moved = moved[:58] + b"%8d%8d" % (begin, begin + 15) + moved[begin:]
    f = read(moved)
    assert [f.other(i) for i in range(len(f.segments.others))] == [other]


# --- data sets ----------------------------------------------------------------------------------------


def test_data_sets_of_one_size_that_count_from_the_beginning_of_the_file_are_all_found(read):
    """Counted from the data set, the second one's offset is right for the fourth."""
    length, content = 1000, b""
    for i in range(4):
        following = 0 if i == 3 else (i + 1) * length
        one = plain([[float(i), 1.0, 2.0]], more={"$NEXTDATA": f"{following:08d}"})
        content += one.ljust(length)
    for i in range(4):
        f = read(content, i)
        assert (f.n_datasets, f.events()[0, 0]) == (4, i)
        assert codes(f) == (["next-data-absolute"] if i > 1 else []) + ["more-data-sets"]


def test_data_sets_of_one_size_that_count_as_the_standard_says_are_all_found(read):
    length, content = 1000, b""
    for i in range(4):
        more = {"$NEXTDATA": "0" if i == 3 else str(length)}
        content += plain([[float(i), 1.0, 2.0]], more=more).ljust(length)
    for i in range(4):
        f = read(content, i)
        assert (f.n_datasets, f.events()[0, 0], codes(f)) == (4, i, ["more-data-sets"])


def test_a_data_set_inside_data_is_none(read):
    """Bytes of an FCS file among the values, at the place that `$NEXTDATA` gives from the beginning."""
    inner = plain([[9.0, 9.0, 9.0]])
    first = plain([[0.0, 1.0, 2.0]], more={"$NEXTDATA": "1000"}).ljust(1000)
    words = keywords(1, 2500, datatype="I", bits=8, ranges=256) | {"$NEXTDATA": "3000"}
    begin = len(build(words, b"x" * 2500)) - 2500
    second = build(words, (b"x" * (2000 - begin) + inner).ljust(2500))
    content = first + second.ljust(3000) + plain([[7.0, 1.0, 2.0]])
    assert content[3000:3006] == b"FCS3.1"
    assert (read(content, 1).n_events, read(content, 2).events()[0, 0]) == (2500, 7.0)


def test_a_supplement_inside_the_next_data_set_is_none(read):
    """The second one's TEXT would lend the first its gain."""
    second = plain([[5.0, 2.0, 3.0]], more={"$P1G": "10"})
    place = {"$BEGINSTEXT": "1058", "$ENDSTEXT": str(1000 + int(second[18:26]))}
    first = plain([[1.0, 2.0, 3.0]], more={"$NEXTDATA": "1000", **place})
    f = read(first.ljust(1000) + second)
    assert (f.events()[0, 0], f.segments.supplemental) == (1.0, None)
    assert codes(f) == ["supplemental-text-ignored", "more-data-sets"]


def test_byte_orders_of_data_sets_do_not_mix(read):
    rows = [[1, 2], [3, 2**31]]
    words = keywords(2, 2, datatype="I", bits=32, ranges=2**32, byteord="3,4,1,2")
    data = b"".join(
        (lambda raw: raw[2:] + raw[:2])(value.to_bytes(4, "little")) for row in rows for value in row
    )
    first = build(words | {"$NEXTDATA": "800"}, data, version="3.0").ljust(800)
    words = keywords(2, 2, datatype="I", bits=32, ranges=2**32, byteord="4,3,2,1")
    content = first + build(words, unsigned(rows, [4, 4], "big"), version="3.0")
    for i in range(2):
        assert read(content, i).raw().tolist() == rows


# --- line ends ----------------------------------------------------------------------------------------


def written(tmp_path, first_bytes):
    values = np.frombuffer(first_bytes + struct.pack("<2f", 3.5, 4.5), "<f4").reshape(2, 2)
    return write_fcs(tmp_path / "whole.fcs", values, ["FSC-A", "B-A"]).read_bytes()


def test_a_copy_as_text_is_refused_where_a_checksum_follows(read, tmp_path):
    """The bytes too many are the line feeds and the eight of the checksum."""
    content = written(tmp_path, bytes([0, 10, 0, 63] * 2))
    assert codes(read(content)) == []
    assert refused(read, content.replace(b"\n", b"\r\n")) == "line-ends-changed"


def test_a_copy_that_lost_carriage_returns_is_refused(read, tmp_path):
    """DATA still lies inside the file, as the checksum has moved into it."""
    content = written(tmp_path, bytes([0, 13, 10, 63, 0, 0, 1, 64]))
    assert codes(read(content)) == []
    assert refused(read, content.replace(b"\r\n", b"\n")) == "line-ends-changed"


def test_offsets_that_count_from_one_are_refused_where_a_checksum_follows(read):
    one_more = lambda begin, end: (begin + 1, end + 1)  # noqa: E731
    content = plain(header_data=one_more, text_data=one_more, tail=b"00000000")
    assert refused(read, content) == refused(read, content, lenient=True) == "line-ends-changed"


def test_line_ends_in_a_value_are_no_copy_as_text(read):
    """As many line ends in TEXT as bytes behind the last segment."""
    text = "\r\n".join(f"line {i}" for i in range(9))
    f = read(plain(more={"$COM": text}, tail=b"00000000"))
    assert (codes(f), f.keywords["$COM"]) == ([], text)
    np.testing.assert_array_equal(f.events(), ROWS)
    text = "\r\n".join(f"line {i}" for i in range(4))
    assert codes(read(plain(more={"$COM": text}, tail=b"   "))) == []


# --- places of DATA -----------------------------------------------------------------------------------


def test_one_byte_too_many_may_be_the_first_one(read):
    """The begin is wrong by one, not the end: a blank of the gap is no value."""
    early = lambda begin, end: (begin - 1, end)  # noqa: E731
    content = plain(header_data=early, text_data=early, gap=b"    ")
    assert refused(read, content) == refused(read, content, lenient=True) == "data-ambiguous"
    late = lambda begin, end: (begin, end + 1)  # noqa: E731
    f = read(plain(header_data=late, text_data=late, gap=b"    ", tail=b"00000000"))
    assert codes(f) == ["data-end-past"]
    np.testing.assert_array_equal(f.events(), ROWS)


@pytest.mark.parametrize(
    "more", [{"analysis": b"/A/1/" + b"B" * 30 + b"/2/"}, {"others": [b"x" * 40]}], ids=["ANALYSIS", "OTHER"]
)
def test_events_that_another_segment_claims_are_said(read, more):
    longer = lambda begin, end: (begin, end + 24)  # noqa: E731
    f = read(plain(more={"$TOT": str(len(ROWS) + 2)}, header_data=longer, text_data=longer, **more))
    assert (f.n_events, "segments-overlap" in codes(f)) == (len(ROWS) + 2, True)


def test_packed_bits_are_not_proven_by_a_length_that_gave_the_number_of_events(read):
    """8 events of 4 times 10 bits fill the 40 bytes of 5 events of 4 times 16."""
    words = keywords(4, 8, datatype="I", bits=10, ranges=1024)
    for key in ("$TOT", "$BEGINDATA", "$ENDDATA"):
        del words[key]
    assert refused(read, build(words, bytes(range(40)), version="2.0")) == "data-length"


# --- TEXT and its supplement --------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [" ", "\t", "\n", "\r", "/"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_supplement_shares_a_delimiter_that_is_blank(read, delimiter, closed):
    words = WORDS | {"$BEGINSTEXT": None, "$ENDSTEXT": None, "$P2S": "x"}
    supplement = {"$P1G": "10", "$P1S": "CD3"}
    f = read(build(words, PACKED, supplement=supplement, delimiter=delimiter, final_delimiter=closed))
    assert (f.events()[1].tolist(), f.channels[0].label) == ([100.0, 2.0], "CD3")
    assert codes(f) == ([] if closed else ["text-no-final-delimiter"])


def test_a_supplement_that_contradicts_text_is_said(read):
    words = WORDS | {"$BEGINSTEXT": None, "$ENDSTEXT": None, "$P1G": "1", "$P2S": "x"}
    f = read(build(words, PACKED, supplement={"$P1G": "10", "$P2S": "x"}))
    assert (f.events()[1, 0], codes(f)) == (1000.0, ["supplemental-text-differs"])


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("900", "400", True),
        ("abc", "500", True),
        ("900", "900", False),
        ("900", "899", False),
        ("900", "0", False),
    ],
)
def test_a_supplement_whose_place_is_none_is_said(read, begin, end, said):
    f = read(build(WORDS | {"$BEGINSTEXT": begin, "$ENDSTEXT": end}, PACKED))
    assert codes(f) == (["supplemental-text-ignored"] if said else [])


def test_analysis_before_text_is_not_its_beginning(read):
    """ANALYSIS of FCS 2.0 without a last delimiter, which HEADER alone names, holds keywords of its own."""
    words = {key: value for key, value in WORDS.items() if not key.startswith(("$BEGIN", "$END"))}
    analysis = b"/$P1G/7"
    content = build(words, PACKED, version="2.0", lead=analysis)
    content = content[:42] + b"%8d%8d" % (58, 58 + len(analysis) - 1) + content[58:]
    f = read(content)
    assert (f.events().tolist(), f.analysis["$P1G"]) == (COUNTS, "7")
    assert "text-begin-late" not in codes(f)


# --- ranges and scales --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "0", "NA", "inf", "1e400"])
def test_a_log_scale_needs_its_range(read, text):
    words = keywords(1, 2, datatype="I", bits=16, names=["FL1"]) | {"$P1E": "4,1", "$P1R": text}
    if text is None:
        del words["$P1R"]
    content = build(words, unsigned([[100], [1000]], [2]))
    refused(read, content)
    code = "keyword-missing" if text is None else "range-unreadable"
    assert refused(read, content, lenient=True) == code


@pytest.mark.parametrize("data", [b"10 1000000 ", b"1.5 1e6 "])
def test_values_that_a_log_scale_makes_infinite_are_said(read, data):
    words = keywords(1, 2, datatype="A", bits=["*"], ranges=1024) | {"$P1E": "4,1"}
    f = read(build(words, data))
    assert (np.isinf(f.events()[:, 0]).tolist(), codes(f)[-1]) == ([False, True], "values-not-finite")


def test_values_that_a_factor_makes_infinite_are_said(read):
    words = keywords(1, 2, datatype="D", bits=64, names=["Time"]) | {"$TIMESTEP": "1e90"}
    f = read(build(words, struct.pack("<2d", 1e300, 1.0)))
    assert (f.events()[:, 0].tolist(), codes(f)) == ([np.inf, 1e90], ["values-not-finite"])


# --- ASCII --------------------------------------------------------------------------------------------


def ascii_words(n_events, n=2, **more):
    return keywords(n, n_events, datatype="A", bits=["*"] * n, **more)


@pytest.mark.parametrize("options", [{"text_last": True}, {"others": [b"123"], "text_last": True}])
def test_ascii_data_may_touch_the_digits_of_another_segment(read, options):
    f = read(build(ascii_words(2), b"1 2\n3 4", **options))
    assert (f.raw().tolist(), codes(f)) == ([[1, 2], [3, 4]], [])


def test_ascii_data_may_be_followed_by_a_delimiter_that_numbers_have(read):
    words = ascii_words(2)
    f = read(build(words, b"1 2 3 4", delimiter="-", text_last=True))
    assert (f.raw().tolist(), codes(f)) == ([[1, 2], [3, 4]], [])


def test_ascii_data_without_a_total_are_read_on_request_alone(read):
    words = ascii_words(2)
    del words["$TOT"]
    content = build(words, b"1 2\n3 4\n")
    assert refused(read, content) == "keyword-missing"
    f = read(content, lenient=True)
    assert (f.n_events, codes(f)) == (2, ["total-missing"])


def test_ascii_data_of_two_lengths_and_no_total_are_refused(read):
    words = ascii_words(2)
    del words["$TOT"]
    content = build(words, b"1 2\n3 4\n", header_data=lambda begin, end: (begin, end - 4))
    assert refused(read, content, lenient=True) == "data-ambiguous"


def test_ascii_events_with_more_values_than_parameters_are_refused(read):
    words = ascii_words(2) | {"$P3N": "C", "$P3B": "*", "$P3R": "10"}
    assert refused(read, build(words, b"1 2 3 4 5 6 "), lenient=True) == "data-length"


def test_ascii_data_whose_place_text_does_not_say_are_said(read):
    content = build(ascii_words(2), b"1 2\n3 4\n", text_data=lambda begin, end: (MISSING, MISSING))
    assert codes(read(content)) == ["data-offsets-missing"]


# --- acquisition, threads -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("13-01-05", None),
        ("25-12-31", None),
        ("11-11-11", None),
        ("13-01-99", "1999-01-13"),
        ("13-01-2005", "2005-01-13"),
    ],
)
def test_a_date_of_three_short_numbers_may_begin_with_the_year(text, found):
    acquired = read_acquisition({"$DATE": text})
    assert (acquired.date and acquired.date.isoformat()) == found
    assert acquired.problems


def test_one_file_read_by_many_threads_and_a_pickled_copy_say_the_same(read):
    f = read(plain([[float(i), float("nan"), -0.0] for i in range(5000)]))
    f = pickle.loads(pickle.dumps(f))
    found = []

    def look():
        found.append(
            (f.events().tobytes(), f.warnings, f.value_summary().maximum.tobytes(), f.raw().tobytes())
        )

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len(set(found)) == 1
