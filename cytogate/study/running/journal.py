"""Journal: what has been done, one checked line each, only ever added to; a damaged line is none."""

from __future__ import annotations

import json
import os
import zlib
from typing import TYPE_CHECKING, Any

from cytogate.platform import write_all, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT = "cytogate.journal"
VERSION = 1

Entry = dict[str, Any]


def read_journal(place: Path) -> tuple[list[Entry], list[str]]:
    """Return the entries of a journal in their order, and notes on what of it is not trusted.

    A line whose checksum is wrong is left out, the last as much as one in the middle. Of a journal of a newer
    version nothing is taken.

    Raises
    ------
    OSError
        It is there and cannot be read.
    """
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        return [], []
    *lines, tail = content.split(b"\n")
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    n_damaged = len(lines) - len(entries)
    notes = []
    if n_damaged:
        what = "1 line is" if n_damaged == 1 else f"{n_damaged} lines are"
        notes.append(f"{place.name}: {what} damaged; what they told of is done again.")
    if tail:
        notes.append(f"{place.name}: ends in the middle of a line, which is left out.")
    if entries and entries[0].get("format") == FORMAT:
        version = entries[0].get("version")
        if version != VERSION:
            text = f"is of version {version!r}, and this cytogate reads version {VERSION}: all is done again."
            return [], [f"{place.name}: {text}"]
        return entries[1:], notes
    return entries, notes  # the line that is damaged is the first


def _entry(line: bytes) -> Entry | None:
    checksum, _, text = line.partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(text) or len(checksum) != len(_checksum(text)):
            return None
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _line(entry: Entry) -> bytes:
    text = json.dumps(entry, separators=(",", ":")).encode()
    return _checksum(text) + b" " + text + b"\n"


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)


class Journal:
    """A journal that is open for more lines; one process at a time.

    Parameters
    ----------
    place : Path
        The file; what it held is replaced.
    entries : iterable of dict
        What it begins with.

    Raises
    ------
    OSError
    """

    def __init__(self, place: Path, entries: Iterable[Entry] = ()) -> None:
        with write_atomically(place) as stream:
            stream.writelines(_line(entry) for entry in ({"format": FORMAT, "version": VERSION}, *entries))
        self._handle = os.open(place, os.O_WRONLY | os.O_APPEND)

    def append(self, *entries: Entry) -> None:
        """Add lines; they are on the disk when this returns.

        Raises
        ------
        OSError
            They may be there in part, which a reader notices.
        """
        write_all(self._handle, b"".join(map(_line, entries)))
        os.fsync(self._handle)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
