"""TEXT: every way it is written in files, what is read of it, and what is refused."""

from __future__ import annotations

import contextlib
import string
import time

import pytest
from fcs.texts import NEEDED, last, parse, refused, written
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import FcsError
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.terms import Terms
from cytogate.fcs.text.parse import parse_text
from cytogate.fcs.versions import VERSIONS

BLANK = " \0\t\r\n"
TELLING = "$0123456789" + string.ascii_uppercase  # what the keywords of the standard are written in


# --- delimiters


@pytest.mark.parametrize("delimiter", [chr(n) for n in range(1, 127) if chr(n) not in TELLING])
@pytest.mark.parametrize("value", ["plain", "a{}b", "a{}", "a{}{}", "a{}{}b{}", "{}", "{}{}a", "C:{}x{}y"])
def test_every_delimiter_is_read_in_values_it_escapes(delimiter, value):
    value = value.replace("{}", delimiter)
    keywords, codes = parse(written(NEEDED | {"$FIL": value, "$OP": value}, delimiter))
    assert {key: keywords[key] for key in NEEDED} == NEEDED
    expected = value.strip(BLANK.replace(delimiter, ""))
    assert keywords["$FIL"] == keywords["$OP"] == expected
    assert set(codes) <= {"text-delimiter-first", "text-delimiter-in-value"}
    assert ("text-delimiter-first" in codes) == value.startswith(delimiter)


@pytest.mark.parametrize("delimiter", list("/|\\!*^.+?()[]{}#~\r\n\t,;:'\"-_\x0c\x1e\x01\x7e"))
def test_delimiters_that_are_special_elsewhere_are_plain_here(delimiter):
    assert last({"NOTE": "x"}, delimiter=delimiter, escape=True, end="/") == ("x", [])


@pytest.mark.parametrize("raw", [b"", b"\0", b"\x7f$PAR\x7f1\x7f", b"\xff\xfe/\0", b"\0\0\0\0"])
def test_what_begins_with_no_delimiter_is_refused(raw):
    error = refused(raw)
    assert (error.code, error.offset) == ("text-delimiter", 58)


def test_dollar_is_no_delimiter_that_could_be_read():
    keywords, _ = parse(written(NEEDED, "$"))
    assert "$PAR" not in keywords


# --- empty values, values that begin with the delimiter


@pytest.mark.parametrize("many", [1, 2, 5])
def test_empty_values_are_read_where_keywords_would_be_lost(many):
    words = {f"$P{n}S": "" for n in range(1, many + 1)}
    keywords, codes = parse(written(words | NEEDED, escape=False))
    assert keywords == {**words, **NEEDED}
    assert codes == ["text-empty-values"]


def test_empty_values_and_escaped_delimiters_stand_together():
    words = {"$P1S": "", "$OP": "a/b", "$P2S": "", "$FIL": "c//d/", "$SRC": ""}
    keywords, codes = parse(written(words | NEEDED))
    assert keywords == words | NEEDED
    assert codes == ["text-empty-values"]


@pytest.mark.parametrize("end", ["/", "/  "])
@pytest.mark.parametrize("key", ["$OP", "NOTE"])
def test_empty_value_at_the_end(end, key):
    keywords, codes = parse(written(NEEDED | {key: ""}, escape=False, end=end))
    assert keywords[key] == ""
    assert codes[0] == "text-empty-values"


def test_where_both_readings_hold_the_standards_counts_and_the_doubt_is_said():
    keywords, codes = parse(written(NEEDED | {"OPERATOR": "", "NOTE": "x"}, escape=False))
    assert keywords["OPERATOR/NOTE"] == "x"
    assert codes == ["text-ambiguous"]


def test_a_reading_that_cannot_be_leaves_no_doubt():
    """Two keywords would begin with an empty one."""
    assert parse(b"//" + written({"NOTE": "x"} | NEEDED)) == ({"/NOTE": "x"} | NEEDED, [])


