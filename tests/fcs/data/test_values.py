"""Values of every kind against a slow decoder: widths, byte orders, masks, types, and what is odd of them."""

from __future__ import annotations

import itertools
import math
import struct
import subprocess
import sys

import numpy as np
import pytest
from fcs.answers import codes
from fcs.build import build, keywords, unsigned
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import FcsError
from cytogate.fcs.data.records import is_plain
from cytogate.fcs.read import read_fcs

ORDERS = ["1,2", "2,1", "1,2,3", "3,2,1", "1,2,3,4", "4,3,2,1", "1,2,3,4,5,6,7,8", "8,7,6,5,4,3,2,1"]
MIXED = ["3,4,1,2", "2,1,4,3", "1,3,2", "2,1,4,3,6,5,8,7"]


# --- a slow decoder: one value after the other, as the standard puts it -------------------------------------


def put(value, kind, width, ranks):
    """The bytes of a value, least significant first, then in the order of `ranks`."""
    little = (
        value.to_bytes(width, "little") if kind == "I" else struct.pack("<f" if kind == "F" else "<d", value)
    )
    if len(ranks) == len(little):
        return bytes(little[rank - 1] for rank in ranks)
    return little if ranks == sorted(ranks) else little[::-1]


def get(raw, kind, ranks):
    if len(ranks) == len(raw):
        little = bytes(raw[ranks.index(rank)] for rank in sorted(ranks))
    else:
        little = raw if ranks == sorted(ranks) else raw[::-1]
    return (
        int.from_bytes(little, "little")
        if kind == "I"
        else struct.unpack({"F": "<f", "D": "<d"}[kind], little)[0]
    )


def mask_of(range_):
    """The bits that values below a range can have."""
    bits = 0
    while 2**bits < range_:
        bits += 1
    return 2**bits - 1


@st.composite
def files(draw):
    """A file with a type of its own for each channel: (content, kinds, widths, ranges, data, byte order)."""
    c, n = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    kinds = draw(st.lists(st.sampled_from("IIFD"), min_size=c, max_size=c))
    order = draw(st.sampled_from(ORDERS + MIXED))
    ranks = [int(rank) for rank in order.split(",")]
    if order in MIXED:
        kinds = ["I"] * c
        widths = draw(st.lists(st.sampled_from([1, len(ranks)]), min_size=c, max_size=c))
    else:
        widths = [{"F": 4, "D": 8}.get(kind) or draw(st.integers(1, 8)) for kind in kinds]
    ranges = [
        draw(st.integers(1, 2**64) | st.sampled_from([2**8, 2**10, 2**16, 2**32, 2**64])) for _ in kinds
    ]
    data = draw(st.binary(min_size=n * sum(widths), max_size=n * sum(widths)))
    words = keywords(c, n, datatype=kinds[0], bits=[8 * w for w in widths], byteord=order, ranges=ranges)
    words |= {f"$P{k}DATATYPE": kind for k, kind in enumerate(kinds, start=1)} | {"$CYT": "x"}
    return build(words, data, version="3.2"), kinds, widths, ranges, data, ranks


@given(files())
def test_all_kinds_equal_a_slow_decoder(tmp_path_factory, file):
    content, kinds, widths, ranges, data, ranks = file
    path = tmp_path_factory.mktemp("values") / "a.fcs"
    path.write_bytes(content)
    f = read_fcs(path)
    ends = list(itertools.accumulate(widths))
    rows = [data[i : i + ends[-1]] for i in range(0, len(data), ends[-1])]
    events, raw, summary = f.events(), f.raw(), f.value_summary()
    expected = set()
    for c, (kind, width, range_) in enumerate(zip(kinds, widths, ranges, strict=True)):
        stored = [get(row[ends[c] - width : ends[c]], kind, ranks) for row in rows]
        mask = mask_of(range_) if kind == "I" else None
        values = stored if mask is None else [value & mask for value in stored]
        column = f.raw_column(c)
        np.testing.assert_array_equal(column, np.array(values, column.dtype))
        assert column.dtype.kind == ("u" if kind == "I" else "f")
        np.testing.assert_array_equal(events[:, c], np.array([float(value) for value in values]))
        if len(set(kinds)) == 1:
            np.testing.assert_array_equal(raw[:, c], column)
        finite = [float(value) for value in values if math.isfinite(value)]
        wanted = [min(finite, default=math.nan), max(finite, default=math.nan)]
        np.testing.assert_array_equal([summary.minimum[c], summary.maximum[c]], wanted)
        counts = [sum(math.isnan(value) for value in values), sum(math.isinf(value) for value in values)]
        assert [summary.n_nan[c], summary.n_infinite[c]] == counts
        lost = (
            sum(value != kept for value, kept in zip(stored, values, strict=True)) if mask is not None else 0
        )
        rounded = sum(int(float(value)) != value for value in values) if mask is not None else 0
        assert [summary.n_lost_bits[c], summary.n_rounded[c]] == [lost, rounded]
        odd = {"values-not-finite": sum(counts), "bits-beyond-range": lost, "values-rounded": rounded}
        expected |= {code for code, count in odd.items() if count}
    assert {code for code in codes(f) if code.startswith(("values-", "bits-"))} == expected


