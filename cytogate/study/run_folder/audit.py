"""The audit log of a run folder: one line an act, each with the hash of the line before, none rewritten.

A chain of hashes shows accidental or partial change: a byte, a line, or the end of the file. It is no
signature: who can write all of the folder can write a new chain.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.platform import appending, this_user, write_all
from cytogate.study.files.input_files import hash_file
from cytogate.study.run_folder.folder import AUDIT, blamed
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

AUDIT_FORMAT = "cytogate.audit"
AUDIT_VERSION = 1
_OWN_HASH = re.compile(rb'(?P<body>\{.*), "sha256": "(?P<sha256>[0-9a-f]{64})"\}')


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line as it lies in the file.

    Attributes
    ----------
    number : int
        Place in the file, from 1.
    entry : mapping
        What it says; empty where it cannot be read.
    sha256 : str
        Of its bytes, without the end of the line: what the next one carries as ``previous``.
    fault : str
        What is wrong with the line or its link to the one before; empty where nothing is.
    """

    number: int
    entry: Mapping[str, Any]
    sha256: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The whole log.

    Attributes
    ----------
    lines : tuple of AuditLine
        Whole lines, in order.
    torn : str
        What is said of a last line that was not written to its end; empty where it was.
    notes : tuple of str
        Torn lines in the middle that a later line tells of: an end of power, not a change.
    """

    lines: tuple[AuditLine, ...] = ()
    torn: str = ""
    notes: tuple[str, ...] = ()

    @property
    def broken(self) -> AuditLine | None:
        """Return the first line at which the chain does not hold."""
        return next((line for line in self.lines if line.fault), None)

    def written(self, name: str) -> str | None:
        """Return the hash of a file as the last line says that tells of it; None where none does."""
        for line in reversed(self.lines):
            found = (line.entry.get("written") or {}).get(name)
            if isinstance(found, str):
                return found
        return None

    @property
    def head(self) -> dict[str, Any]:
        """Return how many lines there are and the hash of the last: what a manifest keeps of the log."""
        return {"lines": len(self.lines), "sha256": self.lines[-1].sha256 if self.lines else None}


def append(folder: Path, act: str, written: Mapping[str, str], **facts: object) -> AuditLine:
    """Add one line to the log of a run folder.

    Parameters
    ----------
    folder : Path
        The run folder.
    act : str
        What was done: ``run``, ``resume``, ``stats``, ``report``, ``figures``.
    written : mapping of name to SHA-256
        Files that the act wrote.
    **facts
        Plain values that belong to the act.

    Returns
    -------
    AuditLine

    Raises
    ------
    StoreError
        The log cannot be written.
    """
    place = folder / AUDIT
    with blamed(place), appending(place) as file:
        held = file.read()
        pieces, log = _pieces(held), _parsed(held)
        entry: dict[str, Any] = {
            "format": AUDIT_FORMAT,
            "version": AUDIT_VERSION,
            "number": len(pieces) + 1,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "act": act,
            "by": this_user(),
            "cytogate": installed("cytogate"),
            **facts,
            "written": dict(written),
            **({"torn": True} if log.torn else {}),
            "previous": _digest(pieces[-1]) if pieces else None,
        }
        line = _line(entry)
        begun = b"" if not held or held.endswith(b"\n") else b"\n"
        write_all(file.fileno(), begun + line + b"\n")
    return AuditLine(entry["number"], entry, _digest(line))


def record(folder: Path, act: str, files: Iterable[Path]) -> None:
    """Tell the log of files that were made from a run; nothing where the folder keeps none.

    A file that lies elsewhere has its whole path; where the run folder cannot be written, it is not told of.

    Raises
    ------
    StoreError
        A file lies in the run folder, and its log cannot be written.
    """
    if not (folder / AUDIT).is_file():
        return  # of an earlier version
    root = folder.resolve()
    written, elsewhere = {}, True
    for file in files:
        place = file.resolve()
        inside = place.is_relative_to(root)
        elsewhere &= not inside
        written[place.relative_to(root).as_posix() if inside else str(place)] = hash_file(place)[0]
    try:
        append(folder, act, written)
    except StoreError:
        if not elsewhere:
            raise


def is_told(folder: Path, name: str) -> bool:
    """Return whether a file of a run folder is as the log tells of it last, or no log is kept."""
    try:
        found = hash_file(folder / name)[0]
        return not (folder / AUDIT).is_file() or read_audit(folder).written(name) == found
    except OSError:
        return False


def told(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line says of the run whose manifest comes with it."""
    samples: Mapping[str, Any] = manifest.get("samples") or {}
    keys = ("name", "study_sha256", "seed", "arguments", "shard", "resumed", "versions", "source_sha256")
    facts = {key: manifest[key] for key in keys if key in manifest}
    adjusted = ("sample", "gate", "reason", "author", "time")
    facts["n_samples"] = len(samples)
    facts["failed"] = [name for name, entry in samples.items() if not entry.get("ok", True)]
    facts["adjustments"] = [
        {key: entry.get(key) for key in adjusted} for entry in manifest.get("adjustments") or ()
    ]
    return facts


