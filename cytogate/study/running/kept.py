"""Kept results: what a run has found so far, each piece whole and checked, for the run that goes on from it.

The folder ``resume`` of a run holds one file for each piece (the result of a sample, the fits of a panel,
the splits of a subject) and a journal that tells what each rests on (its key) and its hash. A piece is used
only if the key is the one that is asked for, and the file is the one that was written. Nothing else in a run
folder rests on it: without it, everything is found anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.platform import write_atomically
from cytogate.study.files.hashing import Hashed
from cytogate.study.files.names import unique_slug
from cytogate.study.hooks import fault_point
from cytogate.study.run_folder.folder import (
    RESULTS,
    RESULTS_FORMAT,
    RESULTS_MARK,
    RESULTS_VERSION,
    blamed,
    holds_results,
    remove_empty,
)
from cytogate.study.running.journal import Journal, read_journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

JOURNAL = "journal.jsonl"
ENDING = ".json.z"


class Kept:
    """The pieces that lie in a run folder.

    Parameters
    ----------
    folder : Path
        The run folder. It is only read until `write` is called.

    Attributes
    ----------
    notes : list of str
        What was damaged, and is not used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / RESULTS
        self.notes: list[str] = []
        self._journal: Journal | None = None
        self._pieces: dict[tuple[str, str], dict[str, Any]] = {}
        self._inputs: dict[str, Hashed] = {}
        try:
            entries, notes = read_journal(self.folder / JOURNAL)
        except OSError as error:
            entries, notes = [], [f"{JOURNAL}: cannot be read ({error.strerror}); all is done again."]
        for note in notes:
            self._note(note)
        for entry in entries:
            self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        if "kept" in entry:
            self._pieces[str(entry["kept"]), str(entry.get("name"))] = entry
        elif "input" in entry:
            size, changed, node = entry["state"]
            self._inputs[str(entry["input"])] = Hashed((size, changed, node), str(entry["sha256"]))

    def write(self, *, anew: bool = False) -> None:
        """Make the folder ready for more pieces; for the holder of the run folder's lock.

        Parameters
        ----------
        anew : bool
            Forget all pieces that are there.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        for note in self.notes:
            log.warning(note)
        with blamed(self.folder):
            if self.folder.exists() and not holds_results(self.folder.parent):
                message = f"{self.folder}: is not of a run, which needs this name. Move it away."
                raise StoreError(message)
            if anew:
                self._remove()
            self.folder.mkdir(exist_ok=True)
            mark = {"format": RESULTS_FORMAT, "version": RESULTS_VERSION}
            with write_atomically(self.folder / RESULTS_MARK) as stream:
                stream.write(f"{json.dumps(mark)}\n".encode())
            for draft in self.folder.glob(".*.tmp"):
                draft.unlink(missing_ok=True)
            inputs = [_input_entry(name, hashed) for name, hashed in self._inputs.items()]
            self._journal = Journal(self.folder / JOURNAL, [*inputs, *self._pieces.values()])

    def close(self) -> None:
        """Let go of the journal; without any piece the folder goes, too."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
            if not self._pieces:
                self._remove()

    def has(self, kind: str, name: str, key: str) -> bool:
        """Return whether the journal tells of a piece under this key."""
        return self._pieces.get((kind, name), {}).get("key") == key

    def is_outdated(self, kind: str, name: str, key: str) -> bool:
        """Return whether the journal tells of a piece, but under another key."""
        return (kind, name) in self._pieces and not self.has(kind, name, key)

    def get(self, kind: str, name: str, key: str) -> Any | None:
        """Return a piece that rests on `key`; None where there is none, or it is damaged (a note says so)."""
        entry = self._pieces.get((kind, name))
        if entry is None or entry.get("key") != key:
            return None
        try:
            content = (self.folder / str(entry.get("file"))).read_bytes()
            if hashlib.sha256(content).hexdigest() != entry.get("sha256"):
                self._note(f"{entry.get('file')}: is not what was written there; it is done again.")
                return None
            piece = json.loads(zlib.decompress(content))
        except (OSError, ValueError, zlib.error) as error:
            self._note(f"{entry.get('file')}: cannot be read ({error}); it is done again.")
            return None
        if (piece["kind"], piece["name"], piece["key"]) != (kind, name, key):
            self._note(f"{entry.get('file')}: holds {piece['kind']} {piece['name']}; it is done again.")
            return None
        return piece["content"]

    def put(self, kind: str, name: str, key: str, content: object, *, number: int = 0) -> None:
        """Keep a piece: a file that is whole, then its line in the journal.

        Parameters
        ----------
        content : object
            Plain values; what no JSON can hold is a `TypeError`.
        number : int
            Of the sample, for tests of crash safety.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        if self._journal is None:
            message = "Results can be kept only between `write` and `close`."
            raise ValueError(message)
        piece = {"kind": kind, "name": name, "key": key, "content": content}
        data = zlib.compress(json.dumps(piece, separators=(",", ":"), default=_plain).encode(), 1)
        file = f"{kind}-{unique_slug(name)}{ENDING}"
        entry = {"kept": kind, "name": name, "key": key, "file": file}
        entry["sha256"] = hashlib.sha256(data).hexdigest()
        with blamed(self.folder / file):
            with write_atomically(self.folder / file, sync_name=False) as stream:
                stream.write(data)
                fault_point("write", number)
            fault_point("written", number)
        with blamed(self.folder / JOURNAL):
            self._journal.append(entry)
        fault_point("kept", number)
        self._pieces[kind, name] = entry

    def adopt(self, other: Kept) -> None:
        """Take over all whole pieces that lie in another run folder, and what is known of input files.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        for (kind, name), entry in other._pieces.items():
            content = other.get(kind, name, str(entry.get("key")))
            if content is not None:
                self.put(kind, name, str(entry["key"]), content)
        self.notes += [f"{other.folder.parent.name}/{note}" for note in other.notes]
        self.put_inputs(other._inputs)

    def inputs(self) -> Mapping[str, Hashed]:
        """Return what was known of input files: name in the sheet to state and hash."""
        return self._inputs

    def put_inputs(self, found: Mapping[str, Hashed]) -> None:
        """Keep the hashes of input files; those that are known already take no line.

        Raises
        ------
        StoreError
        """
        new = {name: hashed for name, hashed in found.items() if self._inputs.get(name) != hashed}
        if new and self._journal is not None:
            with blamed(self.folder / JOURNAL):
                self._journal.append(*(_input_entry(name, hashed) for name, hashed in new.items()))
        self._inputs.update(new)

    def prune(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Forget and remove all pieces but these (kind, name)."""
        left = set(wanted)
        for gone in [known for known in self._pieces if known not in left]:
            del self._pieces[gone]
        files = {entry["file"] for entry in self._pieces.values()}
        for place in self.folder.glob(f"*{ENDING}"):
            if place.name not in files:
                place.unlink(missing_ok=True)

    def _remove(self) -> None:
        """Take away what runs wrote there, and the folder where nothing else is in it."""
        self._pieces.clear()
        self._inputs.clear()
        own = [self.folder / JOURNAL, *self.folder.glob(f"*{ENDING}"), *self.folder.glob(".*.tmp")]
        for place in [*own, self.folder / RESULTS_MARK]:  # last what tells that the folder is of a run
            with suppress(OSError):
                place.unlink(missing_ok=True)
        remove_empty([self.folder])

    def _note(self, text: str) -> None:
        note = f"{RESULTS}/{text}"
        self.notes.append(note)
        if self._journal is not None:
            log.warning(note)


def _input_entry(name: str, hashed: Hashed) -> dict[str, Any]:
    return {"input": name, "state": list(hashed.state), "sha256": hashed.sha256}


def _plain(value: Any) -> Any:
    """Return a number of numpy as a plain one."""
    item = getattr(value, "item", None)
    if item is None:
        message = f"Object of type {type(value).__name__} is not JSON serializable"
        raise TypeError(message)
    return item()
