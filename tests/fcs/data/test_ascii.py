"""ASCII data: fixed width and between delimiters, exact, and refused where a number is not proven."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from fcs.answers import codes
from fcs.build import MISSING, build, keywords
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import FcsError
from cytogate.fcs.data.ascii import AsciiText
from cytogate.fcs.read import read_fcs
from cytogate.fcs.repairs.codes import REPAIRS

ROWS = [[1, 20, 300], [0, 5, 999], [7, 99, 42], [3, 4, 5]]
FREE = b"1,20,300\r\n0 5\t999\n7,,99, ,42\r\n  3 4 5\r\n"


@pytest.fixture
def read(read):
    """Read bytes as the others do, and check that every warning is listed."""

    def read_checked(content, **options):
        f = read(content, **options)
        assert set(codes(f)) <= set(REPAIRS)
        return f

    return read_checked


def ascii_file(data, characters="*", n_channels=3, n_events=4, ranges=1000, more=None, **options):
    words = keywords(n_channels, n_events, datatype="A", ranges=ranges) | {"$CYT": "x"}
    each = [characters] * n_channels if isinstance(characters, (str, int)) else characters
    words |= {f"$P{n}B": str(count) for n, count in enumerate(each, start=1)}
    for key, value in (more or {}).items():
        if value is None:
            words.pop(key, None)
        else:
            words[key] = value
    return build(words, data, **options)


def fixed(rows, characters, fill="0"):
    return "".join(
        str(v).rjust(w, fill) for row in rows for v, w in zip(row, characters, strict=True)
    ).encode()


def refused(read, content, code, **options):
    with pytest.raises(FcsError) as caught:
        read(content, **options)
    assert caught.value.code == code, caught.value
    assert "a.fcs" in str(caught.value)
    return caught.value


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
@pytest.mark.parametrize("fill", ["0", " "])
def test_fixed_width_is_read_exactly(read, version, fill):
    f = read(ascii_file(fixed(ROWS, (2, 4, 3), fill), (2, 4, 3), version=version))
    assert (f.n_events, f.warnings, f.raw().dtype) == (4, (), np.uint64)
    assert f.raw().tolist() == ROWS
    np.testing.assert_array_equal(f.events(), ROWS)
    assert f.raw_column(2).tolist() == [300, 999, 42, 5]


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
def test_values_between_delimiters_are_read_exactly(read, version):
    f = read(ascii_file(FREE, version=version))
    assert (f.n_events, f.warnings) == (4, ())
    assert f.raw().tolist() == ROWS
    assert f.layout.row_bytes == 24


def test_the_standards_example_holds_three_values(read):
    assert read(ascii_file(b"1,3,, ,3", n_events=1)).raw().tolist() == [[1, 3, 3]]


def test_whole_64_bits_are_exact_and_more_are_refused(read):
    most = 2**64 - 1
    f = read(ascii_file(f"{most} 9007199254740993".encode(), n_channels=1, n_events=2))
    assert f.raw()[:, 0].tolist() == [most, 2**53 + 1]
    assert codes(f) == ["values-rounded"]
    error = refused(read, ascii_file(f"1 {2**64}".encode(), n_channels=1, n_events=2), "ascii-too-large")
    assert error.field == "DATA"
    assert str(2**64) in error.found


def test_no_mask_is_applied_to_values_above_the_range(read):
    f = read(ascii_file(b"5000 3", n_channels=1, n_events=2, ranges=1000))
    assert f.raw()[:, 0].tolist() == [5000, 3]
    assert f.warnings == ()


def test_log_scale_and_gain_apply_as_to_binary_integers(read):
    more = {"$P1E": "4,1", "$P2G": "4"}
    f = read(ascii_file(b"512 100", n_channels=2, n_events=1, ranges=1024, more=more))
    np.testing.assert_allclose(f.events(), [[100.0, 25.0]], rtol=1e-13)


@pytest.mark.parametrize(("characters", "data"), [("*", b"1 2.5 -3 +4"), (4, b"   1 2.5  -3  +4")])
def test_signs_and_decimals_are_read_with_a_warning(read, characters, data):
    f = read(ascii_file(data, characters, n_channels=2, n_events=2))
    assert f.raw().tolist() == [[1.0, 2.5], [-3.0, 4.0]]
    assert codes(f) == ["ascii-decimal", "ascii-decimal"]
    assert "1 of 2 values" in f.warnings[0].message


def test_decimals_of_one_channel_leave_the_others_exact(read):
    f = read(ascii_file(f"{2**60 + 1} 1e-3".encode(), n_channels=2, n_events=1))
    assert f.raw_column(0).tolist() == [2**60 + 1]
    assert f.raw_column(1).tolist() == [1e-3]
    assert f.raw_column(1).dtype == np.float64


def test_a_large_integer_beside_decimals_is_refused(read):
    refused(read, ascii_file(f"{2**60 + 1} 0.5".encode(), n_channels=1, n_events=2), "ascii-too-large")


def test_many_digits_are_rounded_once(read):
    text = "0.1000000000000000055511151231257827 123456789012345678901234.5"
    f = read(ascii_file(text.encode(), n_channels=1, n_events=2))
    assert f.raw()[:, 0].tolist() == [float(part) for part in text.split()]


@pytest.mark.parametrize(
    "value", [b"1e999", b"x", b"1-2", b"0x10", b"1_0", b"nan", b"1;2", b"1\x002", b"9" * 70]
)
def test_what_is_no_number_is_refused_with_its_place(read, value):
    content = ascii_file(b"1 2 " + value + b" 4", n_channels=2, n_events=2)
    error = refused(read, content, "ascii-too-large" if value == b"1e999" else "ascii-invalid")
    assert (error.field, error.offset) == ("DATA", content.index(b"1 2 " + value) + 4)


@pytest.mark.parametrize("value", [b"    ", b"1 2 ", b"12,3", b"12\r\n"])
def test_fixed_fields_hold_one_number_each(read, value):
    refused(read, ascii_file(b"0001" + value, 4, n_channels=1, n_events=2), "ascii-invalid")


@pytest.mark.parametrize("characters", [(3, "*"), ("*", 3), (0, 3), (3, -1), (3, "x"), (3, 65)])
def test_widths_are_characters_or_a_star_for_all(read, characters):
    error = refused(read, ascii_file(b"123456", characters, n_channels=2, n_events=1), "bits-invalid")
    assert error.field.endswith("B")


def test_missing_width_is_named(read):
    content = ascii_file(b"123456", 3, n_channels=2, n_events=1, more={"$P2B": None})
    assert refused(read, content, "keyword-missing").field == "$P2B"


@pytest.mark.parametrize("data", [FREE + b"9", FREE[:-4], FREE + b"1 2 3", b"", b" \r\n"])
def test_number_of_values_must_be_events_times_parameters(read, data):
    error = refused(read, ascii_file(data), "data-length")
    assert (error.field, error.expected) == ("DATA", "4 events of 3 values")


def test_lenient_reading_gives_whole_events(read):
    f = read(ascii_file(FREE, n_events=6), lenient=True)
    assert f.raw().tolist() == ROWS
    assert codes(f) == ["total-mismatch"]
    assert f.losses == f.warnings


@pytest.mark.parametrize("data", [FREE + b"9 8", FREE + b"1 2 3", FREE[:-4]])
def test_values_too_many_or_lost_at_an_unknown_place_are_refused(read, data):
    for lenient in (False, True):
        error = refused(read, ascii_file(data), "data-length", lenient=lenient)
        assert "enient" not in error.fix


def test_no_events(read):
    for offsets in ((lambda b, e: (b, e)), (lambda b, e: (0, 0))):
        f = read(ascii_file(b"", n_events=0, header_data=offsets, text_data=offsets))
        assert f.raw().shape == f.events().shape == (0, 3)
    assert read(ascii_file(b" \r\n", n_events=0)).n_events == 0


def test_version_2_0_needs_no_total(read):
    more = {"$TOT": None, "$BEGINDATA": None, "$ENDDATA": None}
    assert read(ascii_file(FREE, version="2.0", more=more)).raw().tolist() == ROWS
    refused(read, ascii_file(FREE + b"1", version="2.0", more=more), "data-length")


def test_end_one_byte_too_far(read):
    def past(begin, end):
        return begin, end + 1

    f = read(ascii_file(FREE, header_data=past, text_data=past))  # past the end of the file
    assert f.raw().tolist() == ROWS
    assert codes(f) == ["data-end-past"]
    f = read(ascii_file(FREE.rstrip(), header_data=past, text_data=past, tail=b"FCS3.1"))
    assert f.raw().tolist() == ROWS
    assert codes(f) == ["data-end-past"]


@pytest.mark.parametrize("tail", [b"", b"00000000", b"\r\n", b"FCS3.1"])
def test_what_may_follow_the_last_digit(read, tail):
    f = read(ascii_file(FREE.rstrip(), tail=tail))
    assert f.raw().tolist() == ROWS
    assert f.warnings == ()


@pytest.mark.parametrize("change", [(0, -1), (1, 0)])
def test_a_place_that_cuts_a_number_is_refused(read, change):
    data = b"12 13 14"

    def cut(begin, end):
        return begin + change[0], end + change[1]

    refused(
        read,
        ascii_file(data, n_events=1, header_data=cut, text_data=cut, gap=b" ", tail=b"  "),
        "data-length",
    )


def test_the_one_place_that_fits_is_read(read):
    f = read(ascii_file(FREE, header_data=lambda b, e: (b, e - 9)))
    assert f.raw().tolist() == ROWS
    assert codes(f) == ["data-offsets-differ"]
    f = read(ascii_file(FREE, text_data=lambda b, e: (MISSING, MISSING)))
    assert f.raw().tolist() == ROWS


def test_two_places_that_fit_are_ambiguous(read):
    data = FREE + FREE
    half = len(FREE)
    content = ascii_file(data, header_data=lambda b, e: (b + half, e), text_data=lambda b, e: (b, e - half))
    refused(read, content, "data-ambiguous")


def test_no_place_and_places_over_text(read):
    nowhere = {"header_data": lambda b, e: (0, 0), "text_data": lambda b, e: (0, 0)}
    refused(read, ascii_file(FREE, **nowhere), "data-offsets")
    over = {"header_data": lambda b, e: (60, e), "text_data": lambda b, e: (60, e)}
    refused(read, ascii_file(FREE, **over), "data-overlap")


@pytest.mark.parametrize("more", [{"$TOT": "-1"}, {"$TOT": "x"}])
def test_total_that_is_no_number(read, more):
    refused(read, ascii_file(FREE, more=more), "tot-invalid")


def test_a_total_that_is_a_lie_costs_no_memory(read):
    refused(read, ascii_file(FREE, more={"$TOT": "1000000000000"}), "data-length")
    refused(read, ascii_file(fixed(ROWS, (3, 3, 3)), 3, more={"$TOT": "1000000000000"}), "tot-too-large")


def test_cut_short_is_refused_and_lenient_keeps_whole_events(tmp_path):
    for characters, data in (("*", FREE), (3, fixed(ROWS, (3, 3, 3)))):
        path = tmp_path / "a.fcs"
        path.write_bytes(ascii_file(data, characters)[:-2])
        with pytest.raises(FcsError, match="data-truncated"):
            read_fcs(path)
        f = read_fcs(path, lenient=True)
        assert f.raw().tolist() == ROWS[:3]
        assert codes(f) == ["data-truncated"]


def test_one_type_for_all_in_version_3_2(read):
    more = {"$P1DATATYPE": "A", "$CYT": "x"}
    words = keywords(1, 1) | more
    assert refused(read, build(words, bytes(4), version="3.2"), "datatype-ascii").field == "$P1DATATYPE"
    refused(read, ascii_file(FREE, version="3.2", more=more | {"$P1DATATYPE": "I"}), "datatype-ascii")


def test_byte_order_does_not_matter(read):
    for order in ("4,3,2,1", "3,4,1,2", None):
        assert read(ascii_file(FREE, more={"$BYTEORD": order})).raw().tolist() == ROWS


def test_many_blocks_equal_one(read):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 2**64, (60_000, 3), dtype=np.uint64) >> rng.integers(0, 64, (60_000, 3)).astype(
        np.uint64
    )
    text = "\r\n".join(",".join(map(str, row)) for row in table.tolist()).encode()
    f = read(ascii_file(text, n_events=len(table)))
    np.testing.assert_array_equal(f.raw(), table)
    f = read(ascii_file(fixed(table.tolist(), (20, 20, 20)), 20, n_events=len(table)))
    np.testing.assert_array_equal(f.raw(), table)


def test_a_word_without_end_is_refused(read):
    refused(read, ascii_file(b"1 2 " + b"7" * 600_000, n_events=1), "ascii-invalid")


def test_decoded_records_travel_with_the_file(read):
    f = pickle.loads(pickle.dumps(read(ascii_file(FREE))))
    assert f.raw().tolist() == ROWS
    assert f.sha256() == read(ascii_file(FREE)).sha256()


@given(st.data())
def test_any_table_is_read_as_it_was_written(tmp_path_factory, data):
    c = data.draw(st.integers(1, 4))
    rows = data.draw(st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=c, max_size=c), max_size=5))
    gap = st.text(" \t,\r\n", min_size=1, max_size=3)
    parts = [str(value) + data.draw(gap) for row in rows for value in row]
    path = tmp_path_factory.mktemp("ascii") / "a.fcs"
    path.write_bytes(ascii_file("".join(parts).encode(), n_channels=c, n_events=len(rows)))
    np.testing.assert_array_equal(read_fcs(path).raw(), np.array(rows, np.uint64).reshape(-1, c))
    widths = [
        data.draw(st.integers(max([len(str(row[k])) for row in rows], default=1), 24)) for k in range(c)
    ]
    path.write_bytes(ascii_file(fixed(rows, widths), widths, n_channels=c, n_events=len(rows)))
    np.testing.assert_array_equal(read_fcs(path).raw(), np.array(rows, np.uint64).reshape(-1, c))


@given(st.data())
def test_damaged_ascii_gives_events_or_an_fcs_error(tmp_path_factory, data):
    characters = data.draw(st.sampled_from(["*", 3]))
    content = bytearray(ascii_file(FREE if characters == "*" else fixed(ROWS, (3, 3, 3)), characters))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255) | st.sampled_from(b"0129*/, -.eE"))
    del content[data.draw(st.integers(0, len(content)) | st.just(len(content))) :]
    path = tmp_path_factory.mktemp("damaged") / "a.fcs"
    path.write_bytes(content)
    for lenient in (False, True):
        try:
            f = read_fcs(path, lenient=lenient)
        except FcsError:
            continue
        assert f.raw().shape == f.events().shape == (f.n_events, len(f.channels))
        assert all(problem.code in REPAIRS for problem in f.warnings)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (FREE, {"header_data": lambda b, e: (b, e - 9), "text_data": lambda b, e: (b, e - 7)}),
        (
            b"12 13 14",
            {"header_data": lambda b, e: (b, e - 1), "text_data": lambda b, e: (b, e - 1), "gap": b" "},
        ),
        (b"7 ", {}),
        (b"", {}),
    ],
    ids=["two places", "a cut number", "less than an event", "nothing"],
)
def test_lenient_reading_gives_no_events_where_none_is_proven(read, data, options):
    refused(read, ascii_file(data, tail=b"  ", **options), "data-length", lenient=True)


def test_file_that_changes_while_values_are_found_is_said_to_change(read, monkeypatch):
    scan, calls = AsciiText.scan, []

    def changed(text):
        calls.append(text)
        if len(calls) == 1:  # another look might find values that fit
            raise FcsError("changed-while-reading", "a.fcs", "file", 0, "other bytes", "those of before")
        return scan(text)

    monkeypatch.setattr("cytogate.fcs.data.ascii.AsciiText.scan", changed)
    refused(read, ascii_file(FREE, header_data=lambda b, e: (b, e - 9)), "changed-while-reading")


@pytest.mark.parametrize(
    "content", [ascii_file(FREE), ascii_file(fixed(ROWS, (2, 4, 3)), (2, 4, 3))], ids=["free", "fixed"]
)
def test_place_of_data_is_that_of_its_characters(read, content):
    f = read(content)
    assert f.segments.data.end == len(content) - 1
    assert content[f.segments.data.begin - 1 :][:1] == b"/"


@pytest.mark.parametrize(("n_cut", "n_left"), [(1, 4), (2, 4), (3, 4), (4, 3), (5, 3), (6, 2)])
def test_a_last_value_that_may_lack_digits_is_the_only_one_left_out(read, n_cut, n_left):
    content = ascii_file(b"1 22 3 4 567", n_channels=1, n_events=5)
    refused(read, content[:-n_cut], "data-truncated")
    f = read(content[:-n_cut], lenient=True)
    assert f.raw()[:, 0].tolist() == [1, 22, 3, 4][:n_left]
    assert codes(f) == ["data-truncated"]


@pytest.mark.parametrize("n_before", [0, 5000, 9000])
def test_a_word_without_end_is_refused_with_its_place_in_any_block(read, monkeypatch, n_before):
    monkeypatch.setattr("cytogate.fcs.data.ascii.BLOCK_BYTES", 4096)
    content = ascii_file(b"1 " * n_before + b"9" * 20_000, n_channels=1, n_events=n_before + 1)
    error = refused(read, content, "ascii-invalid")
    begin = len(content) - 20_000
    assert begin <= error.offset < begin + 2 * 4096


def said(begin=0, end=0):
    """Offsets of HEADER and TEXT that are shifted by so much."""
    shifted = lambda b, e: (b + begin, e + end)  # noqa: E731
    return {"header_data": shifted, "text_data": shifted}


NO_TOTAL = {"version": "2.0", "more": {"$TOT": None}}


@pytest.mark.parametrize("pair", [("-5", "0"), (0, 0), (58, 58), (58, 57), (58, 0)])
def test_no_events_lie_nowhere(read, pair):
    offsets = {"header_data": lambda b, e: (0, 0), "text_data": lambda b, e: pair}
    f = read(ascii_file(b"", n_events=0, **offsets))
    assert (f.n_events, f.warnings) == (0, ())


@pytest.mark.parametrize("data", [FREE, b"7 ", b" 7"])
def test_values_are_there_though_none_are_said_to_be(read, data):
    refused(read, ascii_file(data, n_channels=1, n_events=0), "data-length")


def test_first_value_that_is_none_is_named_where_two_places_are_said(read):
    content = ascii_file(FREE.replace(b"0 5", b"0 x"), header_data=lambda b, e: (b, e - 9))
    for lenient in (False, True):
        error = refused(read, content, "ascii-invalid", lenient=lenient)
        assert error.offset == content.index(b"x\t999")


def test_no_values_and_no_total_are_no_events_whatever_lies_around(read):
    f = read(ascii_file(b"", gap=b"1", tail=b"7", **NO_TOTAL))
    assert (f.n_events, f.warnings) == (0, ())
    f = read(ascii_file(b"", gap=b"1", **said(0, 1), **NO_TOTAL))
    assert (f.n_events, codes(f)) == (0, ["data-end-past"])


@pytest.mark.parametrize("n_cut", [1, 5])
def test_cut_short_without_a_total_is_refused(read, n_cut):
    content = ascii_file(b"1 2 3 4 5 6", **NO_TOTAL)
    error = refused(read, content[:-n_cut], "data-truncated", lenient=True)
    assert error.expected == "whole events of 3 values"


def test_one_value(read):
    assert read(ascii_file(b"7", n_channels=1, n_events=1)).raw().tolist() == [[7]]
    assert read(ascii_file(b"7", 1, n_channels=1, n_events=1)).raw().tolist() == [[7]]


@pytest.mark.parametrize(("gap", "tail"), [(b"", b"9 9"), (b"9", b""), (b"9", b"9 9")])
def test_digits_beside_a_delimiter_at_the_ends_are_no_part_of_a_value(read, gap, tail):
    f = read(ascii_file(b" 1 2 3 ", n_events=1, gap=gap, tail=tail))
    assert (f.raw().tolist(), f.warnings) == ([[1, 2, 3]], ())


@pytest.mark.parametrize(("n_left", "n_events"), [(0, 0), (1, 0), (5, 0), (6, 1), (8, 1), (12, 1), (13, 2)])
def test_no_more_than_whole_events_are_left_of_data_cut_short(read, n_left, n_events):
    data = b"11 22\r\n33 44\r\n5 6\r\n"
    content = ascii_file(data, n_channels=2, n_events=3)[: n_left - len(data)]
    error = refused(read, content, "data-truncated")
    assert ("enient" in error.fix) == (n_events > 0)
    if n_events:
        assert read(content, lenient=True).raw().tolist() == [[11, 22], [33, 44]][:n_events]
        assert f"the {n_events} whole events" in error.fix
    else:
        refused(read, content, "data-truncated", lenient=True)


@pytest.mark.parametrize("beyond", [0, 1, 5, 1000])
def test_data_behind_the_end_of_the_file_are_refused(read, beyond):
    error = refused(
        read, ascii_file(FREE, **said(len(FREE) + beyond, len(FREE) + beyond)), "data-truncated", lenient=True
    )
    assert "enient" not in error.fix


@pytest.mark.parametrize(
    ("header", "text", "code"),
    [
        ((61, 200), (60, 10**6), "data-truncated"),
        ((60, 10**6), (61, 200), "data-overlap"),
    ],
)
def test_refusal_of_two_places_is_of_that_in_text(read, header, text, code):
    content = ascii_file(FREE, header_data=lambda b, e: header, text_data=lambda b, e: text)
    error = refused(read, content, code, lenient=True)
    assert error.offset == text[0]
    assert error.found.startswith(f"DATA {text[0]}")


def test_refusal_of_two_places_of_other_lengths_points_at_that_in_text(read):
    content = ascii_file(FREE, header_data=lambda b, e: (b, e - 9), text_data=lambda b, e: (b + 2, e - 9))
    begin = len(content) - len(FREE)
    assert refused(read, content, "data-length", lenient=True).offset == begin + 2


def test_two_places_that_fit_are_shown_where_text_says(read):
    half = len(FREE)
    content = ascii_file(
        FREE + FREE, header_data=lambda b, e: (b, e - half), text_data=lambda b, e: (b + half, e)
    )
    assert refused(read, content, "data-ambiguous").offset == len(content) - half


def test_values_right_behind_another_segment_or_header_are_whole(read):
    content = ascii_file(b"1 2 3", n_events=1, text_last=True, tail=b" ")
    assert read(content).raw().tolist() == [[1, 2, 3]]
    with_other = ascii_file(b"1 2 3 ", n_events=1, others=(b"12345",))
    assert read(with_other).raw().tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("characters", ["*", (3, 3, 3)])
@pytest.mark.parametrize("size", [1, 4, 8, 9, 10, 17, 66])
def test_blocks_of_any_size_hold_whole_values(read, monkeypatch, size, characters):
    monkeypatch.setattr("cytogate.fcs.data.ascii.BLOCK_BYTES", size)
    data = b" 1 7  3\t2 5 6 " if characters == "*" else fixed([[1, 7, 3], [2, 5, 6]], characters)
    if size > 1 or characters != "*":
        assert read(ascii_file(data, characters, n_events=2)).raw().tolist() == [[1, 7, 3], [2, 5, 6]]


@pytest.mark.parametrize("n", [2**18 - 1, 2**18, 600_000])
def test_delimiters_of_whole_blocks_part_values_like_one(read, n):
    f = read(ascii_file(b" " * n + b"1" + b"\n" * n + b"2 3" + b"\t" * n, n_events=1))
    assert (f.raw().tolist(), f.warnings) == ([[1, 2, 3]], ())


def test_a_block_that_begins_with_its_only_delimiter_is_read(read, monkeypatch):
    monkeypatch.setattr("cytogate.fcs.data.ascii.BLOCK_BYTES", 8)
    f = read(ascii_file(b" 1234567 2", n_channels=1, n_events=2))
    assert f.raw().tolist() == [[1234567], [2]]


def test_a_digit_before_data_is_part_of_a_value_whatever_follows_behind(read):
    refused(read, ascii_file(b"2 13 14 ", n_events=1, gap=b"1", others=(b"zz",)), "data-length")


def test_another_segment_may_follow_the_last_digit(read):
    f = read(ascii_file(b"1 2 3", n_events=1, others=(b"12345",)))
    assert (f.raw().tolist(), f.warnings) == ([[1, 2, 3]], ())


def test_values_have_up_to_64_characters(read):
    f = read(ascii_file(fixed([[7, 8]], (64, 64)), 64, n_channels=2, n_events=1))
    assert f.raw().tolist() == [[7, 8]]
