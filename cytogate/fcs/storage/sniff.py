"""Sniff: say in words what the first bytes of a file that is not FCS look like."""

from __future__ import annotations

import re

from cytogate.fcs.text.quoted import quoted

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (also Excel, Word, ACS)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"RDX", "an R data file"),
    (b"SQLite", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"\x00\x05\x16\x07", "an AppleDouble file, which a Mac keeps beside the file itself"),
    (b"version https://git-lfs", "a pointer of Git LFS to the file itself"),
    (b"{", "JSON text"),
)
_ADVICE = {
    "NUL bytes": "A disk or a transfer left it empty: copy it again from the instrument.",
    "an AppleDouble": "Take the file of the same name without the leading '._'.",
    "a pointer of Git LFS": "Fetch the file itself: git lfs pull.",
    "an HTML page": "Is this what a server sent instead of the file, to log in, say?",
    "an FCS file behind": "A program took it for text, or put bytes before it: copy it again as it was.",
    "an FCS file whose": "It was changed as text: copy it again as it was.",
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FCS = re.compile(rb"FCS[2-9]\.[0-9]", re.I)
_PACKED = ("a ZIP", "a gzip", "a bzip2", "an xz", "a zstd", "a 7-Zip", "a RAR")
_SHOWN = 16


def looks_like(first: bytes) -> str:
    """Return what the first bytes of a file look like, in words.

    Examples
    --------
    >>> looks_like(b"<!DOCTYPE html><html>")
    'an HTML page'
    """
    if not first:
        return "an empty file"
    for magic, words in _MAGIC:
        if first.startswith(magic):
            return words
    behind = first.removeprefix(_BYTE_ORDER_MARK).lstrip(b" \t\r\n")
    if _FCS.match(behind):
        if behind == first:
            return f"an FCS file whose first letters are {quoted(first[:6])}"
        what = "a byte order mark" if first.startswith(_BYTE_ORDER_MARK) else "blanks or line feeds"
        return f"an FCS file behind {what}"
    if not first.strip(b"\0"):
        return "NUL bytes only"
    text = first.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if text.startswith(b"<"):
        return "an XML file (perhaps a FlowJo workspace or Gating-ML)"
    if all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in first):
        kind = "a text table" if b"," in first or b"\t" in first or b";" in first else "plain text"
        return f"{kind} beginning {quoted(first, _SHOWN)}"
    return f"the bytes {first[:_SHOWN].hex(' ')} (hexadecimal)"


def advice(first: bytes) -> str:
    """Return what to do with a file that is not FCS, by its first bytes.

    Examples
    --------
    >>> advice(b"BZh91AY&SY")
    'Unpack it first; of compressed files, gzip is read as it is.'
    """
    kind = looks_like(first)
    if kind.startswith(_PACKED):
        return "Unpack it first; of compressed files, gzip is read as it is."
    return next(
        (what for words, what in _ADVICE.items() if kind.startswith(words)), "Is this the right file?"
    )
