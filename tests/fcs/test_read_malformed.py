"""Files as they should not be: read where one reading is proven, else refused with what, where and why."""

from __future__ import annotations

import gzip
import os
import re
import time

import numpy as np
import pytest
from fcs.answers import refusal
from fcs.build import MISSING, ROWS, build, floats, keywords, plain, unsigned
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import CytogateError, FcsError
from cytogate.fcs.limits import Limits
from cytogate.fcs.read import read_fcs
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.repairs.findings import Findings

VALUES = np.array(ROWS, np.float32)


def recovered(read, content, code, **options):
    """The file that a repair reads, with its warning and the right values."""
    f = read(content, **options)
    assert code in {problem.code for problem in f.warnings}
    assert code in REPAIRS
    np.testing.assert_array_equal(f.raw(), VALUES)
    np.testing.assert_array_equal(f.events(), VALUES)
    return f


# --- not FCS at all


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b'<?xml version="1.0"?><Workspace>', "an XML file"),
        (b"II*\0abcdefgh", "a TIFF image"),
        (b"Time,FSC-A\n1,2\n", "a text table"),
        (b"hello", "plain text"),
        (b"PK\x03\x04abcd", "a ZIP archive"),
        (b"\0" * 500, "NUL bytes only"),
        (b"\x01\x02\x03\xff\xfe", "the bytes"),
        (b'{"a": 1}', "JSON"),
    ],
)
def test_other_files_are_refused_with_what_they_look_like(read, content, words):
    error = refusal(read, content)
    assert (error.code, error.field, error.offset) == ("not-fcs", "HEADER", 0)
    assert words in error.found


def test_empty_file_is_called_empty_and_to_be_copied_again(read):
    for lenient in (False, True):
        error = refusal(read, b"", lenient=lenient)
        assert error.code == "file-empty"
        assert "the file is empty (0 bytes)" in error.found
        assert "opy it again from the instrument" in error.fix


@pytest.mark.parametrize("version", ["1.0", "3.3", "9.9", "\xff\xff\xff"])
def test_unknown_versions_are_refused(read, version):
    content = plain().replace(b"FCS3.1", b"FCS" + version.encode("latin-1"), 1)
    assert refusal(read, content).code == "version-unknown"


def test_missing_file_folder_and_pipe_are_named_errors(tmp_path):
    with pytest.raises(FcsError, match=r"no\.fcs.*file-missing"):
        read_fcs(tmp_path / "no.fcs")
    with pytest.raises(FcsError, match="a folder"):
        read_fcs(tmp_path)
    with pytest.raises(FcsError, match="NUL byte"):
        read_fcs("a\0b.fcs")
    with pytest.raises(FcsError, match="path-not-text"):
        read_fcs(b"a.fcs")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_do_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.fcs")
    started = time.monotonic()
    for place in (tmp_path / "pipe.fcs", "/dev/zero"):
        with pytest.raises(FcsError, match="file-not-regular"):
            read_fcs(place)
    assert time.monotonic() - started < 1


# --- offsets: recovered where proven


def test_data_end_one_byte_too_far(read):
    past = lambda b, e: (b, e + 1)  # noqa: E731
    recovered(read, plain(header_data=past, text_data=past), "data-end-past")
    recovered(read, plain(header_data=past, text_data=past, tail=b"00000000"), "data-end-past")


@pytest.mark.parametrize("which", ["header_data", "text_data"])
@pytest.mark.parametrize("shift", [(1, 1), (-30, 0), (0, 5), (0, -4), (8, 9), (0, 1), (10**7, 10**7)])
def test_header_and_text_differ_and_one_is_proven(read, which, shift):
    wrong = lambda b, e: (b + shift[0], e + shift[1])  # noqa: E731
    recovered(read, plain(**{which: wrong}), "data-offsets-differ")


