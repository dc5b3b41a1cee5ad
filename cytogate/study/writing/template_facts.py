"""What of a template a reader of the figures needs: its source, scales, and what is found in the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cytogate.gating.template.fitted import CutSpec
from cytogate.gating.template.shapes import BooleanShape, Quadrants
from cytogate.gating.tree import escape, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import GateSpec

Facts = dict[str, Any]


def template_facts(template: GatingTemplate) -> Facts:
    """Return plain values for the manifest; the whole template is told by its hash.

    Returns
    -------
    dict
        ``title``, ``source``, ``compensation``, ``scales`` (by marker), ``markers`` (those that gates use),
        ``gates`` (number), ``populations`` (number), ``adjustable``, ``found``: the cuts and gates that
        are found in the data, in the order in which they are, ``divides``: of each gate that makes several
        populations or has a border found in the data, by path, those ``populations``, and of its ``cuts``
        those that have a border there, and ``needs``: the populations that each boolean one is made of.
    """
    return {
        "title": template.title,
        "source": template.source,
        "compensation": template.compensation,
        "scales": {name: scale.to_dict() for name, scale in template.scales.items()},
        "markers": list(template.markers),
        "gates": len(template.gates),
        "populations": len(template.populations),
        "adjustable": list(template.adjustable),
        "found": [_found(part) for part in sorted(template.fitted.values(), key=lambda part: part.level)],
        "divides": {
            f"{parent}/{escape(gate.name)}": {
                "populations": _paths(parent, gate.shape.parts or (gate.name,)),
                "cuts": {cut: _paths(parent, _parts_at(gate, cut)) for cut in gate.shape.fitted},
            }
            for gate, parent in _with_parents(template)
            if gate.shape.parts or gate.shape.fitted
        },
        "needs": {
            f"{parent}/{escape(gate.name)}": [
                find(reference, template.populations) for reference, _ in gate.shape.references
            ]
            for gate, parent in _with_parents(template)
            if isinstance(gate.shape, BooleanShape)
        },
    }


def _with_parents(template: GatingTemplate) -> list[tuple[GateSpec, str]]:
    """Return the gates with the full paths of their parents, empty of the root."""
    return [(gate, find(gate.parent, template.populations) if gate.parent else "") for gate in template.gates]


def _parts_at(gate: GateSpec, cut: str) -> tuple[str, ...]:
    """Return the populations of a gate that have a border at a cut."""
    return gate.shape.parts_at(cut) if isinstance(gate.shape, Quadrants) else (gate.name,)


def _paths(parent: str, names: Iterable[str]) -> list[str]:
    return [f"{parent}/{escape(name)}" for name in names]


def _found(part: Fitted) -> Facts:
    facts: Facts = {
        "name": part.name,
        "markers": list(part.markers),
        "method": part.kind,
        "of": part.of or "",
        "scope": part.scope,
        "anchor": part.anchor,
        "min_events": part.min_events,
    }
    if isinstance(part, CutSpec):
        low, high = part.within
        facts["fallback"] = part.fallback
        facts["units"] = "scale" if part.in_scale_units else "data"
        if math.isfinite(low) and math.isfinite(high):
            facts["within"] = [low, high]
    return facts
