"""Writing a run folder: all in a folder aside, moved into place at the end, the manifest last."""

from __future__ import annotations

import io
import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from cytogate.errors import StoreError
from cytogate.platform import process_is_alive, sync_folder
from cytogate.study.hooks import fault_point
from cytogate.study.spreadsheets import csv_text, xlsx_bytes
from cytogate.study.tables import TABLES, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

MANIFEST = "manifest.json"
RUN_FORMAT = "cytogate.run"
RUN_VERSION = 1
ASIDE = ".partial-"
# What a run writes; a folder that holds nothing else is a run folder, finished or not.
OWN_FILES = (
    MANIFEST,
    "fits.json",
    "gates.jsonl",
    "failures.json",
    "subsets.csv",
    "subsets.xlsx",
    *(f"{name}.parquet" for name in TABLES),
)
OWN_FOLDERS = ("previews",)
MADE_LATER = ("report.html", "audit.jsonl", "figures", "export", "journal.jsonl", ".lock")
OUT_OF_DATE = ("report.html", "figures")  # made from the tables that a new run replaces


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a finished run, or None where there is none.

    Raises
    ------
    StoreError
        The manifest is of another program or a newer version, or cannot be read.
    """
    place = folder / MANIFEST
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = (
            f"{place}: cannot be read as the manifest of a run: {error}. Run the study again with --force."
        )
        raise StoreError(message) from error
    if not isinstance(data, dict) or data.get("format") != RUN_FORMAT:
        message = f"{place}: not the manifest of a cytogate run. Choose another folder."
        raise StoreError(message)
    if data.get("version") != RUN_VERSION:
        message = (
            f"{place}: version {data.get('version')!r}; this cytogate reads version {RUN_VERSION}. Update it."
        )
        raise StoreError(message)
    return data


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
        self.aside = folder / f"{ASIDE}{os.getpid()}"
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        check_folder(self.folder)
        with _blamed(self.folder):
            missing = [place for place in (self.folder, *self.folder.parents) if not place.exists()]
            self.folder.mkdir(parents=True, exist_ok=True)
            self._made = missing
            for left in self.folder.glob(f"{ASIDE}*"):
                shutil.rmtree(left)
            self.aside.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.aside, ignore_errors=True)
        if kind is not None:
            for place in self._made:
                try:
                    place.rmdir()
                except OSError:
                    break

    def bytes(self, name: str, content: bytes) -> None:
        """Write one file; `name` may lie in a folder."""
        place = self.aside / name
        with _blamed(self.folder / name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def json(self, name: str, data: object) -> None:
        """Write plain values as JSON that people can read too."""
        text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
        self.bytes(name, f"{text}\n".encode())

    def json_lines(self, name: str, entries: Iterable[object]) -> None:
        """Write one JSON object a line."""
        lines = (json.dumps(entry, ensure_ascii=False, allow_nan=False) for entry in entries)
        self.bytes(name, "".join(f"{line}\n" for line in lines).encode())

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``<name>.parquet`` with page checksums, and read its row count back."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pylist(list(rows), schema=schema(name))
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        file = f"{name}.parquet"
        self.bytes(file, sink.getvalue())
        with _blamed(self.folder / file):
            written = pq.read_table(self.aside / file, page_checksum_verification=True).num_rows
        if written != len(rows):
            message = (
                f"{self.folder / file}: {written} rows were written instead of {len(rows)}. Check the disk."
            )
            raise StoreError(message)

    def spreadsheets(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``<name>.csv`` and ``<name>.xlsx`` in which no text can act as a formula."""
        columns = list(TABLES[name])
        self.bytes(f"{name}.csv", csv_text(columns, rows).encode())
        self.bytes(f"{name}.xlsx", xlsx_bytes(name, columns, rows))

    def commit(self, manifest: Mapping[str, Any]) -> None:
        """Move everything into place, the manifest last; what an earlier run left is replaced."""
        self.json(MANIFEST, manifest)
        with _blamed(self.folder):
            _sync_files(self.aside)
        fault_point("rename", 0)
        with _blamed(self.folder):
            for old in (*OWN_FILES, *OWN_FOLDERS, *OUT_OF_DATE):
                _remove(self.folder / old)
            for new in sorted(self.aside.iterdir()):
                if new.name != MANIFEST:
                    new.replace(self.folder / new.name)
            sync_folder(self.folder)
            (self.aside / MANIFEST).replace(self.folder / MANIFEST)
            self.aside.rmdir()
            sync_folder(self.folder)
        fault_point("renamed", 0)


def _sync_files(folder: Path) -> None:
    """Make all files below a folder durable; many at a time, which a disk does in fewer turns."""
    from concurrent.futures import ThreadPoolExecutor

    def sync(place: Path) -> None:
        with place.open("rb+") as file:
            os.fsync(file.fileno())

    with ThreadPoolExecutor(8, thread_name_prefix="cytogate-sync") as pool:
        for _ in pool.map(sync, [place for place in folder.rglob("*") if place.is_file()]):
            pass
    for place in [folder, *folder.rglob("*")]:
        if place.is_dir():
            sync_folder(place)


def check_folder(folder: Path) -> None:
    """Refuse a folder that is no run folder, or that a living process writes to.

    Raises
    ------
    StoreError
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        message = f"{folder}: is a file; a run needs a folder. Choose another place."
        raise StoreError(message)
    with _blamed(folder):
        names = sorted(entry.name for entry in folder.iterdir())
    own = {*OWN_FILES, *OWN_FOLDERS, *MADE_LATER}
    foreign = [name for name in names if name not in own and not name.startswith(ASIDE)]
    if foreign and read_manifest_or_none(folder) is None:
        shown = ", ".join(foreign[:3])
        message = f"{folder}: is not empty and holds no run ({shown} ...). Choose an empty or a new folder."
        raise StoreError(message)
    for name in names:
        number = name.removeprefix(ASIDE)
        writing = name.startswith(ASIDE) and number.isdigit() and int(number) != os.getpid()
        if writing and process_is_alive(int(number)):
            message = f"{folder}: process {number} is writing a run here. Wait for it, or remove {name}."
            raise StoreError(message)


def read_manifest_or_none(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, or None where there is none that can be read."""
    try:
        return read_manifest(folder)
    except StoreError:
        return None


@contextmanager
def _blamed(place: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that names the place and the space left."""
    try:
        yield
    except OSError as error:
        message = f"{place}: cannot be written: {error.strerror or error}. {_space(place)}"
        raise StoreError(message.strip()) from error


def _space(place: Path) -> str:
    for folder in (place, *place.parents):
        if folder.is_dir():
            return f"{shutil.disk_usage(folder).free / 1e9:.1f} GB are free there."
    return ""


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
