"""Replacing: whose finished run a new one may take the place of without being told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import StoreError
from cytogate.study.run_folder.folder import read_manifest_or_none

if TYPE_CHECKING:
    from pathlib import Path


def check_shard(folder: Path, shard: tuple[int, int] | None) -> None:
    """Refuse to put a shard where another part, or the whole, of a study lies: a slip would cost its figures.

    Raises
    ------
    StoreError
    """
    manifest = read_manifest_or_none(folder)
    there = None if manifest is None else manifest.get("shard")
    if manifest is None or shard is None or there == list(shard):
        return
    what = "a whole run" if there is None else f"shard {there[0]}/{there[1]}"
    message = (
        f"{folder}: holds {what}, and shard {shard[0]}/{shard[1]} would take its place. "
        "Give each shard a folder of its own, or replace what is there with --force."
    )
    raise StoreError(message)


def check_study(folder: Path, name: str, place: str) -> None:
    """Refuse to put a run where that of another study lies: a slip would cost its figures.

    Another study has another name and lies elsewhere; one that was renamed, or moved, is the same.

    Raises
    ------
    StoreError
    """
    manifest = read_manifest_or_none(folder)
    if manifest is None:
        return
    other, where = manifest.get("name"), (manifest.get("arguments") or {}).get("study")
    if name == other or place == where:
        return
    message = (
        f"{folder}: holds the run of another study, {other!r} of {where}, and {name!r} of {place} would "
        "take its place. Choose another folder, or replace what is there with --force."
    )
    raise StoreError(message)