def test_header_and_text_differ_and_both_could_be(read):
    error = refusal(read, plain(header_data=lambda b, e: (b + 4, e + 4), tail=b"    "))
    assert error.code == "data-ambiguous"
    assert re.search(r"HEADER \d+-\d+ .*TEXT \d+-\d+", error.found)


def test_header_and_text_differ_and_none_is_proven(read):
    error = refusal(read, plain(header_data=lambda b, e: (b, e - 5), text_data=lambda b, e: (b, e - 3)))
    assert (error.code, error.field) == ("data-length", "DATA")
    assert error.offset is not None


@pytest.mark.parametrize("said", [99999999, 81286288])
def test_large_offsets_in_header_are_passed_over(read, said):
    recovered(read, plain(header_data=lambda b, e: (b, said)), "data-offsets-differ")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (lambda b, e: (b" " * 8, b" " * 8), "header-offsets-blank"),
        (lambda b, e: (b"\0" * 8, b"\0" * 8), "header-offsets-blank"),
        (lambda b, e: (b"abc     ", b"    12.5"), "header-offsets-unreadable"),
        (lambda b, e: (b, 0), "data-offsets-differ"),
    ],
)
def test_header_offsets_that_say_nothing(read, said, code):
    recovered(read, plain(header_data=said), code)


def test_offsets_only_in_header(read):
    recovered(read, plain(text_data=lambda b, e: (MISSING, MISSING)), "data-offsets-missing")
    recovered(read, plain(text_data=lambda b, e: ("x", "y")), "data-offsets-missing")


def test_header_zeros_are_no_claim(read):
    f = read(plain(header_data=lambda b, e: (0, 0)))
    assert f.warnings == ()
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_end_equal_to_begin_is_recovered_from_header(read):
    recovered(read, plain(text_data=lambda b, e: (b, b)), "data-offsets-differ")


def test_begin_alone_is_enough_when_the_events_fill_the_file(read):
    begin = lambda b, e: (b, b)  # noqa: E731
    recovered(read, plain(header_data=begin, text_data=begin), "data-end-missing")
    recovered(read, plain(header_data=begin, text_data=begin, tail=b"00000000"), "data-end-missing")
    assert refusal(read, plain(header_data=begin, text_data=begin, tail=b"x" * 20)).code == "data-length"


def test_no_offsets_at_all_are_refused(read):
    none = plain(header_data=lambda b, e: (0, 0), text_data=lambda b, e: (0, 0))
    assert refusal(read, none).code == "data-offsets"


def test_data_over_text_is_refused(read):
    over = lambda b, e: (b - 20, e - 20)  # noqa: E731
    error = refusal(read, plain(header_data=over, text_data=over))
    assert error.code == "data-overlap"


@pytest.mark.parametrize(
    "said",
    [
        lambda b, e: (b" " * 8, e),
        lambda b, e: (0, 0),
        lambda b, e: (10, e),
        lambda b, e: (b"  1_0   ", e),
        lambda b, e: (b"xxxxxxxx", e),
    ],
)
def test_text_that_cannot_be_found_is_refused(read, said):
    error = refusal(read, plain(header_text=said))
    assert (error.code, error.field, error.offset) == ("text-offsets", "HEADER", 10)
    error = refusal(read, plain(header_text=lambda b, e: (b, b - 10)))
    assert (error.code, error.field, error.offset) == ("text-offsets", "HEADER", 18)


def test_text_behind_the_end_of_the_file_is_refused(read):
    assert refusal(read, plain(header_text=lambda b, e: (b, 10**6))).code == "text-truncated"


@pytest.mark.parametrize("size", [3, 6, 30, 57])
def test_header_cut_short_is_refused_with_advice(read, size):
    error = refusal(read, plain()[:size])
    assert (error.code, error.found) == ("header-truncated", f"{size} bytes")
    assert "Copy it again from the instrument" in error.fix


