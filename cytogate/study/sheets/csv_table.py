"""Sheets in text files: encodings, and which mark stands between columns; every cell verbatim."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.study.sheets.table_columns import SYNONYMS
from cytogate.study.sheets.table_rows import MAX_COLUMNS, TableText, refused, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARKS = (",", ";", "\t")
_WORDS = {",": "commas", ";": "semicolons (;)", "\t": "tabs", "|": "bars (|)"}
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so
_LOOKED_AT = 4096  # bytes and characters that tell encoding and columns


def read_csv(raw: bytes, name: str, known: Sequence[str]) -> TableText:
    """Return the table in a text file: columns by commas, semicolons or tabs.

    Parameters
    ----------
    raw : bytes
        UTF-8 with or without a byte order mark, UTF-16, or Latin-1 (as Windows writes it), with a warning.
    name : str
        Of the file, for messages.
    known : sequence of str
        Names of columns that tell which mark separates them, where that is not plain.
    """
    if raw.startswith(b"PK\x03\x04"):
        return refused(name, "table-kind", "is an Excel file.", "Give it the ending .xlsx.")
    text, warnings = _decoded(raw, name)
    if text is None or "\x00" in text:
        what = "holds NUL characters: it is no text, or in an encoding that is not known."
        return refused(name, "table-encoding", what, "Save it as 'CSV UTF-8', or as .xlsx.")
    skipped, text, mark = _separator_line(text)
    mark = mark or _likely_mark(text, known)
    if mark not in MARKS:
        what = f"columns are separated by {_WORDS.get(mark, repr(mark))}."
        return refused(name, "table-separator", what, "Save it with commas, semicolons or tabs, or as .xlsx.")
    try:
        records = [[_unguarded(cell) for cell in record] for record in _records(text, mark)]
    except csv.Error as error:
        what = f"not values separated by {_WORDS[mark]}: {error}."
        return refused(name, "table-syntax", what)
    return replace(table_of(name, records, skipped, warnings), mark=mark)


def _decoded(raw: bytes, name: str) -> tuple[str | None, list[Problem]]:
    """Return the text, None where it is none, and a warning where the encoding was not plain."""
    encoding = _wide(raw)
    if encoding:
        try:
            return raw.decode(encoding).removeprefix("\ufeff"), []
        except UnicodeDecodeError:
            return None, []
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    try:
        text = raw.decode("cp1252")  # Latin-1, with letters where that has control characters
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    what = f"not UTF-8 (line {line}); read as Latin-1."
    return text, [Problem("table-encoding", name, what, "Check letters such as µ and save as UTF-8.")]


def _wide(raw: bytes) -> str:
    """Return the encoding of text of two bytes a letter, or "".

    Without a byte order mark every other byte tells: header letters are ASCII, whose upper byte is 0.
    """
    if raw.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    first = raw[:64]
    if len(first) >= 4 and b"\x00" not in first[::2] and not any(first[1::2]):
        return "utf-16-le"
    if len(first) >= 4 and b"\x00" not in first[1::2] and not any(first[::2]):
        return "utf-16-be"
    return ""


def _separator_line(text: str) -> tuple[int, str, str]:
    """Return how many lines to skip, the rest, and the mark that a first line ``sep=;`` names."""
    first = _first_line(text)
    plain = first.strip(" \"'")
    if plain.lower().startswith("sep=") and len(plain) <= 5:
        rest = text[len(first) :]
        rest = rest[2:] if rest.startswith("\r\n") else rest[1:]
        return 1, rest, plain[4:5] or "\t"
    return 0, text, ""


def _first_line(text: str) -> str:
    ends = [place for end in ("\n", "\r") if (place := text.find(end, 0, 1 << 20)) >= 0]
    return text[: min(ends)] if ends else text


def _likely_mark(text: str, known: Sequence[str]) -> str:
    """Return the mark between columns: the one that shows most known names, then most columns."""
    header = _first_line(text)[:_LOOKED_AT]
    names = {*known, *SYNONYMS}

    def shown(mark: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=mark), [])
        except csv.Error:
            return 0, 0
        plain = ["".join(filter(str.isalnum, cell.casefold())) for cell in cells]
        hits = sum(cell.strip() in names or word in names for cell, word in zip(cells, plain, strict=True))
        return (hits if len(cells) > 1 else 0), len(cells)

    return max((*MARKS, "|"), key=shown)


def _records(text: str, mark: str) -> Iterator[list[str]]:
    """Yield the records; the first with too many columns ends them, for the table is refused then."""
    for record in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
        yield record
        if len(record) > 10 * MAX_COLUMNS:
            return


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_ACTIVE) else cell
