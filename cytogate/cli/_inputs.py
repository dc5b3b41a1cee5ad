"""Files that a command reads, and the folder that it writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cytogate.errors import StoreError
from cytogate.fcs import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def tubes(_ctx: click.Context, _option: click.Parameter, named: Iterable[Path]) -> tuple[Path, ...]:
    """Return files as they were named, and in place of a folder the FCS files in it, sorted; for click."""
    found: list[Path] = []
    for place in named:
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(
            file for file in place.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file()
        )
        if not inside:
            below = sorted({str(file.parent) for suffix in SUFFIXES for file in place.rglob(f"*{suffix}")})
            hint = f" There are some in {', '.join(below[:3])}." if below else ""
            message = f"no file in the folder {place} ends in .fcs or .lmd.{hint}"
            raise click.BadParameter(message)
        found += inside
    return tuple(found)


def require_folder_of(out: Path) -> None:
    """Refuse a file to be written in a folder that is not there, before any work is done.

    Raises
    ------
    StoreError
    """
    if not out.absolute().parent.is_dir():
        message = f"{out}: the folder {out.parent} does not exist. Make it first, or write to another."
        raise StoreError(message)
