"""A sample of a workspace: its file, keywords, matrix, scales and populations, as the file has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.errors import Problem
from cytogate.interop.flowjo.matrices import SampleMatrix, read_matrices
from cytogate.interop.flowjo.names import (
    Fault,
    children,
    count_of,
    only,
    place,
    required,
    uri_parts,
    value_of,
)
from cytogate.interop.flowjo.scales import Scale, read_scales
from cytogate.interop.flowjo.tree import FlowJoPopulation, TreeReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class FlowJoSample:
    """One sample of a workspace.

    Attributes
    ----------
    name : str
        What the workspace calls it here: the name of its node, made unique by the sample id.
    node_name : str
        The name of its node in FlowJo, mostly that of the file.
    id : str
        FlowJo's ``sampleID``.
    uri : str
        Where FlowJo had the FCS file: ``"file:/D:/study/tube.fcs"``; empty where it is not given.
    keywords : mapping of str to str
        Keywords of the FCS file as FlowJo stored them; FlowJo adds ``$PnN`` of its compensated parameters.
    count : int or None
        Events of the sample as FlowJo stored them; None where it calculated none.
    populations : tuple of FlowJoPopulation
        Parents first.
    matrices, scales, derived
        Compensation, axes by parameter, and names of parameters that FlowJo calculates from others.
    problems : tuple of Problem
        What is wrong with the sample; it cannot be gated then.
    warnings : tuple of Problem
        What is odd about it.
    place : str
        File and line.
    """

    name: str
    node_name: str
    id: str
    uri: str
    keywords: Mapping[str, str] = field(repr=False)
    count: int | None
    populations: tuple[FlowJoPopulation, ...] = field(repr=False)
    matrices: tuple[SampleMatrix, ...] = field(repr=False)
    scales: Mapping[str, Scale] = field(repr=False)
    derived: tuple[str, ...] = field(repr=False)
    problems: tuple[Problem, ...] = field(repr=False)
    warnings: tuple[Problem, ...] = field(repr=False)
    place: str

    @property
    def fil(self) -> str:
        """``$FIL``, empty where there is none."""
        return self.keywords.get("$FIL", "").strip()

    @property
    def tot(self) -> int | None:
        """``$TOT`` as a number, None where it is missing or none."""
        text = self.keywords.get("$TOT", "").strip()
        return int(text) if text.isdecimal() and len(text) < 19 else None

    @property
    def channels(self) -> tuple[str, ...]:
        """``$PnN`` of the channels that the FCS file has, empty where the keywords do not say."""
        text = self.keywords.get("$PAR", "").strip()
        n = int(text) if text.isdecimal() and len(text) < 6 else 0
        names = [self.keywords.get(f"$P{i}N", "") for i in range(1, n + 1)]
        return tuple(names) if all(names) else ()

    def __getstate__(self) -> dict[str, object]:
        # A read-only mapping does not pickle; workspaces cross process borders.
        state = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return {
            key: dict(value) if isinstance(value, MappingProxyType) else value for key, value in state.items()
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, MappingProxyType(value) if isinstance(value, dict) else value)


@dataclass(frozen=True, slots=True)
class SampleHead:
    """The identity of a <Sample>, before its name is made unique."""

    element: _Element
    id: str
    node_name: str
    uri: str


def read_head(element: _Element) -> SampleHead:
    """Return id, name and URI of a <Sample>.

    Raises
    ------
    Fault
        There is no id.
    """
    data = children(element, "DataSet")
    nodes = children(element, "SampleNode")
    holder = (data or nodes or [element])[0]
    identity = required(holder, "sampleID").strip()
    if nodes and data:
        other = (value_of(nodes[0], "sampleID") or identity).strip()
        if other != identity:
            message = f"the sample has the id {identity!r} in <DataSet> and {other!r} in <SampleNode>."
            raise Fault(nodes[0], "sample-id", message)
    uri = (value_of(data[0], "uri") or "") if data else ""
    name = (value_of(nodes[0], "name") or "").strip() if nodes else ""
    parts = uri_parts(uri)
    return SampleHead(element, identity, name or (parts[-1] if parts else f"sample {identity}"), uri)


def read_sample(head: SampleHead, name: str, path: str, version: str) -> FlowJoSample:
    """Return a whole sample of a workspace that a `version` of FlowJo saved.

    What is wrong with it is in its `problems`.
    """
    element = head.element
    owner = f"sample {name!r}"
    keywords, warnings = _keywords(element, path)
    scales, problems = read_scales(element, path, version)
    matrices, matrix_problems = read_matrices(element, path)
    problems += matrix_problems
    reader, count = TreeReader(path), None
    try:
        node = only(element, "SampleNode")
        count = count_of(node)
        reader.read(node)
    except Fault as fault:
        problems.append(fault.problem(path, owner))
    derived = tuple(
        value_of(one, "name") or ""
        for holder in children(element, "DerivedParameters")
        for one in children(holder, "DerivedParameter")
    )
    return FlowJoSample(
        name=name,
        node_name=head.node_name,
        id=head.id,
        uri=head.uri,
        keywords=MappingProxyType(keywords),
        count=count,
        populations=tuple(reader.populations),
        matrices=matrices,
        scales=MappingProxyType(scales),
        derived=derived,
        problems=(*problems, *reader.problems),
        warnings=(*warnings, *reader.warnings),
        place=place(path, element, owner),
    )


def _keywords(element: _Element, path: str) -> tuple[dict[str, str], list[Problem]]:
    keywords: dict[str, str] = {}
    warnings = []
    for holder in children(element, "Keywords"):
        for entry in children(holder, "Keyword"):
            key = (value_of(entry, "name") or "").strip().upper()
            text = value_of(entry, "value") or ""
            if keywords.setdefault(key, text) != text:
                message = f"the keyword {key} has two values; the first is used."
                warnings.append(Problem("keyword-twice", place(path, entry), message))
    return keywords, warnings
