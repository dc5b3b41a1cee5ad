"""Section: how a conclusion moves with the definition of a subset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError
from cytogate.gating.definitions import ASC_EXCLUDED, SubsetDefinition, definitions
from cytogate.report import facts, labels
from cytogate.report.plain import plain
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

UP, DOWN, LEVEL, NONE = "↑", "↓", "→", "–"
Counts = dict[tuple[str, str], int]  # (sample, population) -> events


@dataclass(frozen=True, slots=True)
class Course:
    """One definition of an endpoint over the visits.

    Attributes
    ----------
    definition : SubsetDefinition
    of : str
        Denominator, short: the endpoint's own where the population lies below it, else its parent.
    medians : tuple of float or None
        Median percent of the patients at each visit.
    directions : tuple of str
        Change of each patient from the first visit to the last: an arrow.
    agrees : tuple of bool
        Whether each direction is that of the study's own definition; True where either is not known.
    """

    definition: SubsetDefinition
    of: str
    medians: tuple[float | None, ...]
    directions: tuple[str, ...]
    agrees: tuple[bool, ...]

    @property
    def n_against(self) -> int:
        """Return in how many patients the change points the other way."""
        return self.agrees.count(False)


def build(run: RunLike) -> Section | None:
    """Set every definition of each endpoint side by side; None where none has a rival that was gated."""
    populations = run.populations
    if not len(populations):
        return None
    seen = facts.visits(run)
    subjects = facts.subjects(run)
    defined: Mapping[str, Mapping[str, str]] = run.manifest.get("population_definitions") or {}
    if len(seen) < 2 or not defined:
        return None
    counts = _counts(populations)
    tables = []
    for subset in facts.subsets(run):
        rows = facts.rows_of(run, subset.name)
        first = rows.iloc[0]
        own = str(first["population"])
        named = defined.get(str(first["panel"])) or {}
        name = partial(labels.population, run, panel=str(first["panel"]))
        courses = _courses((own, str(first["denominator"])), rows, named, counts, seen, subjects, name)
        if len(courses) > 1:
            tables.append((subset, courses))
    if not tables:
        return None
    moved = [subset.title for subset, courses in tables if any(course.n_against for course in courses)]
    body = render("rivals.html", tables=tables, visits=seen, subjects=subjects, moved=moved)
    return Section("Rival definitions", body)


def _courses(
    endpoint: tuple[str, str],
    rows: Any,
    named: Mapping[str, str],
    counts: Counts,
    seen: tuple[facts.Visit, ...],
    subjects: tuple[str, ...],
    name: Callable[[str], str],
) -> list[Course]:
    """Return the course by the study's own definition, then by each rival gated; `name` writes a path."""
    own, whole = endpoint
    registry = definitions()
    if own not in named:
        return []
    rivals = {entry.id: entry for entry in registry.rivals(named[own])}

    def base_id(
        identity: str,
    ) -> str:  # rivals below a quadrant without antibody-secreting cells remain rivals
        return identity.removesuffix(ASC_EXCLUDED)

    paths = [own, *(path for path, identity in named.items() if base_id(identity) in rivals and path != own)]
    samples = [
        (str(sample), str(subject), str(visit))
        for sample, subject, visit in zip(rows["sample"], rows["subject"], rows["visit"], strict=True)
    ]
    courses: list[Course] = []
    for path in paths:
        of = whole if path.startswith(f"{whole}/") else path.rpartition("/")[0]
        percents = {
            (subject, visit): 100 * counts[sample, path] / counts[sample, of]
            for sample, subject, visit in samples
            if counts.get((sample, path)) is not None and counts.get((sample, of))
        }
        directions = tuple(_direction(percents, subject, seen) for subject in subjects)
        usual = courses[0].directions if courses else directions
        agrees = tuple(a == b or NONE in (a, b) for a, b in zip(directions, usual, strict=True))
        medians = tuple(_median(percents, visit.name) for visit in seen)
        try:
            meant = registry.definition(named[path])
        except CytogateError:
            continue
        courses.append(Course(meant, name(of), medians, directions, agrees))
    return courses


def _direction(percents: Mapping[tuple[str, str], float], subject: str, seen: Iterable[facts.Visit]) -> str:
    """Return which way a patient's percent went from its first visit to its last."""
    values = [percents[subject, visit.name] for visit in seen if (subject, visit.name) in percents]
    if len(values) < 2:
        return NONE
    return UP if values[-1] > values[0] else DOWN if values[-1] < values[0] else LEVEL


def _median(percents: Mapping[tuple[str, str], float], visit: str) -> float | None:
    values = [value for (_, name), value in percents.items() if name == visit]
    return median(values) if values else None


def _counts(populations: Any) -> Counts:
    found: Counts = {}
    for sample, path, count in zip(
        populations["sample"], populations["population"], populations["count"], strict=True
    ):
        number = plain(count)
        if number is not None:
            found[str(sample), str(path)] = int(number)
    return found


section_kinds.register("rivals")(SectionKind(order=54, build=build))
