"""Why tubes are gated again whose results an earlier run kept, as far as its manifest tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.study.writing.manifest import changed_files, gating_changes, program_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.study.files.hashing import Hashed
    from cytogate.study.planning.plan import Plan

_TEMPLATE = "the template of panel "
_MOST = 3  # files that are named


def why_again(
    manifest: Mapping[str, Any] | None,
    plan: Plan,
    documents: Mapping[str, str],
    found: Mapping[str, Hashed | None],
    panel: str,
) -> tuple[str, ...]:
    """Return what changed since the last finished run that tubes of a panel may rest on; empty if not known.

    Parameters
    ----------
    manifest : mapping or None
        Of that run; None where none was finished in the folder.
    documents : mapping of str to str
        Hashes of the tables of the study.
    found : mapping of file to Hashed
        What the files hold now.
    """
    if manifest is None:
        return ()
    changes = [*gating_changes(manifest, plan, documents), *program_changes(manifest)]
    own = [one for one in changes if one == f"{_TEMPLATE}{panel}" or not one.startswith(_TEMPLATE)]
    files = [row.file for row in changed_files(manifest, plan, found) if row.panel == panel]
    if len(files) > _MOST:
        return (*own, f"{len(files)} files")
    return (*own, *(f"the file {file}" for file in files))
