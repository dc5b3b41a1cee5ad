"""Template files: YAML in, a checked GatingTemplate out, with every problem at its line."""

from __future__ import annotations

import copyreg
import hashlib
import json
import math
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cytogate.edge.yaml_document import MAX_BYTES, YamlDocument, parse_yaml_bytes
from cytogate.errors import Problem, TemplateError
from cytogate.gating.template.checks import check_markers, check_names, check_scales, read_matrix, scale_spec
from cytogate.gating.template.cut_checks import labelled, read_fitted
from cytogate.gating.template.fitted import CutSpec, FittedShape
from cytogate.gating.template.gating_template import GatingTemplate
from cytogate.gating.template.levels import levels
from cytogate.gating.template.method_schema import add_methods
from cytogate.gating.template.models import FORMAT, VERSION, TemplateModel
from cytogate.gating.template.parts import Definition, read_only
from cytogate.gating.template.tree_checks import check_looks, check_tree, gate_spec
from cytogate.gating.template.validation import line_of, validate
from cytogate.gating.tree import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.gating.template.cut_checks import LabelledGate
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.levels import Branch
    from cytogate.gating.template.parts import GateSpec


def read_template(path: str | Path) -> GatingTemplate:
    """Read a template file.

    Raises
    ------
    TemplateError
        Lists every problem with file, line and field.
    """
    path = Path(path)
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)  # of what is longer nothing is read
    template = _build(parse_yaml_bytes(content, name=path.name), path)
    return replace(template, file_sha256=hashlib.sha256(content).hexdigest())


def template_from_dict(data: Mapping[str, Any], *, path: str = "") -> GatingTemplate:
    """Return the template that `GatingTemplate.to_dict` described; a matrix is looked for beside `path`."""
    name = Path(path).name or str(data.get("name", "template"))
    return _build(YamlDocument(dict(data), {}, name), Path(path) if path else None)


def _reduced(template: GatingTemplate) -> tuple[Any, ...]:
    matrix = None if template.matrix is None else json.dumps(template.matrix.to_dict())
    return _rebuilt, (json.dumps(template.document), template.path, matrix)


@lru_cache(maxsize=32)  # it goes with every sample of a study, and checking takes longer than gating does
def _rebuilt(text: str, path: str, matrix: str | None) -> GatingTemplate:
    from cytogate.compensation.matrix import CompensationMatrix

    document = json.loads(text)
    found = None if matrix is None else CompensationMatrix.from_dict(json.loads(matrix))
    name = Path(path).name or str(document.get("name", "template"))
    return _build(YamlDocument(document, {}, name), Path(path) if path else None, found)


# Read-only mappings do not pickle: on the other side of a process border the document is checked once more.
# The matrix goes along: its file may have changed by then, or lie on another machine.
copyreg.pickle(GatingTemplate, _reduced)


def template_schema() -> dict[str, Any]:
    """Return the JSON Schema of template files, for editors; with the methods that are registered."""
    schema = TemplateModel.model_json_schema(by_alias=True)
    add_methods(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cytogate template"}


def _build(
    document: YamlDocument, path: Path | None, matrix: CompensationMatrix | None = None
) -> GatingTemplate:
    """Return the template of a document; its matrix file is read unless `matrix` is what it held."""
    _check_head(document)
    model, gates, cuts, problems = validate(document)
    problems += check_markers(document, gates, cuts)
    scales, scale_problems = check_scales(document)
    problems += scale_problems
    named = labelled(gates)
    fitted = read_fitted(document, cuts, named)
    problems += fitted.problems
    branches, tree_problems = check_tree(document, named, scales, fitted)
    problems += tree_problems
    populations: tuple[str, ...] | None = None
    looks: dict[str, str | None] = {}
    if branches is not None:
        populations = tuple(branch.path for branch in branches)
        problems += check_names(document, gates, populations)
        looks, look_problems = check_looks(document, branches, fitted)
        problems += look_problems
    if matrix is None:
        matrix, matrix_problems = read_matrix(document, path)
        problems += matrix_problems
    if problems or model is None or populations is None or branches is None:
        title = f"{document.name} is not a template that can be used:"
        raise TemplateError(title, sorted(dict.fromkeys(problems), key=line_of))
    level_of, of_populations = levels(branches, looks)
    specs = {name: replace(part, of=looks[name], level=level_of[name]) for name, part in fitted.specs.items()}
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
        gates=_gates(named, specs, branches, of_populations),
        cuts=read_only({name: part for name, part in specs.items() if isinstance(part, CutSpec)}),
        populations=populations,
        adjustable=tuple(model.adjustable),
        definitions=read_only({entry.id: entry for entry in definitions}),
        document=_plain(model.model_dump(by_alias=True, exclude_unset=True))
        | {"format": FORMAT, "version": VERSION},
        path=str(path) if path else "",
    )


def _gates(
    named: list[LabelledGate],
    specs: Mapping[str, Fitted],
    branches: tuple[Branch, ...],
    of_populations: Mapping[str, int],
) -> tuple[GateSpec, ...]:
    """Return the gates with their levels, and those that are found in the data with their methods."""
    gate_levels: dict[int, int] = {}
    for branch in branches:
        gate_levels[branch.gate] = max(of_populations[branch.path], gate_levels.get(branch.gate, 0))
    found = []
    for gate in named:
        spec = replace(gate_spec(gate), level=gate_levels[gate.at])
        shape = specs.get(gate.label) if isinstance(spec.shape, FittedShape) else None
        found.append(replace(spec, shape=shape) if isinstance(shape, FittedShape) else spec)
    return tuple(found)


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
