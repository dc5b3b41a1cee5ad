"""A template document against its models: typed sections, and every fault of form at its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from cytogate.edge.plain_words import plain_error, unknown_key_fix
from cytogate.errors import Problem, closest, nearest
from cytogate.gating.template.cut_models import FORMS, CutModel
from cytogate.gating.template.models import GateModel, TemplateModel
from cytogate.gating.template.section import Section

if TYPE_CHECKING:
    from cytogate.edge.yaml_document import Place, YamlDocument

_Model = TypeVar("_Model", bound=BaseModel)
_Key = TypeVar("_Key")

NEEDED_FALLBACK = (
    "It says where the gate stands when the events do not: a value, or {vertices: [...]} for two axes."
)


def validate(
    document: YamlDocument,
) -> tuple[TemplateModel | None, list[tuple[int, GateModel]], dict[str, CutModel], list[Problem]]:
    """Return the model, the gates (with positions) and cuts that are right by themselves, and problems."""
    data = document.data
    try:
        model = TemplateModel.model_validate(data)
    except ValidationError as error:
        entries = [dict(entry) for entry in error.errors()]
        problems = [_problem(document, entry) for entry in entries if not _is_misspelt(document, entry)]
    else:
        return model, list(enumerate(model.gates)), dict(model.cuts), []
    gates, cuts = data.get("gates"), data.get("cuts")
    right = _right(GateModel, list(enumerate(gates)) if isinstance(gates, list) else [])
    right_cuts = _right(CutModel, list(cuts.items()) if isinstance(cuts, dict) else [])
    return None, right, dict(right_cuts), problems


def _right(model: type[_Model], entries: list[tuple[_Key, Any]]) -> list[tuple[_Key, _Model]]:
    """Return the entries that are right by themselves."""
    right = []
    for key, entry in entries:
        try:
            right.append((key, model.model_validate(entry)))
        except ValidationError:
            continue
    return right


def _problem(document: YamlDocument, entry: dict[str, Any]) -> Problem:
    full: Place = tuple(part for part in entry["loc"] if part != "[key]")
    place: Place = tuple(part for part in full if part not in FORMS)
    where = document.locate(place)
    kind = str(entry["type"])
    if kind == "extra_forbidden":
        fix = unknown_key_fix(place[-1], nearest(str(place[-1]), _keys_at(full[:-1])))
        return Problem("unknown-key", where, f"unknown key {str(place[-1])!r}.", fix)
    if kind == "missing":
        fix = NEEDED_FALLBACK if place[-1] == "fallback" else ""
        return Problem("missing-key", where, f"{place[-1]!r} is missing.", fix)
    return Problem("wrong-value", where, *plain_error(entry))


def _is_misspelt(document: YamlDocument, entry: dict[str, Any]) -> bool:
    """Return whether a missing key stands there with a slip, which is told as an unknown key."""
    *above, key = entry["loc"]
    if entry["type"] != "missing" or key == "kind":  # without a kind nothing can be said of its neighbours
        return False
    section: Any = document.data
    for part in above:
        if part not in FORMS:
            section = section[part]
    if not isinstance(section, dict):
        return False
    known = _keys_at(tuple(above))
    return any(closest(str(found), known, most=1) == [key] for found in section if found not in known)


def _keys_at(place: Place) -> list[str]:
    """Return the keys that the section at a place may have; `place` names the forms of values too."""
    model: type[BaseModel] = TemplateModel
    for part in place:
        form = FORMS.get(str(part))
        if form is not None:
            model = form
        if form is not None or isinstance(part, int) or part not in _fields(model):
            continue  # an entry of a list or mapping: its model was found with the field
        found = _section_of(model.model_fields[_fields(model)[str(part)]].annotation)
        if found is not None:
            model = found
    return list(_fields(model))


def _fields(model: type[BaseModel]) -> dict[str, str]:
    return {info.alias or name: name for name, info in model.model_fields.items()}


def _section_of(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_of(part)) is not None), None)


def line_of(problem: Problem) -> int:
    """Return the line that a problem names; 0 where it names none."""
    found = re.search(r" line (\d+)", problem.location)
    return int(found.group(1)) if found else 0
