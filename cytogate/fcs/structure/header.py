"""HEADER: the first 58 bytes of a data set, with the version and the places of the segments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.storage.sniff import advice, looks_like
from cytogate.fcs.text.quoted import quoted
from cytogate.fcs.text.words import BLANK
from cytogate.fcs.versions import VERSIONS

if TYPE_CHECKING:
    from cytogate.fcs.repairs.findings import Findings

HEADER_BYTES = 58
OFFSET_BYTES = 8
# Where in HEADER the offsets stand (FCS 3.0, 3.1.1, table 1).
TEXT_FIELD, DATA_FIELD, ANALYSIS_FIELD = 10, 26, 42
COPY_AGAIN = "Copy it again from the instrument"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of bytes, counted from the beginning of its data set; `end` is the last byte inside."""

    begin: int
    end: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.end - self.begin + 1

    def lies_in(self, available: int) -> bool:
        """Say whether it holds bytes, all of them behind HEADER and before byte `available`."""
        return HEADER_BYTES <= self.begin <= self.end < available

    def __str__(self) -> str:
        return f"{self.begin}-{self.end}"


@dataclass(frozen=True, slots=True)
class Header:
    """Version and places of the segments; None where HEADER names no place."""

    version: str
    text: Segment
    data: Segment | None
    analysis: Segment | None = None


def parse_header(raw: bytes, start: int, size: int, findings: Findings) -> Header:
    """Return what HEADER says.

    Parameters
    ----------
    raw : bytes
        Up to 58 bytes from `start` on.
    start, size : int
        Beginning of the data set, and the size of the file.

    Raises
    ------
    FcsError
        When this is not FCS, a version that is not known, or TEXT cannot be found. Its byte offset, counted
        from the beginning of the file, is that of the field at fault.
    """
    if size == 0:
        found = "nothing: the file is empty (0 bytes)"
        raise findings.error("file-empty", "HEADER", start, found, "an FCS file", f"{COPY_AGAIN}.")
    if not raw.startswith(b"FCS"):
        raise findings.error(
            "not-fcs", "HEADER", start, looks_like(raw), "'FCS' at the beginning of the file", advice(raw)
        )
    if len(raw) < HEADER_BYTES:
        found, expected = f"{len(raw)} bytes", f"{HEADER_BYTES} bytes of HEADER"
        fix = f"The file is cut short. {COPY_AGAIN}."
        raise findings.error("header-truncated", "HEADER", start, found, expected, fix)
    version = raw[3:6].decode("latin-1")
    if version not in VERSIONS:
        expected = f"one of the versions {', '.join(VERSIONS)}"
        raise findings.error("version-unknown", "HEADER", start + 3, quoted(raw[:6]), expected)
    if raw[6:10].strip(BLANK):
        message = f"bytes 6 to 9 are {quoted(raw[6:10])}; expected blanks."
        findings.note("header-version-blanks", "HEADER", message)
    text = _text_segment(raw, start, size, findings)
    return Header(version, text, _data_segment(raw, findings), _segment(*_pair(raw, ANALYSIS_FIELD)))


def other_segments(raw: bytes) -> tuple[Segment, ...]:
    """Return the places of OTHER segments.

    Parameters
    ----------
    raw : bytes
        All between byte 58 and the first segment: pairs of offsets of 8 bytes each, up to the first that is
        none. (Which of them holds what is known to their writer alone.)
    """
    found: list[Segment] = []
    for at in range(0, len(raw) - 2 * OFFSET_BYTES + 1, 2 * OFFSET_BYTES):
        begin, end = (_offset(field) for field in _pair(raw, at))
        behind = HEADER_BYTES + at + 2 * OFFSET_BYTES
        if begin is None or end is None or any(HEADER_BYTES <= place.begin < behind for place in found):
            break  # blank, or the first byte of an OTHER segment
        if begin > 0 and end > 0:
            found.append(Segment(begin, end))
    return tuple(found)


def _text_segment(raw: bytes, start: int, size: int, findings: Findings) -> Segment:
    first, last = _pair(raw, TEXT_FIELD)
    begin, end = _offset(first), _offset(last)
    found = f"TEXT from {quoted(first)} to {quoted(last)}"
    if begin is None or begin < HEADER_BYTES:
        expected = f"begin (from {HEADER_BYTES} on) and end of TEXT"
        raise findings.error("text-offsets", "HEADER", start + TEXT_FIELD, found, expected)
    if end is None or end <= begin:
        expected = f"begin and end of TEXT, the end behind {begin}"
        raise findings.error("text-offsets", "HEADER", start + TEXT_FIELD + OFFSET_BYTES, found, expected)
    if start + end >= size:
        found = f"TEXT from {begin} to {end} in a file of {size - start} bytes"
        field = start + TEXT_FIELD + (0 if start + begin >= size else OFFSET_BYTES)
        fix = f"The file is cut short before its first event. {COPY_AGAIN}."
        raise findings.error("text-truncated", "HEADER", field, found, "TEXT inside the file", fix)
    return Segment(begin, end)


def _data_segment(raw: bytes, findings: Findings) -> Segment | None:
    first, last = _pair(raw, DATA_FIELD)
    if _offset(first) is None or _offset(last) is None:
        blank = not first.strip(BLANK) and not last.strip(BLANK)
        code = "header-offsets-blank" if blank else "header-offsets-unreadable"
        message = f"offsets of DATA are {quoted(first)} and {quoted(last)}; TEXT must say where DATA lies."
        findings.note(code, "HEADER", message)
    return _segment(first, last)


def _segment(first: bytes, last: bytes) -> Segment | None:
    begin, end = _offset(first), _offset(last)
    if begin is None or end is None or (begin, end) == (0, 0):
        return None
    return Segment(begin, end)


def _pair(raw: bytes, at: int) -> tuple[bytes, bytes]:
    return raw[at : at + OFFSET_BYTES], raw[at + OFFSET_BYTES : at + 2 * OFFSET_BYTES]


def _offset(raw: bytes) -> int | None:
    text = raw.strip(BLANK)
    return int(text) if re.fullmatch(rb"[0-9]{1,8}|-[0-9]{1,7}", text) else None
