"""Methods of a template: the registered method of a kind, with its arguments checked against its fields."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from cytogate.edge.plain_words import plain_error
from cytogate.errors import CytogateError, Problem, nearest
from cytogate.methods.base import cut_methods, shape_methods

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.gating.template.cut_models import Place
    from cytogate.registry import Registry


def read_method(
    document: YamlDocument,
    place: Place,
    kind: str,
    arguments: Mapping[str, Any],
    *,
    axes: int,
    beside: Iterable[str] = (),
) -> tuple[Any, list[Problem]]:
    """Return the method of a kind with its arguments, or None and every problem at its line.

    Parameters
    ----------
    place : Place
        Where the method stands: its arguments stand one step below.
    axes : int
        1 for a cut, 2 for a gate on two axes.
    beside : iterable of str
        Keys that stand beside the arguments: a slip may mean one of them.
    """
    registry: Registry[Any] = cut_methods if axes == 1 else shape_methods
    other: Registry[Any] = shape_methods if axes == 1 else cut_methods
    if kind not in registry:
        text = f"unknown {registry.family} {kind!r}. {nearest(kind, registry.names())}"
        if kind in other:
            text = f"{kind!r} is a {other.family}, not a {registry.family}."
        return None, [Problem("unknown-method", document.locate((*place, "kind")), text)]
    method = registry.get(kind)
    try:
        checked = form_of(method).model_validate_json(json.dumps(_whole(dict(arguments))))
        given = {name: getattr(checked, name) for name in checked.model_fields_set}
        return method(**given), []
    except ValidationError as error:
        found: list[dict[str, Any]] = [dict(entry) for entry in error.errors()]
        known = (*_names(method), *beside)
        problems = [_problem(document, place, kind, entry, known) for entry in found]
        odd = {entry["loc"][0] for entry in found}
        needed = {entry.name for entry in dataclasses.fields(method) if _is_needed(entry)}
        if not odd & needed:  # what it says of the others is not hidden
            rest = {name: value for name, value in arguments.items() if name not in odd}
            problems += read_method(document, place, kind, rest, axes=axes)[1]
        return None, problems
    except (ValueError, CytogateError) as error:  # what a method says of its own arguments
        return None, [Problem("wrong-value", document.locate(place), f"method {kind}: {error}")]


@cache
def form_of(method: type) -> type[BaseModel]:
    """Return the model of a method's arguments: its fields, with their types and defaults."""
    hints = get_type_hints(method)
    fields: dict[str, Any] = {
        entry.name: (hints[entry.name], ... if _is_needed(entry) else None)
        for entry in dataclasses.fields(method)
        if entry.init
    }
    return create_model(
        method.__name__,
        __config__=ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True),
        **fields,
    )


def _names(method: type[Any]) -> list[str]:
    return [entry.name for entry in dataclasses.fields(method) if entry.init]


def _is_needed(entry: dataclasses.Field[Any]) -> bool:
    return entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING


def _whole(value: Any) -> Any:
    """Return whole numbers as int: a template's document holds every number as a float."""
    if isinstance(value, dict):
        return {key: _whole(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _problem(
    document: YamlDocument, place: Place, kind: str, entry: dict[str, Any], known: Sequence[str]
) -> Problem:
    below: Place = tuple(entry["loc"])
    where = document.locate((*place, *below))
    if entry["type"] == "extra_forbidden":
        text = f"method {kind} has no argument {str(below[-1])!r}."
        return Problem("unknown-argument", where, text, nearest(str(below[-1]), known))
    if entry["type"] == "missing":
        return Problem("missing-key", where, f"method {kind} needs {str(below[-1])!r}.")
    text, fix = plain_error(entry)
    return Problem("wrong-value", where, f"method {kind}, {'.'.join(map(str, below))}: {text}", fix)
