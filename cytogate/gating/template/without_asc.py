"""Switch `exclude_asc_first`: antibody-secreting cells leave the quadrants; no path changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cytogate.errors import Problem, TemplateError
from cytogate.gating.definitions import SubsetDefinition, without_asc
from cytogate.gating.template.file import template_from_dict
from cytogate.gating.tree import find, join, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.gating.template.gating_template import GatingTemplate

WITH_ASC = " with ASC"  # ends the name of a quadrant as it was, which stays in the tables beside the new one


def exclude_asc_first(template: GatingTemplate) -> GatingTemplate:
    """Return a template whose quadrants hold no antibody-secreting cells.

    Plasmablasts have lost IgD and have much CD27, so that they lie among the switched memory cells; in a
    flare they add several points. Each part of a quadrant gate beside the population that the template names
    as `asc` is taken as "in the quadrant, and not antibody-secreting". All paths stay; the quadrants as they
    were drawn are further populations, named ``<part> with ASC``. The definitions of the parts and of what
    lies below them say so: their ids end in ``.asc_excluded``.

    Raises
    ------
    TemplateError
        The template names no antibody-secreting cells.
    """
    asc = template.asc
    if asc is None:
        text = "names no antibody-secreting cells (asc: B/PB) that could be taken out."
        title = f"Template {template.name} {text}"
        raise TemplateError(title, [Problem("switch-unknown", template.name, text)])
    document = template.to_dict()
    parent = split(asc)[0][:-1]
    gates: list[dict[str, Any]] = []
    changed: list[str] = []
    kept: dict[str, str] = {}
    for gate in document["gates"]:
        if "quadrants" not in gate or _parent(template, gate) != parent:
            gates.append(gate)
            continue
        quadrants = gate["quadrants"]
        names = {corner: name for corner, name in quadrants["parts"].items() if name is not None}
        renamed = {corner: f"{name}{WITH_ASC}" for corner, name in names.items()}
        gates.append(gate | {"quadrants": quadrants | {"parts": renamed}})
        for corner, name in names.items():
            path = join((*parent, name))
            drawn = join((*parent, renamed[corner]))
            gates.append({"name": name, "parent": join(parent), "boolean": {"and": [drawn, {"not": asc}]}})
            changed.append(path)
            kept[path] = drawn
    document["gates"] = gates
    document["definitions"] = dict(_definitions(template, changed, kept))
    del document["asc"]  # once is enough
    return replace(template_from_dict(document, path=template.path), file_sha256=template.file_sha256)


def _parent(template: GatingTemplate, gate: dict[str, Any]) -> tuple[str, ...]:
    named = str(gate.get("parent", "root"))
    return () if named == "root" else split(find(named, template.populations))[0]


def _definitions(
    template: GatingTemplate, changed: list[str], kept: dict[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the definitions by full path: changed ones with another id, quadrants as drawn with their own."""
    for entry in template.definitions.values():
        path = entry.population
        meant = SubsetDefinition(entry.id, "", entry.text, entry.citation)
        if path in kept:
            yield kept[path], _plain(meant)
        if any(path == one or path.startswith(f"{one}/") for one in changed):
            meant = without_asc(meant)
        yield path, _plain(meant)


def _plain(meant: SubsetDefinition) -> dict[str, str]:
    return {"id": meant.id, "text": meant.text, "citation": meant.citation}