def test_text_cut_short_is_refused_with_advice(read):
    error = refusal(read, plain()[:200])
    assert error.code == "text-truncated"
    assert "Copy it again from the instrument" in error.fix


@pytest.mark.parametrize(
    ("cut", "left"), [(1, 3), (4, 3), (5, 3), (12, 3), (13, 2), (36, 1), (40, 0), (48, 0)]
)
def test_truncated_data_are_never_given_in_silence(read, cut, left):
    error = refusal(read, plain()[:-cut])
    assert error.code == "data-truncated"
    assert error.found.startswith(f"{left} of 4 events")
    assert error.expected.startswith("4 events")
    assert "copy it again from the instrument" in error.fix
    assert ("--lenient" in error.fix) == (left > 0)  # advice that would not help is not given


@pytest.mark.parametrize(("cut", "left"), [(1, 3), (4, 3), (11, 3), (12, 3), (13, 2), (25, 1), (36, 1)])
def test_lenient_reading_gives_the_whole_events_of_a_truncated_file(read, cut, left):
    f = read(plain()[:-cut], lenient=True)
    assert f.n_events == left
    assert f.keywords["$TOT"] == "4"
    assert [problem.code for problem in f.warnings] == ["data-truncated"]
    assert f"{left} of 4 events are there" in f.warnings[0].message
    assert f.losses == f.warnings
    np.testing.assert_array_equal(f.raw(), VALUES[:left])
    np.testing.assert_array_equal(f.events(), VALUES[:left])


@pytest.mark.parametrize("cut", [37, 48])
def test_file_without_one_whole_event_is_refused_leniently_too(read, cut):
    assert refusal(read, plain()[:-cut], lenient=True).code == "data-truncated"


def test_lenient_reading_takes_the_place_whose_length_is_that_of_the_events(read):
    content = plain(header_data=lambda b, e: (b + 4, e + 5))[:-13]  # HEADER: 49 bytes, which are one too many
    for lenient in (False, True):
        error = refusal(read, content, lenient=lenient)  # both could be, so nothing is counted
        assert error.code == "data-truncated"
        assert "of 4 events" not in error.found
    f = read(plain(header_data=lambda b, e: (b + 4, e + 90))[:-13], lenient=True)
    np.testing.assert_array_equal(f.raw(), VALUES[:2])


def test_truncated_file_whose_end_of_data_is_not_said_is_read_leniently(read):
    content = plain(header_data=lambda b, e: (b, 0), text_data=lambda b, e: (0, 0))[:-13]
    refusal(read, content)
    f = read(content, lenient=True)
    assert [problem.code for problem in f.warnings if problem.code == "data-truncated"]
    np.testing.assert_array_equal(f.raw(), VALUES[:2])


def test_truncated_file_without_a_total_counts_from_the_length_said(read):
    content = plain(more={"$TOT": None})[:-13]
    f = read(content, lenient=True)
    assert {problem.code for problem in f.warnings} == {"total-missing", "data-truncated"}
    assert any("2 of 4 events are there" in problem.message for problem in f.warnings)
    np.testing.assert_array_equal(f.raw(), VALUES[:2])


def test_truncated_integers_are_masked_and_counted_over_the_events_there(read):
    rows = [[0x8001, 1], [0x0002, 2], [0x8003, 3]]
    content = build(keywords(2, 3, datatype="I", bits=16, ranges=1024), unsigned(rows, (2, 2)))[:-3]
    f = read(content, lenient=True)
    assert f.raw().tolist() == [[1, 1], [2, 2]]
    assert any("1 of 2 events" in p.message for p in f.warnings if p.code == "bits-beyond-range")


def test_compressed_truncated_file_is_read_leniently_once_it_unpacks(read):
    f = read(gzip.compress(plain()[:-13]), lenient=True)
    np.testing.assert_array_equal(f.raw(), VALUES[:2])


