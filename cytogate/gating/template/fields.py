"""Values that fields of a template file may have: names, numbers, references."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_INFINITE = {"inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
_NUMBER_OR_INF = {"anyOf": [{"type": "number"}, {"enum": ["inf", "-inf"]}]}


def _bound(value: object) -> object:
    return _INFINITE.get(value.strip().lower(), value) if isinstance(value, str) else value


def _not_nan(value: float) -> float:
    if math.isnan(value):
        message = "not a number (NaN)"
        raise ValueError(message)
    return value


def _auto_or_number(value: object) -> object:
    if value == "auto" or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    message = "expected a number or `auto`"
    raise ValueError(message)


def _synonyms(value: object) -> object:
    return [] if value is None else [value] if isinstance(value, str) else value


def _name(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        message = "expected a name: not empty, printable, at most 200 characters"
        raise ValueError(message)
    return value


def _whole(value: object) -> object:
    """Take 200.0 as 200: a template's document holds every number as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _reference(value: object) -> object:
    if isinstance(value, str) or (
        isinstance(value, dict) and set(value) == {"not"} and isinstance(value["not"], str)
    ):
        return value
    message = "expected a population, or {not: population}"
    raise ValueError(message)


Name = Annotated[str, AfterValidator(_name)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Bound = Annotated[float, BeforeValidator(_bound), AfterValidator(_not_nan), WithJsonSchema(_NUMBER_OR_INF)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
Width = Annotated[
    Any, BeforeValidator(_auto_or_number), WithJsonSchema({"anyOf": [{"type": "number"}, {"const": "auto"}]})
]
Pair = Annotated[list[Bound], Field(min_length=2, max_length=2)]
FinitePair = Annotated[list[Finite], Field(min_length=2, max_length=2)]
Synonyms = Annotated[
    list[Name],
    BeforeValidator(_synonyms),
    WithJsonSchema({"type": ["array", "string", "null"], "items": {"type": "string"}}),
]
Ref = Annotated[
    Any, BeforeValidator(_reference), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]})
]
