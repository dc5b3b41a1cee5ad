"""Writing a run folder: locked, all in a folder aside, moved into place at the end, the manifest last."""

from __future__ import annotations

import io
import json
import math
import os
import re
import secrets
import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

from cytogate.errors import StoreError
from cytogate.platform import hold_lock, sync_folder
from cytogate.study.hooks import fault_point
from cytogate.study.spreadsheets import csv_text, xlsx_bytes
from cytogate.study.tables import TABLES, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

MANIFEST = "manifest.json"
RUN_FORMAT = "cytogate.run"
RUN_VERSION = 1
LOCK = ".cytogate.lock"
PREVIEWS = "previews"
PREVIEWS_FORMAT = "cytogate.previews"
# What a run writes, and what is made from it: a new run takes the old ones away, and nothing else.
OWN_FILES = (
    "fits.json",
    "gates.jsonl",
    "failures.json",
    "subsets.csv",
    "subsets.xlsx",
    *(f"{name}.parquet" for name in TABLES),
    "report.html",
)
_ASIDE = re.compile(r"\.partial-[0-9]+(-[0-9a-f]+)?")


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
            f"{place}: cannot be read as the manifest of a run: {error}. Choose another folder for the study."
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
        self.aside = folder / f".partial-{os.getpid()}-{secrets.token_hex(4)}"
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        check_folder(self.folder)
        with ExitStack() as stack:
            with _blamed(self.folder):
                missing = [place for place in (self.folder, *self.folder.parents) if not place.exists()]
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.callback(_remove_empty, missing)
                stack.enter_context(_alone(self.folder))
            check_folder(self.folder)  # nobody else writes here from now on
            with _blamed(self.folder):
                for left in _left_aside(self.folder):
                    shutil.rmtree(left)
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
        place = self.aside / name
        with _blamed(self.folder / name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def json(self, name: str, data: object) -> None:
        """Write plain values as JSON that people can read too; infinities as text, NaN as null."""
        self.bytes(name, f"{json_text(data, indent=1)}\n".encode())

    def json_lines(self, name: str, entries: Iterable[object]) -> None:
        """Write one JSON object a line."""
        self.bytes(name, "".join(f"{json_text(entry)}\n" for entry in entries).encode())

    def remove(self, name: str) -> None:
        """Take back what was written in a folder."""
        shutil.rmtree(self.aside / name, ignore_errors=True)

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``<name>.parquet`` with page checksums, and read its row count back."""
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        pq.write_table(arrow_table(name, rows), sink, compression="zstd", write_page_checksum=True)
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
        """Move everything into place, the manifest last.

        What an earlier run wrote is replaced; files of others that lie in the folder stay.
        """
        self.json(MANIFEST, manifest)
        with _blamed(self.folder):
            _sync_files(self.aside)
            _check_room(self.aside, self.folder)
        fault_point("rename", 0)
        with _blamed(self.folder):
            (self.folder / MANIFEST).unlink(missing_ok=True)
            _remove_previews(self.folder / PREVIEWS)
            for old in OWN_FILES:
                (self.folder / old).unlink(missing_ok=True)
            fault_point("cleared", 0)
            _move_into(self.aside, self.folder)
            (self.aside / MANIFEST).replace(self.folder / MANIFEST)
            self.aside.rmdir()
            sync_folder(self.folder)
        fault_point("renamed", 0)


def arrow_table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as the table `name` holds them.

    Raises
    ------
    ValueError, TypeError, OverflowError, pyarrow.ArrowException
        A value does not go into its column.
    """
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=schema(name))


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
    return text.encode(errors="backslashreplace").decode()  # which is JSON's own way with half characters


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
    """Refuse a folder that holds anything and no run of this version; nothing overrides that.

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
        left = _left_aside(folder)
    own = {LOCK, f"{LOCK}.held", *(place.name for place in left)}
    found = [name for name in names if name not in own]
    if not found or read_manifest(folder) is not None:
        return
    if any(read_manifest_or_none(place) is not None for place in left):
        return  # a run that was ended while it moved its files into place
    shown = ", ".join(found[:3]) + (" ..." if len(found) > 3 else "")
    message = f"{folder}: is not empty and holds no run ({shown}). Choose an empty or a new folder."
    raise StoreError(message)


def read_manifest_or_none(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, or None where there is none that can be read."""
    try:
        return read_manifest(folder)
    except StoreError:
        return None


def _left_aside(folder: Path) -> list[Path]:
    """Return the folders in which runs prepare their files."""
    return [place for place in folder.iterdir() if _ASIDE.fullmatch(place.name) and place.is_dir()]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of the folder."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_lock(folder / LOCK))
        except BlockingIOError as error:
            message = (
                f"{folder}: {error.strerror} is writing a run here. Wait for it, or choose another folder."
            )
            raise StoreError(message) from error
        yield


def _remove_empty(places: Sequence[Path]) -> None:
    """Remove folders, the innermost first, up to the first that holds something."""
    for place in places:
        try:
            place.rmdir()
        except OSError:
            return


def _check_room(source: Path, target: Path) -> None:
    """Refuse, before anything is changed, a folder in place of a file or a file in place of a folder."""
    for new in source.rglob("*"):
        old = target / new.relative_to(source)
        if old.exists() and old.is_dir() != new.is_dir():
            kind, wanted = ("folder", "file") if old.is_dir() else ("file", "folder")
            message = f"{old}: is a {kind}; the run writes a {wanted} of this name. Move it away."
            raise StoreError(message)


def _move_into(source: Path, target: Path) -> None:
    """Move all but the manifest; a folder that is there already keeps what else is in it."""
    for new in sorted(source.iterdir()):
        place = target / new.name
        if new.is_dir() and place.is_dir():
            _move_into(new, place)
            new.rmdir()
        elif new.name != MANIFEST:
            new.replace(place)
    sync_folder(target)


def _remove_previews(folder: Path) -> None:
    """Remove the pictures that earlier runs listed, their lists, and folders that are empty then."""
    if not folder.is_dir():
        return
    for listing in sorted(folder.glob("*/plots.json")):
        names = _listed(listing)
        if names is None:
            continue
        for name in names:
            (listing.parent / name).unlink(missing_ok=True)
        listing.unlink()
        _remove_empty([listing.parent])
    _remove_empty([folder])


def _listed(listing: Path) -> list[str] | None:
    """Return the names of the pictures that a ``plots.json`` lists; None where it is not of a run."""
    try:
        data = json.loads(listing.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if not isinstance(data, dict) or data.get("format") != PREVIEWS_FORMAT:
        return None
    plots = data.get("plots")
    names = [plot.get("file") for plot in plots if isinstance(plot, dict)] if isinstance(plots, list) else []
    return [name for name in names if isinstance(name, str) and re.fullmatch(r"[^/\\]+\.png", name)]


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
