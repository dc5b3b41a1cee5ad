"""Merging: the shards of a study become the one run that they are parts of."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.study.run_folder.run import Run, open_run
from cytogate.study.run_folder.store import RunWriter
from cytogate.study.run_study import run_study
from cytogate.study.running.kept import Kept
from cytogate.versions import other_versions, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.study.running.events import Observer


def merge(
    folders: Sequence[str | Path],
    out: str | Path,
    *,
    study: str | Path | None = None,
    workers: int | None = None,
    executor: str = "process",
    observe: Observer | None = None,
) -> Run:
    """Make one run of the shards of a study: the same tables as if it had been gated at once.

    Parameters
    ----------
    folders : sequence of str or Path
        The run folders of all shards, in any order; they stay as they are.
    out : str or Path
        The run folder: missing or empty, or one that an earlier run or merge wrote.
    study : str or Path, optional
        The study file; the one that the first shard was made from, if not given.
    workers, executor, observe
        As of `run_study`; a tube is gated again whose result is not there, or whose file has changed since.

    Raises
    ------
    StoreError
        A folder is no shard, they are of different studies, shares or versions, or one is missing.
    StudyError
        The study is wrong; lists every problem.
    """
    parts = [open_run(folder) for folder in folders]
    _check(parts)
    place = Path(out).absolute()
    if any(part.path == place for part in parts):
        message = f"{place}: is one of the shards. Choose another folder (--out)."
        raise StoreError(message)
    path = Path(study) if study is not None else Path(parts[0].manifest["arguments"]["study"])
    if not path.is_file():
        message = f"{path}: there is no such study file. Name it with --study."
        raise StoreError(message)
    with RunWriter(place):  # keeps others out, and refuses a folder of something else
        kept = Kept(place)
        with closing(kept):
            kept.write()
            for part in parts:
                kept.adopt(Kept(part.path))
    return run_study(path, place, workers=workers, executor=executor, observe=observe)


def _check(parts: Sequence[Run]) -> None:
    """Refuse folders that are not all shards of one study, each once."""
    if not parts:
        message = "There is nothing to merge. Name the run folders of all shards."
        raise StoreError(message)
    for part in parts:
        if part.manifest.get("shard") is None:
            message = f"{part.path}: is a whole run, not a shard. Only runs of --shard i/n can be merged."
            raise StoreError(message)
    _alike(parts, "the number of shards", [part.manifest["shard"][1] for part in parts])
    _alike(parts, "the study file", [part.manifest["study_sha256"] for part in parts])
    _alike(parts, "the sample sheet", [part.manifest["documents"].get("samples") for part in parts])
    for part in parts:
        differ = other_versions(part.manifest["versions"], versions())
        if differ:
            message = f"{part.path}: was gated with {'; '.join(differ)}. Merge with the versions of then."
            raise StoreError(message)
    count = parts[0].manifest["shard"][1]
    first: dict[int, Run] = {}
    for part in parts:
        index = part.manifest["shard"][0]
        other = first.setdefault(index, part)
        if other is not part:
            message = (
                f"{other.path} and {part.path}: are both shard {index}/{count}. "
                "Name one of them, and the folders of the others."
            )
            raise StoreError(message)
    there = [part.manifest["shard"][0] for part in parts]
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in there]
    if missing:
        shown = ", ".join(missing[:10]) + (" ..." if len(missing) > 10 else "")
        message = f"Shards are missing: {shown}. Run them, or name their folders too."
        raise StoreError(message)


def _alike(parts: Sequence[Run], what: str, values: Sequence[Any]) -> None:
    for part, value in zip(parts, values, strict=True):
        if value != values[0]:
            message = f"{part.path}: {what} differs from that of {parts[0].path}. Merge shards of one study."
            raise StoreError(message)
