"""Line ends: tell a file that was copied as text, with a carriage return put before every line feed.

Such a copy is longer than its segments say, and what lies behind the first line feed has moved: DATA still
has the right length, and every value is another one. Transfers in text mode do this (FTP, some mail); others
take carriage returns away, and the checksum at the end (FCS 3.0, 3.5) moves into DATA.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytogate.fcs.structure.checksum import CRC_BYTES
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from cytogate.errors import FcsError
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.header import Segment
    from cytogate.fcs.structure.text_segment import TextSegments
    from cytogate.fcs.structure.window import Window

_SAMPLE = 2**16
_TAIL = 64  # bytes at the end, among which a checksum may stand
_FIRST_LOOK = 2**11  # nearly always tells that line feeds are just bytes of values
_CHECKSUM = rb"[0-9A-Fa-f]{8}"
_ENOUGH = 3  # line feeds among values, all behind a carriage return: by chance, one in 256**3


def check_line_ends_of_text(window: Window, stated: Segment, text: TextSegments, findings: Findings) -> None:
    """Refuse TEXT that has grown by its carriage returns: all behind it has moved.

    Parameters
    ----------
    window : Window
        The data set.
    stated : Segment
        Where HEADER says that TEXT lies.
    text : TextSegments
        TEXT as it is read.

    Raises
    ------
    FcsError
        When TEXT ends behind the byte that HEADER says by as many bytes as it has carriage returns.
    """
    mark, grown = text.delimiter, text.place.end - stated.end
    if grown < 0 or (grown == 0 and text.ends.rstrip(b" \0").endswith(mark)):
        return
    raw = window.segment(text.place)
    if grown == 0 and not raw.rstrip(b" \0").endswith(mark):
        inside = raw.count(b"\n")
        behind = window.read(stated.end + 1, 2 * inside + 1)  # every second byte of it may be one more
        grown = inside
        while (counted := inside + behind.count(b"\n", 0, grown)) > grown:
            grown = counted
        rest = behind[:grown]
        if rest[-1:] != mark or not all(byte in BLANK or 32 <= byte < 127 for byte in rest):
            return
        raw += rest
    if grown > 0 and raw.count(b"\r\n") == raw.count(b"\n") == grown:
        found = f"TEXT that ends {grown} bytes late, with a carriage return before every line feed"
        raise _changed(window.start + stated.end, "TEXT", found, findings)


def check_line_ends(window: Window, text: bytes, data: Segment, last: int, findings: Findings) -> None:
    """Refuse a data set whose line ends were changed; not where TEXT shows that they are as they were.

    Parameters
    ----------
    window : Window
        The data set.
    text : bytes
        First and last bytes of TEXT, as it stands where HEADER says: one with line ends that fits was not
        changed.
    data : Segment
        Where DATA is said to lie.
    last : int
        Last byte of all its segments.

    Raises
    ------
    FcsError
        When bytes are too many, and all line feeds have a carriage return before them, or too few before the
        checksum.
    """
    if b"\r\n" in text and text[:1] == text[-1:]:
        return
    surplus = window.available - last - 1
    room = surplus - _checksum_bytes(window, surplus)
    if room < 0 and last == data.end:
        found = f"a checksum that begins {-room} bytes before the end that is said of DATA"
        raise _changed(window.start + data.begin, "DATA", found, findings)
    if room <= 0:
        return
    small = window.available <= _SAMPLE
    begin = 0 if small else data.begin
    if not _all_behind_returns(window.read(begin, _FIRST_LOOK)):
        return
    sample = window.read(begin, _SAMPLE)
    n = sample.count(b"\n")
    changed = _ENOUGH <= n <= room
    if small:
        changed = n == room or (n >= _ENOUGH and n + CRC_BYTES == surplus)
    if changed and _all_behind_returns(sample):
        found = f"{room} bytes too many, and a carriage return before every line feed"
        raise _changed(window.start + data.begin, "DATA", found, findings)


def _checksum_bytes(window: Window, surplus: int) -> int:
    """Return the bytes of a checksum at the end, with blanks behind it; 0 where there is none, or no need."""
    if surplus > _SAMPLE:  # so many that those of a checksum do not count
        return 0
    tail = window.read(max(window.available - _TAIL, 0), _TAIL)
    ended = tail.rstrip(b" ")
    return CRC_BYTES + len(tail) - len(ended) if re.fullmatch(_CHECKSUM, ended[-CRC_BYTES:]) else 0


def _all_behind_returns(sample: bytes) -> bool:
    """Say whether each line feed has a carriage return before it."""
    return sample.count(b"\r\n") == sample.count(b"\n")


def _changed(offset: int, field: str, found: str, findings: Findings) -> FcsError:
    fix = "The file was copied as text, or its offsets are wrong: copy it again, in binary mode."
    return findings.error("line-ends-changed", field, offset, found, "bytes as they were written", fix)