@pytest.mark.parametrize("par", [None, "x"])
def test_without_a_number_of_parameters_none_of_their_keywords_is_needed(par):
    words = {"NOTE": "", " $P1N": "F1", **{key: NEEDED[key] for key in NEEDED if key not in ("$P1N", "$PAR")}}
    keywords, codes = parse(written(words | ({} if par is None else {"$PAR": par}), escape=False))
    assert keywords["NOTE/ $P1N"] == "F1"
    assert codes == ["text-ambiguous"]
    keywords, codes = parse(written(words | {"$PAR": "2"}, escape=False))
    assert (keywords["NOTE"], keywords["$P1N"]) == ("", "F1")
    assert "text-empty-values" in codes


def test_escaped_delimiters_in_values_leave_no_doubt():
    assert last({"NOTE": "a//b", "OTHER": "c/d"}) == ("c/d", [])


def test_value_that_begins_with_the_delimiter():
    assert last({"$FIL": "/home"}) == ("/home", ["text-delimiter-first"])
    assert last({"$FIL": "//"}) == ("//", ["text-delimiter-first"])


def test_dollars_in_values_are_kept():
    assert last({"NOTE": "costs $5, $P1N", "COST": "$"}) == ("$", [])
    assert last({"NOTE": "costs/$5"}) == ("costs/$5", ["text-delimiter-in-value"])


# --- delimiters that are not escaped


def test_single_delimiter_between_two_keywords_of_the_standard_is_part_of_the_value():
    words = {"$P1S": "CD4/CD8", "$P2S": "x"}
    keywords, codes = parse(written(words | NEEDED, escape=False))
    assert keywords == words | NEEDED
    assert codes == ["text-delimiter-unescaped"]


def test_two_single_delimiters_that_leave_an_even_number_of_words():
    words = {"$P1S": "CD4/CD8", "$P1N": "F1", "$OP": "me/you"}
    needed = {key: value for key, value in NEEDED.items() if key != "$P1N"}
    keywords, codes = parse(written(words | needed, escape=False))
    assert keywords == words | needed
    assert codes == ["text-delimiter-unescaped"]


def test_keywords_that_may_be_swallowed_as_values_are_said():
    words = {"$P1S": "CD4/CD8", "$P2S": "x", "$OP": "me/you"}
    keywords, codes = parse(written(words | NEEDED, escape=False))
    assert (keywords["CD8"], keywords["X"]) == ("$P2S", "$OP")  # which the standard allows
    assert codes == ["text-keyword-in-value"]


def test_words_that_may_belong_to_several_keywords_are_left_out():
    words = {"$CYT": "x", "$P1G": "9", "TUBE": "a", "NOTE": "b/c", "$OP": "me"}
    keywords, codes = parse(written(NEEDED | words, escape=False))
    assert codes == ["text-delimiter-unescaped"]
    assert keywords == NEEDED | {"$CYT": "x", "$P1G": "9", "$OP": "me"}


def test_value_that_names_a_keyword_is_a_value():
    words = {"TRIGGER": "$P1N", "NOTE": "x", "OTHER": "$CYT", "$CYT": "y"}
    assert parse(written(NEEDED | words)) == (NEEDED | words, [])


def test_an_empty_keyword_between_single_delimiters_is_left_out():
    words = {"$P1S": "CD4/CD8", "$P2S": "x", "$P1G": "9", " ": "y"}
    keywords, codes = parse(written(words | NEEDED, escape=False))
    assert keywords == {key: value for key, value in words.items() if key != " "} | NEEDED
    assert codes == ["text-delimiter-unescaped"]


def test_words_before_the_first_keyword_of_the_standard_are_no_keyword_and_number():
    keywords, codes = parse(written({"NOTE": "5/a"} | NEEDED, escape=False))
    assert keywords == NEEDED
    assert codes == ["text-delimiter-unescaped"]


