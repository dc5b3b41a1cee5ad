"""The manifest of a run: what its figures rest on, and whether that has changed since."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.study.controls import used_controls
from cytogate.study.input_files import hash_file
from cytogate.study.instruments import instruments
from cytogate.study.names import unique_slug
from cytogate.study.rows import definitions
from cytogate.study.run import Run
from cytogate.study.run_folder import RUN_FORMAT, RUN_VERSION, read_manifest
from cytogate.study.statistics import asked
from cytogate.study.template_facts import template_facts
from cytogate.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cytogate.study.conclude import Concluded
    from cytogate.study.plan import Plan
    from cytogate.study.sample_job import SampleResult

log = logging.getLogger(__name__)

GATING_KEYS = (
    "data_root",
    "samples",
    "reading",
    "templates",
    "subsets",
    "limits",
    "absolute",
    "exclude_asc_first",
    "adjustments",
)
_OF_CONCLUSIONS = {"the study file", "the table of clinical", "the table of analytes"}


def hash_documents(plan: Plan) -> dict[str, str]:
    """Return the hashes of the text files that the study names."""
    study = plan.study
    paths = {
        "samples": study.samples,
        "clinical": study.clinical,
        "analytes": study.analytes,
        "adjustments": study.adjustments,
    }
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
        "warnings": [str(warning) for warning in plan.warnings],
    }


def is_lost(result: SampleResult) -> bool:
    """Return whether the worker died or hung that had this sample."""
    return result.failure is not None and result.failure.stage == "worker"


def finished_run(folder: Path, plan: Plan, documents: Mapping[str, str]) -> Run | None:
    """Return the run that the folder holds if nothing has changed since; refuse one that differs.

    A run that lost samples with their workers was not whole: it may be done again, and is not kept.

    Raises
    ------
    StoreError
        The run differs, or is none of this version.
    """
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("lost"):
        return None
    changes = _changes(manifest, plan, documents)
    if not changes:
        log.info("%s is up to date", folder)
        return Run(folder, manifest, up_to_date=True)
    shown = "; ".join(changes[:5])
    fix = "Choose another folder, or replace the run with --force."
    if set(changes) <= _OF_CONCLUSIONS and not gating_changes(manifest, plan, documents):
        fix = f"No gate rests on that: write its statistics again with: cytogate stats {folder}. Or: {fix}"
    message = f"{folder}: holds a finished run that differs: {shown}. {fix}"
    raise StoreError(message)


def gating_changes(manifest: Mapping[str, Any], plan: Plan, documents: Mapping[str, str]) -> list[str]:
    """Return what differs, between a finished run and its study now, of what gates and subsets rest on."""
    then, now = manifest.get("study") or {}, plan.study.plain
    changes = [f"the key {key!r} of the study file" for key in GATING_KEYS if then.get(key) != now.get(key)]
    recorded = manifest.get("documents") or {}
    changes += [
        f"the table of {name}"
        for name in ("samples", "adjustments")
        if recorded.get(name) != documents.get(name)
    ]
    return changes + _template_changes(manifest, plan)


def _template_changes(manifest: Mapping[str, Any], plan: Plan) -> list[str]:
    return [
        f"the template of panel {panel}"
        for panel, template in plan.templates.items()
        if manifest.get("templates", {}).get(panel, {}).get("sha256") != template.sha256
    ]


def _changes(manifest: Mapping[str, Any], plan: Plan, documents: Mapping[str, str]) -> list[str]:
    """Return what differs between a finished run and the study as it is now."""
    changes = []
    if manifest.get("study_sha256") != plan.study.sha256:
        changes.append("the study file")
    changes += [
        f"the table of {name}"
        for name, digest in documents.items()
        if manifest.get("documents", {}).get(name) != digest
    ]
    changes += _template_changes(manifest, plan)
    now = versions()
    before = manifest.get("versions", {})
    changes += [
        f"{name} {before.get(name)} then, {now[name]} now" for name in now if before.get(name) != now[name]
    ]
    if changes:
        return changes  # the files need not be read
    recorded = {**manifest.get("inputs", {}), **manifest.get("controls", {})}
    for row in (*plan.gated, *used_controls(plan)):
        found = hash_or_none(row.path)
        if (found and found[0]) != recorded.get(row.sample, {}).get("sha256"):
            changes.append(f"the file {row.file}")
    return changes


def hash_or_none(path: str) -> tuple[str, int] | None:
    """Return the SHA-256 and the size of a file, or None where it cannot be read."""
    try:
        return hash_file(path)
    except OSError:
        return None