@pytest.mark.parametrize("total", ["3", "0", "5", "1000"])
def test_wrong_total_is_refused_and_lenient_reading_counts(read, total):
    content = plain(more={"$TOT": total})
    error = refusal(read, content)
    assert error.code == "data-length" or (total == "1000" and error.code == "tot-too-large")
    assert error.found.startswith("4 events")
    assert "--lenient" in error.fix
    f = recovered(read, content, "total-mismatch", lenient=True)
    assert f.keywords["$TOT"] == total
    assert f"$TOT says {total} events, DATA holds 4" in f.warnings[0].message


@pytest.mark.parametrize("more", [-1, 3, -7])
def test_data_of_no_whole_number_of_events_are_refused_leniently_too(read, more):
    content = plain(
        more={"$TOT": "9"}, header_data=lambda b, e: (b, e + more), text_data=lambda b, e: (b, e + more)
    )
    error = refusal(read, content + b"12345678", lenient=True)
    assert error.code == "data-length"
    assert "--lenient" not in error.fix


def test_packed_bits_are_not_taken_for_wider_events_because_the_total_is_wrong(read):
    words = keywords(1, 8, datatype="I", bits=10, ranges=1024)
    content = build(words, bytes(range(10)))  # 8 packed values of 10 bits: also 5 values of 2 bytes
    assert refusal(read, content, lenient=True).code == "bits-packed"


@pytest.mark.parametrize(
    ("total", "code"),
    [
        ("1000000000000", "tot-too-large"),
        ("-5", "tot-invalid"),
        ("x", "tot-invalid"),
        ("9" * 5000, "tot-invalid"),
        ("4.5", "tot-invalid"),
        ("1e2", "tot-invalid"),
    ],
)
def test_hostile_totals_are_refused_without_memory(read, total, code):
    error = refusal(read, plain(more={"$TOT": total}))
    assert error.code == code
    if code == "tot-invalid":
        assert error.found == repr(total[:40])


def test_missing_total_follows_from_data_when_lenient(read):
    content = plain(more={"$TOT": None})
    error = refusal(read, content)
    assert (error.code, error.field) == ("keyword-missing", "$TOT")
    recovered(read, content, "total-missing", lenient=True)
    cut = plain(
        version="2.0",
        more={"$TOT": None},
        header_data=lambda b, e: (b, e - 3),
        text_data=lambda b, e: (b, e - 3),
    )
    assert refusal(read, cut).code == "data-length"


# --- parameters


@pytest.mark.parametrize(
    ("par", "code"),
    [
        ("0", "par-invalid"),
        ("-1", "par-invalid"),
        ("x", "par-invalid"),
        ("5", "keyword-missing"),
        ("4097", "par-too-large"),
        ("1000000000", "par-too-large"),
        (None, "keyword-missing"),
    ],
)
def test_wrong_number_of_parameters_is_refused(read, par, code):
    words = keywords(3, 4, datatype="I", bits=32, ranges=2**32)
    words["$PAR"] = par
    if par is None:
        del words["$PAR"]
    error = refusal(read, build(words, unsigned([[1, 2, 3]] * 4, (4, 4, 4))))
    assert error.code == code


def test_fewer_parameters_than_channels_do_not_fit_the_data(read):
    assert refusal(read, plain(more={"$PAR": "2"})).code == "data-length"


def test_more_parameters_than_channels_do_not_fit_the_data(read):
    assert refusal(read, plain(more={"$PAR": "5"})).code == "data-length"


@pytest.mark.parametrize("bits", ["0", "-8", "65", "1000000000", "x", "16", "64", "*"])
def test_wrong_width_of_floats_is_refused(read, bits):
    error = refusal(read, plain(more={"$P2B": bits}))
    assert (error.code, error.field) == ("bits-invalid", "$P2B")


