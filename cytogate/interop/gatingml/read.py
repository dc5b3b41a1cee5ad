"""Read a Gating-ML 2.0 file into a gating strategy, or list everything that is wrong with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.errors import GatingError, InteropError, Problem
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED
from cytogate.gates.primitive import Reference
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.tree import join
from cytogate.interop.elements import (
    DATATYPES,
    GATING,
    TRANSFORMS,
    Fault,
    elements,
    line_of,
    local_name,
    place,
)
from cytogate.interop.gatingml.cleaning import take_out
from cytogate.interop.gatingml.read_gates import GateElement, Operands, read_gate
from cytogate.interop.gatingml.read_scales import Scales, read_scales
from cytogate.interop.gatingml.read_tree import in_order, names_of, unknown_references
from cytogate.interop.gatingml.schema import (
    CUSTOM_INFO,
    CYTOGATE,
    MAX_PROBLEMS,
    attribute,
    children,
    enough,
    note,
)
from cytogate.interop.xml import parse_xml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

# More are mistakes or attacks.
MAX_GATES = 10_000
MAX_ELEMENTS = 50_000  # below the root
MAX_PARTS = 1_000_000  # tags, and attributes, in all
MAX_VALUE = 10_000  # characters of an attribute

_ROOT = f"{{{GATING}}}Gating-ML"
_NOT_GATES = frozenset(
    {f"{{{TRANSFORMS}}}transformation", f"{{{TRANSFORMS}}}spectrumMatrix", f"{{{DATATYPES}}}{CUSTOM_INFO}"}
)


def read_gatingml(path: str | os.PathLike[str]) -> GatingStrategy:
    """Return the gating strategy of a Gating-ML 2.0 file.

    Populations are named by the ids of the gates and hang below their parents; the quadrants of a quadrant
    gate are children of the gate's parent.

    Parameters
    ----------
    path : path-like
        The file.

    Raises
    ------
    InteropError
        Lists every problem with file, line and id.

    Examples
    --------
    >>> read_gatingml("missing.xml")
    Traceback (most recent call last):
    cytogate.errors.InteropError: missing.xml cannot be read as XML.
      missing.xml: the file cannot be read: No such file or directory
    """
    name = os.fspath(path)
    root = parse_xml(name, max_parts=MAX_PARTS, max_value=MAX_VALUE)
    _refuse_other_formats(root, name)
    if len(root) > MAX_ELEMENTS:
        message = f"<Gating-ML> holds {len(root):,} elements; at most {MAX_ELEMENTS:,} are read."
        _raise_all([Problem("too-many-elements", place(name, root), message)], name)
    scales, problems = read_scales(root, name)
    found = _read_gates(root, scales, name)
    problems += [*found.problems, *unknown_references(found.gates, found.broken, name)]
    _raise_all(problems, name)
    ordered, problems = in_order(found.gates, name)
    _raise_all(problems, name)
    names, problems = names_of(ordered, name)
    _raise_all(problems, name)
    ordered, names, cleaning = take_out(root, ordered, names)
    try:
        return GatingStrategy.build(
            [_node(gate, names) for gate in ordered],
            compensations=scales.matrices,
            transforms=scales.transforms,
            definitions=_definitions(root, names),
            source=name,
            warnings=found.warnings,
            compensation=_compensation(root, scales),
            cleaning=cleaning,
        )
    except GatingError as error:
        raise InteropError(_title(name), error.problems) from error


@dataclass(slots=True)
class _Found:
    """What the gate elements of a file hold; `broken` are ids of gates and quadrants with problems."""

    gates: list[GateElement] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def _read_gates(root: _Element, scales: Scales, path: str) -> _Found:
    found = _Found()
    lines: dict[str, int] = {}
    gates = [element for element in elements(root) if element.tag.startswith(f"{{{GATING}}}")]
    if len(gates) > MAX_GATES:
        message = f"the file has {len(gates):,} gates; at most {MAX_GATES:,} are read."
        found.problems.append(Problem("too-many-gates", place(path, gates[MAX_GATES]), message))
        return found
    for element in elements(root):
        if enough(found.problems, path):
            break
        if element.tag in _NOT_GATES:
            continue
        if not element.tag.startswith(f"{{{GATING}}}"):
            if len(found.warnings) >= MAX_PROBLEMS:
                continue
            name = local_name(element)
            message = f"<{name}> is no element of Gating-ML 2.0; it and what it holds are passed over."
            found.warnings.append(Problem("element-unknown", place(path, element), message))
            continue
        identity = attribute(element, GATING, "id") or ""
        owner = f"gate {identity!r}" if identity else ""
        ids: tuple[str, ...] = (identity,)
        try:
            quadrants = children(element, GATING, "Quadrant")
            ids = (identity, *(attribute(part, GATING, "id") or "" for part in quadrants))
            _refuse_twice(element, ids, lines)
            found.gates.append(read_gate(element, scales))
        except Fault as fault:
            found.broken.update(ids)
            found.problems.append(fault.problem(path, owner))
    return found


def _refuse_twice(element: _Element, ids: tuple[str, ...], lines: dict[str, int]) -> None:
    for identity in filter(None, ids):
        if identity in lines:
            message = f"the id {identity!r} is used twice; it stands on line {lines[identity]} too."
            raise Fault(element, "id-twice", message)
        lines[identity] = line_of(element)


def _node(gate: GateElement, names: dict[str, tuple[str, ...]]) -> GateNode:
    content = gate.content
    if isinstance(content, Operands):
        references = tuple(Reference(join(names[identity]), flag) for identity, flag in content.references)
        content = BooleanGate(operation=content.operation, references=references)
    parent = join(names[gate.parent_id]) if gate.parent_id is not None else None
    return GateNode(name=gate.name, gate=content, parent=parent, display=gate.display)


def _definitions(root: _Element, names: dict[str, tuple[str, ...]]) -> dict[str, str]:
    kept = {}
    for own in note(root, "definition"):
        identity = own.get(f"{{{CYTOGATE}}}ref")
        text = own.get(f"{{{CYTOGATE}}}value")
        if identity in names and text is not None:
            kept[join(names[str(identity)])] = str(text)
    return kept


def _compensation(root: _Element, scales: Scales) -> str | None:
    """Return the matrix that cytogate noted for channels that no gate names."""
    for own in note(root, "compensation"):
        reference = str(own.get(f"{{{CYTOGATE}}}ref"))
        if reference in (FROM_FILE, UNCOMPENSATED):
            return reference
        return scales.matrix_names.get(reference)
    return None


def _refuse_other_formats(root: _Element, path: str) -> None:
    if root.tag == _ROOT:
        return
    name, namespace = local_name(root), str(root.tag).rpartition("}")[0][1:]
    if name == "Workspace":
        message, fix = "this is a FlowJo workspace, not a Gating-ML file", "Read it as a workspace."
    elif name == "Gating-ML" and "/v1." in namespace:
        message, fix = (
            f"this is an older Gating-ML ({namespace}); expected version 2.0",
            "Export it as Gating-ML 2.0.",
        )
    else:
        message = (
            f"the root element is <{name}> of {namespace or 'no namespace'}; expected <Gating-ML> of {GATING}"
        )
        fix = ""
    _raise_all([Problem("not-gatingml", place(path, root), f"{message}.", fix)], path)


def _title(path: str) -> str:
    return f"{path} cannot be read as Gating-ML 2.0:"


def _raise_all(problems: Sequence[Problem], path: str) -> None:
    if problems:
        raise InteropError(_title(path), problems)
