"""Where the files of a sheet lie: below the data root, or behind a URL that the study allows."""

from __future__ import annotations

import re
import stat
import unicodedata
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cytogate.fcs.storage.urls import is_url, local_path, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

Refusal = tuple[str, str, str]  # code, what is wrong, what to do
_FINE: Refusal = ("", "", "")
_BELOW = "Write the path below the data root of the study."
_MOST_NAMES = 10_000  # of a folder, looked at for one that is meant


def locate(
    text: str,
    root: Path | None,
    allowed: Sequence[str] = (),
    *,
    hint: bool = True,
    taken: Collection[str] = (),
) -> tuple[str, Refusal]:
    """Return where a file of the sheet lies, or "" and why it is refused.

    Parameters
    ----------
    text : str
        The cell: a path below `root`, or a URL.
    root : Path or None
        A resolved folder; places outside it are refused however they are written. None: only URLs and the
        form of paths are looked at.
    allowed : sequence of str
        What URLs may begin with. A URL is not asked for: whether there is such a file shows when it is read.
    hint : bool
        Look for a file of a similar name where there is none of this; that takes long in large folders.
    taken : collection of str
        Paths (with ``/``) of files that rows name: none of them is meant here.
    """
    named = text.strip()
    if not named:
        return "", ("file-missing", "is empty.", "")
    if "\x00" in named or not named.isprintable():
        return "", ("path-refused", f"{named!r} holds characters that no file name here may have.", "")
    if "://" in named or named.lower().startswith("file:"):
        return _behind_url(named, allowed)
    windows = PureWindowsPath(named)
    if PurePosixPath(named).is_absolute() or windows.is_absolute() or windows.drive or windows.root:
        return "", ("path-refused", f"{named!r} is an absolute path.", _BELOW)
    if ".." in windows.parts:
        return "", ("path-refused", f"{named!r} leaves the data root by '..'.", _BELOW)
    if root is None:
        return "", _FINE
    return _below(named, root, _spellings(named, root), hint=hint, taken=taken)


def _spellings(named: str, root: Path) -> Iterator[Path]:
    """Yield the path as it is written, then as Windows means it, then with accents composed otherwise."""
    yield root / named
    if "\\" in named:
        yield root / PureWindowsPath(named).as_posix()
    yield from _spelled_alike(named, root)


def place_of(file: str, root: Path) -> str:
    """Return where a file lies that a run names: its URL, or its path below the data root of the run."""
    if is_url(file):
        return local_path(file) or file
    return locate(file, root.resolve())[0] or str(root / file)


def _below(
    named: str, root: Path, places: Iterable[Path], *, hint: bool = True, taken: Collection[str] = ()
) -> tuple[str, Refusal]:
    """Return the first of some places that is there, if it is a regular file below the root."""
    written = root / named
    try:
        place = next((place for place in places if place.exists()), written)
        found = place.resolve()
        if not found.is_relative_to(root):
            what = f"{named!r} is a link to {found}, outside the data root."
            fix = "Name the folder that it leads to as data_root, or copy the file."
            return "", ("path-refused", what, fix)
        mode = found.stat().st_mode
    except FileNotFoundError:
        if written.is_symlink():
            what = f"{named!r} is a link to {written.readlink()}, where no file is."
            return "", ("file-missing", what, "Name the file itself, or mend the link.")
        fix = _similar(named, written.parent, taken) if hint else ""
        return "", ("file-missing", f"not found: {named} (below {root}).", fix)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        return "", ("file-unreadable", f"{named!r} cannot be opened: {error}.", "")
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        return "", ("file-unreadable", f"{named!r} is {kind}.", "")
    return str(found), _FINE


def _behind_url(named: str, allowed: Sequence[str]) -> tuple[str, Refusal]:
    told = shown(named)
    trouble = wrong_url(named) if is_url(named) else "is no URL that can be read"
    if trouble:
        return "", ("path-refused", f"{told!r} {trouble}.", "")
    prefix = next((entry for entry in allowed if _begins(named, entry)), None)
    if prefix is None:
        near = f"Or allow it in the study file: allow_urls: [{told.rpartition('/')[0]}/]."
        what = f"{told!r} is a URL" + (", and begins with none that the study allows." if allowed else ".")
        return "", ("path-refused", what, f"{_BELOW} {near}")
    here, top = local_path(named), local_path(prefix)
    if here is None or top is None:
        return named, _FINE
    return _below(here, Path(top).resolve(), [Path(here)])


def wrong_url(url: str) -> str:
    """Return what is wrong with a URL that a study or a sheet names, or "".

    Examples
    --------
    >>> wrong_url("s3://bucket/trial/a.fcs")
    ''
    >>> wrong_url("s3://bucket/trial/%2e%2e/a.fcs")
    "leaves its folder by '..'"
    """
    plain, before = url, ""
    while plain != before:  # what is quoted twice is read once, or twice
        plain, before = unquote(plain), plain
    if "::" in url:
        return "is a chain of URLs, of which only the last says where a file lies"
    if re.search(r"[?#]", url) or "@" in url.split("://", 1)[1].split("/", 1)[0]:
        return (
            "holds a user, a query or a fragment: secrets do not belong into a sheet. "
            "Credentials are taken from the environment, as fsspec says for each kind of storage"
        )
    if ".." in re.split(r"[/\\]", plain):
        return "leaves its folder by '..'"
    if "\x00" in plain or not plain.isprintable():
        return "holds characters that no file name here may have"
    if not url.split("://", 1)[1].strip("/"):
        return "names no host, bucket or folder"
    return ""


def _begins(url: str, prefix: str) -> bool:
    """Return whether a URL lies below another: a whole folder, not the beginning of a name."""
    (kind, rest), (its_kind, its_rest) = url.split("://", 1), prefix.split("://", 1)
    return kind.lower() == its_kind.lower() and rest.startswith(f"{its_rest.rstrip('/')}/")


def _spelled_alike(named: str, root: Path) -> Iterator[Path]:
    """Yield the one path of the same letters otherwise composed: é as one sign, or as e and an accent."""
    if named.isascii():
        return
    place = root
    for part in PureWindowsPath(named).parts:
        alike = [name for name in _names(place) if _composed(name) == _composed(part)]
        if len(alike) != 1:
            return
        place /= alike[0]
    yield place


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()][:_MOST_NAMES]
    except OSError:
        return []


def _similar(named: str, folder: Path, taken: Collection[str]) -> str:
    """Return a hint at a file of a similar name that no row has: another patient's tube is never proposed."""
    path = PureWindowsPath(named)
    free = [name for name in _names(folder) if path.with_name(name).as_posix() not in taken]
    close = get_close_matches(path.name, free, n=1, cutoff=0.8)
    return f"Did you mean {close[0]}?" if close else ""
