"""What lies in a run folder: whose it is, who writes to it, and which files a new run may replace."""

from __future__ import annotations

import errno
import json
import re
import shutil
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.platform import hold_lock, sync_folder
from cytogate.study.files.input_files import entries_of
from cytogate.study.run_folder.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MANIFEST = "manifest.json"
RUN_FORMAT = "cytogate.run"
RUN_VERSION = 1
LOCK = ".cytogate.lock"
PREVIEWS = "previews"
REPORT = "report.html"
AUDIT = "audit.jsonl"  # see cytogate.study.run_folder.audit; no run replaces it
RESULTS = "resume"  # see cytogate.study.running.kept
RESULTS_MARK = "format.json"
RESULTS_FORMAT = "cytogate.results"
RESULTS_VERSION = 1
PREVIEWS_FORMAT = "cytogate.previews"
# What a run writes, and what is made from it: a new run takes the old ones away, and nothing else.
OWN_FILES = (
    "fits.json",
    "matrices.json",
    "cleaning.json",
    "gates.jsonl",
    "failures.json",
    "subsets.csv",
    "subsets.xlsx",
    "comparisons.csv",
    "comparisons.xlsx",
    *(f"{name}.parquet" for name in TABLES),
    REPORT,
)
_ASIDE = re.compile(r"\.partial-[0-9]+(-[0-9a-f]+)?")
_DRAFT = re.compile(r"\..+\.[0-9a-f]{12}\.tmp")  # of `write_atomically`


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
    except NotADirectoryError as error:
        message = f"{folder}: is a file, or lies below one; a run needs a folder. Choose another place."
        raise StoreError(message) from error
    except (OSError, ValueError) as error:
        message = (
            f"{place}: cannot be read as the manifest of a run: {error}. Run the study into a new folder."
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
    with blamed(folder):
        names = sorted(entry.name for entry in folder.iterdir())
        left = left_aside(folder)
    own = {LOCK, f"{LOCK}.held", AUDIT, *(place.name for place in left)}
    found = [name for name in names if name not in own]
    if not found or read_manifest(folder) is not None:
        return
    if any(read_manifest_or_none(place) is not None for place in left):
        return  # a run that was ended while it moved its files into place
    if holds_results(folder):
        return  # a run that was ended while it gated
    shown = ", ".join(found[:3]) + (" ..." if len(found) > 3 else "")
    message = f"{folder}: is not empty and holds no run ({shown}). Choose an empty or a new folder."
    raise StoreError(message)


def holds_results(folder: Path) -> bool:
    """Return whether there are results that an unfinished run keeps, or the folder that is to hold them."""
    place = folder / RESULTS
    try:
        if all(_DRAFT.fullmatch(entry.name) for entry in place.iterdir()):
            return True  # a run that was ended just there
        mark = json.loads((place / RESULTS_MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(mark, dict) and mark.get("format") == RESULTS_FORMAT


def read_manifest_or_none(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, or None where there is none that can be read."""
    try:
        return read_manifest(folder)
    except StoreError:
        return None


def left_aside(folder: Path) -> list[Path]:
    """Return the folders in which runs prepare their files."""
    named = [place for place in folder.iterdir() if _ASIDE.fullmatch(place.name)]
    return [place for place in named if place.is_dir() and not place.is_symlink()]


def remove_left(folder: Path) -> None:
    """Remove what runs that ended early left; for the holder of the lock.

    Of a run that was ended while it moved its files, the manifest stays until there is another one: nothing
    else tells that the folder is one of runs.
    """
    for place in folder.iterdir():
        if _DRAFT.fullmatch(place.name):  # of a report
            _remove_file(place)
    whole = read_manifest(folder) is not None
    for place in left_aside(folder):
        if whole or read_manifest_or_none(place) is None:
            shutil.rmtree(place)


def tidy(folder: Path) -> None:
    """Remove what runs that ended early left beside a finished one, unless another writes or none may."""
    with suppress(StoreError, OSError):
        if left_aside(folder):
            with alone(folder):
                remove_left(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
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


def remove_empty(places: Sequence[Path]) -> None:
    """Remove folders, the innermost first, up to the first that holds something."""
    for place in places:
        try:
            place.rmdir()
        except OSError:
            return


def check_room(source: Path, target: Path) -> None:
    """Refuse, before anything is changed, a folder in place of a file or a file in place of a folder."""
    for new in entries_of(source):
        old = target / new.name
        if not old.exists():
            continue
        if old.is_dir() != new.is_dir():
            kind, wanted = ("folder", "file") if old.is_dir() else ("file", "folder")
            message = f"{old}: is a {kind}; the run writes a {wanted} of this name. Move it away."
            raise StoreError(message)
        if new.is_dir():
            check_room(source / new.name, old)


def move_into(source: Path, target: Path) -> None:
    """Move all but the manifest; a folder that is there already keeps what else is in it."""
    for new in sorted(source.iterdir()):
        place = target / new.name
        if new.is_dir() and place.is_dir():
            move_into(new, place)
            new.rmdir()
        elif new.is_dir() or new.name != MANIFEST:
            new.replace(place)
    sync_folder(target)


def remove_old(folder: Path) -> None:
    """Remove what an earlier run wrote, its manifest first, and nothing else."""
    _remove_file(folder / MANIFEST)
    _remove_previews(folder / PREVIEWS)
    for name in OWN_FILES:
        _remove_file(folder / name)


def _remove_file(place: Path) -> None:
    if place.is_symlink() or not place.is_dir():
        place.unlink(missing_ok=True)


def _remove_previews(folder: Path) -> None:
    """Remove the pictures that earlier runs listed, their lists, and folders that are empty then."""
    if not folder.is_dir():
        return
    for listing in sorted(folder.glob("*/plots.json")):
        names = listed_pictures(listing) if listing.is_file() else None
        if names is None:
            continue
        for name in names:
            _remove_file(listing.parent / name)
        listing.unlink()
        remove_empty([listing.parent])
    remove_empty([folder])


def listed_pictures(listing: Path) -> list[str] | None:
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
def blamed(place: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that names the place; of a full disk, the space left."""
    try:
        yield
    except OSError as error:
        space = _space(place) if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        message = f"{place}: cannot be written: {error.strerror or error}. {space}"
        raise StoreError(message.strip()) from error


def _space(place: Path) -> str:
    for folder in (place, *place.parents):
        if folder.is_dir():
            free = shutil.disk_usage(folder).free
            said = f"{free / 1e9:.1f} GB" if free >= 1e9 else f"{free / 1e6:.1f} MB"
            return f"{said} are free there."
    return ""
