"""Checks of a template's tree: geometry, parents, and what is found in the data before what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, GatingError, Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gating.hang import hang
from cytogate.gating.node import GateNode
from cytogate.gating.template.checks import is_scatter_name
from cytogate.gating.template.fitted import CutSpec, FittedShape
from cytogate.gating.template.levels import Branch, circles
from cytogate.gating.template.parts import DEFAULT_SCALE, SCATTER_SCALE, GateSpec
from cytogate.gating.template.scaled_axis import ScaledAxis
from cytogate.gating.tree import find, split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.gating.hang import Placed
    from cytogate.gating.template.cut_checks import FittedParts, LabelledGate
    from cytogate.transforms.base import Transform


def gate_spec(gate: LabelledGate) -> GateSpec:
    """Return the gate that a file describes."""
    model = gate.model
    in_scale_units = model.coordinates == "scale"
    return GateSpec(
        model.name, gate.parent, gate.kind, model.shape(gate.label), in_scale_units, model.display
    )


def check_tree(
    document: YamlDocument, gates: list[LabelledGate], scales: Mapping[str, Transform], fitted: FittedParts
) -> tuple[tuple[Branch, ...] | None, list[Problem]]:
    """Return all populations, or None, with the problems of geometry and tree.

    What is to be found in the data stands where its fallback is.
    """

    def axis(marker: str, *, in_scale_units: bool) -> ScaledAxis:
        general = SCATTER_SCALE if is_scatter_name(marker) else DEFAULT_SCALE
        scale = scales.get(marker) or scales.get(general)
        return ScaledAxis(Dimension(marker), scale, in_scale_units, positions)

    positions: dict[str, tuple[float, ...]] = {}
    nodes = []
    problems = []
    for name, part in fitted.specs.items():
        try:
            if isinstance(part, CutSpec):
                positions[name] = part.start(partial(axis, in_scale_units=part.in_scale_units))
        except CytogateError as error:
            where = document.locate((*fitted.places[name], "fallback"))
            problems.append(Problem("wrong-geometry", where, f"cut {name!r}: {error}"))
    for gate in gates:
        spec = gate_spec(gate)
        if not isinstance(spec.shape, FittedShape) and not positions.keys() >= set(spec.shape.fitted):
            continue  # what it needs is wrong, and that is in the list
        try:
            shape = spec.shape.build(partial(axis, in_scale_units=spec.in_scale_units))
        except CytogateError as error:
            where = document.locate(("gates", gate.at, spec.kind))
            problems.append(Problem("wrong-geometry", where, f"gate {spec.name!r}: {error}"))
            continue
        nodes.append((gate.at, GateNode(spec.name, shape, spec.parent), spec.shape.fitted))
    placed, found = hang(tuple(node for _, node, _ in nodes))
    all_gates = document.data.get("gates")
    broken = {
        name for gate in (all_gates if isinstance(all_gates, list) else ()) for name in _names_of(gate)
    } - {name for _, node, _ in nodes for name in (node.gate.parts or (node.name,))}
    for problem in found:
        about = [(at, node) for at, node, _ in nodes if problem.location == f"gate {node.name!r}"]
        at, parent = (about[0][0], about[0][1].parent) if about else (None, None)
        is_known = parent is not None and split(parent)[0][-1] in broken
        if problem.code == "parent-broken" or (problem.code == "parent-unknown" and is_known):
            continue  # the parent is there, but wrong itself, and that is in the list
        where = document.locate(("gates", at)) if at is not None else document.name
        text = f"{problem.location}: {problem.message}"
        problems.append(Problem(problem.code, where, text, problem.fix))
    if problems or not isinstance(all_gates, list) or len(nodes) != len(all_gates):
        return None, problems
    made_by = {_identity(node): (at, names) for at, node, names in nodes}
    return tuple(_branch(entry, *made_by[_identity(entry[0])]) for entry in placed), []


def _identity(node: GateNode) -> tuple[object, ...]:
    """Return what tells the gates of a tree apart: siblings have different names."""
    return (node.name, node.parent, node.gate.kind, node.gate.parts)


def _branch(placed: Placed, gate: int, fitted: tuple[str, ...]) -> Branch:
    node, _, _, parent, path = placed
    references = node.gate.references if isinstance(node.gate, BooleanGate) else ()
    needs = (*((parent,) if parent else ()), *(reference.population for reference in references))
    return Branch(path, needs, fitted, gate)


def check_looks(
    document: YamlDocument, branches: tuple[Branch, ...], fitted: FittedParts
) -> tuple[dict[str, str | None], list[Problem]]:
    """Return the full path of the population that each fitted thing looks at, with those that find none."""
    paths = [branch.path for branch in branches]
    looks: dict[str, str | None] = {}
    problems = []
    for name, part in fitted.specs.items():
        try:
            looks[name] = None if part.of is None else find(part.of, paths)
        except GatingError as error:
            where = document.locate((*fitted.places[name], "of"))
            problems.append(Problem("unknown-population", where, str(error.title)))
    if problems:
        return looks, problems
    for name in circles(branches, looks):
        where = document.locate((*fitted.places[name], "of"))
        text = f"{name!r} looks at {looks[name]}, which lies below a gate that needs it."
        fix = "Look at a population above the gate, or beside it."
        problems.append(Problem("cut-circle", where, text, fix))
    return looks, problems


def _names_of(gate: object) -> list[str]:
    """Return the names that an unchecked gate would make."""
    if not isinstance(gate, dict):
        return []
    quadrants = gate.get("quadrants")
    parts = quadrants.get("parts") if isinstance(quadrants, dict) else None
    return [str(name) for name in (parts.values() if isinstance(parts, dict) else [gate.get("name")])]
