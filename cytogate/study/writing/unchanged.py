"""Telling by bytes alone that a finished run is up to date, before anything is read for its meaning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.study.files.hashing import hash_files
from cytogate.study.files.sources import template_file
from cytogate.study.run_folder.folder import read_manifest_or_none
from cytogate.study.run_folder.run import Run
from cytogate.study.writing.manifest import DOCUMENTS, damaged_tables, hash_or_none
from cytogate.versions import source_sha256, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cytogate.study.files.hashing import Hashed


def unchanged_run(
    folder: Path,
    study: Path,
    known: Mapping[str, Hashed],
    found: dict[str, Hashed | None],
    *,
    trust: bool,
    threads: int,
    shard: tuple[int, int] | None,
) -> Run | None:
    """Return a finished run whose study, tables, templates and inputs have the bytes that they had then.

    None does not say that anything has changed, only that the study must be read to know.

    Parameters
    ----------
    known : mapping of file to Hashed
        What an earlier run found of the inputs.
    found : dict of file to Hashed
        Is filled with what the inputs hold now, as far as it is looked at.
    trust, threads
        See `hash_files`.
    """
    manifest = read_manifest_or_none(folder)
    if manifest is None or manifest.get("lost") or manifest.get("shard") != (shard and list(shard)):
        return None
    if manifest["arguments"].get("study") != str(study.absolute()) or manifest["versions"] != versions():
        return None
    if manifest.get("source_sha256") != source_sha256():
        return None
    texts = list(_texts(manifest, study))
    if any(path is None or (hash_or_none(str(path)) or ("",))[0] != sha256 for path, sha256 in texts):
        return None
    inputs = [*manifest["inputs"].values(), *manifest["controls"].values()]
    if any(entry["sha256"] is None or "://" in entry["file"] for entry in inputs):
        return None
    root = Path(manifest["data_root"])
    paths = {entry["file"]: str(root / entry["file"]) for entry in inputs}
    found |= hash_files(paths, known, trust=trust, threads=threads)
    for entry in inputs:
        hashed = found[entry["file"]]
        if hashed is None or hashed.sha256 != entry["sha256"]:
            return None
    return None if damaged_tables(folder, manifest) else Run(folder, manifest, up_to_date=True)


def _texts(manifest: Mapping[str, Any], study: Path) -> Iterator[tuple[Path | None, str | None]]:
    """Yield the texts that a run rests on, with their hashes then; None for what bytes cannot tell."""
    yield study, manifest["study_sha256"]
    plain = manifest["study"]
    for name in DOCUMENTS:
        if plain.get(name) is not None or name in manifest["documents"]:
            named = plain.get(name)
            place = study.absolute().parent / named if isinstance(named, str) else None
            yield place, manifest["documents"].get(name)
    for panel, entry in manifest["templates"].items():
        named = (plain.get("templates") or {}).get(panel)
        is_whole = "matrix_sha256" not in entry
        folder = study.absolute().parent
        place = template_file(folder, named) if is_whole and isinstance(named, str) else None
        yield place, entry.get("file_sha256")
