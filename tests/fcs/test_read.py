"""Files as they should be: values, scales, keywords, data sets, places files come from."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import fsspec
import numpy as np
import pytest
from fcs.build import HEADER, ROWS, build, floats, keywords, plain, unsigned

from cytogate.errors import FcsError, PanelError
from cytogate.fcs.read import read_fcs
from cytogate.fcs.source import EventSource
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.engine import gate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy


def codes(file):
    return {problem.code for problem in file.warnings}


def test_plain_file_gives_its_values_without_warnings(read, tmp_path):
    f = read(plain())
    assert (f.version, f.n_events, f.n_datasets, f.dataset) == ("3.1", 4, 1, 0)
    assert f.channels.names == ("FSC-A", "SSC-A", "FL1-A")
    assert f.warnings == ()
    assert f.spillover is None
    assert f.path == str(tmp_path / "a.fcs")
    assert f.keywords["$PAR"] == f.keywords["$par"] == "3"
    assert isinstance(f, EventSource)
    assert f.raw().dtype == np.float32
    np.testing.assert_array_equal(f.raw(), np.array(ROWS, np.float32))
    np.testing.assert_array_equal(f.events(), np.array(ROWS, np.float32).astype(np.float64))
    np.testing.assert_array_equal(f.raw_column("FL1-A"), np.array(ROWS, np.float32)[:, 2])
    np.testing.assert_array_equal(f.raw_column(0), np.array(ROWS, np.float32)[:, 0])


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
def test_all_versions_are_read(read, version):
    f = read(plain(version=version, more={"$CYT": "x"}))
    assert f.version == version
    assert f.warnings == ()
    np.testing.assert_array_equal(f.raw(), np.array(ROWS, np.float32))


@pytest.mark.parametrize(
    ("byteord", "mark"), [("1,2,3,4", "<"), ("4,3,2,1", ">"), ("1,2", "<"), ("2,1", ">"), ("1,2,3", "<")]
)
@pytest.mark.parametrize(("datatype", "bits", "kind"), [("F", 32, "f"), ("D", 64, "d")])
def test_floats_in_both_byte_orders(read, byteord, mark, datatype, bits, kind):
    rows = [[1.25, np.nan], [np.inf, -3.5], [-np.inf, 1e30]]
    f = read(build(keywords(2, 3, datatype=datatype, bits=bits, byteord=byteord), floats(rows, mark, kind)))
    assert f.raw().dtype == np.dtype(kind)
    np.testing.assert_array_equal(f.raw(), np.array(rows, kind))
    np.testing.assert_array_equal(f.events(), np.array(rows, kind).astype(np.float64))


@pytest.mark.parametrize(("byteord", "order"), [("1,2,3,4", "little"), ("4,3,2,1", "big")])
@pytest.mark.parametrize(
    "widths", [(1, 1), (2, 2), (3, 3), (4, 4), (8, 8), (1, 2, 3, 4, 8), (3, 2), (4, 2, 1)]
)
def test_integers_of_all_and_mixed_widths(read, byteord, order, widths):
    rng = np.random.default_rng(sum(widths))
    rows = [[int.from_bytes(rng.bytes(w), "little") for w in widths] for _ in range(5)]
    words = keywords(
        len(widths),
        5,
        datatype="I",
        bits=[8 * w for w in widths],
        byteord=byteord,
        ranges=[2 ** (8 * w) for w in widths],
    )
    f = read(build(words, unsigned(rows, widths, order)))
    widest = next(size for size in (1, 2, 4, 8) if size >= max(widths))
    assert f.raw().dtype == np.dtype(f"u{widest}")
    np.testing.assert_array_equal(f.raw(), np.array(rows, np.uint64))
    for c in range(len(widths)):
        np.testing.assert_array_equal(f.raw_column(c), np.array([row[c] for row in rows], np.uint64))
    np.testing.assert_array_equal(f.events(), np.array(rows, np.uint64).astype(np.float64))
    assert codes(f) == ({"values-rounded"} if max(widths) > 6 else set())


@pytest.mark.parametrize(
    ("byteord", "order"), [("3,4,1,2", [2, 3, 0, 1]), ("2,1,4,3", [1, 0, 3, 2])], ids=["3412", "2143"]
)
def test_mixed_byte_orders_are_put_right_and_said(read, byteord, order):
    rows = [[0x01020304, 7], [0xFFEEDDCC, 9]]
    little = np.frombuffer(unsigned(rows, (4, 1)), np.uint8).reshape(2, 5)
    stored = little.copy()
    for value_byte, place in enumerate(order):
        stored[:, place] = little[:, value_byte]
    f = read(
        build(
            keywords(2, 2, datatype="I", bits=[32, 8], byteord=byteord, ranges=[2**32, 256]), stored.tobytes()
        )
    )
    np.testing.assert_array_equal(f.raw(), rows)
    np.testing.assert_array_equal(f.events(), np.array(rows, float))
    assert codes(f) == {"byte-order-mixed"}


def test_mixed_types_of_version_3_2_are_read_exactly_by_column(read):
    data = b"".join(struct.pack("<fdQ", 1.5 * i, 2.5 * i, 2**60 + i) for i in range(3))
    words = keywords(3, 3, bits=[32, 64, 64], ranges=[1024, 1024, 2**64])
    words |= {"$P2DATATYPE": "D", "$P3DATATYPE": "I", "$CYT": "x"}
    f = read(build(words, data, version="3.2"))
    assert f.raw().dtype == np.float64
    assert f.raw_column(2).tolist() == [2**60, 2**60 + 1, 2**60 + 2]
    np.testing.assert_array_equal(f.raw()[:, 1], [0, 2.5, 5])


@pytest.mark.parametrize(("mark", "byteord"), [("<", "1,2,3,4"), (">", "4,3,2,1")])
def test_mixed_file_of_version_3_2_is_read_scaled_and_gated(read, mark, byteord):
    rows = [(0x8000 | 12, 1.5, -2.25), (700, 1e6, 3.5), (64, -7.0, 1e-3)]
    data = b"".join(struct.pack(f"{mark}Hfd", *row) for row in rows)
    words = keywords(3, 3, bits=[16, 32, 64], byteord=byteord, ranges=[1024, 1024, 1024])
    words |= {"$P1DATATYPE": "I", "$P3DATATYPE": "D", "$CYT": "x", "$P1N": "Time", "$TIMESTEP": "0.5"}
    words |= {"$P1TYPE": "Time", "$P2TYPE": "Raw Fluorescence", "$P2G": "8", "$P1E": "0,0"}
    for key in ("$MODE", "$BEGINANALYSIS", "$ENDANALYSIS", "$BEGINSTEXT", "$ENDSTEXT", "$P2E", "$P3E"):
        del words[key]  # 3.2 needs none of them
    f = read(build(words, data, version="3.2"))
    assert (f.version, f.n_events) == ("3.2", 3)
    np.testing.assert_array_equal(f.events()[:, 0], [6.0, 350.0, 32.0])  # masked to $P1R, times $TIMESTEP
    np.testing.assert_array_equal(f.events()[:, 1], np.array([1.5, 1e6, -7.0], np.float32))
    np.testing.assert_array_equal(f.events()[:, 2], [-2.25, 3.5, 1e-3])
    assert f.keywords["$P2TYPE"] == "Raw Fluorescence"
    assert codes(f) == {"gain-on-float-ignored", "bits-beyond-range"}
    box = RectangleGate((Dimension("Time"), Dimension(f.channels.names[2])), (30.0, 0.0), (400.0, 3.0))
    assert gate(f, GatingStrategy.build([GateNode("A", box, None)])).count("A") == 1


def test_type_of_one_channel_counts_from_version_3_2_on_alone(read):
    f = read(plain(more={"$P1DATATYPE": "I"}))
    assert f.events()[0, 0] == 1.5


@pytest.mark.parametrize(
    ("range_", "mask"),
    [
        ("1024", 0x3FF),
        ("1000", 0x3FF),
        ("65536", 0xFFFF),
        ("4294967296", 0xFFFF),
        ("inf", 0xFFFF),
        ("1025", 0x7FF),
        ("1e3", 0x3FF),
        ("1024.0", 0x3FF),
    ],
)
def test_bits_above_the_range_are_masked_and_counted(read, range_, mask):
    rows = [[0x8001], [0x03FF], [0xFFFF]]
    f = read(build(keywords(1, 3, datatype="I", bits=16, ranges=range_), unsigned(rows, (2,))))
    np.testing.assert_array_equal(f.raw()[:, 0], [row[0] & mask for row in rows])
    np.testing.assert_array_equal(f.events()[:, 0], [row[0] & mask for row in rows])
    lost = sum(row[0] & ~mask & 0xFFFF != 0 for row in rows)
    messages = [problem.message for problem in f.warnings if problem.code == "bits-beyond-range"]
    assert messages == (
        [f"{lost} of 3 events of FSC-A have bits above its range; they are masked."] if lost else []
    )


@pytest.mark.parametrize("range_", [2**64, "1e30", 2**63])
def test_huge_ranges_of_64_bits(read, range_):
    values = [2**62 + 1, 2**63 - 1]
    f = read(
        build(keywords(1, 2, datatype="I", bits=64, ranges=range_), unsigned([[v] for v in values], (8,)))
    )
    assert f.raw()[:, 0].tolist() == values


def test_floats_are_never_masked_or_clipped(read):
    f = read(build(keywords(1, 2, ranges=1024), floats([[5000.0], [-300.0]])))
    assert f.events()[:, 0].tolist() == [5000.0, -300.0]
    assert f.warnings == ()


def test_log_scale_of_integers_is_made_linear(read):
    words = keywords(2, 3, datatype="I", bits=16, ranges=1024) | {"$P1E": "4,1", "$P2E": "3.5,0.1"}
    f = read(build(words, unsigned([[0, 0], [512, 100], [1023, 1023]], (2, 2))))
    x = np.array([[0, 0], [512, 100], [1023, 1023]])
    wanted = np.column_stack([10 ** (4 * x[:, 0] / 1024), 0.1 * 10 ** (3.5 * x[:, 1] / 1024)])
    np.testing.assert_allclose(f.events(), wanted, rtol=1e-13)
    np.testing.assert_array_equal(f.raw(), x)
    assert f.channels[0].log == (4.0, 1.0)


def test_log_offset_zero_is_read_as_one(read):
    words = keywords(1, 1, datatype="I", bits=16, ranges=1024) | {"$P1E": "4,0"}
    f = read(build(words, unsigned([[256]], (2,))))
    np.testing.assert_allclose(f.events(), [[10.0]], rtol=1e-13)
    assert codes(f) == {"log-offset-zero"}


@pytest.mark.parametrize("text", ["0,1", "0,0", "0.0,0.0", " 0 , 0 "])
def test_zero_decades_are_linear(read, text):
    f = read(
        build(keywords(1, 1, datatype="I", bits=16, ranges=1024) | {"$P1E": text}, unsigned([[256]], (2,)))
    )
    assert f.events().tolist() == [[256.0]]
    assert codes(f) == ({"log-decades-zero"} if text == "0,1" else set())


def test_log_on_floats_is_left_alone_with_a_warning(read):
    f = read(plain(more={"$P1E": "4,1"}))
    assert f.events()[0, 0] == 1.5
    assert codes(f) == {"log-on-float-ignored"}
    assert f.channels[0].log is None


@pytest.mark.parametrize(("version", "divided"), [("3.0", True), ("3.1", True), ("3.2", False)])
def test_gain_divides_floats_up_to_3_1(read, version, divided):
    f = read(plain(version=version, more={"$P1G": "3.67", "$CYT": "x"}))
    value = float(np.float32(1.5))
    assert f.events()[0, 0] == (value / 3.67 if divided else value)
    assert codes(f) == (set() if divided else {"gain-on-float-ignored"})


def test_gain_divides_integers(read):
    f = read(
        build(keywords(1, 1, datatype="I", bits=16, ranges=1024) | {"$P1G": "4"}, unsigned([[100]], (2,)))
    )
    assert f.events().tolist() == [[25.0]]


def test_gain_beside_a_log_scale_is_left_alone(read):
    words = keywords(1, 1, datatype="I", bits=16, ranges=1024) | {"$P1G": "4", "$P1E": "4,1"}
    f = read(build(words, unsigned([[256]], (2,))))
    np.testing.assert_allclose(f.events(), [[10.0]], rtol=1e-13)
    assert codes(f) == {"gain-with-log-ignored"}


def test_time_is_multiplied_by_timestep_and_never_divided_by_gain(read):
    rows = [[1.0, 7.0], [2.0, 13.0]]
    words = keywords(2, 2, names=["FL1", "Time"]) | {"$P2G": "0.01", "$TIMESTEP": "0.01"}
    f = read(build(words, floats(rows)))
    assert f.events()[:, 1].tolist() == [7.0 * 0.01, 13.0 * 0.01]
    assert f.raw()[:, 1].tolist() == [7.0, 13.0]
    assert codes(f) == {"time-gain-ignored"}


@pytest.mark.parametrize("step", ["", "abc", "0", "-1", "inf"])
def test_unreadable_timestep_leaves_time_alone(read, step):
    more = {"$P1N": "TIME", "$TIMESTEP": step or " "}
    f = read(plain(more=more))
    assert f.events()[0, 0] == 1.5
    assert codes(f) == {"timestep-unreadable"}


def test_gain_of_zero_is_taken_as_one(read):
    f = read(plain(more={"$P1G": "0"}))
    assert f.events()[0, 0] == 1.5
    assert codes(f) == {"gain-unreadable"}


def test_no_events_are_a_valid_result(read):
    for header in (
        (lambda b, e: (b, e)),
        (lambda b, e: (0, 0)),
        (lambda b, e: (b, b)),
        (lambda b, e: (b, 0)),
    ):
        for text in ((lambda b, e: (b, e)), (lambda b, e: (0, 0))):
            f = read(build(keywords(2, 0), b"", header_data=header, text_data=text))
            assert f.n_events == 0
            assert f.raw().shape == f.events().shape == (0, 2)
            assert f.raw_column(1).shape == (0,)


def test_one_channel_and_many_channels(read):
    for n in (1, 60, 300):
        rows = [[float(i + j) for j in range(n)] for i in range(3)]
        f = read(build(keywords(n, 3), floats(rows)))
        np.testing.assert_array_equal(f.raw(), np.array(rows, np.float32))


def test_events_over_several_blocks_equal_raw(read):
    values = np.random.default_rng(0).random((150_000, 3)).astype(np.float32)
    f = read(build(keywords(3, len(values)), values.tobytes()))
    np.testing.assert_array_equal(f.events(), values)
    np.testing.assert_array_equal(f.raw_column("SSC-A"), values[:, 1])


def test_labels_and_their_blanks(read):
    f = read(plain(more={"$P1S": "CD27", "$P2S": " "}))
    assert f.channels.labels == ("CD27", None, None)
    assert f.channels["CD27"].name == "FSC-A"


def test_doubled_names_are_unique_with_a_warning(read):
    f = read(plain(more={"$P2N": "FSC-A"}))
    assert f.channels.names == ("FSC-A (P1)", "FSC-A (P2)", "FL1-A")
    assert codes(f) == {"channel-name-duplicate"}
    with pytest.raises(PanelError, match="'FSC-A' is ambiguous"):
        f.raw_column("FSC-A")


@pytest.mark.parametrize("version", ["2.0", "3.1"])
def test_missing_names_become_parameter_numbers(read, version):
    f = read(plain(version=version, more={"$P2N": None}))
    assert f.channels.names == ("FSC-A", "P2", "FL1-A")
    assert "channel-unnamed" in codes(f)


def test_version_2_0_needs_no_total(read):
    f = read(plain(version="2.0", more={"$TOT": None, "$BEGINDATA": None, "$ENDDATA": None}))
    assert f.n_events == 4


def test_text_may_lie_behind_data(read):
    words = {**keywords(1, 2), "$BEGINDATA": "58", "$ENDDATA": "65"}
    text = ("/" + "".join(f"{k}/{v}/" for k, v in words.items())).encode()
    head = b"FCS3.1    " + b"".join(b"%8d" % n for n in (66, 66 + len(text) - 1, 58, 65, 0, 0))
    f = read(head + floats([[1.0], [2.0]]) + text)
    assert f.raw()[:, 0].tolist() == [1.0, 2.0]
    assert f.warnings == ()


def test_large_offsets_come_from_text(tmp_path):
    path = tmp_path / "large.fcs"
    begin = 100_000_008
    words = {**keywords(1, 2), "$BEGINDATA": str(begin), "$ENDDATA": str(begin + 7)}
    text = ("/" + "".join(f"{k}/{v}/" for k, v in words.items())).encode()
    head = b"FCS3.0    " + b"".join(b"%8d" % n for n in (58, 58 + len(text) - 1, 0, 0, 0, 0))
    with path.open("wb") as stream:
        stream.write(head + text)
        stream.seek(begin)
        stream.write(floats([[1.0], [2.0]]))
    f = read_fcs(path)
    assert f.raw()[:, 0].tolist() == [1.0, 2.0]
    assert f.warnings == ()


def test_supplemental_text_adds_keywords_but_does_not_replace(read):
    base = plain(more={"$BEGINSTEXT": "0000001000", "$ENDSTEXT": "0000001026", "$CYT": "first"})
    f = read(base.ljust(1000, b" ") + b"/$CYT/second/$OP/somebody/ ")
    assert (f.keywords["$CYT"], f.keywords["$OP"]) == ("first", "somebody")


def test_spillover_of_the_keywords_is_a_matrix(read):
    f = read(plain(more={"$SPILLOVER": "2,FL1-A,SSC-A,1,0.1,0.2,1"}))
    assert f.spillover is not None
    assert f.spillover.detectors == ("FL1-A", "SSC-A")
    assert f.spillover.values.tolist() == [[1.0, 0.1], [0.2, 1.0]]


def test_broken_spillover_is_none_with_a_reason(read):
    f = read(plain(more={"SPILL": "2,FL1-A,SSC-A,1,0.1,nan,1"}))
    assert f.spillover is None
    assert codes(f) == {"spillover-not-finite"}


# --- several data sets


def two_sets(first_more=None, step=None):
    first = plain(more={"$NEXTDATA": "00000000", **(first_more or {})})
    length = len(first)
    first = plain(more={"$NEXTDATA": f"{length if step is None else step:08d}", **(first_more or {})})
    return first + build(keywords(2, 1, names=["X", "Y"]), floats([[8.0, 9.0]]))


def test_several_data_sets_are_said_and_chosen(read):
    f = read(two_sets())
    assert (f.n_datasets, f.n_events, codes(f)) == (2, 4, {"more-data-sets"})
    np.testing.assert_array_equal(f.raw(), np.array(ROWS, np.float32))
    g = read(two_sets(), 1)
    assert (g.dataset, g.channels.names, g.raw().tolist()) == (1, ("X", "Y"), [[8.0, 9.0]])
    assert g.events().tolist() == [[8.0, 9.0]]


@pytest.mark.parametrize("dataset", [2, -1, 10**6])
def test_data_set_that_is_not_there_is_refused(read, dataset):
    with pytest.raises(FcsError, match="dataset-missing"):
        read(two_sets(), dataset)


@pytest.mark.parametrize("step", [1, 5000, 99999999])
def test_next_data_that_points_nowhere_is_a_warning(read, step):
    f = read(two_sets(step=step))
    assert (f.n_datasets, codes(f)) == (1, {"next-data-unreadable"})


# --- where files come from


def test_gzip_is_known_by_its_bytes(read):
    f = read(gzip.compress(plain()))
    np.testing.assert_array_equal(f.raw(), np.array(ROWS, np.float32))
    assert f.sha256() == hashlib.sha256(Path(f.path).read_bytes()).hexdigest()


def test_damaged_gzip_is_an_fcs_error(read):
    with pytest.raises(FcsError, match=r"a\.fcs.*gzip-damaged"):
        read(gzip.compress(plain() * 50)[:-30])


def test_gzip_of_something_else_says_what(read):
    with pytest.raises(FcsError, match="unpacked an HTML page"):
        read(gzip.compress(b"<html><body></body></html>"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_urls_are_fetched(pack):
    with fsspec.open("memory://folder/a.fcs", "wb") as stream:
        stream.write(pack(plain()))
    f = read_fcs("memory://folder/a.fcs")
    np.testing.assert_array_equal(f.events(), np.array(ROWS, np.float32))
    assert f.sha256() == hashlib.sha256(pack(plain())).hexdigest()


def test_file_urls_and_path_objects(tmp_path):
    (tmp_path / "a.fcs").write_bytes(plain())
    assert read_fcs(f"file://{tmp_path}/a.fcs").n_events == read_fcs(tmp_path / "a.fcs").n_events == 4


@pytest.mark.parametrize("url", ["memory://no/such.fcs", "nonsense://x.fcs"])
def test_urls_that_give_nothing_are_refused(url):
    with pytest.raises(FcsError, match=url):
        read_fcs(url)


def test_file_pickles_without_events(read):
    f = pickle.loads(pickle.dumps(read(plain())))
    np.testing.assert_array_equal(f.raw(), np.array(ROWS, np.float32))
    assert len(pickle.dumps(f)) < 10_000


def test_opening_loads_no_kernels(tmp_path):
    (tmp_path / "a.fcs").write_bytes(plain())
    script = (
        "import sys; from cytogate.fcs.read import read_fcs; f = read_fcs(sys.argv[1]); f.raw(); f.warnings;"
        "print([m for m in ('numba', 'pandas', 'scipy', 'fsspec') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.fcs")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_threads_share_a_reader(read):
    from concurrent.futures import ThreadPoolExecutor

    values = np.arange(40_000, dtype=np.float32).reshape(-1, 4)
    f = read(build(keywords(4, len(values)), values.tobytes()))
    with f.reader() as reader:

        def block(start):
            buffer = np.empty(100 * f.layout.row_bytes, np.uint8)
            reader.read_into(start, 100, buffer)
            return buffer.view("<f4").reshape(100, 4)

        with ThreadPoolExecutor(4) as pool:
            blocks = list(pool.map(block, range(0, len(values), 100)))
    np.testing.assert_array_equal(np.concatenate(blocks), values)


def test_reader_is_bounded_and_closed_after_its_block(read):
    f = read(plain())
    buffer = np.empty(100, np.uint8)
    reader = f.reader()
    with reader, pytest.raises(FcsError, match="events 3 to 5"):
        reader.read_into(3, 2, buffer)
    with pytest.raises(FcsError, match="reader-closed"):
        reader.read_into(0, 1, buffer)


def test_input_is_not_changed(read, tmp_path):
    f = read(plain())
    before = Path(f.path).stat().st_mtime_ns
    f.events()
    assert Path(f.path).stat().st_mtime_ns == before
    assert Path(f.path).read_bytes() == plain()


def test_header_constant_is_the_standards():
    assert HEADER == 58


def test_size_is_that_of_the_whole_file_and_a_reader_may_be_closed_twice(read):
    content = plain(tail=b"junk")
    f = read(content)
    assert f.n_bytes == len(content)
    reader = f.reader()
    with reader:
        reader.read_into(0, 1, np.empty(12, np.uint8))
    reader.__exit__(None, None, None)
    with pytest.raises(FcsError, match="reader-closed"):
        reader.read_into(0, 1, np.empty(12, np.uint8))


def test_keywords_travel_to_another_process(read):
    f = read(plain())
    again = pickle.loads(pickle.dumps(f.keywords))
    assert dict(again) == dict(f.keywords)
    assert again["$par"] == "3"
    assert repr(again) == f"Keywords({dict(again)!r})"
