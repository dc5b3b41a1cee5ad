"""Cleaning gates in Gating-ML: ordinary gates in front of the tree, and a note that says which they are.

Other programs see gates on Time and on single channels, and the tree below a population "Clean". The note
lets cytogate put them back before the root, so that the paths of populations are what they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate
from cytogate.interop.elements import DATATYPES
from cytogate.interop.gatingml.read_gates import GateElement, Operands
from cytogate.interop.gatingml.schema import CUSTOM_INFO, CYTOGATE, note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element

Names = dict[str, tuple[str, ...]]


def write_note(
    root: _Element, gates: Mapping[str, CleaningGate], clean: str | None, ids: Mapping[str, str]
) -> None:
    """Note which gates clean; `gates` and `clean` are paths, `ids` the id of each path."""
    if clean is None:
        return
    info = etree.SubElement(root, f"{{{DATATYPES}}}{CUSTOM_INFO}")
    for path, entry in gates.items():
        own = etree.SubElement(info, f"{{{CYTOGATE}}}cleaning")
        own.set(f"{{{CYTOGATE}}}ref", ids[path])
        own.set(f"{{{CYTOGATE}}}value", "keeps" if entry.keeps else "leaves")
        own.set(f"{{{CYTOGATE}}}check", entry.check)
    own = etree.SubElement(info, f"{{{CYTOGATE}}}clean")
    own.set(f"{{{CYTOGATE}}}ref", ids[clean])


def take_out(
    root: _Element, gates: Sequence[GateElement], names: Names
) -> tuple[list[GateElement], Names, tuple[CleaningGate, ...]]:
    """Return gates and names without what the note says cleans, and the cleaning gates.

    A note that does not fit the gates (any more) is passed over: then they are gates like all others, and
    no event is counted otherwise than the file says.
    """
    noted = {str(own.get(f"{{{CYTOGATE}}}ref")): own for own in note(root, "cleaning")}
    last = next((str(own.get(f"{{{CYTOGATE}}}ref")) for own in note(root, "clean")), None)
    by_id = {gate.id: gate for gate in gates}
    if last not in by_id or not noted or not noted.keys() <= by_id.keys():
        return list(gates), names, ()
    keeps = {identity: own.get(f"{{{CYTOGATE}}}value") == "keeps" for identity, own in noted.items()}
    front = {*noted, last}
    if not _fits(by_id, keeps, last) or any(gate.parent_id is None for gate in gates if gate.id not in front):
        return list(gates), names, ()
    depth = len(names[last])
    cleaning = []
    for gate in gates:
        if gate.id in noted and isinstance(gate.content, RectangleGate):
            check = str(noted[gate.id].get(f"{{{CYTOGATE}}}check", ""))
            cleaning.append(CleaningGate(gate.name, gate.content, keeps[gate.id], check))
    left = [
        replace(gate, parent_id=None if gate.parent_id == last else gate.parent_id)
        for gate in gates
        if gate.id not in front
    ]
    return left, {key: path[depth:] for key, path in names.items() if key not in front}, tuple(cleaning)


def _fits(gates: Mapping[str, GateElement], keeps: Mapping[str, bool], last: str) -> bool:
    """Return whether the gates in front say together what the note says of each."""
    above: str | None = None
    for identity, stays in keeps.items():
        gate = gates[identity]
        if not isinstance(gate.content, RectangleGate) or gate.parent_id != above:
            return False
        if stays:
            above = identity
        elif len(gate.content.dims) != 1:
            return False
    leaving = [identity for identity, stays in keeps.items() if not stays]
    if not leaving:
        return last == above
    rest = gates[last].content
    if not isinstance(rest, Operands) or gates[last].parent_id != above or last in keeps:
        return False
    if rest.operation == "not":
        return rest.references == ((leaving[0], False),) and len(leaving) == 1
    return rest.operation == "and" and sorted(rest.references) == [(one, True) for one in sorted(leaving)]
