"""HEADER: its fields read, put right where one reading is proven, else refused with the byte of the field."""

from __future__ import annotations

import numpy as np
import pytest
from fcs.answers import codes, refusal
from fcs.build import ROWS, build, floats, keywords, plain, unsigned
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs
from cytogate.fcs.structure.header import Segment, other_segments

VALUES = np.array(ROWS, np.float32)


def with_field(content, at, text):
    """The file with 8 bytes of HEADER replaced."""
    raw = text if isinstance(text, bytes) else b"%8d" % text
    assert len(raw) == 8
    return content[:at] + raw + content[at + 8 :]


def number(content, at):
    return int(content[at : at + 8])


# --- where errors point


@pytest.mark.parametrize(
    ("at", "text", "code", "offset"),
    [
        (10, b"        ", "text-offsets", 10),
        (10, b"\0\0\0\0\0\0\0\0", "text-offsets", 10),
        (10, b"    -100", "text-offsets", 10),
        (10, b"      57", "text-offsets", 10),
        (10, b"      x8", "text-offsets", 10),
        (10, b"99999999", "text-offsets", 18),  # the end lies before it
        (18, b"        ", "text-offsets", 18),
        (18, b"       0", "text-offsets", 18),
        (18, b"      58", "text-offsets", 18),
        (18, b"      -1", "text-offsets", 18),
        (18, b"   1_000", "text-offsets", 18),
        (18, b"99999999", "text-truncated", 18),
    ],
)
def test_text_that_cannot_be_found_is_refused_with_the_field(read, at, text, code, offset):
    error = refusal(read, with_field(plain(), at, text))
    assert (error.code, error.field, error.offset) == (code, "HEADER", offset)


def test_text_that_begins_behind_the_file_points_at_its_begin(read):
    content = with_field(with_field(plain(), 10, 90000), 18, 90100)
    error = refusal(read, content)
    assert (error.code, error.offset) == ("text-truncated", 10)


def test_unknown_version_points_at_its_digits(read):
    error = refusal(read, b"FCS4.0xy" + plain()[8:])
    assert (error.code, error.field, error.offset) == ("version-unknown", "HEADER", 3)
    assert error.found == "'FCS4.0'"


def test_places_of_data_that_cannot_be_told_apart_point_at_header(read):
    error = refusal(read, plain(header_data=lambda b, e: (b + 4, e + 4), tail=b"    "))
    assert (error.code, error.field, error.offset) == ("data-ambiguous", "HEADER", 26)
    none = plain(header_data=lambda b, e: (0, 0), text_data=lambda b, e: (0, 0))
    error = refusal(read, none)
    assert (error.code, error.field, error.offset) == ("data-offsets", "HEADER", 26)
    over = plain(header_data=lambda b, e: (b - 20, e - 20), text_data=lambda b, e: (b - 20, e - 20))
    error = refusal(read, over)
    assert (error.code, error.field, error.offset) == ("data-overlap", "HEADER", 26)
    assert "clear of HEADER and TEXT" in error.expected


def test_bytes_are_counted_from_the_beginning_of_the_file_in_the_second_data_set(read):
    first = plain(more={"$NEXTDATA": "0" * 8})
    first = plain(more={"$NEXTDATA": f"{len(first):08d}"})
    for at, text, offset in ((10, b"       0", 10), (18, b"       0", 18), (3, b"9.9     ", 3)):
        error = refusal(read, first + with_field(plain(), at, text), dataset=1)
        assert error.offset == len(first) + offset


@pytest.mark.parametrize("key", ["$TOT", "$PAR", "$BYTEORD", "$DATATYPE", "$MODE"])
def test_errors_of_keywords_point_at_the_keyword(read, key):
    content = plain(more={key: "?"})
    error = refusal(read, content)
    assert error.field == key
    assert content[error.offset :].startswith(f"{key}/?/".encode())
    assert f"{key} at byte {error.offset}" in str(error)


@pytest.mark.parametrize("key", ["$TOT", "$PAR", "$BYTEORD", "$DATATYPE"])
def test_errors_of_missing_keywords_point_at_text(read, key):
    error = refusal(read, plain(more={key: None}))
    assert (error.code, error.field, error.offset) == ("keyword-missing", key, 58)


# --- data


