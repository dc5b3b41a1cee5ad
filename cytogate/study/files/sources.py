"""The files that templates are read from: their bytes are hashed beside what the templates say.

What a template says has a hash of its own, in which comments and spacing do not count: a new comment is no
reason to gate again. The hash of the bytes is for `verify`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError
from cytogate.study.files.input_files import hash_file

if TYPE_CHECKING:
    from cytogate.gating.template import GatingTemplate


def template_hashes(template: GatingTemplate) -> dict[str, str]:
    """Return ``file_sha256`` of a template's file, and ``matrix_sha256`` of that of its matrix.

    The file of a matrix that was taken away or changed since it was read has none.
    """
    found = {"file_sha256": template.file_sha256} if template.file_sha256 else {}
    if template.matrix is not None and template.path:
        from cytogate.compensation.tables import read_matrix_csv

        place = Path(template.path).parent / template.compensation
        try:
            digest = hash_file(place)[0]
            if read_matrix_csv(place).sha256 == template.matrix.sha256:
                found["matrix_sha256"] = digest
        except (OSError, CytogateError):
            return found
    return found


def template_file(folder: Path, name: str) -> Path | None:
    """Return the file of a template by its name in a study; None where no built-in one bears it."""
    from cytogate.gating.template.library import built_in_file, names_a_file

    return folder / name if names_a_file(name) else built_in_file(name)