def test_missing_width_is_known_for_floats_and_refused_for_integers(read):
    recovered(read, plain(more={"$P2B": None}), "parameter-bits-missing")
    words = keywords(1, 1, datatype="I", bits=16, ranges=1024)
    del words["$P1B"]
    error = refusal(read, build(words, unsigned([[1]], (2,))))
    assert (error.code, error.field) == ("keyword-missing", "$P1B")


def test_all_keywords_of_a_parameter_missing(read):
    gone = {f"$P3{suffix}": None for suffix in "NBRE"}
    f = read(plain(more=gone))
    assert f.channels.names[2] == "P3"
    np.testing.assert_array_equal(f.raw(), VALUES)
    words = {
        k: v for k, v in keywords(2, 1, datatype="I", bits=16, ranges=1024).items() if not k.startswith("$P2")
    }
    assert refusal(read, build(words, unsigned([[1, 2]], (2, 2)))).code == "keyword-missing"


@pytest.mark.parametrize("text", ["NA", "0", "-1", "", "nan"])
@pytest.mark.parametrize("lenient", [False, True])
def test_unreadable_range_of_integers_is_refused(read, text, lenient):
    words = keywords(1, 2, datatype="I", bits=16) | {"$P1R": text or " "}
    content = build(words, unsigned([[40000], [2]], (2,)))
    error = refusal(read, content, lenient=lenient)
    assert (error.code, error.field) == ("range-unreadable", "$P1R")


def test_unreadable_range_of_floats_changes_nothing(read):
    recovered(read, plain(more={"$P1R": "NA"}), "parameter-range-unreadable")


@pytest.mark.parametrize("text", ["4", "4;1", "4,x", "-4,1", "4,-1", "inf,1", "1e300,1", "4,1e99", "4,0,0"])
def test_unreadable_log_scale_of_integers_is_refused_unless_lenient(read, text):
    words = keywords(1, 1, datatype="I", bits=16, ranges=1024) | {"$P1E": text}
    content = build(words, unsigned([[7]], (2,)))
    error = refusal(read, content)
    assert (error.code, error.field) == ("log-scale-unreadable", "$P1E")
    f = read(content, lenient=True)
    assert f.events().tolist() == [[7.0]]
    assert [problem.code for problem in f.warnings] == ["log-scale-unreadable"]


def test_unreadable_log_scale_of_floats_does_not_matter(read):
    np.testing.assert_array_equal(read(plain(more={"$P1E": "x"})).events(), VALUES)


def test_missing_log_scale_of_integers_is_linear_with_a_warning(read):
    words = keywords(1, 1, datatype="I", bits=16, ranges=1024)
    del words["$P1E"]
    f = read(build(words, unsigned([[7]], (2,))))
    assert f.events().tolist() == [[7.0]]
    assert [problem.code for problem in f.warnings] == ["log-scale-missing"]


def test_log_scale_needs_a_finite_range(read):
    words = keywords(1, 1, datatype="I", bits=16, ranges="inf") | {"$P1E": "4,1"}
    assert refusal(read, build(words, unsigned([[7]], (2,)))).code == "range-unreadable"


def test_ten_bits_are_read_where_data_prove_two_bytes(read):
    words = keywords(2, 3, datatype="I", bits=10, ranges=1024)
    f = read(build(words, unsigned([[1, 1023], [2, 512], [3, 0]], (2, 2))))
    assert f.raw().tolist() == [[1, 1023], [2, 512], [3, 0]]
    assert {problem.code for problem in f.warnings} == {"parameter-bits-stored-wider"}
    assert refusal(read, build(words, bytes(8))).code == "bits-packed"


def test_bits_that_could_be_packed_are_refused(read):
    words = keywords(1, 1, datatype="I", bits=10, ranges=1024)
    assert refusal(read, build(words, unsigned([[1]], (2,)))).code == "bits-packed"


