"""What calamine does not tell of an Excel file: how far its cells reach, and which numbers show zeros first.

calamine sets up room for the whole rectangle of cells of a sheet, and ends the process where that is too
large: a few bytes can claim a cell in the last row and column. So the reach is looked at before.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_UNPACKED = 256 << 20
MAX_CELLS = 20_000_000  # of the rectangle of one sheet; 24 bytes each
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ZEROS = re.compile(r"0{2,}")
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


_PACKED = b"PK"  # begins .xlsx, .xlsm and .ods files
_HEAD = 4096  # bytes


class UnfitWorkbook(Exception):
    """The file is no workbook that may be opened; the text says why."""


class TextInstead(UnfitWorkbook):
    """The file holds text, and only its name says that it is a workbook."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: how many rows and columns hold something, and which numbers are shown with zeros first.

    `zeros` has (row, column), counted from 0, and to how many digits the number is filled up.
    """

    rows: int = 0
    columns: int = 0
    zeros: Mapping[tuple[int, int], int] = field(default_factory=dict)


def look_at(path: Path) -> dict[str, Sheet]:
    """Return the sheets of an .xlsx, .xlsm or .ods file by name; none of an .xls file, which is no archive.

    Raises
    ------
    UnfitWorkbook
        The file is damaged, too large when unpacked, or a sheet reaches too far; `TextInstead` where it
        is no workbook at all.
    OSError
        It cannot be read.
    """
    if _is_text(path):
        what = "holds text"
        raise TextInstead(what)
    if path.suffix.lower() == ".xls":
        return {}
    from lxml.etree import XMLSyntaxError

    try:
        with zipfile.ZipFile(path) as archive:
            _unpack_once(archive)
            sheets = dict(_of_ods(archive) if path.suffix.lower() == ".ods" else _of_xlsx(archive))
    except (zipfile.BadZipFile, KeyError, XMLSyntaxError, NotImplementedError, RuntimeError) as error:
        what = f"is damaged or locked ({error})"
        raise UnfitWorkbook(what) from error
    for name, sheet in sheets.items():
        if sheet.rows * sheet.columns > MAX_CELLS:
            what = f"sheet {name!r} reaches over {sheet.rows:,} rows and {sheet.columns:,} columns"
            raise UnfitWorkbook(what)
    return sheets


def _is_text(path: Path) -> bool:
    """Return whether a file begins as text: workbooks of all kinds have zeros there, or are archives."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16, as Excel writes "Unicode text"
    return bool(head) and (is_wide or not (head.startswith(_PACKED) or b"\0" in head))


def _unpack_once(archive: zipfile.ZipFile) -> None:
    """Unpack each part and drop it: a size that is not the one stated is an error of its checksum."""
    room = MAX_UNPACKED
    for part in archive.infolist():
        room -= part.file_size
        if room < 0:
            what = f"unpacks to more than {MAX_UNPACKED:,} bytes"
            raise UnfitWorkbook(what)
        with archive.open(part) as stream:
            while stream.read(1 << 20):
                pass


def _elements(archive: zipfile.ZipFile, part: str, *tags: str) -> Iterator[tuple[str, Any]]:
    """Yield the elements of these tags, without the name space, as they end; each is dropped after."""
    from lxml.etree import iterparse

    wanted = [f"{{*}}{tag}" for tag in tags]
    with archive.open(part) as stream:
        found = iterparse(
            stream, tag=wanted, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        for _, element in found:
            yield element.tag.rpartition("}")[2], element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _of_xlsx(archive: zipfile.ZipFile) -> Iterator[tuple[str, Sheet]]:
    files = {
        str(entry.get("Id")): str(entry.get("Target"))
        for _, entry in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    widths = _zero_widths(archive)
    parts = set(archive.namelist())
    for _, entry in _elements(archive, "xl/workbook.xml", "sheet"):
        target = files.get(str(entry.get(_LINK)), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in parts:
            yield str(entry.get("name")), _xlsx_sheet(archive, part, widths)


def _zero_widths(archive: zipfile.ZipFile) -> dict[str, int]:
    """Return style -> digits, of the styles whose format is nothing but zeros."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    formats: dict[str, int] = {}
    widths: dict[str, int] = {}
    for tag, entry in _elements(archive, "xl/styles.xml", "numFmt", "cellXfs"):
        code = str(entry.get("formatCode", ""))
        if tag == "numFmt" and _ZEROS.fullmatch(code):
            formats[str(entry.get("numFmtId"))] = len(code)
        elif tag == "cellXfs":
            for number, style in enumerate(entry.iterfind("{*}xf")):
                if (width := formats.get(str(style.get("numFmtId")))) is not None:
                    widths[str(number)] = width
    return widths


def _xlsx_sheet(archive: zipfile.ZipFile, part: str, widths: Mapping[str, int]) -> Sheet:
    rows, columns, zeros = 0, 0, {}
    row = column = -1
    seen_row = -1
    for _, cell in _elements(archive, part, "c"):
        place = _REFERENCE.fullmatch(str(cell.get("r", "")))
        if place is not None:
            row, column = int(place[2]) - 1, _number_of(place[1])
        else:  # cells without a reference follow each other
            parent = cell.getparent()
            stated = None if parent is None else parent.get("r")
            row = int(stated) - 1 if stated and stated.isdigit() else max(row, 0)
            column = column + 1 if row == seen_row else 0
        seen_row = row
        if cell.find("{*}v") is None and cell.find("{*}is") is None:
            continue
        rows, columns = max(rows, row + 1), max(columns, column + 1)
        width = widths.get(str(cell.get("s", "")))
        if width is not None and cell.get("t", "n") == "n":
            zeros[row, column] = width
    return Sheet(rows, columns, zeros)


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _of_ods(archive: zipfile.ZipFile) -> Iterator[tuple[str, Sheet]]:
    rows = columns = row = column = 0
    cells = ("table-cell", "covered-table-cell")
    for tag, entry in _elements(archive, "content.xml", *cells, "table-row", "table"):
        if tag in cells:
            column += _repeats(entry, "columns")
            if len(entry) or entry.text:
                columns, rows = max(columns, column), max(rows, row + 1)
        elif tag == "table-row":
            times = _repeats(entry, "rows")
            rows = row + times if rows > row else rows
            row, column = row + times, 0
        else:
            yield (
                str(entry.get(f"{_TABLE}name")),
                Sheet(rows, columns),
            )
            rows = columns = row = column = 0


def _repeats(entry: Any, what: str) -> int:
    text = str(entry.get(f"{_TABLE}number-{what}-repeated", "1"))
    return int(text) if text.isdigit() and len(text) < 12 else 1
