"""The manifest of a run: what its figures rest on, and whether that has changed since."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cytogate.errors import FcsError
from cytogate.study.definition.statistics import asked
from cytogate.study.files.input_files import hash_file
from cytogate.study.files.names import unique_slug
from cytogate.study.files.sources import template_hashes
from cytogate.study.planning.controls import used_controls
from cytogate.study.planning.survey import unreadable_controls
from cytogate.study.run_folder.folder import RUN_FORMAT, RUN_VERSION, read_manifest
from cytogate.study.run_folder.run import Run
from cytogate.study.sample.failure import may_pass
from cytogate.study.sample.instruments import instruments
from cytogate.study.writing.rows import definitions
from cytogate.study.writing.template_facts import template_facts
from cytogate.versions import libraries, machine, other_versions, source_sha256, versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cytogate.study.files.hashing import Hashed
    from cytogate.study.planning.plan import Plan
    from cytogate.study.sample.values import SampleResult
    from cytogate.study.sheets.sheet import SheetRow

log = logging.getLogger(__name__)

GATING_KEYS = (
    "data_root",
    "samples",
    "allow_urls",
    "reading",
    "templates",
    "panel_versions",
    "aliases",
    "subsets",
    "limits",
    "blanks",
    "absolute",
    "exclude_asc_first",
    "cleaning",
    "adjustments",
)
_TABLES = (".parquet", ".json", ".jsonl")  # what people do not open and save again
DOCUMENTS = ("samples", "clinical", "analytes", "adjustments")


@dataclass(frozen=True, slots=True)
class Concluded:
    """Who responded, for the manifest, and the hashes of the tables that were written."""

    response: Mapping[str, Any] | None
    files: Mapping[str, str]


def hash_documents(plan: Plan) -> dict[str, str]:
    """Return the hashes of the text files that the study names."""
    paths: dict[str, Path | None] = {key: getattr(plan.study, key) for key in DOCUMENTS}
    return {key: hash_file(path)[0] for key, path in paths.items() if path is not None}


def make_manifest(
    plan: Plan,
    documents: Mapping[str, str],
    results: Mapping[str, SampleResult],
    arguments: Mapping[str, Any],
    seconds: float,
    concluded: Concluded,
) -> dict[str, Any]:
    """Return the manifest of a run that ends now."""
    found = versions()
    gated = [(row, results[row.sample]) for row in plan.gated]
    return {
        "format": RUN_FORMAT,
        "version": RUN_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "cytogate": found["cytogate"],
        "versions": found,
        "libraries": libraries(),
        "source_sha256": source_sha256(),
        "machine": machine(),
        "arguments": {"study": str(plan.study.path), **arguments},
        "data_root": str(plan.study.data_root.resolve()),
        "inputs": {
            row.sample: {"file": row.file, "sha256": result.sha256, "bytes": result.size}
            for row, result in gated
        },
        "controls": {
            row.sample: {"file": row.file, "sha256": (hash_or_none(row.path) or (None,))[0]}
            for row in used_controls(plan)
        },
        "templates": {
            panel: {
                "name": template.name,
                "sha256": template.sha256,
                **template_hashes(template),
                "exclude_asc_first": plan.excludes_asc(panel),
                **template_facts(template),
            }
            for panel, template in plan.templates.items()
        },
        "population_definitions": {
            panel: {entry.population: entry.id for entry in template.definitions.values()}
            for panel, template in plan.templates.items()
        },
        "adjustments": [entry.to_dict() for entry in plan.adjustments],
        "definitions": definitions(plan),
        "samples": {
            row.sample: {
                "slug": unique_slug(row.sample),
                "file": row.file,
                "subject": row.subject,
                "visit": row.visit,
                "panel": row.panel,
                "n_events": result.n_events,
                "ok": result.failure is None,
                "seconds": round(result.seconds, 3),
            }
            for row, result in gated
        },
        "instruments": instruments({row.sample: result.instrument for row, result in gated}),
        "lost": [row.sample for row, result in gated if is_lost(result)],
        "seconds": round(seconds, 3),
        **concluded_part(plan, documents, concluded),
    }


def concluded_part(plan: Plan, documents: Mapping[str, str], concluded: Concluded) -> dict[str, Any]:
    """Return the entries that change where statistics are written again, and nothing is gated."""
    found = versions()
    return {
        "name": plan.study.name,
        "seed": plan.study.seed,
        "study_sha256": plan.study.sha256,
        "documents": dict(documents),
        "study": plan.study.plain,
        "response": concluded.response,
        "conclusions": {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "cytogate": found["cytogate"],
            "versions": found,
            "study": str(plan.study.path),
            "statistics": [test.name for test in asked(plan.study.statistics)],
            "files": dict(concluded.files),
        },
        "warnings": [str(warning) for warning in (*plan.warnings, *unreadable_controls(plan))],
    }


def is_lost(result: SampleResult) -> bool:
    """Return whether the worker of a sample was lost, or one whose file is there failed for what may pass."""
    failure = result.failure
    if failure is None or not may_pass(failure):
        return False
    return failure.stage == "worker" or result.sha256 is not None


def finished_run(
    folder: Path,
    plan: Plan,
    documents: Mapping[str, str],
    found: Mapping[str, Hashed | None],
    shard: tuple[int, int] | None = None,
) -> Run | None:
    """Return the run that the folder holds if nothing has changed since; None where there is something to do.

    A run that lost samples with their workers, or for want of memory, was not whole: it is gone on with.

    Parameters
    ----------
    found : mapping of file to Hashed
        What the files of the sheet hold now; None of those that cannot be read.

    Raises
    ------
    StoreError
        The folder holds something else, or a run of a newer version.
    """
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("lost"):
        return None
    changes = _changes(manifest, plan, documents, found, shard)
    damaged = damaged_tables(folder, manifest)
    if damaged:
        log.warning("%s: not as the run wrote it, and written again: %s", folder, ", ".join(damaged))
        return None
    if changes:
        log.info("%s holds a run that differs: %s", folder, "; ".join(changes[:5]))
        return None
    log.info("%s is up to date", folder)
    return Run(folder, manifest, up_to_date=True)


def damaged_tables(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return what is gone of a finished run, and the tables that are not as they were written."""
    return [
        name
        for name, sha256 in (manifest.get("files") or {}).items()
        if not (folder / name).exists()
        or (is_table(name) and (hash_or_none(str(folder / name)) or (None,))[0] != sha256)
    ]