def _line(entry: Mapping[str, Any]) -> bytes:
    body = json.dumps(entry).encode()[:-1]
    return body + f', "sha256": "{_digest(body)}"}}'.encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_audit(folder: Path) -> AuditLog:
    """Return the log of a run folder, each line judged; empty where there is none.

    Raises
    ------
    OSError
        It cannot be read.
    """
    try:
        held = (folder / AUDIT).read_bytes()
    except FileNotFoundError:
        return AuditLog()
    return _parsed(held)


def _pieces(held: bytes) -> list[bytes]:
    """Return the lines without their ends, a last one that has no end too."""
    pieces = held.split(b"\n")
    return pieces if pieces[-1] else pieces[:-1]


def _parsed(held: bytes) -> AuditLog:
    """Judge every line: by its own hash, and by the hash of the line before."""
    pieces = _pieces(held)
    torn = ""
    if pieces and not held.endswith(b"\n") and _entry(pieces[-1]) is None:
        torn = f"line {len(pieces)} was not written to its end ({len(pieces.pop())} bytes of it are there)"
    entries = [_entry(piece) for piece in pieces]
    lines: list[AuditLine] = []
    notes = []
    before = None
    for number, (piece, entry) in enumerate(zip(pieces, entries, strict=True), start=1):
        digest = _digest(piece)
        fault = _fault(entry, before)
        if entry is None and number < len(entries) and _tells_of_torn(entries[number], digest):
            notes.append(f"line {number} was not written to its end; the line after it tells so")
            fault = ""
        lines.append(AuditLine(number, entry or {}, digest, fault))
        before = digest
    return AuditLog(tuple(lines), torn, tuple(notes))


def _entry(content: bytes) -> dict[str, Any] | None:
    """Return what a line says, or None where its own hash or form does not hold."""
    found = _OWN_HASH.fullmatch(content)
    if found is None or _digest(found["body"]).encode() != found["sha256"]:
        return None
    entry = json.loads(content)  # what gives its hash was written here
    return entry if isinstance(entry, dict) else None


def _fault(entry: Mapping[str, Any] | None, before: str | None) -> str:
    if entry is None:
        return "its bytes do not give the hash that stands at its end"
    if entry.get("previous") == before:
        return ""
    if before is None:
        return "it follows a line that is not there: the beginning of the log is gone"
    return "it does not follow the line before it: that line was changed, or lines between are gone"


def _tells_of_torn(after: Mapping[str, Any] | None, digest: str) -> bool:
    """Return whether the line after a torn one says that it found it so."""
    return after is not None and bool(after.get("torn")) and after.get("previous") == digest
