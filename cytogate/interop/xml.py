"""XML at the edge: read by a parser that expands and fetches nothing, written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lxml import etree

from cytogate.errors import InteropError, Problem
from cytogate.platform import write_atomically

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_BYTES = 64 * 2**20
MAX_PARTS = 4_000_000  # tags and attributes; each takes up to 250 bytes of memory
MAX_VALUE = 1_000_000  # characters of an attribute

_STEP = 2**16

_WIDE_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"<\x00", "UTF-16"),
    (b"\x00<", "UTF-16"),
)
_BYTE_ENCODINGS = frozenset({"UTF-8", "US-ASCII", "ASCII", "ISO-8859-1", "WINDOWS-1252"})


def parse_xml(
    path: str | os.PathLike[str],
    *,
    max_bytes: int = MAX_BYTES,
    max_parts: int = MAX_PARTS,
    max_value: int = MAX_VALUE,
) -> _Element:
    """Return the root element of an XML file; line numbers are in ``sourceline``.

    Entities are not expanded, nothing is fetched, and a document type declaration is refused.

    Parameters
    ----------
    path : path-like
        A regular file in UTF-8 (or another one-byte encoding that its declaration names).
    max_bytes, max_parts, max_value : int
        Refused are larger files, files with more tags and attributes, and longer attributes.

    Raises
    ------
    InteropError
        When the file is missing, not a regular file, too large, not well-formed XML, in an encoding of two or
        more bytes a character, has a DOCTYPE, or looks like HTML; with file and line.
    """
    name = os.fspath(path)
    content = _read_capped(name, max_bytes)
    _refuse_encoding(name, content)
    _refuse_doctype(name, content)
    _refuse_crowds(name, content, max_parts)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        if b"<html" in content[:4096].lower():
            _refuse_html(name)
        place = f"{name}:{error.lineno or 1}"
        _refuse(name, "xml-not-well-formed", place, f"the file is not well-formed XML: {_short(error.msg)}")
    information: Any = root.getroottree().docinfo  # incomplete in the stubs
    if information.doctype:
        _refuse(name, "xml-doctype", name, "the file has a document type declaration (DOCTYPE)")
    if (information.encoding or "UTF-8").upper() not in _BYTE_ENCODINGS:
        _refuse(
            name,
            "xml-encoding",
            f"{name}:1",
            f"the file declares the encoding {information.encoding}",
            "Save it as UTF-8.",
        )
    long: Any = root.xpath(f"(//@*[string-length() > {max_value:d}])[1]/..")
    if long:
        place = f"{name}:{long[0].sourceline or 1}"
        _refuse(name, "xml-value-too-long", place, f"an attribute has more than {max_value:,} characters")
    return root


def write_xml(root: _Element, path: str | os.PathLike[str]) -> None:
    """Write `root` as indented UTF-8 with an XML declaration; the file appears whole or not at all.

    Raises
    ------
    InteropError
        The file cannot be written.
    """
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    target = Path(path)
    try:
        with write_atomically(target) as file:
            file.write(content)
    except OSError as error:
        title = f"{target} cannot be written."
        problem = Problem("xml-unwritable", str(target), error.strerror or str(error))
        raise InteropError(title, [problem]) from error


def _read_capped(name: str, max_bytes: int) -> bytes:
    try:
        status = Path(name).stat()
        if not stat.S_ISREG(status.st_mode):
            _refuse(name, "xml-not-a-file", name, "this is not a regular file")
        if status.st_size > max_bytes:
            _refuse_size(name, max_bytes)
        with Path(name).open("rb") as stream:
            content = stream.read(status.st_size + 1)  # so much memory is taken, whatever is read
            content += stream.read(max_bytes) if len(content) > status.st_size else b""  # it has grown since
    except (OSError, ValueError) as error:
        if isinstance(error, InteropError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        _refuse(name, "xml-unreadable", name, f"the file cannot be read: {reason}")
    if len(content) > max_bytes:
        _refuse_size(name, max_bytes)
    if not content.strip():
        _refuse(name, "xml-empty", name, "the file is empty")
    return content


def _refuse_size(name: str, max_bytes: int) -> NoReturn:
    _refuse(name, "xml-too-large", name, f"the file is larger than {max_bytes:,} bytes")


def _refuse_encoding(name: str, content: bytes) -> None:
    for mark, encoding in _WIDE_ENCODINGS:
        if content.startswith(mark):
            _refuse(name, "xml-encoding", f"{name}:1", f"the file is {encoding} text", "Save it as UTF-8.")


def _refuse_doctype(name: str, content: bytes) -> None:
    # Walk over what may stand before the root element: declaration, comments, instructions, white space.
    head = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        _refuse_html(name)
    at = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    while at < len(content):
        if content[at : at + 1].isspace():
            at += 1
            continue
        closing = (
            b"?>" if content.startswith(b"<?", at) else b"-->" if content.startswith(b"<!--", at) else b""
        )
        if not closing:
            break
        end = content.find(closing, at + 2)
        if end < 0:
            return  # the parser says where it is broken
        at = end + len(closing)
    if content[at : at + 9].upper() == b"<!DOCTYPE":
        line = content.count(b"\n", 0, at) + 1
        _refuse(
            name,
            "xml-doctype",
            f"{name}:{line}",
            "the file has a document type declaration (DOCTYPE), where entities can hide",
            "Remove the declaration if you trust the file.",
        )


def _refuse_html(name: str) -> NoReturn:
    message = "this is an HTML page, not a gating file"
    _refuse(name, "xml-is-html", f"{name}:1", message, "Download the file again.")


def _refuse_crowds(name: str, content: bytes, max_parts: int) -> None:
    # Counting bytes counts too many at worst, and takes no memory, which the elements themselves would.
    for mark, what in ((b"<", "tags"), (b"=", "attributes")):
        seen = 0
        for start in range(0, len(content), _STEP):
            seen += content.count(mark, start, start + _STEP)
            if seen > max_parts:
                line = content.count(b"\n", 0, start) + 1
                message = f"the file has more than {max_parts:,} {what}"
                _refuse(name, "xml-too-many-parts", f"{name}:{line}", message)


def _short(message: str | None) -> str:
    text = " ".join((message or "").split())
    return text if len(text) <= 300 else f"{text[:300]}..."


def _refuse(name: str, code: str, location: str, message: str, fix: str = "") -> NoReturn:
    title = f"{name} cannot be read as XML."
    raise InteropError(title, [Problem(code, location, message, fix)])
