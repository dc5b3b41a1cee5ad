"""What of a template a reader of the figures needs: its source, scales, and what is found in the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cytogate.gating.template.fitted import CutSpec

if TYPE_CHECKING:
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate

Facts = dict[str, Any]


def template_facts(template: GatingTemplate) -> Facts:
    """Return plain values for the manifest; the whole template is told by its hash.

    Returns
    -------
    dict
        ``title``, ``source``, ``compensation``, ``scales`` (by marker), ``markers`` (those that gates use),
        ``gates`` (number), ``populations`` (number), ``adjustable``, and ``found``: the cuts and gates that
        are found in the data, in the order in which they are.
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
    }


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
