"""From YAML to the values of a specification: kinds, sections, presets."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.edge.yaml_document import read_yaml
from cytogate.errors import Problem, StudyError, TemplateError, nearest
from cytogate.simulate import sections

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESETS = ("none", "mild", "full")
_SECTIONS: dict[str, type[Any]] = {
    "Flow": sections.Flow,
    "Batches": sections.Batches,
    "Controls": sections.Controls,
    "Accidents": sections.Accidents,
    "Biology": sections.Biology,
    "Populations": sections.Populations,
}
_TABLE = "Mapping[str, Mapping[str, float]]"
_KINDS = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "tuple[str, ...]": "a list of names",
    "tuple[int, ...]": "a list of whole numbers",
    _TABLE: "names, each with keys and numbers such as {CD27: 0.2}",
}
_EXTRA = ("nuisance", "patients")


def read_mapping(path: str | Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises
    ------
    StudyError
        When it is missing, or no YAML, or holds something else.
    """
    place = Path(path)
    try:
        data = read_yaml(place).data
    except OSError as exc:
        title = f"{place}: the specification of the trial cannot be read: {exc}"
        raise StudyError(title) from exc
    except TemplateError as exc:  # the reader of YAML is shared with templates
        title = f"{place}: the specification of the trial cannot be read:"
        raise StudyError(title, exc.problems) from exc
    if data is None:
        return {}
    if not isinstance(data, dict):
        title = f"{place}: found a {type(data).__name__}, expected keys and values such as `dead: 0.1`."
        raise StudyError(title)
    return data


def preset(name: str) -> dict[str, Any]:
    """Return the keys and values of a preset of the nuisance: ``none``, ``mild`` or ``full``."""
    with resources.as_file(resources.files("cytogate.simulate") / "presets" / f"{name}.yaml") as path:
        return read_mapping(path)


def values_of(target: type[Any], data: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """Return the arguments of the dataclass `target` that plain values describe.

    Raises
    ------
    StudyError
        Lists every unknown key and every value of the wrong kind.
    """
    problems: list[Problem] = []
    plain = _expanded(dict(data), source, problems)
    values = _checked(target, plain, source, "", problems)
    if problems:
        title = f"{source}: the specification of the trial is wrong:"
        raise StudyError(title, problems)
    return values


def _expanded(data: dict[str, Any], source: str, problems: list[Problem]) -> dict[str, Any]:
    """Replace `nuisance` and `patients` by what they stand for; keys given beside them win."""
    if "patients" in data:
        count = data.pop("patients")
        if not _fits("int", count) or not 1 <= count <= 9999:
            text = f"found {count!r}, expected a whole number from 1 to 9999."
            problems.append(Problem("wrong-kind", f"{source}, patients", text))
        elif "subjects" in data:
            text = "says how many, and subjects says who."
            problems.append(Problem("patients", f"{source}, patients", text, "Keep one of them."))
        else:
            data["subjects"] = [f"P{number + 1}" for number in range(count)]
    if "nuisance" in data:
        name = data.pop("nuisance")
        if name not in PRESETS:
            fix = nearest(str(name), list(PRESETS))
            problems.append(Problem("preset", f"{source}, nuisance", f"no preset is called {name!r}.", fix))
        else:
            return _merged(preset(name), data)
    return data


def _merged(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _checked(
    target: type[Any], data: Mapping[str, Any], source: str, prefix: str, problems: list[Problem]
) -> dict[str, Any]:
    known = {field.name: str(field.type) for field in fields(target)}
    values: dict[str, Any] = {}
    for key, value in data.items():
        place = f"{source}, {prefix}{key}"
        kind = known.get(str(key))
        if kind is None:
            choices = [*known, *(_EXTRA if not prefix else ())]
            problems.append(Problem("unknown-key", place, "unknown key.", nearest(str(key), choices)))
        elif kind in _SECTIONS:
            if isinstance(value, dict):
                inner = _checked(_SECTIONS[kind], value, source, f"{prefix}{key}.", problems)
                values[key] = _SECTIONS[kind](**inner)
            elif is_dataclass(value):
                values[key] = value
            else:
                text = f"found {value!r}, expected keys and values, or leave it out."
                problems.append(Problem("wrong-kind", place, text))
        elif not _fits(kind, value):
            problems.append(Problem("wrong-kind", place, f"found {value!r}, expected {_KINDS[kind]}."))
        else:
            values[key] = _converted(kind, value)
    return values


def _converted(kind: str, value: Any) -> Any:
    if kind == "tuple[str, ...]":
        return tuple(map(str, value))
    return tuple(value) if kind.startswith("tuple") else value


def _fits(kind: str, value: object) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "str":
        return isinstance(value, str)
    if kind == _TABLE:
        return isinstance(value, dict) and all(
            isinstance(row, dict) and all(_fits("float", number) for number in row.values())
            for row in value.values()
        )
    if kind == "tuple[int, ...]":
        return isinstance(value, list | tuple) and all(_fits("int", entry) for entry in value)
    return isinstance(value, list | tuple)
