"""Writing a run folder: locked, all in a folder aside, moved into place at the end, the manifest last."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self

from cytogate.platform import sync_folder
from cytogate.study.files.input_files import folder_hashes
from cytogate.study.hooks import fault_point
from cytogate.study.run_folder.audit import append, read_audit, told
from cytogate.study.run_folder.folder import (
    AUDIT,
    MANIFEST,
    REPORT,
    alone,
    blamed,
    check_folder,
    check_room,
    move_into,
    remove_empty,
    remove_left,
    remove_old,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO


class RunWriter:
    """Writes one run; nothing shows in the folder before `commit`, and nothing stays without it.

    Parameters
    ----------
    folder : Path
        Missing, empty, or a run folder.

    Raises
    ------
    StoreError
        The folder holds foreign files, another process writes to it, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aside = folder / f".partial-{os.getpid()}-{secrets.token_hex(4)}"
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        check_folder(self.folder)
        with ExitStack() as stack:
            with blamed(self.folder):
                missing = [place for place in (self.folder, *self.folder.parents) if not place.exists()]
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.callback(remove_empty, missing)
                stack.enter_context(alone(self.folder))
            check_folder(self.folder)  # nobody else writes here from now on
            with blamed(self.folder):
                remove_left(self.folder)
                self.aside.mkdir()
            stack.callback(shutil.rmtree, self.aside, ignore_errors=True)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def bytes(self, name: str, content: bytes) -> None:
        """Write one file; `name` may lie in a folder."""
        with self._open(name) as stream:
            stream.write(content)

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        """Lend a file of the run to write to; the folders that it lies in are made."""
        with blamed(self.folder / name):
            for inner in reversed(PurePath(name).parents[:-1]):  # `aside` itself may have vanished
                (self.aside / inner).mkdir(exist_ok=True)
            with (self.aside / name).open("wb") as stream:
                yield stream

    def json(self, name: str, data: object) -> None:
        """Write plain values as JSON that people can read too; infinities as text, NaN as null."""
        with self._open(name) as stream:
            write_json(stream, data)

    def remove(self, name: str) -> None:
        """Take back what was written in a folder."""
        shutil.rmtree(self.aside / name, ignore_errors=True)

    def sha256(self, name: str) -> str:
        """Return the hash of a file that was written."""
        return hashlib.sha256((self.aside / name).read_bytes()).hexdigest()

    def amend(self, manifest: Mapping[str, Any], **facts: object) -> None:
        """Put what was written in place of the files of these names in a finished run, the manifest last.

        All else in the folder stays, but for a report, which shows what was. Should this end in the middle,
        the manifest that is still there tells by hashes which files are not its own.
        """
        written = folder_hashes(self.aside)
        files = {**(manifest.get("files") or {}), **written} if "files" in manifest else {}
        self.json(MANIFEST, {**manifest, **({"files": files} if files else {}), "audit": self._log_head()})
        with blamed(self.folder):
            _sync_files(self.aside)
            check_room(self.aside, self.folder)
        with blamed(self.folder):
            (self.folder / REPORT).unlink(missing_ok=True)
            move_into(self.aside, self.folder)
        fault_point("amended", 0)
        self._log("stats", {**told(manifest), **facts}, written)
        with blamed(self.folder):
            (self.aside / MANIFEST).replace(self.folder / MANIFEST)
            self.aside.rmdir()
            sync_folder(self.folder)

    def commit(self, manifest: Mapping[str, Any], *, act: str = "", **facts: object) -> None:
        """Move everything into place, the manifest last, with a line in the audit log.

        What an earlier run wrote is replaced; files of others that lie in the folder stay, and the log goes
        on. The manifest keeps the hashes of all files, and the log that of the manifest. `act` is what the
        log calls it: ``run``, or ``resume`` where earlier results were used, if it is not given.
        """
        files = folder_hashes(self.aside)
        self.json(MANIFEST, {**manifest, "files": files, "audit": self._log_head()})
        with blamed(self.folder):
            _sync_files(self.aside)
            check_room(self.aside, self.folder)
        fault_point("rename", 0)
        with blamed(self.folder):
            remove_old(self.folder)
            fault_point("cleared", 0)
            move_into(self.aside, self.folder)
        reused = (manifest.get("resumed") or {}).get("reused")
        self._log(act or ("resume" if reused else "run"), {**told(manifest), **facts}, {})
        fault_point("logged", 0)
        with blamed(self.folder):
            (self.aside / MANIFEST).replace(self.folder / MANIFEST)
            self.aside.rmdir()
            sync_folder(self.folder)
            remove_left(self.folder)
        fault_point("renamed", 0)

    def _log_head(self) -> dict[str, Any]:
        with blamed(self.folder / AUDIT):
            return read_audit(self.folder).head

    def _log(self, act: str, facts: Mapping[str, object], written: Mapping[str, str]) -> None:
        """Tell the audit log before the manifest comes: no manifest is without its line."""
        append(self.folder, act, {**written, MANIFEST: self.sha256(MANIFEST)}, **facts)


def json_text(data: object, *, indent: int | None = None) -> str:
    """Return plain values as JSON; infinities as text, NaN as null, all of it in letters UTF-8 can hold.

    Examples
    --------
    >>> json_text({"low": float("-inf"), "percent": float("nan")})
    '{"low": "-inf", "percent": null}'
    """
    try:
        text = json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(data), indent=indent, ensure_ascii=False, allow_nan=False)
    return _bytes(text).decode()


def write_json(stream: BinaryIO, data: object) -> None:
    """Write what `json_text` returns with an indent of 1, and a line end, bit by bit: it may be long."""
    encoder = json.JSONEncoder(indent=1, ensure_ascii=False, allow_nan=False)
    try:
        stream.writelines(_bytes(part) for part in encoder.iterencode(data))
    except ValueError:
        stream.seek(0)
        stream.truncate()
        stream.writelines(_bytes(part) for part in encoder.iterencode(_finite(data)))
    stream.write(b"\n")


def _bytes(text: str) -> bytes:
    """Return JSON in UTF-8; what that lacks, half characters, is written as JSON itself can."""
    return text.encode(errors="backslashreplace")


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None if math.isnan(data) else str(float(data))
    return data


def _sync_files(folder: Path) -> None:
    """Make all files below a folder durable; many at a time, which a disk does in fewer turns."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8, thread_name_prefix="cytogate-sync") as pool:
        for name, _, files in os.walk(folder, topdown=False):  # folder by folder: pictures are many
            for _ in pool.map(_sync, [f"{name}/{file}" for file in files]):
                pass
            sync_folder(name)


def _sync(place: str) -> None:
    handle = os.open(place, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