def test_needed_keywords_are_never_guessed():
    words = {key: value for key, value in NEEDED.items() if key != "$P1N"}
    error = refused(written(words | {"$P1N": "a/b/c", "NOTE": "d/e", "$OP": "x"}, escape=False))
    assert (error.code, error.field, error.offset) == ("text-syntax", "TEXT", 58)
    assert "odd number of words" in error.found


# --- ends


def test_final_delimiter_missing():
    assert last({"$OP": "Time"}, end="") == ("Time", ["text-no-final-delimiter"])


@pytest.mark.parametrize("words", [{"$OP": "a/b"}, {"$OP": "a/b", "$SRC": "c"}, {"$OP": "a", "$SRC": "b/c/"}])
def test_escaped_delimiters_leave_no_doubt_without_a_final_one(words):
    keywords, codes = parse(written(NEEDED | words, end=""))
    assert keywords == NEEDED | words
    assert codes == ["text-no-final-delimiter"]


@pytest.mark.parametrize("end", ["/ ", "/\0\0\0", "/\r\n", "/   \0\n"])
def test_padding_behind_the_final_delimiter(end):
    assert last({"$OP": "Time"}, end=end) == ("Time", ["text-padded"])


@pytest.mark.parametrize("end", ["/\x01", "/junk", "/\xff\xfe\0\0", "/  00000000"])
def test_junk_behind_the_final_delimiter(end):
    assert last({"$OP": "Time"}, end=end) == ("Time", ["text-junk"])


def test_end_within_a_keyword_behind_single_delimiters_is_refused():
    raw = written({"$P1S": "CD4/CD8", "$OP": "me/you"} | NEEDED, escape=False)
    assert parse(raw + b"$CYT/y")[0]["$CYT"] == "y"
    error = refused(raw + b"$CY")
    assert error.code == "text-syntax"


def test_words_left_out_before_the_last_delimiter_are_no_end_within_a_keyword():
    keywords, codes = parse(written(NEEDED, escape=False) + b"$OP/a/b/c/d/")
    assert (keywords, codes) == (NEEDED, ["text-delimiter-unescaped"])


def test_last_value_that_equals_a_word_left_out_is_no_end_within_a_keyword():
    words = {"$P1G": "9", "TUBE": "a", "NOTE": "b/c"}
    for last_value in "bc":
        keywords, codes = parse(written(words | NEEDED | {"$OP": last_value}, escape=False, end=""))
        assert keywords == NEEDED | {"$P1G": "9", "$OP": last_value}
        assert codes == ["text-delimiter-unescaped", "text-no-final-delimiter"]


def test_junk_of_many_delimiters_is_no_series_of_empty_values():
    error = refused(written(NEEDED) + b"X" + b"//a" * 2100, limits=Limits(max_keywords=1000))
    assert error.code == "too-many-keywords"


def test_text_that_ends_within_a_keyword_is_refused():
    raw = written(NEEDED | {"$P1G": "8"})
    assert refused(raw[: raw.rindex(b"1G/")]).code == "text-syntax"


@pytest.mark.parametrize(
    ("before", "code"), [(b"  ", 1), (b"\xef\xbb\xbf", 1), (b"\0\0\0", 1), (b"\r\n", 1), (b"", 0)]
)
def test_blanks_and_marks_before_the_first_delimiter(before, code):
    keywords, codes = parse(before + written(NEEDED))
    assert keywords == NEEDED
    assert codes == ["text-begins-early"] * code


# --- names and values


def test_blanks_around_names_and_values_are_left_out():
    keywords, codes = parse(written({f" {key} ": f"  {value}\r\n" for key, value in NEEDED.items()}))
    assert keywords == NEEDED
    assert codes == ["text-blanks"]


def test_case_of_keywords_does_not_matter_and_that_of_values_does():
    assert last({"$cyt": "LsrII", "note": "Abc"}) == ("Abc", [])