@pytest.mark.parametrize(
    "order", ["1", "1,1,2,3", "x", "", "0,1,2,3", "4,3,2,1,9", "1;2;3;4", "1,2,3,4,5,6,7,8,9"]
)
def test_unknown_byte_order_is_refused(read, order):
    error = refusal(read, plain(more={"$BYTEORD": order or " "}))
    assert (error.code, error.field) == ("byte-order-unknown", "$BYTEORD")


def test_mixed_byte_order_of_another_width_is_refused(read):
    words = keywords(1, 1, datatype="I", bits=16, byteord="3,4,1,2", ranges=1024)
    assert refusal(read, build(words, bytes(2))).code == "byte-order-width"


@pytest.mark.parametrize("key", ["$BYTEORD", "$DATATYPE", "$PAR"])
def test_essential_keywords_are_named_when_missing(read, key):
    error = refusal(read, plain(more={key: None}))
    assert (error.code, error.field) == ("keyword-missing", key)


@pytest.mark.parametrize("mode", ["C", "U", "c", "X"])
def test_histograms_are_refused(read, mode):
    assert refusal(read, plain(more={"$MODE": mode})).code == "mode-not-list"


@pytest.mark.parametrize("datatype", ["X", "FF", "B"])
def test_other_data_types_are_refused(read, datatype):
    error = refusal(read, plain(more={"$DATATYPE": datatype}))
    assert (error.code, error.field) == ("datatype-unknown", "$DATATYPE")


def test_keywords_that_are_required_but_not_needed_are_a_warning(read):
    recovered(read, plain(more={"$MODE": None, "$NEXTDATA": None}), "keywords-missing")


# --- TEXT


@pytest.mark.parametrize("delimiter", list("/|\\!*\r\n,.^A"))
def test_escaped_delimiters_in_values(read, delimiter):
    f = read(plain(more={"$P1S": f"Live{delimiter}Dead", "LAST": f"end{delimiter}"}, delimiter=delimiter))
    assert f.channels[0].label == f"Live{delimiter}Dead"
    assert f.keywords["LAST"] == f"end{delimiter}"
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_empty_values_are_known_by_the_keywords_they_would_swallow(read):
    f = recovered(read, plain(more={"$P1S": "", "$P2S": "CD3"}, escape=False), "text-empty-values")
    assert f.channels.labels == (None, "CD3", None)
    assert f.keywords["$P1S"] == ""


def test_where_both_readings_hold_the_standards_counts(read):
    f = read(plain(more={"OPERATOR": "", "NOTE": "x"}, escape=False))
    assert f.keywords["OPERATOR/NOTE"] == "x"
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_a_value_with_the_delimiter_before_a_dollar_is_said(read):
    recovered(read, plain(more={"NOTE": "costs/$5"}), "text-delimiter-in-value")


def test_final_delimiter_missing(read):
    f = recovered(
        read, plain(final_delimiter=False, more={"$P1N": "Timer", "LAST": "Time"}), "text-no-final-delimiter"
    )
    assert f.keywords["LAST"] == "Time"


def test_blanks_behind_the_last_delimiter(read):
    recovered(read, plain(padding=b"   \0\0"), "text-padded")


def test_blanks_around_keywords_and_values(read):
    f = recovered(read, plain(more={" $CYT ": "  LSR II "}), "text-blanks")
    assert f.keywords["$CYT"] == "LSR II"


def test_text_that_ends_on_the_first_byte_of_data(read):
    content = plain(header_text=lambda b, e: (b, e + 1))
    recovered(read, content, "text-end-past")


def test_latin1_is_kept(read):
    f = recovered(read, plain(more={"$OP": "M\xfcller", "NOTE": b"\xaa"}, encoding="latin-1"), "text-latin1")
    assert f.keywords["$OP"] == "M\xfcller"
    assert read(plain(more={"$OP": "M\xfcller"})).keywords["$OP"] == "M\xfcller"