def is_table(name: str) -> bool:
    """Return whether a run writes a file again that is another than it wrote; people save others again."""
    return "/" not in name and name.endswith(_TABLES)


def used_files(plan: Plan) -> tuple[SheetRow, ...]:
    """Return the tubes whose files a run rests on: gated ones, and the controls beside them."""
    return (*plan.gated, *used_controls(plan))


def gating_changes(manifest: Mapping[str, Any], plan: Plan, documents: Mapping[str, str]) -> list[str]:
    """Return what differs, between a finished run and its study now, of what gates and subsets rest on."""
    then, now = (_unlabelled(study) for study in (manifest.get("study") or {}, plan.study.plain))
    changes = [f"the key {key!r} of the study file" for key in GATING_KEYS if then.get(key) != now.get(key)]
    recorded = manifest.get("documents") or {}
    changes += [
        f"the table of {name}"
        for name in ("samples", "adjustments")
        if recorded.get(name) != documents.get(name)
    ]
    return changes + _template_changes(manifest, plan)


def _unlabelled(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study without the labels of its subsets, on which nothing rests but words."""
    subsets: Mapping[str, Any] = study.get("subsets") or {}
    bare = {
        name: {key: value for key, value in entry.items() if key != "label"}
        for name, entry in subsets.items()
    }
    return {**study, "subsets": bare}


def _template_changes(manifest: Mapping[str, Any], plan: Plan) -> list[str]:
    return [
        f"the template of panel {panel}"
        for panel, template in plan.templates.items()
        if manifest.get("templates", {}).get(panel, {}).get("sha256") != template.sha256
    ]


def _changes(
    manifest: Mapping[str, Any],
    plan: Plan,
    documents: Mapping[str, str],
    found: Mapping[str, Hashed | None],
    shard: tuple[int, int] | None,
) -> list[str]:
    """Return what differs between a finished run and the study as it is now."""
    changes = []
    if manifest.get("study_sha256") != plan.study.sha256:
        changes.append("the study file")
    if manifest.get("shard") != (None if shard is None else list(shard)):
        changes.append("the shard")
    changes += [
        f"the table of {name}"
        for name, digest in documents.items()
        if manifest.get("documents", {}).get(name) != digest
    ]
    changes += [*_template_changes(manifest, plan), *program_changes(manifest)]
    return changes + [f"the file {row.file}" for row in changed_files(manifest, plan, found)]


def program_changes(manifest: Mapping[str, Any]) -> list[str]:
    """Return what differs of the program, and of the libraries that figures rest on."""
    changes = other_versions(manifest.get("versions", {}), versions())
    return changes + (["the source of cytogate"] if manifest.get("source_sha256") != source_sha256() else [])


def changed_files(
    manifest: Mapping[str, Any], plan: Plan, found: Mapping[str, Hashed | None]
) -> list[SheetRow]:
    """Return the tubes whose files hold something else than in a finished run; those that are new, too."""
    recorded = {**manifest.get("inputs", {}), **manifest.get("controls", {})}
    now = {row.sample: hashed.sha256 if (hashed := found.get(row.file)) else None for row in used_files(plan)}
    return [row for row in used_files(plan) if now[row.sample] != recorded.get(row.sample, {}).get("sha256")]


def hash_or_none(path: str) -> tuple[str, int] | None:
    """Return the SHA-256 and the size of a file, or None where it cannot be read."""
    try:
        return hash_file(path)
    except (OSError, FcsError):
        return None
