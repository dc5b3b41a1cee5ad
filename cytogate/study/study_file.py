"""The shape of a study file, for pydantic: which keys, which kinds of value, how they fit each other."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from cytogate.edge.plain_words import plain_error, unknown_key_fix
from cytogate.errors import Problem, nearest
from cytogate.fcs.repairs.codes import warning_codes
from cytogate.stats.clinical.sri import PROFILES
from cytogate.stats.limits import Limits
from cytogate.study.statistics import STATISTICS
from cytogate.study.study_repair import respelled, without

if TYPE_CHECKING:
    from cytogate.edge.yaml_document import Place, YamlDocument

Name = Annotated[StrictStr, Field(min_length=1, max_length=255)]
Count = Annotated[StrictInt, Field(ge=0, le=10**9)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Part):
    """How files are read."""

    lenient: StrictBool = False
    dataset: Count = 0
    refuse: tuple[StrictStr, ...] = ()


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


class PartialStudyFile(StudyFile):
    """A study file as far as it goes: what is missing or wrong has a stand-in, so the rest can be checked."""

    format: Literal["cytogate.study"] = "cytogate.study"
    version: Literal[1] = 1
    name: Name = "?"
    samples: Name = ""
    templates: dict[Name, Name] = {}
    subsets: dict[Name, Subset] = {}


_PARTS: dict[str, type[BaseModel]] = {
    "reading": Reading,
    "subsets": Subset,
    "response": ResponsePart,
    "limits": LimitsPart,
}


def check_study_file(document: YamlDocument) -> tuple[StudyFile | None, list[Problem]]:
    """Return the typed study file and every problem with its line and key.

    With problems the study file is a `PartialStudyFile`, so that one slip does not hide others; None where
    the file is of another kind or version.
    """
    data: dict[str, Any] = document.data
    early = _version(document)
    if early is not None:
        return None, [early]
    try:
        checked = StudyFile.model_validate(data)
    except ValidationError as error:
        problems = [_problem(document, dict(entry)) for entry in error.errors()]
        mended = respelled(document, [entry["loc"] for entry in error.errors()], _known_keys)
        partial, more = _what_is_left(mended)
        problems += [problem for problem in more if problem not in problems]
        return partial, problems
    return checked, _cross_checks(checked, document)


def _what_is_left(document: YamlDocument) -> tuple[PartialStudyFile | None, list[Problem]]:
    """Return what can be understood without the values that are wrong, and problems of these and of it."""
    problems: list[Problem] = []
    for _ in range(3):  # without a wrong value its neighbours may show theirs
        try:
            partial = PartialStudyFile.model_validate(document.data)
        except ValidationError as error:
            problems += [
                _problem(document, dict(entry))
                for entry in error.errors()
                if entry["type"] != "missing" or entry["loc"] not in document.lines  # left out as wrong
            ]
            document = without(document, [entry["loc"] for entry in error.errors()])
        else:
            return partial, problems + _cross_checks(partial, document)
    return None, problems


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
        fix = unknown_key_fix(place[-1], _near(place))
        return Problem("key-unknown", where, f"unknown key {str(place[-1])!r}.", fix)
    if entry["type"] == "missing":
        return Problem("key-missing", where, f"key {str(place[-1])!r} is missing.")
    return Problem("value-wrong", where, *plain_error(entry))


def _near(place: Place) -> str:
    return nearest(str(place[-1]), _known_keys(place))


def _known_keys(place: Place) -> list[str]:
    """Return the keys that may stand where `place` does."""
    model = StudyFile if len(place) == 1 else _PARTS.get(str(place[0]), StudyFile)
    return list(model.model_fields)


def _cross_checks(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return what does not fit together; a key that stands in the file with a wrong value is not missing."""
    problems = []
    partial = isinstance(study, PartialStudyFile)
    if study.response is not None:
        if study.response.profile not in PROFILES:
            place: Place = ("response", "profile")
            what = f"unknown profile {study.response.profile!r}."
            near = nearest(study.response.profile, list(PROFILES))
            problems.append(Problem("profile-unknown", document.locate(place), what, near))
        for needed, value in (("clinical", study.clinical), ("baseline", study.baseline)):
            if value is None and not (partial and (needed,) in document.lines):
                what = f"a response needs the key {needed!r}, which is missing."
                problems.append(Problem("key-missing", document.locate(("response",)), what))
    for name, subset in study.subsets.items():
        if subset.panel is not None and ("templates", subset.panel) not in document.lines:
            what = f"unknown panel {subset.panel!r}."
            near = nearest(subset.panel, list(study.templates))
            problems.append(Problem("panel-unknown", document.locate(("subsets", name, "panel")), what, near))
    given = not partial or {"lod_events", "lloq_events"} <= study.limits.model_fields_set
    if given and study.limits.lloq_events < study.limits.lod_events:
        what = f"lloq_events {study.limits.lloq_events} is below lod_events {study.limits.lod_events}."
        problems.append(Problem("limits-order", document.locate(("limits",)), what))
    for position, name in enumerate(study.statistics):
        if name not in STATISTICS:
            where = document.locate(("statistics", position))
            what = f"unknown statistic {name!r}."
            problems.append(Problem("statistic-unknown", where, what, nearest(name, STATISTICS)))
    known = list(warning_codes())
    for position, code in enumerate(study.reading.refuse):
        if code not in known:
            where = document.locate(("reading", "refuse", position))
            what = f"no warning about a file has the code {code!r}."
            problems.append(Problem("warning-unknown", where, what, nearest(code, known)))
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
            if ("subsets", member) in document.lines:
                continue
            close = get_close_matches(member, list(study.subsets), n=1, cutoff=0.75)
            if open_names and not close:
                continue
            where = document.locate(("families", family, position))
            near = nearest(member, list(study.subsets))
            problems.append(Problem("subset-unknown", where, f"unknown subset {member!r}.", near))
    return problems