@pytest.mark.parametrize("order", ORDERS + MIXED)
@pytest.mark.parametrize("width", range(1, 9))
def test_every_width_in_every_byte_order(read, order, width):
    ranks = [int(rank) for rank in order.split(",")]
    values = [0, 1, 2 ** (8 * width) - 1, int.from_bytes(bytes(range(1, width + 1)), "little")]
    data = b"".join(put(value, "I", width, ranks) for value in values)
    words = keywords(1, 4, datatype="I", bits=8 * width, byteord=order, ranges=2 ** (8 * width))
    if order in MIXED and width not in (1, len(ranks)):
        with pytest.raises(FcsError, match="byte-order-width"):
            read(build(words, data, version="3.0"))
        return
    f = read(build(words, data, version="3.0"))
    assert f.raw()[:, 0].tolist() == values
    assert f.raw_column(0).tolist() == values
    assert f.events()[:, 0].tolist() == [float(value) for value in values]


@pytest.mark.parametrize(("datatype", "bits", "order"), [("F", 32, "3,4,1,2"), ("D", 64, "2,1,4,3,6,5,8,7")])
def test_floats_in_mixed_orders(read, datatype, bits, order):
    ranks = [int(rank) for rank in order.split(",")]
    values = [1.5, -2.25, 1e30]
    data = b"".join(put(value, datatype, bits // 8, ranks) for value in values)
    f = read(build(keywords(1, 3, datatype=datatype, bits=bits, byteord=order), data, version="2.0"))
    np.testing.assert_array_equal(f.raw()[:, 0], np.array(values, f"f{bits // 8}"))


@pytest.mark.parametrize("width", [3, 5, 6, 7])
@pytest.mark.parametrize("range_", [1000, 1024, 1025, 2**20, 2**32, 2**64, "inf"])
def test_odd_widths_are_masked(read, width, range_):
    values = [2 ** (8 * width) - 1, 1023, 1024, 0]
    words = keywords(1, 4, datatype="I", bits=8 * width, ranges=range_)
    f = read(build(words, unsigned([[value] for value in values], (width,))))
    mask = 2 ** (8 * width) - 1 if range_ == "inf" else mask_of(range_) & (2 ** (8 * width) - 1)
    assert f.raw()[:, 0].tolist() == [value & mask for value in values]
    lost = sum(value & mask != value for value in values)
    assert f.value_summary().n_lost_bits.tolist() == [lost]
    assert ("bits-beyond-range" in codes(f)) == bool(lost)


def test_64_bits_are_exact_as_raw_and_told_where_they_are_rounded(read):
    values = [2**53, 2**53 + 1, 2**53 + 2, 2**63, 2**64 - 1]
    f = read(
        build(keywords(1, 5, datatype="I", bits=64, ranges=2**64), unsigned([[v] for v in values], (8,)))
    )
    assert f.raw()[:, 0].tolist() == values
    assert codes(f) == ["values-rounded"]
    assert "2 of 5 events" in f.warnings[0].message
    f = read(build(keywords(1, 2, datatype="I", bits=64, ranges=2**64), unsigned([[5], [2**53]], (8,))))
    assert f.warnings == ()


def test_not_finite_values_are_kept_and_counted(read):
    rows = [[1.0, np.nan], [np.inf, np.nan], [-np.inf, 2.0]]
    data = b"".join(struct.pack("<2f", *row) for row in rows)
    f = read(build(keywords(2, 3), data))
    np.testing.assert_array_equal(f.events(), rows)
    summary = f.value_summary()
    assert summary is f.value_summary()
    assert (summary.n_nan.tolist(), summary.n_infinite.tolist()) == ([0, 2], [2, 0])
    assert (summary.minimum.tolist(), summary.maximum.tolist()) == ([1.0, 2.0], [1.0, 2.0])
    assert codes(f) == ["values-not-finite"] * 2
    assert "0 of 3 events of FSC-A are not a number, 2 are infinite" in f.warnings[0].message
    assert not summary.minimum.flags.writeable


@pytest.mark.parametrize("mark", ["<", ">"])
@pytest.mark.parametrize("types", ["FF", "FI", "FD"])
def test_signalling_nan_is_a_nan_without_a_word(read, mark, types):
    order = "1,2,3,4" if mark == "<" else "4,3,2,1"
    data = struct.pack(f"{mark}I", 0x7F800001) + struct.pack(
        mark + {"F": "f", "I": "I", "D": "d"}[types[1]], 7
    )
    words = keywords(2, 1, bits=[32, 64 if types[1] == "D" else 32], byteord=order)
    f = read(build(words | {"$P2DATATYPE": types[1], "$CYT": "x"}, data, version="3.2"))
    for table in (f.raw(), f.events()):
        assert np.isnan(table[0, 0])
        assert table[0, 1] == 7
    assert codes(f) == ["values-not-finite"]


def test_a_channel_without_finite_values_has_no_range(read):
    f = read(build(keywords(1, 2), struct.pack("<2f", np.nan, np.inf)))
    assert np.isnan([f.value_summary().minimum[0], f.value_summary().maximum[0]]).all()


@pytest.mark.parametrize(("datatype", "bits"), [("I", 16), ("I", 24), ("F", 32), ("D", 64)])
def test_no_events_have_no_range(read, datatype, bits):
    f = read(build(keywords(3, 0, datatype=datatype, bits=bits), b""))
    assert np.isnan(f.value_summary().minimum).all()
    assert f.value_summary().n_nan.tolist() == [0, 0, 0]
    assert (f.events().shape, f.raw().shape, f.warnings) == ((0, 3), (0, 3), ())


@pytest.mark.parametrize(("datatype", "bits"), [("I", 16), ("I", 24), ("F", 32), ("D", 64)])
@pytest.mark.parametrize("n_channels", [1, 4096])
def test_one_channel_and_4096_channels(read, datatype, bits, n_channels):
    n = 5
    values = np.arange(n * n_channels).reshape(n, n_channels)
    kind = {"F": "<f4", "D": "<f8"}.get(datatype)
    width = bits // 8
    data = values.astype(kind).tobytes() if kind else unsigned(values.tolist(), [width] * n_channels)
    names = [f"C{c}" for c in range(n_channels)]
    f = read(build(keywords(n_channels, n, datatype=datatype, bits=bits, ranges=2**bits, names=names), data))
    np.testing.assert_array_equal(f.raw(), values)
    np.testing.assert_array_equal(f.events(), values)
    np.testing.assert_array_equal(f.raw_column(n_channels - 1), values[:, -1])
    np.testing.assert_array_equal(f.value_summary().maximum, values[-1])


def test_blocks_and_threads_do_not_matter(read, monkeypatch):
    rng = np.random.default_rng(1)
    stored = rng.integers(0, 2**24, (400_000, 4))
    little = stored.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]
    words = keywords(4, len(stored), datatype="I", bits=24, ranges=2**20) | {"$P2G": "3", "$P3E": "4,1"}
    f = read(build(words, little.tobytes()))
    found = []
    for cpus in (1, 3):
        monkeypatch.setattr("cytogate.fcs.data.values.usable_cpus", lambda n=cpus: n)
        again = read_fcs(f.path)
        found.append((again.raw(), again.events(), again.value_summary()))
    np.testing.assert_array_equal(found[0][0], stored & (2**20 - 1))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])
    for name in ("minimum", "maximum", "n_nan", "n_infinite", "n_lost_bits"):
        np.testing.assert_array_equal(getattr(found[0][2], name), getattr(found[1][2], name))


