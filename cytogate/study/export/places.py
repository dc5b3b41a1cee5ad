"""Where exported files go: safe names that are unique, nothing overwritten unasked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytogate.errors import StoreError, listed
from cytogate.study.run_folder.folder import blamed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def make_room(targets: Sequence[Path], *, force: bool) -> None:
    """Make the folders of files to be written, once it is sure that none is there.

    Raises
    ------
    StoreError
        Files are there already and `force` is not given, a folder is in the way of one, or a folder cannot
        be made. Nothing was written then.
    """
    in_way = [target for target in targets if target.is_dir()]
    if in_way:
        message = f"{in_way[0]}: is a folder; the export writes a file of this name. Move it away."
        raise StoreError(message)
    there = [target for target in targets if target.exists()]
    if there and not force:
        names = listed([target.name for target in there])
        what = "is there already" if len(there) == 1 else "are there already"
        message = (
            f"{there[0].parent}: {names} {what}. Choose another folder (--out), or write over with --force."
        )
        raise StoreError(message)
    for folder in dict.fromkeys(target.parent for target in targets):
        with blamed(folder):
            folder.mkdir(parents=True, exist_ok=True)


def population_stem(population: str) -> str:
    """Return how a file of a population is called; ``+`` and ``-`` of markers stay.

    Examples
    --------
    >>> population_stem("/Live/B/IgD-CD27-"), population_stem("CD4/Treg/FoxP3+")
    ('Live_B_IgD-CD27-', 'CD4_Treg_FoxP3+')
    """
    return re.sub(r"[^0-9A-Za-z+-]+", "_", population.strip("/"))[:80] or "all"
