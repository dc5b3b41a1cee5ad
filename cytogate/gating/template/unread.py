"""Unread: what cuts and gates that are wrong elsewhere say of methods and cuts, checked all the same.

One fault must not hide another: an analyst who mends a template wants to hear of all of them at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.gating.template.cut_models import GateMethodModel
from cytogate.gating.template.method_arguments import read_method

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.errors import Problem
    from cytogate.gating.template.cut_models import Place


def faults_of_methods(
    document: YamlDocument, right_cuts: Container[str], right_gates: Container[int]
) -> Iterator[Problem]:
    """Yield the faults of methods in the cuts and gates that are not among the right ones."""
    for place, entry in _wrong(document, right_cuts, right_gates):
        for at, section in _sections(entry, place):
            method = section.get("method")
            if at == place and place[0] == "gates":
                yield from _of_gate(document, (*at, "method"), method)
            else:
                yield from _of_cut(document, (*at, "method"), method)


def uses_of_cuts(document: YamlDocument, right_gates: Container[int]) -> Iterator[tuple[str, Place, str]]:
    """Yield gate, place and name of each cut that is used in a gate that is not right otherwise."""
    for place, entry in _wrong(document, None, right_gates):
        for at, section in _sections(entry, place):
            if isinstance(section.get("cut"), str):
                yield str(entry.get("name")), at, section["cut"]


def _wrong(
    document: YamlDocument, right_cuts: Container[str] | None, right_gates: Container[int]
) -> Iterator[tuple[Place, dict[Any, Any]]]:
    cuts, gates = document.data.get("cuts"), document.data.get("gates")
    if isinstance(cuts, dict) and right_cuts is not None:
        yield from ((("cuts", n), e) for n, e in cuts.items() if n not in right_cuts and isinstance(e, dict))
    if isinstance(gates, list):
        wrong = [(at, gate) for at, gate in enumerate(gates) if at not in right_gates]
        yield from ((("gates", at), gate) for at, gate in wrong if isinstance(gate, dict))


def _sections(entry: object, place: Place) -> Iterator[tuple[Place, dict[Any, Any]]]:
    """Yield the mappings of an entry, itself too, but for the methods: their arguments are their own."""
    if isinstance(entry, dict):
        yield place, entry
        for key, value in entry.items():
            if key != "method":
                yield from _sections(value, (*place, key))


def _of_cut(document: YamlDocument, place: Place, method: object) -> list[Problem]:
    if isinstance(method, str):
        return read_method(document, place, method, {}, axes=1)[1]
    if not isinstance(method, dict) or not isinstance(method.get("kind"), str):
        return []
    arguments = {key: value for key, value in method.items() if key != "kind"}
    return read_method(document, place, method["kind"], arguments, axes=1)[1]


def _of_gate(document: YamlDocument, place: Place, method: object) -> list[Problem]:
    if not isinstance(method, dict) or not isinstance(method.get("kind"), str):
        return []
    own = GateMethodModel.model_fields
    arguments = {key: value for key, value in method.items() if key not in own}
    return read_method(
        document, place, method["kind"], arguments, axes=2 if "y" in method else 1, beside=own
    )[1]
