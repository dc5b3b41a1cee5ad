"""Doubts about tables: rows that may be meant, and are more often a slip."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.fcs.storage.urls import is_url
from cytogate.study.files.input_files import hash_file
from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cytogate.study.sheets.clinical_sheet import ClinicalVisit
    from cytogate.study.sheets.sheet import SheetRow

_BEGINNING = 1 << 16  # bytes; header and keywords tell most files of one size apart


def same_content(rows: Iterable[SheetRow]) -> list[Problem]:
    """Return a warning for each tube that is a copy of one further up, under another name.

    Sizes are compared first, then how the files of one size begin; whole files are read only where both
    agree. Empty files, those that cannot be read, and those behind URLs are left to the run.
    """
    groups = [[row for row in rows if row.path and not is_url(row.path)]]
    for key in (_size, _beginning, _hash):
        groups = [alike for group in groups for alike in _alike(group, key)]
    pairs = [(first, row) for first, *others in groups for row in others if row.path != first.path]
    fix = "Give the tube its own file, or take the row out."
    return [
        Problem(
            "content-twice",
            f"row {row.row}, sample {row.sample}",
            f"{row.file} has the same content as {first.file}.",
            fix,
        )
        for first, row in sorted(pairs, key=lambda pair: pair[1].row)
    ]


def weeks_of_one_visit(rows: Iterable[SheetRow]) -> list[Problem]:
    """Return a warning for each visit of a patient that has different weeks in different rows."""
    visits: dict[tuple[str, str], dict[float, list[str]]] = {}
    for row in rows:
        if row.role == "sample" and row.subject and row.visit and row.week is not None:
            weeks = visits.setdefault((row.subject, row.visit), {})
            weeks.setdefault(row.week, []).append(str(row.row))
    warnings = []
    for (subject, visit), weeks in visits.items():
        if len(weeks) > 1:
            named = [
                f"week {week:g} in {'row' if len(found) == 1 else 'rows'} {', '.join(found)}"
                for week, found in weeks.items()
            ]
            what = f"{'; '.join(named)}. A visit has one week."
            fix = "Correct the week, or the visit."
            warnings.append(Problem("weeks-of-visit", f"subject {subject}, visit {visit}", what, fix))
    return warnings


def alike_ids(rows: Iterable[SheetRow], table: str) -> list[Problem]:
    """Return a warning for ids that differ by case, blanks, lines, leading zeros or the make of an accent.

    They stay as they are, and count as different.
    """
    rows = list(rows)
    warnings = []
    for column in ("subject", "visit", "batch"):
        spelled: dict[object, dict[str, int]] = {}
        for row in rows:
            text = getattr(row, column)
            if text:
                spelled.setdefault(_plain(text), {}).setdefault(text, row.row)
        for spellings in spelled.values():
            if len(spellings) > 1:
                named = ", ".join(f"{text!r} (row {row})" for text, row in spellings.items())
                what = f"{named} are taken for different ones."
                fix = "Write one way if they are the same."
                warnings.append(Problem("ids-alike", f"{table}, column {column}", what, fix))
    return warnings


def _plain(text: str) -> object:
    return natural(re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", text).casefold()))


def _alike(rows: Iterable[SheetRow], key: Callable[[Path], object]) -> list[list[SheetRow]]:
    """Return the groups of two or more rows whose files have one key; files without one are left out."""
    groups: dict[object, list[SheetRow]] = {}
    for row in rows:
        try:
            value = key(Path(row.path))
        except OSError:
            continue
        if value:
            groups.setdefault(value, []).append(row)
    return [group for group in groups.values() if len(group) > 1]


def _size(place: Path) -> int:
    return place.stat().st_size


def _beginning(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(_BEGINNING)


def _hash(place: Path) -> str:
    return hash_file(place)[0]


def clinical_doubts(clinical: Iterable[ClinicalVisit], baseline: str | None, table: str) -> list[Problem]:
    """Return subjects with a second visit at the week of baseline, and systems "never involved" after all."""
    of_subject: dict[str, list[ClinicalVisit]] = {}
    for visit in clinical:
        of_subject.setdefault(visit.subject, []).append(visit)
    doubts = []
    for subject, visits in of_subject.items():
        first = next((visit.state for visit in visits if visit.state.visit == baseline), None)
        twins = [
            visit.state.visit
            for visit in visits
            if first is not None and visit.state.week == first.week is not None
            if visit.state.visit != baseline
        ]
        if twins:
            what = f"subject {subject!r} has two baselines, {baseline!r} and {twins[0]!r}, at one week;"
            what = f"{what} {baseline!r} is used."
            doubts.append(Problem("baseline-twice", table, what, "Correct the week, or take one out."))
        involved: dict[str, str] = {}
        for visit in sorted(visits, key=_week):
            again = [s for s, grade in visit.state.bilag.items() if grade == "E" and s in involved]
            if again:
                what = f"subject {subject!r}: {again[0]} is E (never involved) at {visit.state.visit}"
                what = f"{what} after {involved[again[0]]}."
                doubts.append(Problem("grade-contradicts", table, what, "A system once involved is D."))
                break
            for system, grade in visit.state.bilag.items():
                if grade != "E":
                    involved.setdefault(system, f"{grade} at {visit.state.visit}")
    return doubts


def _week(visit: ClinicalVisit) -> float:
    return float("inf") if visit.state.week is None else visit.state.week
