"""What a run folder holds, to the byte, and whether all that it says it holds is there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from cytogate.study.files.input_files import folder_hashes
from cytogate.study.run_folder.audit import read_audit
from cytogate.study.run_folder.folder import LOCK, RESULTS
from cytogate.study.run_folder.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path

TIMES = {"created", "seconds", "resumed", "audit", "files", "arguments"}  # differ from run to run


def contents(out: Path) -> dict[str, str]:
    """Return the hash of every file that a run made; without what tells one run from another."""
    found = {
        str(place.relative_to(out)): hashlib.sha256(place.read_bytes()).hexdigest()
        for place in sorted(out.rglob("*"))
        if place.is_file() and RESULTS not in place.parts
        if place.name not in ("manifest.json", "audit.jsonl", LOCK) and place.suffix != ".xlsx"
    }
    return found | {"manifest.json": json.dumps(_lasting(json.loads((out / "manifest.json").read_text())))}


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(entry) for key, entry in value.items() if key not in TIMES}
    return [_lasting(entry) for entry in value] if isinstance(value, list) else value


def check_whole(out: Path) -> bool:
    """Check that a manifest that is there tells the truth of every file; return whether there is one."""
    if not (out / "manifest.json").exists():
        return False
    told = json.loads((out / "manifest.json").read_text())["files"]
    found = folder_hashes(out)
    wrong = [name for name in told if found.get(name) != told[name]]
    assert wrong == []
    assert {"failures.json", "gates.jsonl", *(f"{name}.parquet" for name in TABLES)} <= told.keys()
    return True


def drafts(out: Path) -> list[str]:
    """Return what is left of files that were being written."""
    hidden = [place.name for place in out.rglob(".*")]
    return [name for name in hidden if name.endswith(".tmp") or name.startswith(".partial-")]


def check_log(out: Path) -> None:
    """Check the chain of the audit log."""
    log = read_audit(out)
    assert log.broken is None
    assert not log.torn
