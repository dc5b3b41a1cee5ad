"""Section: what the figures rest on: versions, arguments, times, seeds, and hashes of all that was read."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

from cytogate.report.manifest_facts import templates
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLES = {
    "samples": "Sample sheet",
    "clinical": "Clinical table",
    "analytes": "Table of analytes",
    "adjustments": "Adjustments",
}


def build(run: RunLike) -> Section:
    """List it; what a run does not say is left out."""
    manifest = run.manifest
    versions: Mapping[str, Any] = manifest.get("versions") or {}
    arguments: Mapping[str, Any] = manifest.get("arguments") or {}
    seconds = manifest.get("seconds")
    body = render(
        "provenance.html",
        cytogate=str(manifest.get("cytogate") or "?"),
        created=str(manifest.get("created") or ""),
        seconds=f"{seconds:,.0f} s" if isinstance(seconds, int | float) else "",
        seed=manifest.get("seed"),
        versions=[f"{name} {version}" for name, version in versions.items() if name != "cytogate"],
        arguments=[_argument(name, value) for name, value in arguments.items() if value is not None],
        files=[*_documents(manifest), *_templates(run)],
        concluded=_concluded(manifest),
        inputs=_inputs(manifest),
    )
    return Section("Provenance", body)


def _argument(name: str, value: object) -> str:
    """Return an argument; of the study's path the name alone, as folders tell of people and machines."""
    shown = PureWindowsPath(value).name if name == "study" and isinstance(value, str) else value
    return f"{name}: {shown}"


def _concluded(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return when, and by which version, the statistics were written, which may be after the run."""
    said: Mapping[str, Any] = manifest.get("conclusions") or {}
    return {"created": str(said.get("created") or ""), "cytogate": str(said.get("cytogate") or "")}


def _documents(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return kind, name and hash of the study file and the tables that it names."""
    found = [("Study file", str(manifest.get("name") or ""), str(manifest.get("study_sha256") or ""))]
    named: Mapping[str, Any] = manifest.get("study") or {}
    documents: Mapping[str, Any] = manifest.get("documents") or {}
    found += [
        (TABLES.get(kind, kind), str(named.get(kind) or ""), str(digest))
        for kind, digest in documents.items()
    ]
    return [entry for entry in found if entry[2]]


def _templates(run: RunLike) -> list[tuple[str, str, str]]:
    return [
        (f"Template of panel {panel}", str(entry.get("name") or ""), str(entry.get("sha256") or ""))
        for panel, entry in templates(run).items()
    ]


def _inputs(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the FCS files that were read, those of controls last."""
    found = []
    for role, key in (("gated", "inputs"), ("control", "controls")):
        known: Mapping[str, Any] = manifest.get(key) or {}
        for sample, entry in sorted(known.items(), key=lambda item: natural(str(item[0]))):
            said = entry or {}
            found.append(
                {
                    "sample": str(sample),
                    "role": role,
                    "file": str(said.get("file") or ""),
                    "sha256": str(said.get("sha256") or ""),
                    "bytes": said.get("bytes"),
                }
            )
    return found


section_kinds.register("provenance")(SectionKind(order=80, build=build))
