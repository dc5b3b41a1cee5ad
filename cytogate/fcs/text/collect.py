"""Collect keywords: the pairs of a reading as text, each decoded once, and what is odd about them."""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

import numpy as np

from cytogate.fcs.text.keywords import Keywords
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.terms import Terms
    from cytogate.fcs.text.words import Reading

_LONG = 2**16  # bytes of a value that is looked through in pieces, before it is decoded
_BEYOND_LATIN1, _BEYOND_16_BITS = 0xC4, 0xF0  # first bytes, in UTF-8, of characters that take 2 and 4 bytes


def collect(
    reading: Reading, mark: bytes, two_byte: frozenset[str], terms: Terms, findings: Findings
) -> Keywords:
    """Return the keywords of a reading, whose words are given up one after the other.

    Raises
    ------
    FcsError
        When a keyword is too long, or the values as text take more memory than TEXT may.
    """
    entries: dict[str, str] = {}
    limits = terms.limits
    most_key_bytes = 4 * limits.max_name_length + 1
    latin, blank, doubled, unclear = [], [], [], []
    blanks = BLANK.replace(mark, b"")
    n_bytes = 0
    for raw_key, raw_value in reading.take():
        stripped = raw_key.strip(blanks)
        if stripped.isascii():
            name, key_is_latin = stripped[:most_key_bytes].decode("ascii"), False
        else:
            name, key_is_latin = _decode(stripped[:most_key_bytes])
        name = name.upper()
        if len(name) > limits.max_name_length:
            expected = f"at most {limits.max_name_length} characters (limits.max_name_length)"
            found = f"a keyword of {len(stripped)} bytes"
            raise findings.error("keyword-too-long", "TEXT", None, found, expected)
        wide = _decode_two_byte(raw_value) if two_byte and name in two_byte else None
        if wide is not None:
            value, value_is_latin = wide.strip(blanks.decode()), False
        else:
            raw_value = raw_value.strip(blanks)  # one copy is kept of what may be large
            is_ascii = raw_value.isascii()
            n_bytes += len(raw_value) if is_ascii else _n_held(raw_value)
            if n_bytes > limits.max_text_bytes:
                found = f"values that take {n_bytes} bytes as text, up to {name[:40]}"
                expected = f"at most {limits.max_text_bytes} bytes (limits.max_text_bytes)"
                raise findings.error("text-too-large", "TEXT", None, found, expected)
            if is_ascii:
                value, value_is_latin = raw_value.decode("ascii"), False
            else:
                value, value_is_latin = _decode(raw_value)
                if name in two_byte:
                    unclear.append(name)
        if key_is_latin or value_is_latin:
            latin.append(name)
        if len(stripped) != len(raw_key):
            blank.append(name)
        if entries.setdefault(name, value) != value:
            doubled.append(name)
    for code, names, what in (
        ("text-latin1", latin, "is not UTF-8 and read as latin-1"),
        ("text-unicode-unclear", unclear, "does not show its byte order, and is read as other values"),
        ("text-blanks", blank, "has blanks around its name"),
        ("text-duplicate-keyword", doubled, "stands more than once; the first one counts"),
    ):
        if names:
            more = f" (and {len(names) - 1} others)" if len(names) > 1 else ""
            findings.note(code, names[0], f"keyword {names[0]}{more} {what}.")
    return Keywords.of_upper(entries, mark)


def _decode(raw: bytes) -> tuple[str, bool]:
    """Return bytes as text, and whether they are not UTF-8 and taken as latin-1."""
    if len(raw) > _LONG and not _is_utf8(raw):
        return raw.decode("latin-1"), True
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), True


def _is_utf8(raw: bytes) -> bool:
    """Tell as `bytes.decode` does, without the memory for all of the text."""
    decoder, view = getincrementaldecoder("utf-8")(), memoryview(raw)
    try:
        for begin in range(0, len(raw), _LONG):
            decoder.decode(view[begin : begin + _LONG])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _n_held(raw: bytes) -> int:
    """Return the bytes that a value takes as text: all of its characters are as wide as the widest."""
    widest = max(raw)
    width = 1 if widest < _BEYOND_LATIN1 else 2 if widest < _BEYOND_16_BITS else 4
    if width == 1 or not _is_utf8(raw):
        return len(raw)
    n_continued = sum(
        int(np.count_nonzero(np.frombuffer(raw, np.uint8, min(_LONG, len(raw) - at), at) & 0xC0 == 0x80))
        for at in range(0, len(raw), _LONG)
    )
    return width * (len(raw) - n_continued)


def two_byte_keywords(reading: Reading) -> frozenset[str]:
    """Return the keywords that ``$UNICODE/page,keyword,.../`` says to hold two-byte characters."""
    pairs = zip(reading.keywords(), reading.marked_values(), strict=True)
    said = next((value for key, value in pairs if key.strip(BLANK).upper() == b"$UNICODE"), b"")
    parts = reading.marks.plain(said[:_LONG]).decode("latin-1").split(",")
    return frozenset(part.strip().upper() for part in parts[1:])


def _decode_two_byte(raw: bytes) -> str | None:
    """Return two-byte characters as text where a mark or the bytes of ASCII show their order, else None."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order = "utf-16"
    elif (0 in raw[::2]) == (0 in raw[1::2]):
        return None
    else:
        order = "utf-16-be" if 0 in raw[::2] else "utf-16-le"
    try:
        return raw.decode(order)
    except UnicodeDecodeError:
        return None
