"""Columns of sheets: which must be there, which may, and what others call them."""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.study.sheets.table_rows import MAX_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.study.sheets.table_rows import TableText

# What others call our columns; spelled without blanks, lines and case.
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "filename": "file",
        "fcs": "file",
        "fcsfile": "file",
        "path": "file",
        "filepath": "file",
        "id": "sample",
        "sampleid": "sample",
        "samplename": "sample",
        "tube": "sample",
        "name": "sample",
        "patient": "subject",
        "patientid": "subject",
        "subjectid": "subject",
        "participant": "subject",
        "donor": "subject",
        "person": "subject",
        "timepoint": "visit",
        "time": "visit",
        "visitname": "visit",
        "weeks": "week",
        "weekno": "week",
        "staining": "panel",
        "template": "panel",
        "run": "batch",
        "plate": "batch",
        "type": "role",
        "kind": "role",
        "controlfor": "control_for",
        "comment": "note",
        "comments": "note",
        "notes": "note",
        "parameter": "analyte",
        "marker": "analyte",
        "result": "value",
        "concentration": "value",
        "units": "unit",
        "assay": "method",
    }
)


def check_header(
    table: TableText, *, required: Sequence[str], optional: Sequence[str], others: bool = False
) -> list[Problem]:
    """Return what is wrong with the columns: missing ones, unknown ones (unless `others` may be), twins."""
    place = f"{table.name} row 1"
    known = [*required, *optional]
    unknown = [name for name in table.header if name not in known]
    meant = guessed_columns(table.header, known)
    problems = [
        Problem("column-twice", place, f"column {name!r} stands twice.", "Keep one.")
        for name in dict.fromkeys(name for name in table.header if table.header.count(name) > 1)
    ]
    for name in required:
        if name not in table.header:
            near = [found for found, known_name in meant.items() if known_name == name]
            hint = f" Is it {near[0][:80]}?" if near else ""
            what = f"column {name!r} is missing.{hint}"
            problems.append(Problem("column-missing", place, what, table.sheets))
    if not others:
        problems += [
            Problem(
                "column-unknown",
                place,
                f"unknown column {name[:80]!r}.",
                f"Did you mean {meant[name]}?" if name in meant else nearest(name, known),
            )
            for name in dict.fromkeys(unknown)
        ]
    return problems[:MAX_COLUMNS]


def guessed_columns(header: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Return which unknown column stands for which known one that the header lacks: a synonym, or a slip.

    Examples
    --------
    >>> guessed_columns(["Patient", "fiel", "visit", "colour"], ["file", "subject", "visit"])
    {'Patient': 'subject', 'fiel': 'file'}
    """
    meant: dict[str, str] = {}
    free = [name for name in known if name not in header]
    for column in dict.fromkeys(header):
        plain = "".join(letter for letter in column.casefold() if letter.isalnum())
        close = get_close_matches(column.casefold(), free, n=1, cutoff=0.7)
        found = SYNONYMS.get(plain) or (close[0] if close else None)
        if column not in known and found in free:
            meant[column] = found
            free.remove(found)
    return meant
