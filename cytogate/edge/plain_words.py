"""What pydantic finds wrong with a value of a template or study file, in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NUMBER_FIX = "Write decimals with a point and no thousands separator."
_QUOTES = "Write it in quotes."
_LIST = "Write a list as [first, second], or one entry a line behind `- `."
_KEYS = "Write `key: value`."
_SHOWN = 60
_COMMA_NUMBER = re.compile(r"[-+]?[0-9.,' ]*[0-9][,'][0-9][0-9.,' ]*\Z")
_WORDS = {0: "none", 1: "one", 2: "two", 3: "three", 4: "four"}


def plain_error(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return what was expected and found, and what to do, for one entry of ``ValidationError.errors()``.

    Examples
    --------
    >>> entry = {"type": "too_long", "ctx": {"max_length": 2}, "input": [22.0, 5, 26000]}
    >>> plain_error(entry)
    ('expected two numbers, found three.', 'Write decimals with a point and no thousands separator.')
    """
    kind, value, limits = str(entry["type"]), entry.get("input"), entry.get("ctx") or {}
    if kind == "value_error":
        message = str(entry["msg"]).removeprefix("Value error, ")
        shown = "" if "found" in message or isinstance(value, dict | list) else f", found {found(value)}"
        return f"{message}{shown}.", ""
    if kind in {"too_long", "too_short"}:
        return _wrong_count(kind, value, limits)
    if kind == "string_too_long":
        return f"expected at most {limits['max_length']} characters, found {len(str(value))}.", ""
    expected = _EXPECTED[kind](limits) if kind in _EXPECTED else _other(str(entry["msg"]))
    return f"{expected}, found {found(value)}.", _fix(kind, value)


def found(value: object) -> str:
    """Return a value as a file would have it, shortened."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"keys ({', '.join(map(str, value))})"[:_SHOWN]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def unknown_key_fix(key: object, suggestion: str) -> str:
    """Return what to do about a key that is not known: a bare number is what a decimal comma leaves."""
    if re.fullmatch(r"[0-9]+", str(key)):
        return f"Does it come from a decimal comma? {NUMBER_FIX}"
    return suggestion


def _wrong_count(kind: str, value: object, limits: Mapping[str, Any]) -> tuple[str, str]:
    least, most = limits.get("min_length"), limits.get("max_length")
    size = len(value) if isinstance(value, list | dict) else int(limits.get("actual_length") or 0)
    limit = int((most if kind == "too_long" else least) or 0)
    are_numbers = isinstance(value, list) and bool(value) and all(_is_number(entry) for entry in value)
    if are_numbers and limit == 2:  # only pairs of numbers have this limit
        return f"expected two numbers, found {_count(size)}.", NUMBER_FIX if size > 2 else ""
    bound = "at most" if kind == "too_long" else "at least"
    noun = "entry" if limit == 1 else "entries"
    return f"expected {bound} {_count(limit)} {noun}, found {_count(size)}.", ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(number: int) -> str:
    return _WORDS.get(number, str(number))


def _other(message: str) -> str:
    if message.startswith("Input should be "):
        return f"expected {message.removeprefix('Input should be ')}"
    return message[:1].lower() + message[1:]


def _fix(kind: str, value: object) -> str:
    if kind in {"float_type", "int_type", "float_parsing", "int_parsing"}:
        is_slip = isinstance(value, str) and bool(_COMMA_NUMBER.match(value.strip()))
        return NUMBER_FIX if is_slip else ""
    if kind == "string_type":
        return _QUOTES if isinstance(value, int | float) else ""
    if kind in {"list_type", "tuple_type"}:
        return _LIST
    return _KEYS if kind in {"dict_type", "model_type"} and not isinstance(value, dict) else ""


def _fixed(text: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _: text


_NUMBER = _fixed("expected a number")
_WHOLE = _fixed("expected a whole number")
_SECTION = _fixed("expected keys and values")

_EXPECTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "bool_type": _fixed("expected true or false"),
    "bool_parsing": _fixed("expected true or false"),
    "dict_type": _SECTION,
    "finite_number": _fixed("expected a finite number"),
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": lambda limits: f"expected a number greater than {limits['gt']:g}",
    "greater_than_equal": lambda limits: f"expected {limits['ge']:g} or more",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "less_than": lambda limits: f"expected less than {limits['lt']:g}",
    "less_than_equal": lambda limits: f"expected at most {limits['le']:g}",
    "list_type": _fixed("expected a list"),
    "literal_error": lambda limits: f"expected {limits['expected']}",
    "model_type": _SECTION,
    "string_too_short": _fixed("expected text"),
    "string_type": _fixed("expected text"),
    "tuple_type": _fixed("expected a list"),
}
