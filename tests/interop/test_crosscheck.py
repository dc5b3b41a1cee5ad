from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from fcs.build import build, floats, keywords, plain, unsigned

from cytogate.fcs.read import read_fcs
from cytogate.fcs.versions import VERSIONS
from cytogate.fcs.writing.write import write_fcs
from cytogate.interop.crosscheck import RULES, Bounds, cross_check
from cytogate.interop.crosscheck.compare import compare, largest_difference, same
from cytogate.interop.crosscheck.contained import _answer
from cytogate.interop.crosscheck.readers import Reading
from cytogate.interop.crosscheck.rule import BOTH

pytestmark = [  # readers that fail leave their files open
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ROWS = [[197121, 5, 70000], [1, 2, 3], [16777215, 255, 65535], [66051, 0, 1]]


@pytest.fixture
def tube(tmp_path):
    path = tmp_path / "tube.fcs"
    write_fcs(path, np.array([[1.5, 2.5], [-3.0, 4e5]], dtype=np.float32), ["A", "B"])
    return read_fcs(path)


@pytest.fixture
def written(tmp_path):
    def write(raw: bytes):
        path = tmp_path / "tube.fcs"
        path.write_bytes(raw)
        return str(path)

    return write


def of(path: str, reader: str, dataset: int = 0, *, lenient: bool = False):
    """The witness, asked in this process."""
    return compare(reader, path, dataset, lenient=lenient)


def test_other_readers_find_the_same_values(tube):
    for witness in cross_check(tube):
        assert (witness.n_events, witness.n_channels) == (2, 2)
        assert witness.largest_difference == 0.0
        assert witness.agrees is True
        assert (witness.problem, witness.rules, witness.differences) == ("", (), ())


def test_a_compressed_file_is_compared_as_what_it_holds(tube, tmp_path):
    packed = tmp_path / "packed.fcs.gz"
    packed.write_bytes(gzip.compress(Path(tube.path).read_bytes()))
    assert all(witness.agrees for witness in cross_check(read_fcs(packed)))


def test_a_file_behind_a_url_is_compared(tube):
    assert all(witness.agrees for witness in cross_check(read_fcs(Path(tube.path).absolute().as_uri())))


def test_24_bit_little_endian_integers_differ_by_padding_in_front(written):
    words = keywords(3, 4, datatype="I", bits=24, ranges=2**24)
    witness = of(written(build(words, unsigned(ROWS, [3, 3, 3]))), "fcsparser")
    assert witness.agrees is False
    assert {(entry.rule, entry.is_proven, entry.subject) for entry in witness.differences} == {
        ("padding", True, "values")
    }
    assert witness.differences[0].ours == "197121"
    assert witness.differences[0].n_events == 4


def test_24_bit_integers_are_not_read_by_flowio(written):
    words = keywords(3, 4, datatype="I", bits=24, ranges=2**24)
    witness = of(written(build(words, unsigned(ROWS, [3, 3, 3]))), "flowio")
    assert witness.agrees is None
    assert "integer-width" in witness.rules


def test_a_mixed_byte_order_is_proven_where_it_is_read_in_the_order_of_the_machine(written):
    words = keywords(2, 3, datatype="I", bits=32, byteord="3,4,1,2", ranges=2**32)
    witness = of(written(build(words, unsigned([[1, 2], [70000, 5], [2**31, 9]], [4, 4]))), "flowio")
    assert {entry.rule for entry in witness.differences} == {"byte-order"}
    assert all(entry.is_proven for entry in witness.differences)


def test_a_type_of_its_own_is_proven_where_it_is_read_as_the_others(written):
    words = keywords(2, 3, datatype="F", bits=32, **{"$P2DATATYPE": "I", "$CYT": "x"})
    words["$P2R"] = str(2**32)
    data = b"".join(struct.pack("<fI", a, b) for a, b in [(1.5, 7), (2.5, 2**30), (0.0, 3)])
    witness = of(written(build(words, data, version="3.2")), "flowio")
    (difference,) = [entry for entry in witness.differences if entry.subject == "values"]
    assert (difference.channel, difference.rule, difference.is_proven) == ("SSC-A", "parameter-types", True)


def test_log_of_floats_is_a_difference_of_scale_and_not_of_values(written):
    witness = of(written(plain(more={"$P3E": "4,1"})), "flowio")
    (difference,) = witness.differences
    assert (difference.subject, difference.channel, difference.rule) == ("scale", "FL1-A", "float-log")
    assert (difference.ours, difference.theirs) == ("linear", "4 decades from 1")
    assert witness.largest_difference == 0.0


def test_gains_that_are_left_alone_are_named(written):
    path = written(plain(version="3.2", more={"$P3G": "2", "$CYT": "x"}))
    (difference,) = of(path, "flowio").differences
    assert (difference.rule, difference.theirs) == ("gain", "divided by 2")


@pytest.mark.parametrize("reader", BOTH)
def test_a_file_of_2_0_without_total_is_explained(written, reader):
    raw = plain(version="2.0", more={"$TOT": None, "$BEGINDATA": None, "$ENDDATA": None})
    witness = of(written(raw), reader)
    assert witness.agrees is None
    assert "total-optional" in witness.rules


def test_an_end_one_byte_too_late_is_read_with_the_checks_off(written):
    later = {"header_data": lambda b, e: (b, e + 1), "text_data": lambda b, e: (b, e + 1)}
    witness = of(written(plain(tail=b"\0", **later)), "flowio")
    assert witness.agrees is True
    assert "off by 1" in witness.refusal
    assert witness.options == "its checks switched off"
    assert witness.rules == ("last-byte",)


def test_two_places_of_data_are_explained(written):
    witness = of(written(plain(header_data=lambda b, e: (b - 12, e))), "fcsparser")
    assert {entry.rule for entry in witness.differences} == {"two-places"}
    assert not any(entry.is_proven for entry in witness.differences)


def test_an_escaped_delimiter_shifts_names_or_is_explained(written):
    raw = plain(more={"$P2N": "SSC/A/"})
    witness = of(written(raw), "flowio")
    rules = {*witness.rules, *(entry.rule for entry in witness.differences)}
    assert "escaped-delimiter" in rules


def test_lower_case_keywords_are_explained(written):
    words = {
        key.lower(): value for key, value in keywords(2, 1).items() if key not in ("$BEGINDATA", "$ENDDATA")
    }
    words |= {"$BEGINDATA": None, "$ENDDATA": None}
    witness = of(written(build(words, floats([[1.0, 2.0]]))), "fcsparser")
    assert witness.agrees is None
    assert "keyword-case" in witness.rules


def test_the_second_data_set_is_compared(written):
    first = plain(more={"$NEXTDATA": "00000000"})
    first = plain(more={"$NEXTDATA": f"{len(first):08d}"})
    path = written(first + plain([[9.0, 8.0], [7.0, 6.0]]))
    for reader in BOTH:
        assert of(path, reader, 1).n_events == 2
    witness = of(path, "flowio")
    assert witness.agrees is True
    assert witness.rules == ("next-data",)


def test_names_of_several_channels_are_compared_as_the_file_has_them(written):
    assert of(written(plain(more={"$P2N": "FSC-A"})), "flowio").agrees is True


def test_numbers_of_events_and_channels_are_compared(tube, monkeypatch):
    theirs = Reading(3, ("A",), lambda channel: np.zeros(3))
    monkeypatch.setattr("cytogate.interop.crosscheck.compare.read_with", lambda *_: theirs)
    witness = of(tube.path, "flowio")
    assert [(entry.subject, entry.ours, entry.theirs) for entry in witness.differences] == [
        ("events", "2", "3"),
        ("channels", "2", "1"),
    ]
    assert witness.largest_difference is None


def test_a_reader_that_fails_is_no_verdict_on_the_file(tube, monkeypatch):
    import flowio

    def refuse(path: str) -> None:
        message = "out of\nsorts"
        raise AttributeError(message)

    monkeypatch.setattr(flowio, "FlowData", refuse)
    witness = of(tube.path, "flowio")
    assert witness.agrees is None
    assert witness.problem == "AttributeError: out of sorts"


def test_a_reader_that_hangs_is_ended(tube):
    for witness in cross_check(tube, bounds=Bounds(seconds=0.01, seconds_per_megabyte=0)):
        assert witness.problem == "it did not end within 0 seconds"
        assert witness.agrees is None


def test_a_reader_that_wants_too_much_memory_fails_alone(written):
    rows = np.zeros((200_000, 8), dtype=np.uint16)
    words = keywords(8, len(rows), datatype="I", bits=16, ranges=1024)
    file = read_fcs(written(build(words, rows.tobytes())))
    for witness in cross_check(file, bounds=Bounds(bytes=2**22, times_data=0)):
        assert witness.agrees is None
        assert "Memory" in witness.problem or "memory" in witness.problem


def test_what_a_reader_prints_is_not_the_answer():
    assert _answer(b'{"a": 1}\nnoise\n{"reader": "x"}\n') == {"reader": "x"}
    assert _answer(b"noise") is None
    assert _answer(b"") is None
    assert _answer(b"[1]") is None


def test_a_damaged_file_read_leniently_is_compared_too(written):
    path = written(plain()[:-6])
    for witness in cross_check(read_fcs(path, 0, True), lenient=True):
        assert witness.problem or witness.differences
        assert "whole-events" in {*witness.rules, *(entry.rule for entry in witness.differences)}


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([math.inf, 2.0], [1.0, 2.0], math.inf),
        ([math.nan], [1.0], math.inf),
    ],
)
def test_difference_is_the_largest(ours, theirs, difference):
    ours, theirs = np.array(ours), np.array(theirs)
    differ = ~same(ours, theirs)
    assert largest_difference(ours[differ], theirs[differ]) == difference


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0])
def test_values_that_are_not_finite_agree_with_themselves(value):
    assert same(np.array([value]), np.array([value])).all()


