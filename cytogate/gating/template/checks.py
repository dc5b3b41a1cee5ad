"""Checks of a template file beyond its form: markers, scales, tree, names and matrix fit together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cytogate.errors import CytogateError, GatingError, Problem, TransformError, nearest
from cytogate.gating.template.models import GateModel, ScaleModel
from cytogate.gating.template.parts import AUTO, DEFAULT_SCALE, SCATTER_SCALE, ScaleSpec, read_only
from cytogate.gating.tree import find, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.gating.template.cut_models import CutModel
    from cytogate.transforms.base import Transform

# Parameters that each kind of scale needs, and those it may have (Gating-ML 2.0, section 6; FlowJo's biex).
_SCALE_PARAMETERS = {
    "linear": ({"T"}, {"A"}),
    "log": ({"T", "M"}, set[str]()),
    "asinh": ({"T", "M"}, {"A"}),
    "logicle": ({"T", "W", "M"}, {"A"}),
    "hyperlog": ({"T", "W", "M"}, {"A"}),
    "biex": (set[str](), {"maximum", "positive", "negative", "width", "channels"}),
}
_SCATTER_NAMES = ("FSC", "SSC", "BSC", "TIME")


def check_markers(
    document: YamlDocument, gates: Iterable[tuple[int, GateModel]], cuts: Mapping[str, CutModel]
) -> list[Problem]:
    """Return the markers of gates, cuts and scales that the panel lacks."""
    panel = document.data.get("panel")
    known = list(panel) if isinstance(panel, dict) else []
    problems = []
    for at, gate in gates:
        for marker in (*gate.shape().markers, *((gate.display,) if gate.display else ())):
            if marker not in known and not is_scatter_name(marker):
                text = f"gate {gate.name!r}: marker {marker!r} is not in the panel. {nearest(marker, known)}"
                problems.append(Problem("unknown-marker", document.locate(("gates", at)), text))
    for name, cut in cuts.items():
        if cut.marker not in known and not is_scatter_name(cut.marker):
            text = f"cut {name!r}: marker {cut.marker!r} is not in the panel. {nearest(cut.marker, known)}"
            problems.append(Problem("unknown-marker", document.locate(("cuts", name, "marker")), text))
    scales = document.data.get("scales")
    for marker in scales if isinstance(scales, dict) else ():
        if marker not in (*known, DEFAULT_SCALE, SCATTER_SCALE) and not is_scatter_name(marker):
            text = f"marker {marker!r} is not in the panel. {nearest(marker, known)}"
            problems.append(Problem("unknown-marker", document.locate(("scales", marker)), text))
    return problems


def is_scatter_name(marker: str) -> bool:
    """Return whether a name is that of scatter or time, which need no entry in the panel."""
    return marker.upper().startswith(_SCATTER_NAMES)


def check_scales(document: YamlDocument) -> tuple[dict[str, Transform], list[Problem]]:
    """Return the scales, a middle width for W auto, and those whose parameters do not fit their kind."""
    scales = document.data.get("scales")
    problems = []
    found: dict[str, Transform] = {}
    for marker, entry in scales.items() if isinstance(scales, dict) else ():
        try:
            scale = ScaleModel.model_validate(entry)
        except ValidationError:
            continue
        where = document.locate(("scales", marker))
        needed, optional = _SCALE_PARAMETERS[scale.kind]
        given = set(_parameters(scale))
        if needed - given or given - needed - optional:
            allowed = ", ".join([*sorted(needed), *(f"{name} (optional)" for name in sorted(optional))])
            text = f"a {scale.kind} scale has {allowed}; found {', '.join(sorted(given)) or 'none'}."
            problems.append(Problem("scale-parameters", where, text))
            continue
        if scale.W == AUTO and scale.kind != "logicle":
            text = f"W of a {scale.kind} scale: found {AUTO!r}; expected a number (logicle alone has auto)."
            problems.append(Problem("scale-parameters", where, text))
            continue
        try:
            found[marker] = scale_spec(scale).transform(width=min(0.5, (scale.M or 1.0) / 4))
        except TransformError as error:
            problems.append(Problem("scale-parameters", where, str(error)))
    return found, problems


def scale_spec(scale: ScaleModel) -> ScaleSpec:
    """Return the scale that a file describes."""
    parameters = {k: v if v == AUTO else float(v) for k, v in _parameters(scale).items()}
    return ScaleSpec(scale.kind, read_only(parameters))


def _parameters(scale: ScaleModel) -> dict[str, Any]:
    return {name: value for name, value in scale if name != "kind" and value is not None}


def check_names(
    document: YamlDocument, gates: list[tuple[int, GateModel]], populations: tuple[str, ...]
) -> list[Problem]:
    """Return the adjustable gates and definitions that mean nothing, or the same thing twice."""
    problems = []
    names = [gate.name for _, gate in gates]
    data = document.data
    adjustable = data.get("adjustable") if isinstance(data.get("adjustable"), list) else []
    for at, name in enumerate(adjustable):
        if name not in names:
            text = f"there is no gate {name!r}. {nearest(str(name), names)}"
            problems.append(Problem("unknown-gate", document.locate(("adjustable", at)), text))
    seen: dict[str, str] = {}
    ids: dict[str, str] = {}
    definitions = data.get("definitions") if isinstance(data.get("definitions"), dict) else {}
    for reference, entry in definitions.items():
        where = document.locate(("definitions", reference))
        try:
            path = find(reference, populations)
        except GatingError as error:
            problems.append(Problem("unknown-population", where, error.title))
            continue
        if path in seen:
            text = f"{path} is defined twice: by {seen[path]!r} and {reference!r}."
            problems.append(Problem("definition-twice", where, text))
        seen[path] = reference
        identity = entry.get("id") if isinstance(entry, dict) else entry
        if isinstance(identity, str) and ids.setdefault(identity, reference) != reference:
            text = f"definition id {identity!r} is used by {ids[identity]!r} too."
            problems.append(Problem("definition-id-twice", where, text))
    return problems + _check_asc(document, gates, populations)


def _check_asc(
    document: YamlDocument, gates: list[tuple[int, GateModel]], populations: tuple[str, ...]
) -> list[Problem]:
    """Return what is wrong with the antibody-secreting cells that a switch may take out of quadrants."""
    reference = document.data.get("asc")
    if not isinstance(reference, str):
        return []
    where = document.locate(("asc",))
    try:
        names = split(find(reference, populations))[0]
    except GatingError as error:
        return [Problem("unknown-population", where, error.title)]
    beside = [
        gate
        for _, gate in gates
        if gate.quadrants is not None
        and gate.parent != "root"
        and split(find(gate.parent, populations))[0] == names[:-1]
    ]
    if not beside or any(names[-1] in gate.shape().parts for gate in beside):
        text = f"{reference} does not lie beside a quadrant gate, of which it could be taken out."
        return [Problem("asc-without-quadrants", where, text)]
    return []


def read_matrix(document: YamlDocument, path: Path | None) -> tuple[CompensationMatrix | None, list[Problem]]:
    """Return the matrix that the template names; its file must lie beside the template or below."""
    named = document.data.get("compensation", "file")
    if not isinstance(named, str) or named in {"file", "none"}:
        return None, []
    where = document.locate(("compensation",))
    if not named.lower().endswith((".csv", ".tsv", ".txt")):
        text = f"expected file, none or a matrix CSV, found {named!r}."
        return None, [Problem("compensation", where, text)]
    folder = (path.parent if path else Path()).resolve()
    file = (folder / named).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        text = f"no matrix file {named!r} beside the template or below."
        return None, [Problem("compensation", where, text)]
    from cytogate.compensation.tables import read_matrix_csv

    try:
        return read_matrix_csv(file), []
    except CytogateError as error:
        return None, [Problem("compensation", where, str(error))]
