"""Write a gating strategy as a Gating-ML 2.0 file that validates against the standard's schema."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from cytogate.errors import CytogateError, InteropError, Problem
from cytogate.gating.cleaning import in_front
from cytogate.gating.tree import split
from cytogate.interop.counterpart import NoCounterpart
from cytogate.interop.elements import DATATYPES, GATING, TRANSFORMS
from cytogate.interop.gatingml.cleaning import write_note
from cytogate.interop.gatingml.ids import assign_ids
from cytogate.interop.gatingml.schema import CUSTOM_INFO, CYTOGATE, TRANSFORM_PARAMETERS
from cytogate.interop.gatingml.write_gates import WRITERS, Spelling, in_file_names
from cytogate.interop.gatingml.write_scales import (
    keep_name,
    standard_scale,
    write_matrix,
    write_ratio,
    write_transform,
)
from cytogate.interop.xml import write_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.transforms.base import Transform

_NAMESPACES = {"gating": GATING, "transforms": TRANSFORMS, "data-type": DATATYPES, "cytogate": CYTOGATE}


def write_gatingml(strategy: GatingStrategy, path: str | os.PathLike[str]) -> None:
    """Write a strategy as Gating-ML 2.0; the file appears whole or not at all.

    An id of the file is the name of the gate, quadrant, transform or matrix where XML allows it and nothing
    else has it. Else it is made from the name, and the name itself is kept in ``custom_info``, from where
    `read_gatingml` restores it. Other programs show the ids.

    Parameters
    ----------
    strategy : GatingStrategy
        Its gates and transforms must be of kinds that Gating-ML 2.0 has.
    path : path-like
        The file; one that exists is replaced.

    Raises
    ------
    InteropError
        Lists every gate and transform that cannot be written, and names that XML cannot hold.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from cytogate.gates.dimension import Dimension
    >>> from cytogate.gates.rectangle import RectangleGate
    >>> from cytogate.gating.node import GateNode
    >>> from cytogate.gating.strategy import GatingStrategy
    >>> from cytogate.interop.gatingml import read_gatingml
    >>> live = GateNode("Live/Dead-", RectangleGate((Dimension("Viability"),), (0.0,), (500.0,)))
    >>> with TemporaryDirectory() as folder:
    ...     write_gatingml(GatingStrategy.build([live]), f"{folder}/gates.xml")
    ...     read_gatingml(f"{folder}/gates.xml").populations[0].name
    'Live/Dead-'
    """
    strategy, cleaning, clean = in_front(strategy)
    gates = _gates_of(strategy)
    spelling = _spelling_of(strategy, gates)
    root = etree.Element(f"{{{GATING}}}Gating-ML", nsmap=_NAMESPACES)
    problems: list[Problem] = []
    with _Listing(problems, "the definitions"):
        _write_definitions(root, strategy, spelling)
        write_note(root, cleaning, clean, spelling.populations)
    for name, matrix in strategy.compensations.items():
        with _Listing(problems, f"matrix {name!r}"):
            write_matrix(root, name, spelling.matrix(name), matrix)
    for name, transform in strategy.transforms.items():
        with _Listing(problems, f"transform {name!r}"):
            _write_transform(root, name, transform, spelling)
    for name, ratio in spelling.ratios():
        with _Listing(problems, f"ratio {name!r}"):
            write_ratio(root, name, spelling.ratio(name, ratio), ratio)
    for gate in gates:
        with _Listing(problems, f"gate {gate.name!r}"):
            _write_gate(root, gate, spelling)
    if problems:
        title = f"The strategy cannot be written as Gating-ML 2.0 to {os.fspath(path)}:"
        raise InteropError(title, problems)
    write_xml(root, path)


class _Listing:
    """Turns what cannot be written inside a ``with`` into a problem of the list."""

    def __init__(self, problems: list[Problem], location: str) -> None:
        self.problems = problems
        self.location = location

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if isinstance(error, NoCounterpart):
            self.problems.append(Problem("not-in-gatingml", self.location, str(error), error.fix))
            return True
        if isinstance(error, ValueError) and not isinstance(error, CytogateError):
            # what lxml raises for characters that XML has no place for
            message = "a name holds control characters, which XML cannot hold."
            self.problems.append(Problem("name-not-xml", self.location, message, "Rename it."))
            return True
        return False


@dataclass(frozen=True, slots=True)
class _GateToWrite:
    """A gate, and the paths of the populations that it makes: one, or one for each part."""

    number: int
    name: str
    parent: str | None
    gate: Gate
    display: Dimension | None
    parts: dict[str, str] = field(default_factory=dict)
    path: str = ""


def _gates_of(strategy: GatingStrategy) -> list[_GateToWrite]:
    gates = []
    for number, (node, made) in enumerate(strategy.gates):
        parts = {one.part: one.path for one in made if one.part is not None}
        path = "" if parts else made[0].path
        gates.append(_GateToWrite(number, node.name, node.parent, node.gate, node.display, parts, path))
    return gates


def _spelling_of(strategy: GatingStrategy, gates: list[_GateToWrite]) -> Spelling:
    names: dict[tuple[str, object, int], tuple[str, ...]] = {}
    for gate in gates:
        above = tuple(reversed(split(gate.parent)[0])) if gate.parent is not None else ()
        names["gate", gate.number, 0] = (gate.name, *above)
        for part in gate.parts:
            names["part", part, gate.number] = (part, *above)
    for gate in gates:
        if gate.parts:
            for divider in range(len(gate.gate.dims)):
                names["divider", gate.number, divider] = (f"{gate.name}.divider{divider + 1}",)
    for dim in _axes_of(gates):
        if dim.ratio is not None:
            named = in_file_names(strategy, dim)
            names["ratio", (named.channel, named.ratio), 0] = (named.channel,)
    for transform in strategy.transforms:
        names["transform", transform, 0] = (transform,)
    for matrix in strategy.compensations:
        names["matrix", matrix, 0] = (matrix,)
    ids = assign_ids(names)
    return Spelling(strategy, ids, _population_ids(gates, ids))


def _axes_of(gates: list[_GateToWrite]) -> list[Dimension]:
    return [dim for gate in gates for dim in (*gate.gate.dims, gate.display) if dim is not None]


def _population_ids(gates: list[_GateToWrite], ids: dict[tuple[str, object, int], str]) -> dict[str, str]:
    populations = {}
    for gate in gates:
        if gate.path:
            populations[gate.path] = ids["gate", gate.number, 0]
        for part, path in gate.parts.items():
            populations[path] = ids["part", part, gate.number]
    return populations


def _write_definitions(root: _Element, strategy: GatingStrategy, spelling: Spelling) -> None:
    if not strategy.definitions and strategy.compensation is None:
        return
    info = etree.SubElement(root, f"{{{DATATYPES}}}{CUSTOM_INFO}")
    for path, text in strategy.definitions.items():
        own = etree.SubElement(info, f"{{{CYTOGATE}}}definition")
        own.set(f"{{{CYTOGATE}}}ref", spelling.populations[path])
        own.set(f"{{{CYTOGATE}}}value", text)
    if strategy.compensation is not None:
        known = strategy.compensation in strategy.compensations
        own = etree.SubElement(info, f"{{{CYTOGATE}}}compensation")
        own.set(
            f"{{{CYTOGATE}}}ref",
            spelling.matrix(strategy.compensation) if known else strategy.compensation,
        )


def _write_transform(root: _Element, name: str, transform: Transform, spelling: Spelling) -> None:
    scale = standard_scale(transform)
    if scale is not None:
        write_transform(root, name, spelling.transform(name), scale)
        return
    users = spelling.users(name)
    if not users:
        return  # nothing is lost
    known = ", ".join(TRANSFORM_PARAMETERS)
    shown = ", ".join(users[:8]) + (f" and {len(users) - 8} more" if len(users) > 8 else "")
    message = f"Gating-ML 2.0 has scales of the kinds {known}, not {transform.kind!r}, as need: {shown}."
    fix = "Draw these populations on a scale of the standard; none of them is exactly equal to this one."
    raise NoCounterpart(message, fix)


def _write_gate(root: _Element, gate: _GateToWrite, spelling: Spelling) -> None:
    if gate.gate.kind not in WRITERS:
        known = ", ".join(WRITERS)
        message = f"Gating-ML 2.0 has gates of the kinds {known}, not {gate.gate.kind!r}."
        raise NoCounterpart(message)
    tag, write = WRITERS[gate.gate.kind]
    element = etree.SubElement(root, f"{{{GATING}}}{tag}")
    identity = spelling.gate(gate.number)
    element.set(f"{{{GATING}}}id", identity)
    if gate.parent is not None:
        element.set(f"{{{GATING}}}parent_id", spelling.populations[gate.parent])
    info = keep_name(element, gate.name, identity)
    for part, path in gate.parts.items():
        part_id = spelling.populations[path]
        if part_id != part:
            info = _custom_info(element, info)
            own = etree.SubElement(info, f"{{{CYTOGATE}}}quadrant")
            own.set(f"{{{CYTOGATE}}}ref", part_id)
            own.set(f"{{{CYTOGATE}}}value", part)
    if gate.display is not None:
        info = _custom_info(element, info)
        spelling.write_dimension(etree.SubElement(info, f"{{{CYTOGATE}}}display"), gate.display)
    write(element, gate.gate, gate.number, gate.parts, spelling)


def _custom_info(element: _Element, info: _Element | None) -> _Element:
    return etree.SubElement(element, f"{{{DATATYPES}}}{CUSTOM_INFO}") if info is None else info
