"""Driven: the text of a template of fixed gates, with cuts and gates that are found in the data.

Nothing is made up: a number becomes a cut where a built-in template has the cut of this marker with this very
number as its fallback, and an outline is given a method where a built-in gate has it as its own.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.edge.yaml_document import parse_yaml
from cytogate.gating.template.library import list_templates, load_template
from cytogate.gating.template.trimming import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cytogate.edge.yaml_document import Place

_AXES = {"above": "x", "below": "x", "x_min": "x", "x_max": "x", "y_min": "y", "y_max": "y"}
_CUTS = {"x_cut": "x", "y_cut": "y"}
_KINDS = ("threshold", "rectangle", "quadrants")


def data_driven(text: str, skipped: Iterable[str] = ()) -> tuple[str, int, int]:
    """Return the text with what can be found in the data, how many cuts and gates that are, and of how many.

    A cut that has another number on each side stays fixed: which population decides each side, the built-in
    templates tell by gates that this one does not have.

    Parameters
    ----------
    text : str
        YAML of a template that is right, without cuts.
    skipped : iterable of str
        Paths of cleaning steps that were left out: a cut that looked at one looks at what its gate divides.
    """
    sheet = Sheet(parse_yaml(text, name="the proposed template"), text)
    data: dict[str, Any] = sheet.document.data
    cuts, outlines = _known()
    uses = list(_numbers(data))
    left_out = {path.rpartition("/")[2] for path in skipped}
    found: dict[tuple[str, float], tuple[str, tuple[str, ...]]] = {}
    for _, marker, number, parent in uses:  # the population looked at must be one that such a gate divides
        name, of, lines = cuts.get((marker, number), ("", "", ()))
        if of and of in (parent, *left_out):
            looked = tuple(re.sub(r"^( *of:).*", rf"\1 {json.dumps(parent)}", line) for line in lines)
            found.setdefault((marker, number), (name, lines if of == parent else looked))
    changed: set[Place] = set()
    for place, marker, number, _ in uses:
        if (marker, number) in found:
            sheet.swap(place, f"{{cut: {found[marker, number][0]}}}")
            changed.add(place)
    n_gates = 0
    for at, gate in enumerate(data["gates"]):
        method = outlines.get(_outline(gate.get("polygon")))
        if method is not None:
            sheet.set(("gates", at, "polygon"), "\n".join(method))
            n_gates += 1
    used = {found[key] for _, marker, number, _ in uses if (key := (marker, number)) in found}
    section = [line for name, lines in sorted(used) for line in (f"  {name}:", *lines)]
    if section:
        sheet.put_before(("gates",), ["cuts:", *section, ""])
    n_all = len({(marker, number) for _, marker, number, _ in uses}) + sum(
        "polygon" in g for g in data["gates"]
    )
    return "\n".join(sheet.result()) + "\n", len(used) + n_gates, n_all


def _numbers(data: Mapping[str, Any]) -> Iterator[tuple[Place, str, float, str]]:
    """Yield place, marker, number and the gate's parent of every border on one number."""
    for at, gate in enumerate(data["gates"]):
        for kind in (kind for kind in _KINDS if kind in gate):
            for key, axis in (_CUTS if kind == "quadrants" else _AXES).items():
                value = gate[kind].get(key)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    parent = str(gate.get("parent", "root"))
                    yield ("gates", at, kind, key), gate[kind][axis], float(value), parent


def _known() -> tuple[dict[tuple[str, float], tuple[str, str, tuple[str, ...]]], dict[Any, tuple[str, ...]]]:
    """Return the cuts of built-in templates, as (name, population, lines), and outlines with their method."""
    cuts: dict[tuple[str, float], tuple[str, str, tuple[str, ...]]] = {}
    outlines: dict[Any, tuple[str, ...]] = {}
    for template in map(load_template, list_templates()):
        if not template.fitted:
            continue
        text = Path(template.path).read_text(encoding="utf-8")
        sheet = Sheet(parse_yaml(text, name=template.name), text)
        data: dict[str, Any] = sheet.document.data
        for name, cut in data.get("cuts", {}).items():
            if "of" in cut:
                entry = (name, cut["of"], sheet.lines_of(("cuts", name)))
                cuts.setdefault((cut["marker"], float(cut["fallback"])), entry)
        for at, gate in enumerate(data["gates"]):
            method = gate.get("method")
            if isinstance(method, dict) and "of" not in method and "y" in method:
                outline = _outline({**method, **method["fallback"]})
                outlines.setdefault(outline, sheet.lines_of(("gates", at, "method"), head=True))
    return cuts, outlines


def _outline(polygon: Mapping[str, Any] | None) -> tuple[object, ...] | None:
    """Return what two outlines that are the same have in common."""
    if polygon is None:
        return None
    vertices = tuple(tuple(float(c) for c in vertex) for vertex in polygon["vertices"])
    return polygon["x"], polygon["y"], vertices
