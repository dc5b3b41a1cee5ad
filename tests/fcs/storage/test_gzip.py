"""Gzip: whole, damaged, glued, and made to fill the memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import zlib
from contextlib import suppress

import numpy as np
import pytest
from fcs.build import ROWS, build, keywords, plain
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import FcsError
from cytogate.fcs.limits import Limits
from cytogate.fcs.read import read_fcs
from cytogate.fcs.storage import open_storage
from cytogate.fcs.storage.interface import CHUNK_BYTES

VALUES = np.array(ROWS, np.float32)
MB = 2**20


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, **options):
        path = tmp_path / "a.fcs.gz"
        path.write_bytes(content)
        return read_fcs(path, **options)

    return write_and_read


def refused(read, content, **options):
    with pytest.raises(FcsError) as caught:
        read(content, **options)
    assert caught.value.path.endswith("a.fcs.gz")
    return caught.value


def random_file(n_events=200_000):
    values = np.random.default_rng(0).random((n_events, 4), np.float32)
    return build(keywords(4, n_events), values.astype("<f4").tobytes()), values


def test_several_members_and_padding_are_one_file(read):
    content, values = random_file()
    cuts = [0, 1, 2, 100, 10_000, 1_000_000, len(content)]
    members = [gzip.compress(content[a:b], 1) for a, b in itertools.pairwise(cuts)]
    packed = b"".join(members) + gzip.compress(b"") + bytes(513)
    f = read(packed)
    np.testing.assert_array_equal(f.raw(), values)
    assert f.sha256() == hashlib.sha256(packed).hexdigest()


def test_a_header_with_name_comment_and_extra_field_is_read(read):
    stream = io.BytesIO()
    with gzip.GzipFile("trial/patient 1.fcs", "wb", fileobj=stream, mtime=1) as packed:
        packed.write(plain())
    np.testing.assert_array_equal(read(stream.getvalue()).raw(), VALUES)


@pytest.mark.parametrize("left", [2, 5, 10, 60, -1, -4, -8, -9, -100])
def test_truncated_is_damaged(read, left):
    error = refused(read, gzip.compress(random_file(5000)[0])[:left])
    assert error.code == "gzip-damaged"
    assert error.offset is not None
    assert "Copy it again" in error.fix


@pytest.mark.parametrize("at", [-1, -6, 1000, 2, 3])
def test_damaged_content_or_checksum_is_damaged(read, at):
    packed = bytearray(gzip.compress(random_file(5000)[0]))
    packed[at] ^= 0xFF
    assert refused(read, bytes(packed)).code == "gzip-damaged"


@pytest.mark.parametrize(
    "junk", [b"junk", b"\x1f", b"\0\0junk", b"\x1f\x8c", b"FCS3.1", b"\x1f\x8bjunkjunkjunk"]
)
def test_what_stands_behind_the_end_is_damage(read, junk):
    packed = gzip.compress(plain())
    error = refused(read, packed + junk)
    assert error.code == "gzip-damaged"
    assert error.offset >= len(packed)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"a,b\n1,2\n", "a text table"),
        (gzip.compress(plain()), "a gzip file"),
        (b"\0" * 5 * MB, "NUL bytes only"),
    ],
)
def test_something_else_that_is_packed_is_named(read, content, words):
    error = refused(read, gzip.compress(content))
    assert error.code == "not-fcs"
    assert f"unpacked {words}" in error.found


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"BZh9", "a bzip2 file"),
        (b"\xfd7zXZ\0", "an xz file"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    ],
)
def test_other_packers_are_named_with_advice(read, first, words):
    error = refused(read, first.ljust(100, b"x"))
    assert words in error.found
    assert error.fix.startswith("Unpack it first")


def bomb(content, n_bytes):
    """Return `content` with NULs behind it, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(content)]
    parts += [packer.compress(bytes(MB)) for _ in range(n_bytes // MB)]
    return b"".join(parts) + packer.flush()


def test_bytes_that_nothing_names_are_counted_not_kept(read, tmp_path):
    f = read(bomb(plain(), 50 * MB))
    np.testing.assert_array_equal(f.raw(), VALUES)
    storage = open_storage(tmp_path / "a.fcs.gz")
    assert storage.size == len(plain()) + 50 * MB
    assert len(storage.content) <= 3 * CHUNK_BYTES
    with storage.open() as handle:
        for begin, code in ((40 * MB, "not-unpacked"), (60 * MB, "changed-while-reading")):
            with pytest.raises(FcsError, match=code):
                handle.read_into(begin, np.empty(9, np.uint8))


def test_limits_of_unpacking_are_named_and_settable(read):
    packed = bomb(plain(), 20 * MB)
    error = refused(read, packed, limits=Limits(max_unnamed_bytes=10 * MB))
    assert error.code == "file-too-large"
    assert "limits.max_unnamed_bytes" in error.expected
    error = refused(read, packed, limits=Limits(max_unpacked_bytes=10 * MB))
    assert error.code == "file-too-large"
    assert "limits.max_unpacked_bytes" in error.expected


def test_data_that_would_not_fit_are_refused_before_they_are_unpacked(read):
    packed = bomb(plain(header_data=lambda b, e: (0, 0), text_data=lambda b, e: (b, b + 12 * 10**9)), 10 * MB)
    error = refused(read, packed)
    assert error.code == "file-too-large"
    assert "DATA end at byte" in error.found


def test_all_data_sets_are_kept(read):
    values = random_file()[1]
    data, words = values.astype("<f4").tobytes(), keywords(4, len(values))
    words["$NEXTDATA"] = "0000000000"
    words["$NEXTDATA"] = f"{len(build(words, data)) + 7:010d}"
    packed = gzip.compress(build(words, data) + b"padding" + plain(), 1)
    assert read(packed).n_datasets == 2
    np.testing.assert_array_equal(read(packed).raw(), values)
    np.testing.assert_array_equal(read(packed, dataset=1).raw(), VALUES)


def test_a_packed_file_that_changes_while_it_is_unpacked_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.fcs.gz"
    path.write_bytes(gzip.compress(random_file()[0], 1))
    real = zlib.decompressobj

    def shrink(*arguments):
        with path.open("r+b") as file:
            file.truncate(1000)
        return real(*arguments)

    monkeypatch.setattr(zlib, "decompressobj", shrink)
    with pytest.raises(FcsError, match="changed-while-reading"):
        read_fcs(path)


@given(data=st.data())
def test_damaged_gzip_gives_the_values_or_an_fcs_error(tmp_path_factory, data):
    packed = bytearray(gzip.compress(plain()))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(packed) - 1))
        packed[place] = data.draw(st.integers(0, 255))
    del packed[data.draw(st.integers(1, len(packed))) :]
    path = tmp_path_factory.getbasetemp() / "mutant.fcs.gz"
    path.write_bytes(bytes(packed))
    with suppress(FcsError):
        np.testing.assert_array_equal(read_fcs(path).raw(), VALUES)
