"""Events of populations as new FCS files: the export of ``cytogate gate``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import StoreError
from cytogate.fcs.writing.write import write_fcs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.result import GatingResult


def export(
    file: FcsFile,
    result: GatingResult,
    populations: Iterable[str],
    folder: Path,
    written: set[Path],
    *,
    force: bool,
) -> None:
    """Write the events of populations, each as one file in a folder, and add the files to `written`.

    Raises
    ------
    GatingError
        A population is unknown or ambiguous.
    StoreError
        A file was written before, of another file with this name; or is there already, and `force` is not
        given; or cannot be written.
    """
    masks = {folder / export_name(file.path, name): result.mask(name) for name in populations}
    for target in masks:
        if target in written:
            message = (
                f"{target}: was written for another file of this name. Export them to different folders."
            )
            raise StoreError(message)
        if target.exists() and not force:
            message = (
                f"{target}: is there already. Choose another folder with --to, or write over it with --force."
            )
            raise StoreError(message)
    for target, mask in masks.items():
        written.add(write_fcs(target, file, keep=mask))


def export_name(path: str, population: str) -> str:
    """Return the name of the file that takes the events of a population.

    Examples
    --------
    >>> export_name("data/P1_W0.fcs.gz", "/Live/B"), export_name("https://host/a.fcs?x=1", "T1+T2")
    ('P1_W0_Live_B.fcs', 'a_T1+T2.fcs')
    """
    name = Path(re.split(r"[?#]", path)[0] if "://" in path else path).name
    stem = re.sub(r"(?i)(\.(fcs|lmd))?(\.gz)?$", "", name, count=1)
    return f"{stem}_{re.sub(r'[^0-9A-Za-z.+-]+', '_', population.strip('/'))}.fcs"
