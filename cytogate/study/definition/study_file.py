"""A study file as typed values, and every problem of it with its line and key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from cytogate.edge.plain_words import plain_error, unknown_key_fix
from cytogate.errors import Problem, nearest
from cytogate.study.definition.study_checks import cross_checks
from cytogate.study.definition.study_form import (
    AbsolutePart,
    BlankPart,
    IntensityPart,
    LimitsPart,
    PartialStudyFile,
    RatioPart,
    Reading,
    ResponsePart,
    StudyFile,
    Subset,
)
from cytogate.study.definition.study_repair import respelled, without

if TYPE_CHECKING:
    from cytogate.edge.yaml_document import Place, YamlDocument

_PARTS: dict[str, type[BaseModel]] = {
    "reading": Reading,
    "subsets": Subset,
    "intensities": IntensityPart,
    "ratios": RatioPart,
    "response": ResponsePart,
    "absolute": AbsolutePart,
    "limits": LimitsPart,
    "blanks": BlankPart,
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
    return checked, cross_checks(checked, document)


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
            return partial, problems + cross_checks(partial, document)
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
