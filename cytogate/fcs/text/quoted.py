"""Quoted: bytes of a file as a person reads them, in messages."""

from __future__ import annotations

from cytogate.errors import printable

MOST_SHOWN = 40


def quoted(raw: bytes, most: int = MOST_SHOWN) -> str:
    r"""Return bytes as text in quotes, or as hexadecimal digits where they are no text.

    Examples
    --------
    >>> quoted(b"/"), quoted(b"abc\x1b"), quoted(b"\0"), quoted(b"\0\5\x16")
    ("'/'", "'abc\\x1b'", 'byte 00', 'bytes 00 05 16')
    """
    raw = raw[:most]
    try:
        text, is_text = raw.decode("utf-8"), True
    except UnicodeDecodeError:
        text, is_text = raw.decode("latin-1"), False
    if raw and not any(33 <= byte < 127 for byte in raw) and not (is_text and text.isprintable()):
        return f"byte{'s' if len(raw) > 1 else ''} {raw.hex(' ')}"
    return f"'{printable(text)}'"