def test_keywords_that_stand_twice():
    twice = written(NEEDED)[:-1] + b"/$tot/9/"
    assert parse(twice) == (NEEDED, [])
    keywords, codes = parse(written(NEEDED)[:-1] + b"/$tot/10/")
    assert keywords["$TOT"] == "9"
    assert codes == ["text-duplicate-keyword"]


@pytest.mark.parametrize(
    ("raw", "value", "codes"),
    [
        ("M\xfcller".encode(), "M\xfcller", []),
        ("M\xfcller".encode("latin-1"), "M\xfcller", ["text-latin1"]),
        (b"\xaa", "\xaa", ["text-latin1"]),
        ("CD\u03b2 \U0001f9ea".encode(), "CD\u03b2 \U0001f9ea", []),
        (b"a\0b", "a\0b", []),
        (b"two\nlines\r\n and \t", "two\nlines\r\n and", []),
        (b"\xff|\xff~\xff", "\xff|\xff~\xff", ["text-latin1"]),
    ],
)
def test_values_of_any_bytes_are_kept(raw, value, codes):
    assert last({"$OP": raw}) == (value, codes)
    assert last({"$OP": raw}, delimiter="|") == (value, codes)
    assert last({"$OP": raw}, delimiter="~") == (value, codes)


def test_latin1_and_utf8_values_stand_together():
    keywords, codes = parse(written(NEEDED | {"$OP": b"\xfc", "$SRC": "\xfc"}))
    assert (keywords["$OP"], keywords["$SRC"]) == ("\xfc", "\xfc")
    assert codes == ["text-latin1"]


@pytest.mark.parametrize(
    ("raw", "value", "codes"),
    [
        ("M\xfcller".encode("utf-16-be"), "M\xfcller", []),
        ("M\xfcller".encode("utf-16-le"), "M\xfcller", []),
        ("\ufeff\u65e5\u672c".encode("utf-16-le"), "\u65e5\u672c", []),
        (b"Miller", "Miller", []),
        ("\u65e5\u672c".encode(), "\u65e5\u672c", ["text-unicode-unclear"]),
        (b"\0a\xd8\1", "a\xd8\1", ["text-unicode-unclear", "text-latin1"]),
        (b"\xd8\1\xd8\2", "\xd8\1\xd8\2", ["text-unicode-unclear", "text-latin1"]),
    ],
)
def test_two_byte_values_of_version_3_0(raw, value, codes):
    words = {"$UNICODE": "0,$SRC,$OP", "$OP": raw}
    found = last(words, "3.0")
    assert (found[0].lstrip("\ufeff"), sorted(found[1])) == (value, sorted(codes))


def test_other_segments_may_leave_out_their_first_delimiter():
    raw = b"SORT|a||b|STATS|x|"
    assert parse(raw, supplemental=True, delimiter=b"|") == ({"SORT": "a|b", "STATS": "x"}, [])
    assert parse(b"|" + raw, supplemental=True, delimiter=b"|") == ({"SORT": "a|b", "STATS": "x"}, [])


@pytest.mark.parametrize(
    "raw",
    [b"|", b"|junk", b"|a|b|junk", b"|a\1|b|", b"|\xff|b|", b"PK\5\6\0\0P\0", b"|a|b|c|", b"|a|b|c\1|d|"],
)
def test_other_segments_that_may_be_no_keywords_are_refused_without_warnings(raw):
    findings = Findings("a.fcs")
    with pytest.raises(FcsError, match="text-syntax"):
        parse_text(raw, 58, Terms(VERSIONS["3.1"], LIMITS), findings, supplemental=True)
    assert findings.problems == []


@pytest.mark.parametrize("missing", list(NEEDED))
def test_needed_keywords_that_are_missing_are_left_to_what_needs_them(missing):
    words = {key: value for key, value in NEEDED.items() if key != missing}
    assert parse(written(words)) == (words, [])