def test_keywords_in_lower_case(read):
    words = {
        key.lower(): value for key, value in keywords(3, 4).items() if "DATA" not in key or key == "$NEXTDATA"
    }
    content = build({**words, "$datatype": "F"}, floats(ROWS))
    np.testing.assert_array_equal(read(content).raw(), VALUES)


def test_first_of_two_keywords_counts(read):
    recovered(read, plain(more={"$tot": "9"}), "text-duplicate-keyword")


def test_odd_number_of_words_is_refused(read):
    error = refusal(read, plain(more={"$P1N": "a/b/c/d"}, escape=False))
    assert (error.code, error.field, error.offset) == ("text-syntax", "TEXT", 58)
    assert "odd number of words" in error.found


@pytest.mark.parametrize("delimiter", ["\0", "\x7f", "\xff"])
def test_impossible_delimiter_is_refused(read, delimiter):
    assert refusal(read, plain(delimiter=delimiter)).code == "text-delimiter"


def test_supplement_that_is_text_itself_is_ignored(read):
    recovered(read, plain(more={"$BEGINSTEXT": "58", "$ENDSTEXT": "100"}), "supplemental-text-ignored")
    recovered(read, plain(more={"$BEGINSTEXT": "99999", "$ENDSTEXT": "999999"}), "supplemental-text-ignored")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_parameters=2), "par-too-large"),
        (Limits(max_keywords=5), "too-many-keywords"),
        (Limits(max_text_bytes=50), "text-too-large"),
        (Limits(max_name_length=6), "keyword-too-long"),
    ],
)
def test_limits_are_named_and_settable(read, limits, code):
    error = refusal(read, plain(), limits=limits)
    assert error.code == code
    assert "limits.max_" in error.expected


def test_long_name_is_refused(read):
    assert refusal(read, plain(more={"$P1N": "x" * 2000})).code == "name-too-long"


# --- the file changes meanwhile


@pytest.mark.parametrize("change", ["shrink", "grow", "rewrite"])
@pytest.mark.parametrize("use", ["raw", "events", "warnings"])
def test_file_that_changes_between_opening_and_reading_is_refused(tmp_path, change, use):
    path = tmp_path / "a.fcs"
    content = build(keywords(1, 2, datatype="I", bits=16, ranges=1024), unsigned([[1], [2]], (2,)))
    path.write_bytes(content)
    f = read_fcs(path)
    changed = {"shrink": content[:-2], "grow": content + b"x", "rewrite": content}[change]
    path.write_bytes(changed)
    os.utime(path, ns=(1, 1))
    with pytest.raises(FcsError, match=r"a\.fcs.*changed-while-reading.*read it again"):
        _ = f.warnings if use == "warnings" else getattr(f, use)()


def test_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain())
    f = read_fcs(path)
    buffer = np.empty(4 * 12, np.uint8)
    reader = f.reader().__enter__()
    os.truncate(path, 1000 if path.stat().st_size > 1000 else path.stat().st_size - 10)
    with pytest.raises(FcsError, match="changed-while-reading"):
        reader.read_into(0, 4, buffer)
    with pytest.raises(FcsError, match="changed-while-reading"):
        reader.__exit__(None, None, None)


def test_file_that_vanishes_is_refused(tmp_path):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain())
    f = read_fcs(path)
    path.unlink()
    with pytest.raises(FcsError, match="file-missing"):
        f.events()


# --- the codes


def test_a_warning_can_be_made_an_error(read):
    with pytest.raises(FcsError, match="log-on-float-ignored"):
        read(plain(more={"$P1E": "4,1"}), refuse=["log-on-float-ignored"])
    assert read(plain(), refuse=list(REPAIRS)).n_events == 4


def test_findings_know_the_repairs_only():
    with pytest.raises(CytogateError, match="no repair called 'x'"):
        Findings("a.fcs").note("x", "HEADER", "y")


# --- damage anywhere: an FcsError or consistent events, nothing else


