"""HEADER: the first 58 bytes of a data set, with the version and the places of the segments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.sniff import looks_like
from cytogate.fcs.versions import VERSIONS

if TYPE_CHECKING:
    from cytogate.fcs.repairs import Findings

HEADER_BYTES = 58
COPY_AGAIN = "Copy it again from the instrument"
_BLANK = b" \0\t\r\n"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of bytes, counted from the beginning of its data set; `end` is the last byte inside."""

    begin: int
    end: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.end - self.begin + 1

    def __str__(self) -> str:
        return f"{self.begin}-{self.end}"


@dataclass(frozen=True, slots=True)
class Header:
    """Version and places of the segments; None where HEADER names no place."""

    version: str
    text: Segment
    data: Segment | None


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
        When this is not FCS, a version that is not known, or TEXT cannot be found.
    """
    if size == 0:
        found = "nothing: the file is empty (0 bytes)"
        raise findings.error("file-empty", "HEADER", start, found, "an FCS file", f"{COPY_AGAIN}.")
    if not raw.startswith(b"FCS"):
        fix = "Is this the right file?"
        raise findings.error(
            "not-fcs", "HEADER", start, looks_like(raw), "'FCS' at the beginning of the file", fix
        )
    if len(raw) < HEADER_BYTES:
        found, expected = f"{len(raw)} bytes", f"{HEADER_BYTES} bytes of HEADER"
        fix = f"The file is cut short. {COPY_AGAIN}."
        raise findings.error("header-truncated", "HEADER", start, found, expected, fix)
    version = raw[3:6].decode("latin-1")
    if version not in VERSIONS:
        expected = f"one of the versions {', '.join(VERSIONS)}"
        raise findings.error("version-unknown", "HEADER", start, repr(raw[:6]), expected)
    if raw[6:10].strip(_BLANK):
        findings.note("header-version-blanks", "HEADER", f"bytes 6 to 9 are {raw[6:10]!r}; expected blanks.")
    text = _text_segment(raw, start, size, findings)
    return Header(version, text, _data_segment(raw, findings))


def _text_segment(raw: bytes, start: int, size: int, findings: Findings) -> Segment:
    begin, end = _offset(raw[10:18]), _offset(raw[18:26])
    if begin is None or end is None or begin < HEADER_BYTES or end <= begin:
        found = f"{raw[10:18]!r} and {raw[18:26]!r}"
        expected = f"begin (from {HEADER_BYTES} on) and end of TEXT"
        raise findings.error("text-offsets", "HEADER", start + 10, found, expected)
    if start + end >= size:
        found = f"TEXT from {begin} to {end} in a file of {size - start} bytes"
        fix = f"The file is cut short before its first event. {COPY_AGAIN}."
        raise findings.error("text-truncated", "HEADER", start + 18, found, "TEXT inside the file", fix)
    return Segment(begin, end)


def _data_segment(raw: bytes, findings: Findings) -> Segment | None:
    first, last = raw[26:34], raw[34:42]
    begin, end = _offset(first), _offset(last)
    if begin is None or end is None:
        blank = not first.strip(_BLANK) and not last.strip(_BLANK)
        code = "header-offsets-blank" if blank else "header-offsets-unreadable"
        message = f"offsets of DATA are {first!r} and {last!r}; TEXT must say where DATA lies."
        findings.note(code, "HEADER", message)
        return None
    return Segment(begin, end) if (begin, end) != (0, 0) else None


def _offset(raw: bytes) -> int | None:
    text = raw.strip(_BLANK)
    return int(text) if re.fullmatch(rb"[0-9]{1,8}|-[0-9]{1,7}", text) else None
