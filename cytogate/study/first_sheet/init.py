"""A first sheet from a folder: what file names and keywords say about sample, subject, visit and panel."""

from __future__ import annotations

import filecmp
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import Problem, StudyError
from cytogate.fcs import SUFFIXES
from cytogate.gating.template.library import list_templates, load_template
from cytogate.study.files.names import natural
from cytogate.study.first_sheet.init_rows import COLUMNS, Tube, look_at_tube, role_of, row_of, stem_of
from cytogate.study.first_sheet.name_pattern import NamePattern, parse_pattern
from cytogate.study.first_sheet.pattern_guess import guess_pattern
from cytogate.study.run_folder.spreadsheets import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


MAX_FILES = 100_000
_OWN = "template.yaml"  # stands for the one that is to be written
_WORD = re.compile(r"true|false|yes|no|on|off|null|y|n", re.I)  # in YAML no text


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sheet and a study file to be checked by the analyst, and what could not be told.

    Attributes
    ----------
    sheet, study : str
        The texts of both files.
    problems : tuple of Problem
        What could not be told.
    pattern : str
        By which names were read; empty where there is none.
    matched : int
        Files whose names follow it.
    others : mapping of role to int
        Files of the sheet whose names do not.
    example : mapping of column to text
        The row of one that does.
    """

    sheet: str
    study: str
    problems: tuple[Problem, ...]
    pattern: str = ""
    matched: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    example: Mapping[str, str] = field(default_factory=dict)


def propose(folder: str | Path, *, pattern: str = "") -> Proposal:
    """Propose a sample sheet and a study file for the FCS files below a folder; nothing is written.

    Parameters
    ----------
    folder : str or Path
    pattern : str
        What the parts of file names mean, as `parse_pattern` has it; guessed if empty. A name that does not
        follow a guessed one is searched for what looks like a subject, a visit and a batch; then keywords
        are. One that does not follow a given pattern tells nothing.

    Raises
    ------
    StudyError
        The folder is missing or holds no FCS file that can be read, or the pattern cannot be understood.
    """
    given = parse_pattern(pattern) if pattern else None
    root = Path(folder)
    title = "No sheet can be proposed:"
    if not root.is_dir():
        what = "is not a folder." if root.exists() else "there is no such folder."
        raise StudyError(title, [Problem("folder-missing", str(root), what)])
    files = sorted(place for place in root.rglob("*") if place.suffix.lower() in SUFFIXES and place.is_file())
    if not files or len(files) > MAX_FILES:
        what = f"{len(files)} FCS files below it." if files else "no file below it ends in .fcs or .lmd."
        raise StudyError(title, [Problem("folder-without-files", str(root), what)])
    templates = {name: load_template(name) for name in list_templates()}
    problems: list[Problem] = []
    tubes = [tube for place in files if (tube := look_at_tube(place, root, templates, problems)) is not None]
    if not tubes:
        raise StudyError(title, problems)
    names = given or _guessed(tubes)
    rows = [row_of(tube, names, strict=given is not None, problems=problems) for tube in tubes]
    of_panel = _templates_of(rows, tubes)
    for row in rows:
        row["panel"] = _one_name(row["panel"], of_panel)
    of_panel = _templates_of(rows, tubes)
    rows.sort(key=_order)
    _make_unique(rows)
    problems += [*_repeats(rows, root), *_weeks(rows), *_from_keywords(rows)]
    study = _study_text(root.resolve().name, of_panel, _baseline(rows), names.text if names else "")
    following = [row for row in rows if not names or names.read(stem_of(row["file"])) is not None]
    read = {row["file"] for row in following if names}
    return Proposal(
        csv_text(COLUMNS, rows),
        study,
        tuple(problems),
        pattern=names.text if names else "",
        matched=len(read),
        others=Counter(row["role"] for row in rows if row["file"] not in read),
        example=next(iter(following), {}),
    )


def _guessed(tubes: Sequence[Tube]) -> NamePattern | None:
    patients = [tube for tube in tubes if role_of(tube.texts) == "sample"]
    found = guess_pattern([tube.name for tube in patients], {tube.name: tube.template for tube in patients})
    return parse_pattern(found) if found else None


def _templates_of(rows: Iterable[Mapping[str, str]], tubes: Iterable[Tube]) -> dict[str, str]:
    """Return panel -> the template that fits most of its tubes; "" where none does."""
    by_file = {tube.file: tube.template for tube in tubes}
    fitting: dict[str, list[str]] = {}
    for row in rows:
        if row["panel"]:
            fitting.setdefault(row["panel"], []).append(by_file[row["file"]])
    best = {panel: [name for name in found if name] for panel, found in fitting.items()}
    return {panel: max(sorted(set(names)), key=names.count) if names else "" for panel, names in best.items()}


def _one_name(panel: str, of_panel: Mapping[str, str]) -> str:
    """Return the name that other tubes have for the panel of a tube that is known by its template only."""
    names = [name for name, template in of_panel.items() if template == panel != name]
    return names[0] if len(names) == 1 else panel


def _weeks(rows: Iterable[Mapping[str, str]]) -> Iterator[Problem]:
    """Say which visits have no week: the sheet needs it."""
    visits = {row["visit"] for row in rows if row["role"] == "sample" and row["visit"] and not row["week"]}
    if visits:
        named = ", ".join(sorted(visits, key=natural)[:10])
        what = f"no name tells the week of {named}."
        yield Problem("sample-unclear", "samples.csv, column week", what, "Write it into the sheet.")


def _from_keywords(rows: Iterable[Mapping[str, str]]) -> Iterator[Problem]:
    """Say which subjects no name tells: keywords may hold another id than the study's."""
    tubes = [row for row in rows if row["role"] == "sample" and row["subject"]]
    subjects = {row["subject"] for row in tubes if row["subject"].casefold() not in row["file"].casefold()}
    if subjects:
        named = ", ".join(sorted(subjects, key=natural)[:10])
        what = f"taken from keywords of the files, not from names: {named}."
        yield Problem(
            "sample-unclear", "samples.csv, column subject", what, "Are these the ids of the study?"
        )


