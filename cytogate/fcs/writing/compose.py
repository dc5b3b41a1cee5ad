"""Compose HEADER and TEXT of an FCS 3.1 file: delimiters, escapes, and offsets of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.structure.header import HEADER_BYTES
from cytogate.fcs.text.words import BLANKS

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADER_OFFSET = 99_999_999  # FCS 3.1, 3.1: segments that end beyond are located by TEXT
# In this order: those in use, then control characters, which texts hardly hold, then marks that some readers
# take for regular expressions. Never letters, digits, blanks, or what numbers and keywords are made of.
DELIMITERS = b"/|\\!~#*\x0c\x1e" + bytes([*range(1, 9), 11, *range(14, 30), 31]) + b"@%;`&=<>\"'^"
_ZEROS = ("$BEGINANALYSIS", "$ENDANALYSIS", "$BEGINSTEXT", "$ENDSTEXT")  # segments that are not written


def refused(target: Path, field: str, found: str, expected: str, *, fix: str = "") -> FcsError:
    """Return (not raise) the error that says why something cannot be written as FCS."""
    return FcsError("cannot-write", str(target), field, None, found, expected, fix=fix)


def header_and_text(target: Path, words: list[tuple[str, str]], data_bytes: int) -> bytes:
    """Return HEADER and TEXT; the places of DATA are part of the TEXT whose length moves them.

    Parameters
    ----------
    target : Path
        Named in errors.
    words : list of (str, str)
        Keywords and values, without those of offsets.
    data_bytes : int
        Length of DATA, which follows TEXT.

    Raises
    ------
    FcsError
        Keywords or values that FCS 3.1 cannot hold, or that are too many.
    """
    n_keywords = len(words) + len(_ZEROS) + 2  # $BEGINDATA and $ENDDATA
    if n_keywords > LIMITS.max_keywords:
        raise refused(target, "TEXT", f"{n_keywords} keywords", f"at most {LIMITS.max_keywords}")
    encoded = [(_key(target, key), _value(target, key, value)) for key, value in words]
    delimiter = _choose_delimiter(target, encoded)
    body = b"".join(part.replace(delimiter, delimiter * 2) + delimiter for pair in encoded for part in pair)
    body += b"".join(key.encode() + delimiter + b"0" + delimiter for key in _ZEROS)
    digits = len(str(HEADER_BYTES + len(body) + 100 + data_bytes))
    fixed = len(b"$BEGINDATA$ENDDATA") + 5 * len(delimiter) + 2 * digits
    begin = HEADER_BYTES + fixed + len(body)
    # Without events the end lies before the begin: readers count end - begin + 1 bytes, one byte for 0,0.
    begin_text, end_text = begin, begin + data_bytes - 1
    offsets = b"%s$BEGINDATA%s%s%s$ENDDATA%s%s%s" % (
        delimiter,
        delimiter,
        str(begin_text).zfill(digits).encode(),
        delimiter,
        delimiter,
        str(end_text).zfill(digits).encode(),
        delimiter,
    )
    text = offsets + body
    text_end = HEADER_BYTES + len(text) - 1
    if text_end > MAX_HEADER_OFFSET or len(text) > LIMITS.max_text_bytes:
        raise refused(target, "TEXT", f"{len(text)} bytes of keywords", f"at most {LIMITS.max_text_bytes}")
    if end_text > MAX_HEADER_OFFSET:
        begin_text, end_text = 0, 0
    places = (HEADER_BYTES, text_end, begin_text, end_text, 0, 0)
    header = "FCS3.1    " + "".join(f"{place:>8d}" for place in places)
    return header.encode("ascii") + text


def _choose_delimiter(target: Path, words: list[tuple[bytes, bytes]]) -> bytes:
    """Return a delimiter that no word holds; else one that none begins with, to be escaped."""
    together = b"".join(part for pair in words for part in pair)
    candidates = [bytes([byte]) for byte in DELIMITERS]
    for delimiter in candidates:
        if delimiter not in together:
            return delimiter
    for delimiter in candidates:
        if not any(part.startswith(delimiter) for pair in words for part in pair):
            return delimiter
    found, expected = "keywords that begin with every delimiter", "one delimiter that none begins with"
    raise refused(target, "TEXT", found, expected)


def _key(target: Path, key: str) -> bytes:
    if not key:
        raise refused(target, repr(key), "a keyword without a name", "a name")
    if len(key) > LIMITS.max_name_length:
        found, expected = f"a keyword of {len(key)} characters", f"at most {LIMITS.max_name_length}"
        raise refused(target, key[:40], found, expected)
    return _utf8(target, repr(key[:40]), key)


def _value(target: Path, key: str, value: str) -> bytes:
    if not value.strip(BLANKS):
        raise refused(target, key, "an empty value", "some text")
    return _utf8(target, key, value)


def _utf8(target: Path, field: str, text: str) -> bytes:
    if "\0" in text:
        raise refused(target, field, f"a NUL byte in {text[:40]!r}", "text without NUL bytes")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"{text[error.start]!r} at character {error.start} of {text[:40]!r}"
        raise refused(target, field, found, "text that UTF-8 can hold") from error
