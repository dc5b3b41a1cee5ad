"""Template files: YAML in, a checked GatingTemplate out, with every problem at its line."""

from __future__ import annotations

import copyreg
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import BaseModel, ValidationError

from cytogate.edge.plain_words import plain_error, unknown_key_fix
from cytogate.edge.yaml_document import Place, YamlDocument, read_yaml
from cytogate.errors import Problem, TemplateError, nearest
from cytogate.gating.template.checks import (
    check_markers,
    check_names,
    check_scales,
    check_tree,
    gate_spec,
    read_matrix,
    scale_spec,
)
from cytogate.gating.template.gating_template import GatingTemplate
from cytogate.gating.template.models import FORMAT, GEOMETRIES, VERSION, GateModel, Section, TemplateModel
from cytogate.gating.template.parts import Definition, read_only
from cytogate.gating.tree import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.compensation.matrix import CompensationMatrix


def read_template(path: str | Path) -> GatingTemplate:
    """Read a template file.

    Raises
    ------
    TemplateError
        Lists every problem with file, line and field.
    """
    path = Path(path)
    return _build(read_yaml(path), path)


def template_from_dict(data: Mapping[str, Any], *, path: str = "") -> GatingTemplate:
    """Return the template that `GatingTemplate.to_dict` described; a matrix is looked for beside `path`."""
    name = Path(path).name or str(data.get("name", "template"))
    return _build(YamlDocument(dict(data), {}, name), Path(path) if path else None)


def _reduced(template: GatingTemplate) -> tuple[Any, ...]:
    matrix = None if template.matrix is None else template.matrix.to_dict()
    return _rebuilt, (template.to_dict(), template.path, matrix)


def _rebuilt(document: dict[str, Any], path: str, matrix: Mapping[str, Any] | None) -> GatingTemplate:
    from cytogate.compensation.matrix import CompensationMatrix

    found = None if matrix is None else CompensationMatrix.from_dict(matrix)
    name = Path(path).name or str(document.get("name", "template"))
    return _build(YamlDocument(document, {}, name), Path(path) if path else None, found)


# Read-only mappings do not pickle: on the other side of a process border the document is checked once more.
# The matrix goes along: its file may have changed by then, or lie on another machine.
copyreg.pickle(GatingTemplate, _reduced)


def template_schema() -> dict[str, Any]:
    """Return the JSON Schema of template files, for editors."""
    schema = TemplateModel.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cytogate template"}


def _build(
    document: YamlDocument, path: Path | None, matrix: CompensationMatrix | None = None
) -> GatingTemplate:
    """Return the template of a document; its matrix file is read unless `matrix` is what it held."""
    _check_head(document)
    model, gates, problems = _validate(document)
    problems += check_markers(document, gates)
    scales, scale_problems = check_scales(document)
    problems += scale_problems
    populations, tree_problems = check_tree(document, gates, scales)
    problems += tree_problems
    if populations is not None:
        problems += check_names(document, gates, populations)
    if matrix is None:
        matrix, matrix_problems = read_matrix(document, path)
        problems += matrix_problems
    if problems or model is None or populations is None:
        title = f"{document.name} is not a template that can be used:"
        raise TemplateError(title, sorted(dict.fromkeys(problems), key=_line))
    definitions = [
        Definition(entry.id, find(population, populations), entry.text, entry.citation)
        for population, entry in model.definitions.items()
    ]
    return GatingTemplate(
        name=model.name,
        title=model.title,
        source=model.source,
        panel=read_only({marker: tuple(names) for marker, names in model.panel.items()}),
        compensation=model.compensation,
        matrix=matrix,
        scales=read_only({marker: scale_spec(scale) for marker, scale in model.scales.items()}),
        gates=tuple(gate_spec(gate) for gate in model.gates),
        populations=populations,
        adjustable=tuple(model.adjustable),
        definitions=read_only({entry.id: entry for entry in definitions}),
        document=_plain(model.model_dump(by_alias=True, exclude_unset=True))
        | {"format": FORMAT, "version": VERSION},
        path=str(path) if path else "",
    )


def _check_head(document: YamlDocument) -> None:
    data = document.data
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        text = f"expected `format: {FORMAT}`, found {found!r}."
        problem = Problem("template-format", document.locate(("format",)), text)
        title = f"{document.name} is not a cytogate template."
        raise TemplateError(title, [problem])
    version = data.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        text = f"version {version} is newer than this cytogate reads (up to {VERSION})."
        problem = Problem("template-version", document.locate(("version",)), text, "Update cytogate.")
        title = f"{document.name} was written for a newer cytogate."
        raise TemplateError(title, [problem])


def _validate(
    document: YamlDocument,
) -> tuple[TemplateModel | None, list[tuple[int, GateModel]], list[Problem]]:
    """Return the model, the gates that are right by themselves with their positions, and the problems."""
    data = document.data
    gates = data.get("gates") if isinstance(data.get("gates"), list) else []
    problems = [problem for at, gate in enumerate(gates) for problem in _method(document, at, gate)]
    try:
        model = TemplateModel.model_validate(data)
    except ValidationError as error:
        by_method = {at for at, gate in enumerate(gates) if isinstance(gate, dict) and "method" in gate}
        for entry in error.errors():
            at = entry["loc"][1] if entry["loc"][:1] == ("gates",) and len(entry["loc"]) > 1 else None
            if at not in by_method:
                problems.append(_problem(document, dict(entry)))
    else:
        return model, list(enumerate(model.gates)), problems
    right = []
    for at, gate in enumerate(gates):
        try:
            right.append((at, GateModel.model_validate(gate)))
        except ValidationError:
            continue
    return None, right, problems


def _method(document: YamlDocument, at: int, gate: object) -> list[Problem]:
    if not isinstance(gate, dict) or "method" not in gate:
        return []
    where = document.locate(("gates", at, "method"))
    text = (
        f"gate {gate.get('name')!r}: gating methods ({gate['method']!r}) are not available in this version."
    )
    return [Problem("method-not-supported", where, text, f"Draw the gate: {', '.join(GEOMETRIES)}.")]


def _problem(document: YamlDocument, entry: dict[str, Any]) -> Problem:
    place: Place = tuple(part for part in entry["loc"] if part != "[key]")
    where = document.locate(place)
    kind = str(entry["type"])
    if kind == "extra_forbidden":
        fix = unknown_key_fix(place[-1], nearest(str(place[-1]), _keys_at(place[:-1])))
        return Problem("unknown-key", where, f"unknown key {str(place[-1])!r}.", fix)
    if kind == "missing":
        return Problem("missing-key", where, f"{place[-1]!r} is missing.")
    return Problem("wrong-value", where, *plain_error(entry))


def _keys_at(place: Place) -> list[str]:
    """Return the keys that the section at a place may have."""
    model: type[BaseModel] = TemplateModel
    for part in place:
        if isinstance(part, int) or part not in _fields(model):
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


def _line(problem: Problem) -> int:
    found = re.search(r" line (\d+)", problem.location)
    return int(found.group(1)) if found else 0


def _plain(value: Any) -> Any:
    """Return values as JSON has them; infinities as text."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return cast("Any", value)
