"""Following the hashes: log, manifest, what was read, what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.platform import usable_cpus
from cytogate.study.files.hashing import hash_files
from cytogate.study.files.input_files import hash_file, hash_folder
from cytogate.study.files.places import place_of
from cytogate.study.files.sources import template_file
from cytogate.study.run_folder.audit import read_audit
from cytogate.study.run_folder.folder import AUDIT, MANIFEST, PREVIEWS, REPORT, listed_pictures
from cytogate.study.verify.differences import Difference, said_hash
from cytogate.study.writing.manifest import DOCUMENTS, hash_or_none, is_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cytogate.study.run_folder.audit import AuditLog

_BACK = "Put the file of the run back"
_COPY = "Take it from a copy of the run folder"
_AGAIN = "run the study again: it is written again from what is kept, without gating."
_STATISTICS = ("clinical", "analytes")
_WORDS = {
    "samples": "the sample sheet",
    "clinical": "the clinical table",
    "analytes": "the table of analytes",
    "adjustments": "the list of adjustments",
}


def check_log(folder: Path, manifest: Mapping[str, Any]) -> tuple[AuditLog, list[Difference], list[str]]:
    """Check the chain of the audit log, and that log and manifest tell of each other."""
    log = read_audit(folder)
    if "audit" not in manifest:
        return log, [], ["The run is of a version that kept no audit log: it proves nothing of itself."]
    notes = [f"{AUDIT}: {said}: the machine stopped there." for said in (*log.notes, log.torn) if said]
    found = []
    broken = log.broken
    if broken is not None:
        found.append(
            Difference(
                "log",
                AUDIT,
                "lines that each carry the hash of the one before",
                f"line {broken.number} of {len(log.lines)}: {broken.fault}",
                "The log was changed after it was written: what it tells from there on is not proved.",
                "Take the log from a copy of the run folder. The tables are judged by the manifest below.",
            )
        )
    head = manifest["audit"]
    if len(log.lines) < head["lines"] or _hash_at(log, head["lines"]) != head["sha256"]:
        found.append(
            Difference(
                "log",
                AUDIT,
                f"{head['lines']} lines before the manifest was written, as it says",
                f"{len(log.lines)} lines" if len(log.lines) < head["lines"] else "other lines",
                "Lines of the log were taken away or replaced: the history of the folder is not whole.",
                "Take the log from a copy of the run folder.",
            )
        )
    expected, actual = log.written(MANIFEST), hash_file(folder / MANIFEST)[0]
    if expected != actual:
        told = "no line of the log tells of a manifest" if expected is None else said_hash(expected)
        found.append(
            Difference(
                "manifest",
                MANIFEST,
                f"{told}, as {AUDIT} says last" if expected else told,
                said_hash(actual),
                "The manifest was changed after the run, or statistics were not written to their end: the "
                "hashes below are only as good as it.",
                "Take it from a copy of the run folder, or run the study again with --force.",
            )
        )
    return log, found, notes


def _hash_at(log: AuditLog, number: int) -> str | None:
    return log.lines[number - 1].sha256 if 0 < number <= len(log.lines) else None


def check_documents(manifest: Mapping[str, Any], study: Path) -> Iterator[Difference]:
    """Yield what differs of the study file, and of the tables and templates that it names."""
    plain: Mapping[str, Any] = manifest.get("study") or {}
    expected = manifest.get("study_sha256")
    found = hash_or_none(str(study))
    if (found and found[0]) != expected:
        yield Difference(
            "study",
            str(study),
            said_hash(expected),
            said_hash(*(found or (None,))),
            "Endpoints, limits, templates or questions may be others than those of the run.",
            f"{_BACK}, name it with --study, or run the study again.",
        )
    recorded: Mapping[str, Any] = manifest.get("documents") or {}
    for name in DOCUMENTS:
        if name in recorded:
            found = hash_or_none(str(study.parent / str(plain.get(name))))
            if (found and found[0]) != recorded[name]:
                yield Difference(
                    "document",
                    str(plain.get(name)),
                    said_hash(recorded[name]),
                    said_hash(*(found or (None,))),
                    f"{_WORDS[name].capitalize()} is another than when the figures were written.",
                    f"{_BACK}, or write the statistics again: cytogate stats."
                    if name in _STATISTICS
                    else f"{_BACK}, or run the study again.",
                )
    for panel, entry in (manifest.get("templates") or {}).items():
        yield from _check_template(panel, entry, str((plain.get("templates") or {}).get(panel)), study)


def _check_template(panel: str, entry: Mapping[str, Any], name: str, study: Path) -> Iterator[Difference]:
    expected = entry.get("file_sha256")
    if expected is None:
        return  # runs of earlier versions
    place = template_file(study.parent, name)
    found = None if place is None else hash_or_none(str(place))
    if (found and found[0]) != expected:
        means = "Gates, scales or definitions may be others than those of the run."
        if place is not None and _says(place) == entry.get("sha256"):
            means = "It still says the same (comments or spacing differ): no figure depends on that."
        fix = f"{_BACK}, or run the study again."
        if place is None or name == place.stem:
            fix = "It is built in: verify with the version of cytogate that made the run, or run again."
        yield Difference(
            "template",
            f"{name} (panel {panel})",
            said_hash(expected),
            said_hash(*(found or (None,))),
            means,
            fix,
        )
    matrix = entry.get("matrix_sha256")
    if matrix is not None and place is not None:
        named = place.parent / str(entry.get("compensation"))
        found = hash_or_none(str(named))
        if (found and found[0]) != matrix:
            yield Difference(
                "template",
                f"{entry.get('compensation')} (matrix of panel {panel})",
                said_hash(matrix),
                said_hash(*(found or (None,))),
                "Events may be compensated otherwise than in the run.",
                f"{_BACK}, or run the study again.",
            )


def _says(place: Path) -> str | None:
    """Return the hash of what a template says; None where it cannot be read."""
    from cytogate.errors import CytogateError
    from cytogate.gating.template.file import read_template

    try:
        return read_template(place).sha256
    except (CytogateError, OSError):
        return None


def check_inputs(manifest: Mapping[str, Any], root: Path) -> dict[str, Difference]:
    """Return what differs of the FCS files, by sample; several are hashed at a time."""
    recorded: dict[str, Any] = {**(manifest.get("inputs") or {}), **(manifest.get("controls") or {})}
    paths = {sample: place_of(str(entry.get("file")), root) for sample, entry in recorded.items()}
    hashes = hash_files(paths, {}, trust=False, threads=usable_cpus())
    found = {}
    for sample, entry in recorded.items():
        expected, actual = entry.get("sha256"), hashes.get(sample)
        if (None if actual is None else actual.sha256) != expected:
            means = f"The figures of sample {sample} are not of this file."
            if sample not in (manifest.get("inputs") or {}):
                means = f"Tubes beside which the control {sample} stands may have been gated otherwise."
            if expected is None:
                means = f"The run could not read the file of sample {sample}; now it can be read."
            found[sample] = Difference(
                "input",
                str(entry.get("file")),
                said_hash(expected, entry.get("bytes")),
                said_hash(None) if actual is None else said_hash(actual.sha256, actual.state[0]),
                means,
                f"{_BACK}, or run the study again." if expected else "Run the study again.",
            )
    return found


def check_files(folder: Path, manifest: Mapping[str, Any], log: AuditLog) -> Iterator[Difference]:
    """Yield what differs of the files that the run wrote, and of its report."""
    recorded: Mapping[str, str] = manifest.get("files") or {}
    pictures = [name for name in recorded if name.startswith(f"{PREVIEWS}/")]
    if pictures and not (folder / PREVIEWS).exists():
        yield Difference(
            "file",
            PREVIEWS,
            f"the pictures of {len(pictures)} samples",
            said_hash(None),
            "The pictures of all samples are gone; no figure depends on them.",
            f"{_COPY}, or {_AGAIN}",
        )
        recorded = {name: expected for name, expected in recorded.items() if name not in pictures}
    for name, expected in recorded.items():
        place = folder / name
        inside = place.resolve().is_relative_to(folder.resolve())
        actual, size = _hashed(place) if inside else (None, None)
        if actual != expected:
            gone = not place.exists()
            means = "What it says is not what the run wrote."
            if gone:
                means = "What the run wrote is gone."
            elif place.is_dir():
                means = "Pictures of a sample were changed, added or taken away."
            mended = _AGAIN if gone or is_table(name) else f"take it away, and {_AGAIN}"
            yield Difference(
                "file", name, said_hash(expected), said_hash(actual, size), means, f"{_COPY}, or {mended}"
            )
    report, told = folder / REPORT, log.written(REPORT)
    if report.is_file() and "audit" in manifest:
        actual, size = _hashed(report)
        if actual != told:
            yield Difference(
                "report",
                REPORT,
                "a page that the log tells of" if told is None else said_hash(told),
                said_hash(actual, size),
                "The page is not the one that cytogate wrote from these tables.",
                f"Write it again: cytogate report {folder}",
            )


def _hashed(place: Path) -> tuple[str | None, int | None]:
    if place.is_dir():  # pictures of a sample; what others put beside them is theirs
        listing = place / "plots.json"
        pictures = listed_pictures(listing) if listing.is_file() else None
        return hash_folder(place, ("plots.json", *(pictures or ()))), None
    return hash_or_none(str(place)) or (None, None)
