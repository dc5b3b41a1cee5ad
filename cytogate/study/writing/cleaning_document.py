"""The document of ``cleaning.json``, tube by tube: plots over time of all tubes are too large to hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cytogate.study.run_folder.folder import blamed
from cytogate.study.run_folder.store import json_text
from cytogate.study.sample.cleaning import cleaning_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cytogate.study.definition.cleaning import Cleaning
    from cytogate.study.run_folder.store import RunWriter

FILE = "cleaning.json"
_EMPTY = "[]\n}"  # how the document ends without a tube


@contextmanager
def growing_cleaning(
    writer: RunWriter, cleaning: Cleaning
) -> Iterator[Callable[[dict[str, Any] | None], None]]:
    """Lend what adds the track of a tube, or none; the file is as if all were written at once.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    head, _, _ = f"{json_text(cleaning_entry(cleaning, ()), indent=1)}".rpartition(_EMPTY)
    with blamed(writer.folder / FILE), (writer.aside / FILE).open("wb") as stream:
        stream.write(f"{head}[".encode())
        n = 0

        def add(track: dict[str, Any] | None) -> None:
            nonlocal n
            if track is not None:
                text = json_text(track, indent=1).replace("\n", "\n  ")  # two levels down
                stream.write(f"{',' if n else ''}\n  {text}".encode())
                n += 1

        yield add
        stream.write(("\n ]\n}\n" if n else f"{_EMPTY[1:]}\n").encode())
