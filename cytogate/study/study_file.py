"""The shape of a study file, for pydantic: which keys, which kinds of value, how they fit each other."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from cytogate.errors import Problem, nearest
from cytogate.stats.clinical.sri import PROFILES
from cytogate.stats.limits import Limits

if TYPE_CHECKING:
    from cytogate.gating.yaml_edge import Place, YamlDocument

Name = Annotated[StrictStr, Field(min_length=1, max_length=255)]
Count = Annotated[StrictInt, Field(ge=0, le=10**9)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Part):
    """How files are read."""

    lenient: StrictBool = False
    dataset: Count = 0


class Subset(_Part):
    """One endpoint."""

    population: Name
    of: Name
    panel: Name | None = None


class ResponsePart(_Part):
    """The response index."""

    rule: Literal["sri4", "sri5", "sri6", "sri7", "sri8"]
    profile: Name = "furie2009"
    at: Name


class LimitsPart(_Part):
    """Fewest events for a figure to count."""

    lod_events: Count = Limits().lod_events
    lloq_events: Count = Limits().lloq_events
    min_parent: Count = Limits().min_parent


class StudyFile(_Part):
    """Everything a study file may hold."""

    format: Literal["cytogate.study"]
    version: Literal[1]
    name: Name
    data_root: Name = "."
    samples: Name
    reading: Reading = Reading()
    templates: Annotated[dict[Name, Name], Field(min_length=1)]
    clinical: Name | None = None
    analytes: Name | None = None
    subsets: Annotated[dict[Name, Subset], Field(min_length=1)]
    baseline: Name | None = None
    response: ResponsePart | None = None
    statistics: list[Name] = []
    families: dict[Name, list[Name]] = {}
    limits: LimitsPart = LimitsPart()
    exclude_asc_first: StrictBool = False
    seed: Count = 1
    adjustments: Name | None = None


_PARTS: dict[str, type[BaseModel]] = {
    "reading": Reading,
    "subsets": Subset,
    "response": ResponsePart,
    "limits": LimitsPart,
}


def check_study_file(document: YamlDocument) -> tuple[StudyFile | None, list[Problem]]:
    """Return the typed study file, or None, and every problem with its line and key."""
    data: dict[str, Any] = document.data
    early = _version(document)
    if early is not None:
        return None, [early]
    try:
        checked = StudyFile.model_validate(data)
    except ValidationError as error:
        return None, [_problem(document, dict(entry)) for entry in error.errors()]
    return checked, _cross_checks(checked, document)


def _version(document: YamlDocument) -> Problem | None:
    data = document.data
    found = data.get("format")
    if found != "cytogate.study":
        where = document.locate(("format",))
        what = f"format is {found!r}; expected 'cytogate.study'."
        return Problem("study-format", where, what, "Is this a study file?")
    version = data.get("version")
    if isinstance(version, int) and version > 1:
        what = f"version {version} was written for a newer cytogate; this one reads version 1."
        return Problem("study-version", document.locate(("version",)), what, "Update cytogate.")
    return None


def _problem(document: YamlDocument, entry: dict[str, Any]) -> Problem:
    place: Place = tuple(part for part in entry["loc"] if part != "[key]")
    where = document.locate(place)
    if entry["type"] == "extra_forbidden":
        return Problem("key-unknown", where, f"unknown key {str(place[-1])!r}.", _near(place))
    if entry["type"] == "missing":
        return Problem("key-missing", where, f"key {str(place[-1])!r} is missing.")
    found = repr(entry.get("input"))
    shown = found if len(found) <= 60 else f"{found[:57]}..."
    fix = "Write it in quotes." if entry["type"] == "string_type" and shown[:1].isdigit() else ""
    return Problem("value-wrong", where, f"{entry['msg']}; found {shown}.", fix)


def _near(place: Place) -> str:
    model = StudyFile if len(place) == 1 else _PARTS.get(str(place[0]), StudyFile)
    return nearest(str(place[-1]), list(model.model_fields))


def _cross_checks(study: StudyFile, document: YamlDocument) -> list[Problem]:
    problems = []
    if study.response is not None:
        if study.response.profile not in PROFILES:
            place: Place = ("response", "profile")
            what = f"unknown profile {study.response.profile!r}."
            near = nearest(study.response.profile, list(PROFILES))
            problems.append(Problem("profile-unknown", document.locate(place), what, near))
        for needed, value in (("clinical", study.clinical), ("baseline", study.baseline)):
            if value is None:
                what = f"a response needs the key {needed!r}, which is missing."
                problems.append(Problem("key-missing", document.locate(("response",)), what))
    for name, subset in study.subsets.items():
        if subset.panel is not None and subset.panel not in study.templates:
            what = f"unknown panel {subset.panel!r}."
            near = nearest(subset.panel, list(study.templates))
            problems.append(Problem("panel-unknown", document.locate(("subsets", name, "panel")), what, near))
    if study.limits.lloq_events < study.limits.lod_events:
        what = f"lloq_events {study.limits.lloq_events} is below lod_events {study.limits.lod_events}."
        problems.append(Problem("limits-order", document.locate(("limits",)), what))
    problems += _twins(study, document)
    return problems + _family_problems(study, document)


def _twins(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Subsets that differ by case alone would share a file name or a column somewhere."""
    problems = []
    seen: dict[str, str] = {}
    for name in study.subsets:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            what = f"subset {name!r} differs from {first!r} by case alone."
            problems.append(Problem("subset-twice", document.locate(("subsets", name)), what, "Rename one."))
    return problems


def _family_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return members that are no subset: an analyte or clinical column may be one, a near miss is a slip."""
    problems = []
    open_names = study.clinical is not None or study.analytes is not None
    for family, members in study.families.items():
        for position, member in enumerate(members):
            if member in study.subsets:
                continue
            close = get_close_matches(member, list(study.subsets), n=1, cutoff=0.75)
            if open_names and not close:
                continue
            where = document.locate(("families", family, position))
            near = nearest(member, list(study.subsets))
            problems.append(Problem("subset-unknown", where, f"unknown subset {member!r}.", near))
    return problems