@pytest.mark.parametrize("blank", [b" " * 8, b"\0" * 8, b"\t\r\n     "])
def test_blank_offsets_of_data_and_analysis(read, blank):
    content = plain()
    for at in (26, 34, 42, 50):
        content = with_field(content, at, blank)
    f = read(content)
    assert codes(f) == ["header-offsets-blank"]
    np.testing.assert_array_equal(f.raw(), VALUES)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (0, -1),
        (-1, -1),
        (-1, 0),
        (1, 0),
        (1, 1),
        (99999999, 99999999),
        (58, 99999999),
        (0, 1),
        (26, 34),
        (-9999999, -9999999),
    ],
)
def test_impossible_offsets_of_data_give_way_to_those_of_text(read, begin, end):
    f = read(with_field(with_field(plain(), 26, begin), 34, end))
    assert codes(f) == ["data-offsets-differ"]
    np.testing.assert_array_equal(f.raw(), VALUES)


def test_impossible_offsets_alone_are_refused(read):
    wrong = plain(header_data=lambda b, e: (0, -1), text_data=lambda b, e: (b, e - 1))
    assert refusal(read, wrong).code == "data-length"


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
def test_no_events_have_no_place(read, version):
    words = keywords(2, 0)
    for begin, end in ((0, 0), (0, -1), (900, 899)):
        said = lambda b, e, begin=begin, end=end: (begin, end)  # noqa: E731
        f = read(build(words, b"", version=version, header_data=said, text_data=said))
        assert f.events().shape == (0, 2)
        assert f.segments.data is None


# --- OTHER segments


def test_other_segments_are_pairs_of_offsets_behind_header(read):
    words, data = keywords(3, 4), floats(ROWS)
    plain_length = len(build(words, data))
    content = bytearray(build(words, data, gap=b"", header_text=lambda b, e: (b + 40, e + 40)))
    content[58:58] = b"%8d%8d" % (plain_length + 40, plain_length + 44) + b" " * 24
    for at in (26, 34):
        content[at : at + 8] = b"%8d" % (number(content, at) + 40)
    for key in (b"$BEGINDATA/", b"$ENDDATA/"):
        at = content.index(key) + len(key)
        content[at : at + 10] = b"%010d" % (int(content[at : at + 10]) + 40)
    f = read(bytes(content) + b"HELLO")
    assert f.segments.others == (Segment(plain_length + 40, plain_length + 44),)
    assert f.other(0) == b"HELLO"
    assert codes(f) == []
    np.testing.assert_array_equal(f.raw(), VALUES)
    with pytest.raises(FcsError, match="other-missing") as caught:
        f.other(1)
    assert (caught.value.field, caught.value.offset) == ("OTHER", 58)
    cut = read(bytes(content) + b"HELL")
    with pytest.raises(FcsError, match="other-missing"):
        cut.other(0)


def test_offsets_of_other_segments_end_at_the_first_that_is_none():
    assert other_segments(b"") == ()
    assert other_segments(b"%8d%8d" % (700, 800) + b"       0" * 2 + b"%8d%8d" % (801, 802)) == (
        Segment(700, 800),
        Segment(801, 802),
    )
    assert other_segments(b"%8d%8d" % (700, 800) + b" " * 16 + b"%8d%8d" % (801, 802)) == (Segment(700, 800),)
    assert other_segments(b"%8d%8d" % (700, 800) + b"written by me   ") == (Segment(700, 800),)
    assert other_segments(b"%8d" % 700) == ()
    assert other_segments(b" " * 8 + b"%8d" % 800) == ()
    assert other_segments(b"%8d" % 700 + b" " * 8) == ()


# --- damage: the same values, or an error


def text_behind_data():
    words = {key: value for key, value in keywords(3, 4).items() if key not in ("$BEGINDATA", "$ENDDATA")}
    data = floats(ROWS)
    end = 58 + len(data) - 1
    words |= {"$BEGINDATA": "58", "$ENDDATA": str(end)}
    text = ("/" + "/".join(part for pair in words.items() for part in pair) + "/").encode()
    places = b"%8d%8d%8d%8d%8d%8d" % (end + 1, end + len(text), 58, end, 0, 0)
    return b"FCS3.1    " + places + data + text


