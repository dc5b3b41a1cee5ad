"""The outline of a workspace file: its version, its samples before they are read, their names and groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from cytogate.errors import InteropError, Problem
from cytogate.interop.flowjo.names import Fault, children, line_of, local_name, place, value_of
from cytogate.interop.flowjo.samples import SampleHead, read_head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

MAX_SAMPLES = 20_000

_OLDEST = 10  # FlowJo 9 and its like wrote other files under other names
_FORMATS = ("1.8", "20.0")  # what version 10 calls its format


def version_of(root: _Element, path: str) -> str:
    """Return the version of FlowJo; refuse what is no workspace of version 10."""
    kind = local_name(root)
    if kind != "Workspace":
        fix = "Read it with read_gatingml." if kind == "Gating-ML" else "Save the workspace as .wsp."
        _refuse(
            path, "not-a-workspace", place(path, root), f"the root is <{kind}>; expected <Workspace>.", fix
        )
    version = (value_of(root, "flowJoVersion") or "").strip()
    number = re.search(r"\d+", version, re.ASCII)
    saved = (value_of(root, "version") or "").strip()
    old = int(number[0][:9]) < _OLDEST if number else saved not in (*_FORMATS, "")
    if old:
        told = f"FlowJo {version}" if number else f"format {saved!r}"
        message = f"the workspace is of {told}; only those of FlowJo 10 are read."
        _refuse(path, "workspace-version", place(path, root), message, "Open it in FlowJo 10 and save it.")
    return version


def heads_of(root: _Element, path: str) -> list[SampleHead]:
    """Return the heads of all samples; refuse a workspace that has none, or two of one id."""
    heads: list[SampleHead] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for holder in children(root, "SampleList"):
        for element in children(holder, "Sample"):
            if len(heads) >= MAX_SAMPLES:
                message = f"more than {MAX_SAMPLES:,} samples."
                _refuse(path, "too-many-samples", place(path, element), message)
            try:
                head = read_head(element)
                if head.id in lines:
                    message = (
                        f"the sample id {head.id!r} is used twice; it stands on line {lines[head.id]} too."
                    )
                    raise Fault(element, "sample-id-twice", message)
            except Fault as fault:
                problems.append(fault.problem(path, "sample"))
                continue
            lines[head.id] = line_of(element)
            heads.append(head)
    if not heads and not problems:
        problems.append(Problem("no-samples", place(path, root), "the workspace has no samples."))
    if problems:
        title = f"{path} cannot be read as a FlowJo workspace."
        raise InteropError(title, problems)
    return heads


def names_of(heads: list[SampleHead]) -> dict[str, str]:
    """Return a name for each sample id; the samples of one name are told apart by their ids."""
    counts: dict[str, int] = {}
    for head in heads:
        counts[head.node_name] = counts.get(head.node_name, 0) + 1
    names: dict[str, str] = {}
    taken = {name for name, count in counts.items() if count == 1}
    for head in heads:
        name = head.node_name
        if counts[name] > 1:
            name = f"{name} ({head.id})"
            while name in taken:
                name += "'"
            taken.add(name)
        names[head.id] = name
    return names


def groups_of(
    root: _Element, names: Mapping[str, str], path: str
) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return group -> names of its samples, and what is odd about the groups."""
    groups: dict[str, tuple[str, ...]] = {}
    warnings: list[Problem] = []
    for node in (node for holder in children(root, "Groups") for node in children(holder, "GroupNode")):
        name = value_of(node, "name") or ""
        where = place(path, node, f"group {name!r}")
        ids = [
            value_of(reference, "sampleID") or ""
            for group in children(node, "Group")
            for references in children(group, "SampleRefs")
            for reference in children(references, "SampleRef")
        ]
        unknown = [identity for identity in ids if identity not in names]
        if unknown:
            message = f"it refers to samples that the workspace lacks: {', '.join(unknown[:10])}."
            warnings.append(Problem("group-sample-unknown", where, message))
        members = tuple(names[identity] for identity in dict.fromkeys(ids) if identity in names)
        if name in groups:
            message = "a second group of this name; the samples of both are put together."
            warnings.append(Problem("group-twice", where, message))
            members = tuple(dict.fromkeys((*groups[name], *members)))
        groups[name] = members
    return groups, warnings


def _refuse(path: str, code: str, location: str, message: str, fix: str = "") -> NoReturn:
    title = f"{path} cannot be read as a FlowJo workspace."
    raise InteropError(title, [Problem(code, location, message, fix)])