@given(data=st.data())
def test_damaged_bytes_give_events_or_an_fcs_error(tmp_path_factory, data):
    whole = bytearray(plain(more={"$SPILLOVER": "2,SSC-A,FL1-A,1,0.1,0,1", "$P1S": "a/b"}))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.sampled_from(["set", "cut", "digit", "double", "drop"])):
            case "set":
                whole[place] = data.draw(st.integers(0, 255))
            case "cut":
                del whole[max(place, 1) :]
            case "digit":
                whole[place] = ord(data.draw(st.sampled_from("0123456789/$, ")))
            case "double":
                whole[place:place] = whole[place : place + 8]
            case "drop":
                del whole[place : place + data.draw(st.integers(1, 8))]
        if not whole:
            break
    path = tmp_path_factory.getbasetemp() / "mutant.fcs"
    path.write_bytes(bytes(whole))
    for lenient in (False, True):
        try:
            f = read_fcs(path, lenient=lenient)
            assert f.raw().shape == f.events().shape == (f.n_events, len(f.channels))
            assert f.n_events * f.layout.row_bytes <= len(whole)
            _ = f.warnings
        except FcsError as error:
            message = str(error)
            assert "mutant.fcs" in message


# --- rare ways


def test_end_past_is_proven_for_one_of_two_places(read):
    content = plain(header_data=lambda b, e: (b, e + 1), text_data=lambda b, e: (b + 3, e + 90))
    f = recovered(read, content, "data-end-past")
    assert "data-offsets-differ" in {problem.code for problem in f.warnings}


def test_log_scale_of_integer_time_is_left_alone(read):
    words = keywords(1, 1, datatype="I", bits=16, ranges=1024, names=["Time"]) | {"$P1E": "4,1"}
    f = read(build(words, unsigned([[7]], (2,))))
    assert f.events().tolist() == [[7.0]]
    assert [problem.code for problem in f.warnings] == ["log-on-time-ignored"]


def test_supplement_that_cannot_be_read_is_ignored(read):
    content = plain(more={"$BEGINSTEXT": "0000001000", "$ENDSTEXT": "0000001006"})
    recovered(read, content.ljust(1000) + b"/a/b/c/", "supplemental-text-ignored")


def test_second_data_set_that_is_damaged_ends_the_file(read):
    first = plain(more={"$NEXTDATA": "00000000"})
    content = (
        plain(more={"$NEXTDATA": f"{len(first):08d}"}) + b"FCS3.1    " + b"%8d%8d" % (58, 9999) + b" " * 90
    )
    recovered(read, content, "next-data-unreadable")


def test_files_are_read_without_positioned_reads_too(read, monkeypatch):
    monkeypatch.delattr(os, "preadv", raising=False)
    np.testing.assert_array_equal(read(plain()).raw(), VALUES)


def test_what_is_held_in_memory_is_limited(tmp_path):
    path = tmp_path / "a.fcs"
    path.write_bytes(gzip.compress(plain() + bytes(5 * 2**20)))
    with pytest.raises(FcsError, match=r"a\.fcs.*file-too-large"):
        read_fcs(path, limits=Limits(max_unpacked_bytes=2**20))
    with pytest.raises(FcsError, match=r"a\.fcs.*file-too-large"):
        read_fcs(f"file://{path}", limits=Limits(max_unpacked_bytes=2**10))


@pytest.mark.skipif(os.name != "posix", reason="links and modes are POSIX")
def test_links_in_a_circle_are_unreadable(tmp_path):
    (tmp_path / "a.fcs").symlink_to(tmp_path / "a.fcs")
    with pytest.raises(FcsError, match=r"a\.fcs.*file-unreadable"):
        read_fcs(tmp_path / "a.fcs")


def test_failing_reads_are_named(read, monkeypatch):
    f = read(plain())

    def fail(*arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(FcsError, match=r"a\.fcs.*Input/output error.*file-unreadable"):
        f.raw()