def test_large_integers_are_compared_exactly(written):
    words = keywords(1, 2, datatype="I", bits=64, byteord="1,2,3,4", ranges=2**63)
    witness = of(written(build(words, unsigned([[2**62 + 1], [2**53 + 1]], [8]))), "fcsparser")
    assert {(entry.rule, entry.is_proven) for entry in witness.differences} == {("long-mask", True)}


def test_every_rule_says_what_and_where():
    for code, rule in RULES.items():
        assert rule.says.endswith(".")
        assert rule.section or code in ("big-endian", "compressed")
        assert not rule.section or rule.section.removeprefix("FCS ")[:3] in VERSIONS
        assert set(rule.readers) <= set(BOTH)


@pytest.mark.parametrize(
    ("name", "reader", "agrees"),
    [
        ("flowio/coulter.lmd", "flowio", True),
        ("flowio/variable_int_example.fcs", "fcsparser", True),
        ("flowio/data_stop_offset_discrepancy_example.fcs", "flowio", True),
        ("flowio/data_start_offset_discrepancy_example.fcs", "fcsparser", False),
        ("fcsparser/fake_large_fcs.fcs", "flowio", None),
    ],
)
def test_real_files_are_judged(reference_data, name, reader, agrees):
    path = reference_data / "fcs_formats_open" / name
    assert of(str(path), reader).agrees is agrees