def text_far_behind_header():
    content = plain(more={"$P3S": "CD19", "LAST": "end"})
    moved = bytearray(
        plain(
            more={"$P3S": "CD19", "LAST": "end"},
            text_data=lambda b, e: (b + 198, e + 198),
            header_data=lambda b, e: (b + 198, e + 198),
            header_text=lambda b, e: (b + 198, e + 198),
        )
    )
    assert len(moved) == len(content)
    moved[58:58] = b" " * 198
    return bytes(moved)


INTEGERS = [[7, 1023], [600, 2], [9, 10]]
SHAPES = {
    "3.1": plain(more={"$P3S": "CD19", "$P1G": "1.0"}),
    "3.0 padded": plain(version="3.0", gap=b" " * 40, more={"LAST": "end"}),
    "3.2": plain(version="3.2", more={"$CYT": "LSR"}),
    "TEXT behind DATA": text_behind_data(),
    "TEXT far behind HEADER": text_far_behind_header(),
    "integers": build(
        keywords(2, 3, datatype="I", bits=16, ranges=1024, **{"$P9Z": "x"}) | {"$P1E": "4,1"},
        unsigned(INTEGERS, (2, 2)),
    ),
    "2.0": plain(version="2.0", more={"$BEGINDATA": None, "$ENDDATA": None}),
    "no events": build(keywords(2, 0), b"", header_data=lambda b, e: (0, 0), text_data=lambda b, e: (0, 0)),
    "ANALYSIS and checksum": plain(tail=b"/A/1/00000000", more={"LAST": "end"}),
}
WHOLE = {}


def judge(path, shape, content):
    """Say whether a damaged file is refused or gives what the whole one does."""
    if shape not in WHOLE:
        path.write_bytes(SHAPES[shape])
        f = read_fcs(path)
        WHOLE[shape] = (f.raw(), f.events(), f.channels.names, dict(f.keywords))
    path.write_bytes(content)
    # In 2.0 HEADER alone says where DATA lies; lenient reading believes it against $TOT, and warns.
    for lenient in (False, True) if shape != "2.0" else (False,):
        try:
            f = read_fcs(path, lenient=lenient)
        except FcsError as error:
            refused = error
        else:
            break
        assert refused.offset is not None
        assert refused.path in str(refused)
    else:
        return
    raw, events, names, words = WHOLE[shape]
    np.testing.assert_array_equal(f.raw(), raw)
    np.testing.assert_array_equal(f.events(), events)
    assert f.channels.names == names
    assert dict(f.keywords) == words
    _ = f.warnings, f.analysis, f.checksum()


@pytest.mark.parametrize("shape", SHAPES)
def test_any_damaged_byte_of_header_gives_the_same_values_or_an_error(tmp_path, shape):
    content = SHAPES[shape]
    for place in range(58):
        for byte in b"0159 -\0F\xff":
            if content[place] != byte:
                judge(tmp_path / "a.fcs", shape, content[:place] + bytes([byte]) + content[place + 1 :])


@given(data=st.data())
def test_any_damage_of_header_gives_the_same_values_or_an_error(tmp_path_factory, data):
    shape = data.draw(st.sampled_from([name for name in SHAPES if name != "2.0"]))
    content = bytearray(SHAPES[shape])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(6, 57))
        content[place] = data.draw(st.sampled_from(b"0123456789 -\0\xff/") | st.integers(0, 255))
    judge(tmp_path_factory.getbasetemp() / "damaged.fcs", shape, bytes(content))


@given(data=st.data())
def test_any_offset_in_header_gives_the_same_values_or_an_error(tmp_path_factory, data):
    shape = data.draw(st.sampled_from([name for name in SHAPES if name != "2.0"]))
    content = SHAPES[shape]
    at = data.draw(st.sampled_from([10, 18, 26, 34, 42, 50]))
    value = data.draw(st.integers(-9999999, 99999999) | st.integers(0, len(content) + 20))
    judge(tmp_path_factory.getbasetemp() / "damaged.fcs", shape, with_field(content, at, value))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("at", [10, 18, 26, 34])
def test_every_offset_in_the_file_gives_the_same_values_or_an_error(tmp_path, shape, at):
    content = SHAPES[shape]
    for value in range(at % 3, len(content) + 3, 1 if at < 26 else 3):
        judge(tmp_path / "a.fcs", shape, with_field(content, at, value))
