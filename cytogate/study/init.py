"""A first sheet from a folder: what file names and keywords say about sample, subject, visit and panel."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, Problem, StudyError
from cytogate.gating.library import list_templates, load_template
from cytogate.study.spreadsheets import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.template import GatingTemplate

COLUMNS = ("file", "sample", "subject", "visit", "week", "panel", "batch", "role", "control_for")
SUFFIXES = (".fcs", ".lmd")
MAX_FILES = 100_000
_VISITS = (
    re.compile(r"(?<![a-z])(?:w|wk|week)[ _-]?(?P<week>\d{1,3})(?!\d)", re.I),
    re.compile(r"(?<![a-z])(?P<name>v|visit)[ _-]?(?P<visit>\d{1,3})(?!\d)", re.I),
)
_BASELINE = re.compile(r"(?<![a-z])(?:baseline|bl|pre)(?![a-z])", re.I)
_SUBJECT = re.compile(r"(?<![a-z])(?:p|pt|pat|patient|sub|subj|subject|s)[ _-]?\d{1,6}(?!\d)", re.I)
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
        The folder is missing or holds no FCS file.
    """
    root = Path(folder)
    files = sorted(place for place in root.rglob("*") if place.suffix.lower() in SUFFIXES and place.is_file())
    if not files or len(files) > MAX_FILES:
        what = f"{len(files)} FCS files below it." if files else "no file below it ends in .fcs or .lmd."
        title = "No sheet can be proposed:"
        raise StudyError(title, [Problem("folder-without-files", str(root), what)])
    templates = {name: load_template(name) for name in list_templates()}
    problems: list[Problem] = []
    rows = [_row(place, root, templates, problems) for place in files]
    _make_unique(rows)
    panels = list(dict.fromkeys(row["panel"] for row in rows if row["panel"]))
    return Proposal(csv_text(COLUMNS, rows), _study_text(root.resolve().name, panels), tuple(problems))


def _row(
    place: Path, root: Path, templates: Mapping[str, GatingTemplate], problems: list[Problem]
) -> dict[str, str]:
    from cytogate.fcs.read import read_fcs

    name = place.relative_to(root).as_posix()
    row = dict.fromkeys(COLUMNS, "") | {"file": name, "sample": place.stem.strip(), "role": "sample"}
    texts = [name]
    try:
        source = read_fcs(place)
        texts += [source.keywords.get(key, "") for key in ("$SMNO", "$SRC", "TUBE NAME", "SAMPLE ID")]
        row["panel"] = _panel(source, templates)
        row["batch"] = source.keywords.get("$DATE", "").strip()
        if not row["panel"]:
            what = "no built-in template fits its markers."
            problems.append(Problem("panel-unknown", name, what, "Write the panel into the sheet."))
    except (CytogateError, OSError) as error:
        problems.append(Problem("file-unreadable", name, " ".join(str(error).split())))
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
    from cytogate.gating.markers import find_channel
    from cytogate.gating.matching import channels_of

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
    return best[0] if len(best) == 1 else ""


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


def _make_unique(rows: Sequence[dict[str, str]]) -> None:
    """Give files of one name in several folders different sample ids."""
    names = [row["sample"] for row in rows]
    for row in rows:
        if names.count(row["sample"]) > 1:
            row["sample"] = row["file"].rsplit(".", 1)[0].replace("/", "_")


def _study_text(name: str, panels: Sequence[str]) -> str:
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
        "# baseline: W0",
    ]
    return "\n".join(lines) + "\n"