def _order(row: Mapping[str, str]) -> tuple[object, ...]:
    """Return the key of a row in the sheet: subject, week, panel; what is not known comes last."""
    week = float(row["week"]) if row["week"] else float("inf")
    names = (natural(row["visit"]), row["panel"], natural(row["file"]))
    return (not row["subject"], natural(row["subject"]), week, *names)


def _make_unique(rows: Sequence[dict[str, str]]) -> None:
    """Give files of one name in several folders different sample ids."""
    names = [row["sample"] for row in rows]
    for row in rows:
        if names.count(row["sample"]) > 1:
            row["sample"] = row["file"].rsplit(".", 1)[0].replace("/", "_")


def _repeats(rows: Iterable[dict[str, str]], root: Path) -> Iterator[Problem]:
    """Remark, in the sheet too, patients' tubes with the subject, visit and panel of another."""
    seen: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        key = (row["subject"], row["visit"], row["panel"])
        if row["role"] != "sample" or not all(key):
            continue
        first = seen.setdefault(key, row)
        if first is row:
            continue
        kind = "copy" if filecmp.cmp(root / first["file"], root / row["file"], shallow=False) else "repeat"
        row["note"] = f"{kind} of {first['sample']}"
        what = f"has subject, visit and panel of {first['file']}" + (
            ", and the same bytes: a copy." if kind == "copy" else "."
        )
        fix = "Keep one, correct the visit, or give a repeat its own batch."
        yield Problem("visit-twice", row["file"], what, fix)


def _baseline(rows: Iterable[dict[str, str]]) -> str:
    """Return the earliest visit of patients' tubes, or "" where none is known."""
    visits = {row["visit"]: row["week"] for row in rows if row["role"] == "sample" and row["visit"]}

    def order(visit: str) -> tuple[bool, float]:
        digits = "".join(letter for letter in visit if letter.isdigit())
        return not visits[visit], float(visits[visit] or digits or 0)

    return min(visits, key=order, default="")


def _study_text(name: str, panels: Mapping[str, str], baseline: str, pattern: str) -> str:
    from cytogate.study.first_sheet.init_subsets import SUBSETS

    templates = ", ".join(f"{_quoted(panel)}: {template or _OWN}" for panel, template in panels.items())
    subsets = [line for template in panels.values() for line in SUBSETS.get(template, ())]
    own = [panel for panel, template in panels.items() if not template]
    lines = [
        "format: cytogate.study",
        "version: 1",
        *([f"# names of files were read as {pattern}"] if pattern else []),
        f"name: {_quoted(name)}",
        "data_root: .",
        "samples: samples.csv",
        f"templates: {{{templates}}}    # panel -> built-in name or path",
        *([f"# no built-in template fits {', '.join(own)}: see cytogate template init"] if own else []),
        "subsets:",
        *(subsets or ["  # name: {population: B/DN, of: B}"]),
        "# clinical: clinical.csv",
        f"baseline: {_quoted(baseline)}    # the earliest visit of the sheet"
        if baseline
        else "# baseline: W0",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return text as YAML takes it for text, whatever it looks like."""
    return (
        text
        if re.fullmatch(r"[A-Za-z_]\w*", text) and not _WORD.fullmatch(text)
        else "'" + text.replace("'", "''") + "'"
    )