def test_scaled_floats_equal_unscaled_ones_divided(read):
    values = np.random.default_rng(2).random((100_000, 3)).astype("<f4")
    names = ["A", "B", "Time"]
    more = {"$P2G": "3.67", "$TIMESTEP": "0.01"}
    f = read(build(keywords(3, len(values), names=names) | more, values.tobytes()))
    exact = values.astype(np.float64)
    np.testing.assert_array_equal(
        f.events(), np.column_stack([exact[:, 0], exact[:, 1] / 3.67, exact[:, 2] * 0.01])
    )


PEAK = """
import resource, sys
from cytogate.fcs.data.records import is_plain
from cytogate.fcs.read import read_fcs
small, large, use = sys.argv[1:]
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
getattr(read_fcs(small), use)()  # loads what is to be loaded
before = peak()
getattr(read_fcs(large), use)()
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
@pytest.mark.parametrize("use", ["events", "raw", "value_summary"])
@pytest.mark.parametrize("datatype", ["F", "I", "A"])
def test_extra_memory_is_bounded(tmp_path, datatype, use):
    n, c = 400_000, 12
    for name, count in (("small", 10), ("large", n)):
        values = np.arange(count * c) % 10
        data = {
            "F": lambda v: v.astype("<f4"),
            "I": lambda v: v.astype("<u2"),
            "A": lambda v: (v + 48).astype("u1"),
        }
        words = keywords(c, count, datatype=datatype, bits={"F": 32, "I": 16, "A": 1}[datatype], ranges=1024)
        (tmp_path / name).write_bytes(build(words, data[datatype](values).tobytes()))
    most = 64 * 2**20 + 3 * 8 * n * c
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "small"), str(tmp_path / "large"), use],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) <= most


@pytest.mark.parametrize("width", range(1, 9))
@pytest.mark.parametrize("n_channels", [1, 2])
def test_the_highest_bit_alone_is_masked_and_told(tmp_path, width, n_channels):
    half = 2 ** (8 * width - 1)
    widths = [width, 1][:n_channels]
    words = keywords(
        n_channels, 2, datatype="I", bits=[8 * w for w in widths], ranges=[half, 256][:n_channels]
    )
    path = tmp_path / "a.fcs"
    path.write_bytes(
        build(words, unsigned([[half + 5, 9][:n_channels], [half - 1, 255][:n_channels]], widths))
    )
    f = read_fcs(path)
    assert f.raw_column(0).tolist() == [5, half - 1]
    assert f.raw()[:, 0].tolist() == [5, float(half - 1) if f.raw().dtype.kind == "f" else half - 1]
    assert "bits-beyond-range" in codes(f)


def test_integers_and_floats_of_the_same_eight_bytes(tmp_path):
    words = keywords(2, 2, datatype="I", bits=64, ranges=[2**63, 1])
    words |= {"$P2DATATYPE": "D", "$CYT": "x"}
    data = b"".join(struct.pack("<Qd", *row) for row in ((3, 0.5), (7, -2.25)))
    path = tmp_path / "a.fcs"
    path.write_bytes(build(words, data, version="3.2"))
    assert read_fcs(path).raw().tolist() == [[3, 0.5], [7, -2.25]]


def test_values_that_nothing_is_odd_of_are_seen_without_kernels(tmp_path):
    words = keywords(2, 2, datatype="I", bits=[24, 16], ranges=[2**20, 2**10])
    path = tmp_path / "a.fcs"
    for most, plain in ((2**20 - 1, True), (2**20, False)):
        path.write_bytes(build(words, unsigned([[1, 1023], [most, 0]], (3, 2))))
        f = read_fcs(path)
        buffer = np.empty(2 * f.layout.row_bytes, np.uint8)
        with f.reader() as reader:
            reader.read_into(0, 2, buffer)
        assert is_plain(buffer.reshape(2, -1), f.layout) is plain


@pytest.mark.parametrize(("step", "plain"), [(None, True), ("0.5", False)])
def test_large_doubles_are_plain_where_nothing_scales_them(read, step, plain):
    words = keywords(2, 1, datatype="I", bits=[16, 64], ranges=[2**10, 1], names=["A", "Time"])
    words |= {"$P2DATATYPE": "D", "$CYT": "x"} | ({"$TIMESTEP": step} if step else {})
    data = struct.pack("<Hd", 5, 1e300)
    f = read(build(words, data, version="3.2"))
    assert is_plain(np.frombuffer(data, np.uint8).reshape(1, -1), f.layout) is plain
