"""Preview pictures: what a decoder sees."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.study.sample.previews import (
    LEVELS,
    density_levels,
    density_png,
    indexed_png,
    palette,
    trace_png,
)


def decode(png: bytes) -> tuple[np.ndarray, dict[bytes, bytes]]:
    """Read a palette PNG without filters, chunk by chunk, checking every checksum."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert checksum == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + length
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:], chunks


def test_the_highest_y_is_the_first_row_of_the_picture():
    counts = np.zeros((4, 3), np.uint32)
    counts[3, 0] = 9  # highest y, lowest x
    pixels, _ = decode(density_png(counts))
    assert pixels.shape == (4, 3)
    assert pixels[0, 0] == LEVELS
    assert np.count_nonzero(pixels) == 1


def test_levels_follow_the_square_root_and_one_event_is_seen():
    assert density_levels([[0, 1, 2500, 10_000]]).tolist() == [[0, 1, 32, 63]]
    assert density_levels([[1, 10**9]]).tolist() == [[1, 63]]


def test_no_events_make_an_empty_picture():
    pixels, _ = decode(density_png(np.zeros((5, 5))))
    assert not pixels.any()


def test_entry_0_is_transparent_and_all_64_colours_differ():
    _, chunks = decode(density_png(np.ones((2, 2))))
    assert chunks[b"tRNS"] == b"\x00"
    assert len(chunks[b"PLTE"]) == 3 * 64
    assert len({tuple(colour) for colour in palette().tolist()}) == 64


def test_colours_go_from_blue_to_red():
    first, last = palette()[1].astype(int), palette()[-1].astype(int)
    assert first[2] > first[0]
    assert last[0] > last[2]


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=3), min_size=1, max_size=6))
def test_a_level_is_0_exactly_where_there_are_no_events_and_grows_with_them(counts):
    table = np.array(counts, dtype=np.uint64)
    levels = density_levels(table)
    assert ((levels == 0) == (table == 0)).all()
    order = np.argsort(table, axis=None)
    assert (np.diff(levels.ravel()[order].astype(int)) >= 0).all()


def unpacked(png: bytes, bits: int, width: int) -> np.ndarray:
    """Read a palette PNG of less than eight bits a pixel."""
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    flat = np.frombuffer(zlib.decompress(png[at + 4 : at + 4 + length]), np.uint8)
    rows = flat.reshape(-1, width * bits // 8 + 1)[:, 1:]
    return np.unpackbits(rows, axis=1).reshape(len(rows), width, bits) @ (1 << np.arange(bits)[::-1])


def test_a_trace_has_a_pixel_where_there_are_events_the_highest_y_first():
    counts = np.zeros((32, 32), np.uint32)
    counts[10:31, :] = 3  # more than FEW_BINS
    assert (unpacked(trace_png(counts), 1, 32) == (counts[::-1] > 0)).all()


def test_a_few_events_of_a_trace_are_larger():
    counts = np.zeros((8, 8), np.uint32)
    counts[2, 3] = 1
    pixels = unpacked(trace_png(counts), 1, 8)
    assert list(zip(*np.nonzero(pixels), strict=True)) == [(4, 3), (4, 4), (5, 3), (5, 4)]


def test_four_bits_a_pixel_keep_sixteen_levels():
    levels = np.arange(16, dtype=np.uint8).reshape(2, 8)
    assert (unpacked(indexed_png(levels, palette()[:16], bits=4), 4, 8) == levels).all()


def test_a_usual_picture_is_a_few_kilobytes():
    rng = np.random.default_rng(1)
    counts, _, _ = np.histogram2d(rng.normal(size=50_000), rng.normal(size=50_000), bins=128)
    assert len(density_png(counts)) < 10_000


def test_browsers_read_it_too():
    image = pytest.importorskip("PIL.Image")
    import io

    picture = image.open(io.BytesIO(density_png(np.eye(8))))
    assert picture.size == (8, 8)
    assert picture.mode == "P"
