"""Files that look whole, and whose own words prove less than they seem to; and the words that say so."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from fcs.build import MISSING, ROWS, build, keywords, plain, unsigned

from cytogate.errors import FcsError, Problem
from cytogate.fcs.read import read_fcs
from cytogate.fcs.storage.sniff import advice, looks_like
from cytogate.fcs.text.quoted import quoted

VALUES = np.array(ROWS, np.float32)
FAR = 10**8


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, *arguments, **options):
        path = tmp_path / "a.fcs"
        path.write_bytes(content)
        return read_fcs(path, *arguments, **options)

    return write_and_read


def codes(f):
    return [problem.code for problem in f.warnings]


def refused(read, content, code):
    """The error with which a file is refused, leniently too."""
    for lenient in (True, False):
        with pytest.raises(FcsError) as caught:
            read(content, lenient=lenient)
        assert caught.value.code == code
        assert "enient reading" not in caught.value.fix, "nothing is promised that is not kept"
    return caught.value


# --- HEADER with the last eight digits


def far(path, *, header, cut=0):
    """Write DATA behind a hole, and other values where the last eight digits of their place point."""
    content = plain(text_data=lambda b, e: (b + FAR, e + FAR), header_data=header)
    at = len(content) - VALUES.nbytes
    with path.open("wb") as stream:
        stream.write(content[:at] + VALUES[::-1].tobytes())
        stream.seek(FAR - VALUES.nbytes, 1)
        stream.write(content[at : len(content) - cut])


def test_last_eight_digits_of_a_far_place_are_no_place(tmp_path):
    far(tmp_path / "a.fcs", header=lambda b, e: (b, e))
    f = read_fcs(tmp_path / "a.fcs")
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert codes(f) == ["header-offsets-wrapped"]


def test_last_eight_digits_are_no_place_when_the_file_is_cut_before_the_far_one(tmp_path):
    far(tmp_path / "a.fcs", header=lambda b, e: (b, e), cut=12)
    with pytest.raises(FcsError) as caught:
        read_fcs(tmp_path / "a.fcs")
    assert caught.value.code == "data-truncated"
    np.testing.assert_array_equal(read_fcs(tmp_path / "a.fcs", lenient=True).raw(), VALUES[:3])


def test_other_digits_leave_two_places(tmp_path):
    far(tmp_path / "a.fcs", header=lambda b, e: (b + 12, e + 12))
    with pytest.raises(FcsError) as caught:
        read_fcs(tmp_path / "a.fcs")
    assert caught.value.code == "data-ambiguous"


# --- TEXT


@pytest.mark.parametrize("gap", [b"", b" " * 40])
@pytest.mark.parametrize("tail", [b"", b"00000000"])
@pytest.mark.parametrize("comment", ["a\nb\n", "a\n", "\n" * 30])
def test_text_grown_by_line_ends_is_refused(read, gap, tail, comment):
    content = plain(more={"COMMENT": comment + "."}, gap=gap, tail=tail)
    assert codes(read(content)) == []
    end = content.index(b"/", content.index(b"COMMENT") + 8)
    changed = content[:end].replace(b"\n", b"\r\n") + content[end:]
    assert refused(read, changed, "line-ends-changed").field == "TEXT"


def test_line_ends_in_text_that_has_not_grown_are_values(read):
    f = read(plain(more={"COMMENT": "a\r\nb\r\n."}))
    assert codes(f) == []
    f = read(plain(more={"COMMENT": "a\r\nb\r\n."}, final_delimiter=False))
    assert codes(f) == ["text-no-final-delimiter"]
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_text_of_blanks_without_a_last_delimiter_that_ends_on_data(read):
    f = read(plain(final_delimiter=False, padding=b"  ", header_text=lambda b, e: (b, e + 1)))
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert {"text-end-past", "text-no-final-delimiter"} <= set(codes(f))


@pytest.mark.parametrize("version", ["2.0", "3.1"])
def test_begin_of_data_on_the_last_delimiter_is_refused(read, version):
    early = {"header_data": lambda b, e: (b - 1, e)}
    if version == "3.1":
        early["text_data"] = early["header_data"]
    more = {"$BEGINDATA": MISSING, "$ENDDATA": MISSING} if version == "2.0" else {}
    words = keywords(3, 4, **more)
    words = {key: value for key, value in words.items() if value is not MISSING}
    content = build(words, VALUES.tobytes(), version=version, **early)
    refused(read, content, "data-overlap")


def test_supplement_that_contradicts_text_is_a_warning(read):
    content = plain(supplement={"$P1N": "Other", "$PAR": "2", "NOTE": "x"})
    f = read(content)
    assert codes(f) == ["supplemental-text-differs"]
    assert "$P1N (and 1 others)" in f.warnings[0].message
    assert (f.channels.names[0], f.keywords["NOTE"]) == ("FSC-A", "x")
    with pytest.raises(FcsError) as caught:
        read(content, refuse=["supplemental-text-differs"])
    assert content[caught.value.offset :].startswith(b"$P1N")


# --- counts


@pytest.mark.parametrize("more", [{"$PAR": "4"}, {"$PAR": "4", "$TOT": "2"}, {"$PAR": "2"}, {"$PAR": "1"}])
def test_parameters_that_are_not_those_described_give_no_events(read, more):
    refused(read, plain(more=more), "data-length")


def test_parameter_without_any_keyword_is_read_where_the_length_proves_it(read):
    f = read(plain(more=dict.fromkeys(("$P3N", "$P3B", "$P3R", "$P3E"))))
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_bits_that_fill_a_word_are_read_where_the_length_proves_it(read):
    words = keywords(2, 3, datatype="I", bits=[20, 16], ranges=[2**20, 1024])
    rows = [[1, 5], [2**20 - 1, 6], [77, 7]]
    f = read(build(words, unsigned(rows, (4, 2))))
    assert f.raw().tolist() == rows
    assert codes(f) == ["parameter-bits-stored-wider"]
    assert read(build(words, unsigned(rows, (3, 2)))).raw().tolist() == rows
    assert refused(read, build(words, bytes(14)), "bits-packed").field == "$P1B"
    refused(read, build(words | {"$TOT": "5"}, unsigned(rows, (4, 2))), "data-length")


def test_bits_that_are_no_bytes_need_a_total(read):
    words = keywords(1, 8, datatype="I", bits=10, ranges=1024)
    del words["$TOT"]
    refused_2_0 = build(words, bytes(16), version="2.0")
    refused(read, refused_2_0, "data-length")


@pytest.mark.parametrize("moved", [(4, 4), (4, 0), (12, 0), (12, 12), (-12, 0)])
def test_wrong_begin_is_not_believed_leniently(read, moved):
    words = keywords(3, 4)
    del words["$BEGINDATA"], words["$ENDDATA"]
    where = {"header_data": lambda b, e: (b + moved[0], e + moved[1])}
    for lenient in (False, True):
        with pytest.raises(FcsError):
            read(build(words, VALUES.tobytes(), version="2.0", **where), lenient=lenient)


def old(tail=b"", shorter=12, **options):
    """A file of FCS 2.0 without ``$TOT``, DATA of which end too early."""
    words = keywords(3, 4)
    for key in ("$TOT", "$BEGINDATA", "$ENDDATA"):
        del words[key]
    where = {"header_data": lambda b, e: (b, e - shorter)}
    return build(words, VALUES.tobytes(), version="2.0", tail=tail, **where, **options)


@pytest.mark.parametrize("tail", [b"", b"0000ABCD"])
@pytest.mark.parametrize("n", [1, 3])
def test_bytes_of_whole_events_behind_data_are_a_warning_without_a_total(read, tail, n):
    f = read(old(tail, 12 * n))
    assert codes(f) == ["data-end-uncertain"]
    assert f"{n} more events" in f.warnings[0].message
    np.testing.assert_array_equal(f.raw(), VALUES[:-n])


@pytest.mark.parametrize("tail", [b"", b"00000000", b" " * 24, bytes(36), b"x" * 5, b"x" * 13])
def test_other_bytes_behind_data_are_no_events(read, tail):
    f = read(old(tail, 0))
    assert codes(f) == []
    assert f.n_events == 4


# --- what lies behind


@pytest.mark.parametrize("between", [b"", b"00000000", b"   \r\n", b"0000ABCD  "])
def test_second_file_behind_the_first_is_a_warning(read, between):
    f = read(plain() + between + plain())
    assert (f.n_events, f.n_datasets) == (4, 1)
    assert codes(f) == ["data-set-unlinked"]
    assert f"byte {len(plain() + between)}" in f.warnings[0].message


def test_other_bytes_behind_are_no_data_set(read):
    for tail in (b"FCS", b"FCS3.1", b"x" * 9 + plain(), b"FCS3.1    no numbers, but text   "):
        assert codes(read(plain(tail=tail))) == []


# --- words


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda raw: raw.replace(b"/$", b"/"), "keyword-missing", "without '$'"),
        (lambda raw: raw[:58] + raw[59:340] + b"/" + raw[340:], "text-syntax", "no delimiter"),
        (
            lambda raw: raw[:58] + raw[58:-48].decode().encode("utf-16-le") + raw[-48:],
            "text-syntax",
            "UTF-16",
        ),
    ],
)
def test_text_without_its_keywords_says_why(read, change, code, words):
    raw = change(plain(more={"LAST": "end" * 40}))
    begin = b"%8d" % 58
    end = b"%8d" % (len(raw) - 49)
    error = refused(read, raw[:10] + begin + end + raw[26:], code)
    assert words in error.found
    assert error.offset == 58


@pytest.mark.parametrize(
    ("first", "words", "todo"),
    [
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "AppleDouble", "._"),
        (b"\xef\xbb\xbfFCS3.1    ", "byte order mark", "copy it again"),
        (b"\nFCS3.1    ", "line feeds", "copy it again"),
        (b" FCS3.1    ", "blanks", "copy it again"),
        (b"fcs3.1    ", "'fcs3.1'", "copy it again"),
        (b"hello world", "plain text beginning 'hello world'", "right file"),
        (b"\1\2\3\xff", "01 02 03 ff", "right file"),
    ],
)
def test_other_files_are_named_in_readable_words(first, words, todo):
    assert words in looks_like(first)
    assert todo in advice(first)
    assert "b'" not in looks_like(first) + advice(first)


def test_bytes_are_quoted_as_text():
    assert [quoted(raw) for raw in (b"a'b", "é".encode(), b"\xff", b"\x0c", b"", b"      25")] == [
        "'a'b'",
        "'é'",
        "byte ff",
        "byte 0c",
        "''",
        "'      25'",
    ]
    assert quoted(b"x" * 99) == f"'{'x' * 40}'"


@pytest.mark.parametrize("delimiter", ["/", "\x0c", "\\", "|"])
def test_no_message_shows_bytes_of_python(read, delimiter):
    odd = plain(delimiter=delimiter, final_delimiter=False, more={"$CYT": ""}, escape=False)
    for content in (odd, odd[:26] + b"xx" + odd[28:], odd[:7] + b"y" + odd[8:], plain()[:10] + b"?" * 48):
        try:
            said = " ".join(problem.message for problem in read(content).warnings)
        except FcsError as error:
            said = str(error)
        assert "b'" not in said
        assert said


def test_values_are_named_as_they_stand(read):
    for key, value in (("$MODE", "hist"), ("$DATATYPE", "q")):
        with pytest.raises(FcsError) as caught:
            read(plain(more={key: value}))
        assert caught.value.found == repr(value)


def test_missing_data_set_is_counted(read):
    with pytest.raises(FcsError) as caught:
        read(plain(), 5)
    assert "found one data set; expected a data set of number 5" in str(caught.value)


def test_control_characters_of_names_are_spelled(read):
    f = read(plain(more={"$P1N": "\x1b[2JA", "$P2N": "\x1b[2JA"}))
    assert codes(f) == ["channel-name-duplicate"]
    assert f.channels.names[0] == "\x1b[2JA (P1)"
    assert f.warnings[0].message.isprintable()
    assert r"\x1b[2JA (P1)" in f.warnings[0].message
    assert pickle.loads(pickle.dumps(f.warnings[0])) == f.warnings[0]


def test_problem_of_a_file_whose_name_is_no_text_can_be_printed():
    problem = Problem("x", "a\udcff\x1b.fcs: $CYT", "is \ud800 wrong.", "Do\x07 it.")
    text = str(problem)
    assert text.encode("utf-8")
    assert text.isprintable()
    assert problem.location == "a\udcff\x1b.fcs: $CYT"


def test_refused_warning_reads_as_a_sentence(read):
    with pytest.raises(FcsError, match=r"\(P2\); expected a file without this warning, as was asked for"):
        read(plain(more={"$P2N": "FSC-A"}), refuse=["channel-name-duplicate"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (plain(more={"$P2N": "FSC-A", "$P2G": "x"}), "gain-unreadable"),
        (plain(header_data=lambda b, e: (b, e + 1), text_data=lambda b, e: (b, e + 1)), "data-end-past"),
        (plain(header_data=lambda b, e: (b" " * 8, b" " * 8)), "header-offsets-blank"),
        (plain(final_delimiter=False), "text-no-final-delimiter"),
    ],
)
def test_refused_warning_names_its_byte(read, content, code):
    with pytest.raises(FcsError) as caught:
        read(content, refuse=[code])
    assert caught.value.code == code
    assert caught.value.offset is not None
    if caught.value.field.startswith("$"):
        assert content[caught.value.offset :].startswith(caught.value.field.encode())
