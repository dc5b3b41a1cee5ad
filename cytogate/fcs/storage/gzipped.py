"""Gzip: unpack a file into memory, no more of it than its segments need."""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.storage.faults import too_large
from cytogate.fcs.storage.interface import CHUNK_BYTES, chunks
from cytogate.fcs.storage.memory import MemoryFile
from cytogate.fcs.storage.sniff import advice, looks_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.fcs.limits import Limits
    from cytogate.fcs.storage.interface import Storage

GZIP_MAGIC = b"\x1f\x8b"
_NO_DATA = "compressed data that cannot be unpacked, or differ from their checksum"
_GZIP_WINDOW = 31  # zlib's word for: gzip members, with their checksum
_HEADER_BYTES = 58
_MARGIN = CHUNK_BYTES  # kept behind the last segment: a checksum, an end that is said one byte too early
_NAMED = re.compile(rb"\$(END(?:DATA|STEXT|ANALYSIS)|NEXTDATA)[^0-9$]{1,40}([0-9]{1,20})", re.I)


def unpack(storage: Storage, limits: Limits) -> MemoryFile:
    """Return what a gzip file holds, checked to its end.

    Bytes behind the last segment that HEADER and TEXT name are unpacked and counted, but not kept, so that a
    small file cannot fill the memory.

    Raises
    ------
    FcsError
        ``gzip-damaged``; ``not-fcs`` when something else is packed; ``file-too-large``.
    """
    name, digest = storage.path, hashlib.sha256()

    def packed() -> Iterator[memoryview]:
        for chunk in chunks(storage):
            digest.update(chunk)
            yield chunk

    kept, extent, total = io.BytesIO(), _Extent(name, limits), 0
    for chunk in _inflated(packed(), name):
        total += len(chunk)
        if total > limits.max_unpacked_bytes:
            found = f"a compressed file of more than {limits.max_unpacked_bytes} bytes"
            raise too_large(name, found, limits)
        if total > extent.end + limits.max_unnamed_bytes:
            found = f"a compressed file that goes on behind the last segment, which ends at {extent.end}"
            expected = f"at most {limits.max_unnamed_bytes} bytes there (limits.max_unnamed_bytes)"
            raise FcsError("file-too-large", name, "file", extent.end, found, expected)
        if total - len(chunk) < extent.end + _MARGIN:
            kept.write(chunk)
            if total >= _HEADER_BYTES:
                _check_first(name, kept)
            extent.look(kept)
    _check_first(name, kept)
    return MemoryFile(name, kept.getvalue(), total, digest.hexdigest())


class _Extent:
    """How far the segments reach that the data sets unpacked so far name."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.end = 0
        self._name = name
        self._limits = limits
        self._start: int | None = 0  # of the data set whose HEADER and TEXT are not yet seen

    def look(self, kept: io.BytesIO) -> None:
        """Read HEADER and TEXT of data sets that have come in."""
        while self._start is not None:
            with kept.getbuffer() as view:
                header = bytes(view[self._start : self._start + _HEADER_BYTES])
                if len(header) < _HEADER_BYTES:
                    self.end = max(self.end, self._start + _HEADER_BYTES)
                    return
                offsets = [_number(header[at : at + 8]) for at in range(10, _HEADER_BYTES, 8)]
                begin, end = offsets[:2]
                if not header.startswith(b"FCS") or not 0 < end - begin < self._limits.max_text_bytes:
                    self._start = None  # the reader will say what is wrong
                    return
                self.end = max(self.end, self._start + max(offsets))
                if len(view) <= self._start + end:
                    return
                text = bytes(view[self._start + begin : self._start + end + 1])
            self._note(self._start, offsets[3], text)

    def _note(self, start: int, data_end: int, text: bytes) -> None:
        named = {found[1].upper(): int(found[2]) for found in _NAMED.finditer(text)}
        following = named.pop(b"NEXTDATA", 0)
        claims = [end for end in (data_end, named.get(b"ENDDATA", 0)) if end]
        if claims and start + min(claims) > self._limits.max_unpacked_bytes:
            found = f"a compressed file whose DATA end at byte {start + min(claims)}"
            raise too_large(self._name, found, self._limits)
        self.end = max(self.end, start + max(named.values(), default=0))
        self._start = start + following if following >= _HEADER_BYTES else None


def _inflated(packed: Iterator[memoryview], name: str) -> Iterator[bytes]:
    """Yield unpacked bytes in pieces; members that follow each other are one file, NULs are padding."""
    member, is_open, read = zlib.decompressobj(_GZIP_WINDOW), False, 0
    for chunk in packed:
        rest = bytes(chunk)
        read += len(rest)
        while rest:
            if member.eof:
                member = zlib.decompressobj(_GZIP_WINDOW)
                rest, is_open = rest.lstrip(b"\0"), False
                continue
            if not is_open and not _may_be_member(rest):
                found = f"{looks_like(rest[:64])} behind the end of the compressed data"
                raise _damaged(name, read - len(rest), found, "It was written to, or glued to another file.")
            is_open = True
            try:
                piece = member.decompress(rest, CHUNK_BYTES)
            except zlib.error as error:
                raise _damaged(name, read - len(rest), _NO_DATA) from error
            if piece:
                yield piece
            rest = member.unused_data if member.eof else member.unconsumed_tail
    while is_open and not member.eof:  # what the last input still holds back
        try:
            piece = member.decompress(member.unconsumed_tail, CHUNK_BYTES)
        except zlib.error as error:
            raise _damaged(name, read, _NO_DATA) from error
        if not piece:
            raise _damaged(name, read, "the end of the file in the middle of the compressed data")
        yield piece


def _may_be_member(rest: bytes) -> bool:
    return GZIP_MAGIC.startswith(rest[:2])


def _number(raw: bytes) -> int:
    text = raw.strip(b" \0")
    return int(text) if text.isdigit() else 0


def _check_first(name: str, kept: io.BytesIO) -> None:
    with kept.getbuffer() as view:
        first = bytes(view[:_HEADER_BYTES])
    if not first.startswith(b"FCS"):
        found, expected = (
            f"compressed data; unpacked {looks_like(first)}",
            "'FCS' at the beginning of the file",
        )
        raise FcsError("not-fcs", name, "HEADER", 0, found, expected, fix=advice(first))


def _damaged(name: str, offset: int, found: str, why: str = "The file is cut short or damaged.") -> FcsError:
    fix = f"{why} Copy it again from the instrument."
    return FcsError("gzip-damaged", name, "file", offset, found, "a complete gzip file", fix=fix)
