"""Values as text: how they are decoded, and how much memory they may take."""

from __future__ import annotations

import pytest
from fcs.texts import NEEDED, last, parse, refused, written

from cytogate.fcs.limits import Limits
from cytogate.fcs.text.marks import Marks
from cytogate.fcs.text.words import Reading

LONG = 2**16  # bytes of a value that is looked through in pieces
N_NEEDED = sum(map(len, NEEDED.values()))
UNCOMMON = b"\xff\xfe\xc0\xc1"  # each may begin a mark; a text that has all of them makes one be doubled


@pytest.mark.parametrize("n", [1, LONG // 2, LONG // 2 + 1, LONG, 3 * LONG + 7])
@pytest.mark.parametrize(
    ("raw", "width", "n_characters"),
    [
        ("\xff".encode(), 2, 1),  # 1 byte as text; as many as in the file are counted
        (b"a\xff", 2, 2),
        ("\u0100".encode(), 2, 1),
        ("a\u0100".encode(), 4, 2),
        ("\uffff".encode(), 2, 1),
        ("\U00010000".encode(), 4, 1),
        (b"\xf0\xff", 2, 2),
    ],
    ids=ascii,
)
def test_values_are_as_large_as_they_are_in_memory(raw, width, n_characters, n):
    text = written(NEEDED | {"$OP": raw * n})
    most = N_NEEDED + width * n
    keywords, _ = parse(text, limits=Limits(max_text_bytes=most))
    assert len(keywords["$OP"]) == n_characters * n
    assert refused(text, limits=Limits(max_text_bytes=most - 1)).code == "text-too-large"


def test_one_wide_character_makes_all_of_a_value_wide():
    for character, size in (("\xe4", 5_002), ("\u20ac", 10_002), ("\U0001f9ea", 20_004)):
        text = written(NEEDED | {"$OP": "a" * 5_000 + character})
        parse(text, limits=Limits(max_text_bytes=N_NEEDED + size))
        assert refused(text, limits=Limits(max_text_bytes=N_NEEDED + size - 1)).code == "text-too-large"


@pytest.mark.parametrize("character", ["\xe4", "\u0100", "\u20ac", "\U0001f9ea"])
def test_long_values_are_decoded_as_short_ones(character):
    raw = (character * LONG).encode()
    assert last({"$OP": raw}) == (character * LONG, [])
    assert last({"$OP": b"a" + raw}) == ("a" + character * LONG, [])
    cut = raw[:-1]
    assert last({"$OP": cut}) == (cut.decode("latin-1"), ["text-latin1"])
    text = written(NEEDED | {"$OP": cut})
    assert parse(text, limits=Limits(max_text_bytes=N_NEEDED + len(cut)))[1] == ["text-latin1"]


@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
def test_two_byte_values_of_any_length(order):
    for n in range(1, 9):
        value = "M\xfcller-1"[:n]
        words = {"$UNICODE": "0,$OP", "$OP": value.encode(order)}
        assert last(words, "3.0") == (value, [])
    assert last({"$UNICODE": "0,$OP", "$OP": b"\0a\0"}, "3.0")[0] == "a"  # no whole characters: blanks go


def test_unicode_of_other_versions_says_nothing():
    words = {"$UNICODE": "0,$OP", "$OP": "Miller".encode("utf-16-be")}
    assert last(words, "2.0") == last(words, "3.1") == ("M\0i\0l\0l\0e\0r", [])


@pytest.mark.parametrize("delimiter", list("/|!~^"))
def test_bytes_that_marks_are_made_of_are_kept(delimiter):
    for byte in UNCOMMON:
        for other in b"|!~^/\xff":
            pair = bytes((byte, other))
            value = b"a" + UNCOMMON + pair * 2 + bytes((byte,)) + pair + b"z"
            found, codes = last({"$SRC": UNCOMMON * 3, "$OP": value}, delimiter=delimiter)
            assert found == value.decode("latin-1")
            assert codes == ["text-latin1"]


def test_keywords_of_wide_characters_are_as_long_as_their_characters():
    key = "\U0001f9ea" * 12
    for more in ("", "x"):
        text = written(NEEDED | {key + more: "v"})
        keywords, codes = parse(text, limits=Limits(max_name_length=12 + len(more)))
        assert (keywords[key + more.upper()], codes) == ("v", [])
    assert refused(text, limits=Limits(max_name_length=12)).code == "keyword-too-long"


def test_words_that_were_taken_are_not_kept():
    words = [b"$OP", b"a", b"NOTE", b"b"]
    taken = Reading(Marks.of(b"", 0, b"/"), words).take()
    assert next(taken) == (b"$OP", b"a")
    assert words == [b"", b"", b"NOTE", b"b"]
    assert list(taken) == [(b"NOTE", b"b")]
    assert words == [b""] * 4