# --- size and time


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"/" * 2**25, "too-many-keywords"),
        (b"/" + b"a/" * 2**23, "too-many-keywords"),
        (written(NEEDED)[:-1] + b"/X" + b"//a" * 2**23 + b"/b/", "too-many-keywords"),
        (written(NEEDED)[:-1] + b"/X//" * 2**17, "too-many-keywords"),
    ],
    ids=["delimiters", "words", "one keyword", "empty values"],
)
def test_hostile_text_is_refused_in_time(raw, code):
    started = time.process_time()
    assert refused(raw, limits=Limits(max_keywords=1000)).code == code
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("raw", "most", "found"),
    [
        (b"/" + b"a/b/" * 8, 7, "8"),
        (b"/" + b"a/b/" * 7 + b"c/d", 7, "8"),
        (b"/" + b"a/b/" * 7 + b"c/d", 6, "7"),
        (b"/a//b/c" * 7 + b"/", 7, "14"),
        (b"/a//b/c" * 7 + b"/", 6, "7"),
    ],
)
def test_too_many_keywords_are_counted(raw, most, found):
    error = refused(raw, limits=Limits(max_keywords=most))
    assert (error.code, error.found, error.offset) == ("too-many-keywords", found, 58)


@pytest.mark.parametrize(
    ("words", "escape"),
    [
        ({f"KEY{n}": f"value {n}" for n in range(49_000)}, True),
        ({f"$KEY{n}": "" for n in range(49_000)}, False),
        ({"BIG": "v" * (60 * 2**20)}, True),
        ({"BIG": "//a" * (8 * 2**20)}, True),
    ],
    ids=["many", "empty", "one large", "escapes"],
)
def test_large_text_is_parsed_in_two_seconds(words, escape):
    raw = written(NEEDED | words, escape=escape)
    started = time.process_time()
    keywords, _ = parse(raw, limits=Limits(max_keywords=100_000, max_text_bytes=2**27))
    assert time.process_time() - started < 2
    assert len(keywords) == len(NEEDED) + len(words)


# --- any keywords, any bytes

DELIMITERS = st.sampled_from("/|\\!*^.\r\n,\x0c\x1e\x01~A")
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.dictionaries(NAMES, VALUES, max_size=8), DELIMITERS, st.booleans())
def test_any_keywords_survive_writing_and_parsing(words, delimiter, final):
    words = {key.upper(): value for key, value in words.items()}
    words = {key: value for key, value in words.items() if delimiter not in key}
    blanks = BLANK.replace(delimiter, "")
    words = {key: value.strip(blanks) for key, value in words.items()}
    words = {key: value for key, value in words.items() if value and not value.startswith(delimiter)}
    words = {key: value for key, value in words.items() if delimiter != "A" or "A" not in key}
    keywords, _ = parse(written(words | NEEDED, delimiter, end="/" if final else ""))
    assert keywords == words | NEEDED


@given(st.dictionaries(NAMES, VALUES, max_size=8), DELIMITERS.filter(lambda d: d != "A"))
def test_any_keywords_with_empty_and_odd_values_survive_too(words, delimiter):
    blanks = BLANK.replace(delimiter, "")
    words = {f"${key.upper()}": value.strip(blanks) for key, value in words.items() if delimiter not in key}
    keywords, codes = parse(written(words | NEEDED, delimiter))
    assert keywords == words | NEEDED
    if any(not value for value in words.values()):
        assert "text-empty-values" in codes


@given(
    st.binary(max_size=200) | st.text("/$PARTOTBEND1234 ,|\0", max_size=200).map(str.encode), st.booleans()
)
def test_random_bytes_are_read_or_refused(raw, supplemental):
    with contextlib.suppress(FcsError):
        keywords, codes = parse(raw, supplemental=supplemental)
        assert all(key == key.upper() for key in keywords)
        assert set(codes) <= set(REPAIRS)


@given(st.data())
def test_damaged_text_is_read_or_refused(data):
    raw = bytearray(written(NEEDED | {"$P1S": "", "$OP": "a/b", "NOTE": "x"}))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        raw = raw or bytearray(b"/")
    with contextlib.suppress(FcsError):
        parse(bytes(raw))
