"""Files that a command reads, and the folder that it writes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cytogate.errors import StoreError
from cytogate.fcs import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_RECURSIVE = "cytogate.recursive"


class TubePath(click.Path):
    """A file or a folder that is there, or a URL, which stays text."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path, or a URL as it is."""
        if isinstance(value, str) and "://" in value:
            from cytogate.fcs.storage.urls import is_url

            if is_url(value):
                return value
        return super().convert(value, param, ctx)


def recursive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--recursive`` to a command whose argument has the callback `tubes`."""
    return click.option(
        "-r",
        "--recursive",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember,
        help="Take the files in folders inside of folders, too.",
    )(function)


def _remember(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it
    ctx.meta[_RECURSIVE] = value


def tubes(
    ctx: click.Context, _option: click.Parameter, named: Iterable[Path | str]
) -> tuple[Path | str, ...]:
    """Return files and URLs as they were named, and for a folder the FCS files in it, sorted; for click.

    A folder without any is a warning where there are other files.
    """
    below = ctx.meta.get(_RECURSIVE, False)
    found: list[Path | str] = []
    empty: list[Path] = []
    for place in named:
        if isinstance(place, str) or not place.is_dir():
            found.append(place)
            continue
        inside = sorted(_in_folder(place, below=below))
        found += inside
        if not inside:
            empty.append(place)
    if empty and not found:
        raise click.BadParameter(_without_files(ctx, empty[0]))
    for place in empty:
        click.echo(f"warning: {_without_files(ctx, place)}", err=True)
    return tuple(found)


def _in_folder(folder: Path, *, below: bool) -> Iterator[Path]:
    """Yield the FCS files of a folder; what macOS writes beside a file (``._a.fcs``) is none."""
    for file in folder.rglob("*") if below else folder.iterdir():
        name = file.name.lower().removesuffix(".gz")
        if name.endswith(SUFFIXES) and not name.startswith("._") and file.is_file():
            yield file


def _without_files(ctx: click.Context, folder: Path) -> str:
    hint = ""
    if below := sorted({str(file.parent) for file in _in_folder(folder, below=True)}):
        more = f" and {len(below) - 3} more" if len(below) > 3 else ""
        hint = f" There are some in {', '.join(below[:3])}{more}"
        offered = any("--recursive" in option.opts for option in ctx.command.params)
        hint += "; --recursive takes them, too." if offered else "."
    return f"no file in the folder {folder} ends in .fcs or .lmd (or that and .gz).{hint}"


def require_folder_of(out: Path) -> None:
    """Refuse a file to be written in a folder that is not there, before any work is done.

    Raises
    ------
    StoreError
    """
    if not out.absolute().parent.is_dir():
        message = f"{out}: the folder {out.parent} does not exist. Make it first, or write to another."
        raise StoreError(message)
