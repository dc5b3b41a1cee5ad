"""What a file tells of its tube before any event is read: by its name, its keywords and its markers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, Problem
from cytogate.fcs import SUFFIXES
from cytogate.fcs.channels.labels import normal
from cytogate.study.sample.failure import said_of
from cytogate.study.sheets.visits import week_of_visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.template import GatingTemplate
    from cytogate.study.first_sheet.name_pattern import NamePattern

COLUMNS = ("file", "sample", "subject", "visit", "week", "panel", "batch", "role", "control_for", "note")
FITTED = "_fitted"  # ends the name of a template whose twin, of fixed gates, is proposed
_TEXTS = ("$SMNO", "$SRC", "TUBE NAME", "SAMPLE ID")  # keywords that may tell what a tube is
_PATIENT = ("PATIENT ID", "PATIENTID", "PATIENT", "SUBJECT ID", "SUBJECT", "DONOR ID", "DONOR")
_VISITS = (  # in the order in which they are believed; a letter alone may be a donor's or a marker's
    re.compile(r"(?<![a-z])(?P<kind>w)(?:k|eek)?[ _-]?(?P<number>\d{1,3})(?!\d)", re.I),
    re.compile(r"(?<![a-z])(?P<kind>v)(?:isit)?[ _-]?(?P<number>\d{1,3})(?!\d)", re.I),
    re.compile(r"(?<![a-z])(?P<kind>d)ay[ _-]?(?P<number>\d{1,3})(?!\d)", re.I),
    re.compile(r"(?<![a-z])(?P<kind>m)onth[ _-]?(?P<number>\d{1,3})(?!\d)", re.I),
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
class Tube:
    """A file: its path below the folder, with and without ending, its keywords, and what its markers fit."""

    file: str
    name: str
    keywords: Mapping[str, str]
    template: str
    markers: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that may tell what the tube is, the name first."""
        return (self.file, *(self.keywords.get(key, "") for key in _TEXTS))


def look_at_tube(
    place: Path, root: Path, templates: Mapping[str, GatingTemplate], problems: list[Problem]
) -> Tube | None:
    """Return what a file says of itself; None, and a problem, where it cannot be read."""
    from cytogate.fcs.read import read_fcs

    file = place.relative_to(root).as_posix()
    try:
        source = read_fcs(place)
    except (CytogateError, OSError) as error:
        said = said_of(error, path=str(place), name=file).removeprefix(f"{file}: ")
        problems.append(Problem("file-unreadable", file, f"left out of the sheet. {said}"))
        return None
    template = _panel(source, templates)
    markers = tuple(templates[template].panel) if template else ()
    return Tube(file, stem_of(file), source.keywords, template, markers)


def stem_of(file: str) -> str:
    """Return a path without the endings that FCS files have."""
    name = file.removesuffix(".gz")
    ending = Path(name).suffix
    return name[: len(name) - len(ending)] if ending.lower() in SUFFIXES else name


def role_of(texts: Iterable[str]) -> str:
    """Return the role that texts tell: a control by its words, else a sample."""
    return next((role for role, pattern in _ROLES if any(map(pattern.search, texts))), "sample")


def row_of(tube: Tube, names: NamePattern | None, *, strict: bool, problems: list[Problem]) -> dict[str, str]:
    """Return the row of a tube: by the pattern, else by what its name and keywords look like."""
    sample = tube.name.rpartition("/")[2].strip()
    row = dict.fromkeys(COLUMNS, "") | {"file": tube.file, "sample": sample, "panel": tube.template}
    texts = tube.texts
    role = role_of(texts)
    fields = names.read(tube.name) if names is not None else None
    if fields is None and strict and role == "sample":
        what = "its name does not follow the pattern."
        problems.append(Problem("pattern-unmatched", tube.file, what, "Complete the sheet."))
    looked = texts[1:] if fields is not None or strict else texts
    found = {
        "batch": next((match["batch"] for text in looked if (match := _BATCH.search(text))), ""),
        "role": role,
        "subject": next((match.group().strip() for text in looked if (match := _SUBJECT.search(text))), ""),
        "control_for": _stained(tube) if role == "fmo" else "",
    }
    patient = (tube.keywords.get(key, "").strip() for key in _PATIENT)
    found["subject"] = found["subject"] or next(filter(None, patient), "")
    found["visit"], found["week"] = _visit(looked)
    if fields is not None:
        fields = {key: value for key, value in fields.items() if value}
        if "visit" in fields:
            fields = {"week": week_of_visit(fields["visit"])} | fields
        if fields.get("role") not in (None, *(role for role, _ in _ROLES), "sample", "bridge"):
            fields["role"] = role_of([fields["role"]])
        found |= fields
    row |= found
    if not row["panel"]:
        what = "no built-in template fits its markers."
        problems.append(Problem("panel-unknown", tube.file, what, "Write the panel into the sheet."))
    if row["role"] == "sample" and not (row["subject"] and row["visit"]):
        what = "neither its name nor its keywords tell subject and visit."
        problems.append(Problem("sample-unclear", tube.file, what, "Complete the sheet."))
    return row


def _stained(tube: Tube) -> str:
    """Return the marker that an FMO tube leaves out, where a word of its name is one of its template."""
    known = {normal(marker): marker for marker in tube.markers}
    words = (normal(word) for word in re.split(r"[^A-Za-z0-9+]+", tube.name.rpartition("/")[2]))
    return next((known[word] for word in words if word in known), "")


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
    """Return the visit and the week of the first text that tells a visit."""
    for text in texts:
        match = next(filter(None, (pattern.search(text) for pattern in _VISITS)), None)
        if match is not None:
            visit = f"{match['kind'].upper()}{int(match['number'])}"
            return visit, week_of_visit(visit)
        if _BASELINE.search(text):
            return "baseline", "0"
    return "", ""
