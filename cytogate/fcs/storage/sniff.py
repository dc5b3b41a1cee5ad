"""Sniff: say in words what the first bytes of a file that is not FCS look like."""

from __future__ import annotations

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
    (b"{", "JSON text"),
)
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
    if not first.strip(b"\0"):
        return "NUL bytes only"
    text = first.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if text.startswith(b"<"):
        return "an XML file (perhaps a FlowJo workspace or Gating-ML)"
    if all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in first):
        kind = "a text table" if b"," in first or b"\t" in first or b";" in first else "plain text"
        return f"{kind} beginning {first[:_SHOWN]!r}"
    return f"the bytes {first[:_SHOWN]!r}"


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
    if kind == "an HTML page":
        return "Is this what a server sent instead of the file, to log in, say?"
    return "Is this the right file?"
