"""A first sheet from a folder: what file names and keywords say about sample, subject, visit and panel."""

from __future__ import annotations

import filecmp
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, Problem, StudyError
from cytogate.fcs import SUFFIXES
from cytogate.gating.template.library import list_templates, load_template
from cytogate.study.failure import said_of
from cytogate.study.names import natural
from cytogate.study.spreadsheets import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.template import GatingTemplate

COLUMNS = ("file", "sample", "subject", "visit", "week", "panel", "batch", "role", "control_for", "note")
MAX_FILES = 100_000
FITTED = "_fitted"  # ends the name of a template whose twin, of fixed gates, is proposed
_VISITS = (
    re.compile(r"(?<![a-z])(?:w|wk|week)[ _-]?(?P<week>\d{1,3})(?!\d)", re.I),
    re.compile(r"(?<![a-z])(?P<name>v|visit)[ _-]?(?P<visit>\d{1,3})(?!\d)", re.I),
)
_BASELINE = re.compile(r"(?<![a-z])(?:baseline|bl|pre)(?![a-z])", re.I)
_SUBJECT = re.compile(r"(?<![a-z])(?:p|pt|pat|patient|sub|subj|subject|s)[ _-]?\d{1,6}(?!\d)", re.I)
_BATCH = re.compile(r"(?<![a-z])batch[ _-]?(?P<batch>[a-z]?\d{1,6}|[a-z])(?![a-z0-9])", re.I)
_ROLES = (
    ("fmo", re.compile(r"(?<![a-z])fmo(?![a-z])", re.I)),
    ("unstained", re.compile(r"unstained", re.I)),
    ("single_stain", re.compile(r"single[ _-]?stain|(?<![a-z])comp(?![a-z])|stained control", re.I)),
    ("beads", re.compile(r"(?<![a-z])beads?(?![a-z])", re.I)),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sheet and a study file to be checked by the analyst, and what could not be told."""

    sheet: str
    study: str
    problems: tuple[Problem, ...]


def propose(folder: str | Path) -> Proposal:
    """Propose a sample sheet and a study file for the FCS files below a folder; nothing is written.

    Raises
    ------
    StudyError
        The folder is missing or holds no FCS file that can be read.
    """
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
    rows = [row for place in files if (row := _row(place, root, templates, problems)) is not None]
    if not rows:
        raise StudyError(title, problems)
    rows.sort(key=_order)
    _make_unique(rows)
    problems += _repeats(rows, root)
    panels = list(dict.fromkeys(row["panel"] for row in rows if row["panel"]))
    study = _study_text(root.resolve().name, panels, _baseline(rows))
    return Proposal(csv_text(COLUMNS, rows), study, tuple(problems))


def _row(
    place: Path, root: Path, templates: Mapping[str, GatingTemplate], problems: list[Problem]
) -> dict[str, str] | None:
    """Return the row of a file; None, and a problem, where it cannot be read."""
    from cytogate.fcs.read import read_fcs

    name = place.relative_to(root).as_posix()
    row = dict.fromkeys(COLUMNS, "") | {"file": name, "sample": place.stem.strip(), "role": "sample"}
    try:
        source = read_fcs(place)
    except (CytogateError, OSError) as error:
        said = said_of(error, path=str(place), name=name).removeprefix(f"{name}: ")
        problems.append(Problem("file-unreadable", name, f"left out of the sheet. {said}"))
        return None
    texts = [name, *(source.keywords.get(key, "") for key in ("$SMNO", "$SRC", "TUBE NAME", "SAMPLE ID"))]
    row["panel"] = _panel(source, templates)
    if not row["panel"]:
        what = "no built-in template fits its markers."
        problems.append(Problem("panel-unknown", name, what, "Write the panel into the sheet."))
    row["batch"] = next((match["batch"] for text in texts if (match := _BATCH.search(text))), "")
    row["role"] = next((role for role, pattern in _ROLES if any(map(pattern.search, texts))), "sample")
    row["visit"], row["week"] = _visit(texts)
    found = next((match.group() for text in texts if (match := _SUBJECT.search(text))), "")
    row["subject"] = found.strip()
    if row["role"] == "sample" and not (row["subject"] and row["visit"]):
        what = "neither its name nor its keywords tell subject and visit."
        problems.append(Problem("sample-unclear", name, what, "Complete the sheet."))
    return row


def _panel(source: FcsFile, templates: Mapping[str, GatingTemplate]) -> str:
    """Return the template that fits a file by most of its markers' own names; "" where none does.

    Detectors are synonyms in templates, and all panels of one instrument share them: names decide.
    """
    from cytogate.gating.template.markers import find_channel
    from cytogate.gating.template.matching import channels_of

    named: dict[str, int] = {}
    for name, template in templates.items():
        try:
            channels_of(template, source)
        except CytogateError:
            continue
        for marker in template.markers:
            with suppress(CytogateError):
                find_channel(source.channels, marker)
                named[name] = named.get(name, 0) + 1
    best = [name for name, count in named.items() if count == max(named.values())]
    fixed = [name for name in best if name.removesuffix(FITTED) not in best or not name.endswith(FITTED)]
    return fixed[0] if len(fixed) == 1 else ""


def _visit(texts: Iterable[str]) -> tuple[str, str]:
    for text in texts:
        if match := _VISITS[0].search(text):
            week = str(int(match["week"]))
            return f"W{week}", week
        if match := _VISITS[1].search(text):
            return f"V{int(match['visit'])}", ""
        if _BASELINE.search(text):
            return "baseline", "0"
    return "", ""


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


def _study_text(name: str, panels: Sequence[str], baseline: str) -> str:
    from cytogate.study.init_subsets import SUBSETS

    quoted = "'" + name.replace("'", "''") + "'"
    templates = ", ".join(f"{panel}: {panel}" for panel in panels)
    subsets = [line for panel in panels for line in SUBSETS.get(panel, ())]
    lines = [
        "format: cytogate.study",
        "version: 1",
        f"name: {quoted}",
        "data_root: .",
        "samples: samples.csv",
        f"templates: {{{templates}}}    # panel -> built-in name or path",
        "subsets:",
        *(subsets or ["  # name: {population: B/DN, of: B}"]),
        "# clinical: clinical.csv",
        f"baseline: {baseline}    # the earliest visit of the sheet" if baseline else "# baseline: W0",
    ]
    return "\n".join(lines) + "\n"
