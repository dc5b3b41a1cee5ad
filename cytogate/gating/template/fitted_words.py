"""What a template leaves to be found in the data, in words: what, by which method, in whose events."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from cytogate.errors import listed
from cytogate.gating.template.fitted import CutSpec
from cytogate.gating.tree import split

if TYPE_CHECKING:
    from cytogate.gating.template.fitted import Fitted
    from cytogate.gating.template.gating_template import GatingTemplate

_TOGETHER = {
    "subject": "of all samples of a subject together",
    "batch": "of all samples of a batch together",
    "study": "of all samples of the study together",
}
_ANCHORS = {"none": "not anchored"} | {
    scope: f"anchored to the {scope}" for scope in ("subject", "batch", "study")
}


def fitted_lines(template: GatingTemplate) -> list[str]:
    """Return a line for each cut or gate that is found in the data, in the order in which they are found."""
    parts = sorted(template.fitted.values(), key=lambda part: part.level)
    width = max((len(part.name) for part in parts), default=0)
    return [f"{part.name:<{width}}  {_words(part)}" for part in parts]


def fitted_summary(template: GatingTemplate) -> str:
    """Return in one phrase how many cuts and gates are found in the data, and by which methods; or nothing.

    Examples
    --------
    >>> from cytogate.gating.template.library import load_template
    >>> fitted_summary(load_template("treg_helios"))
    ''
    """
    n_cuts = len(template.cuts)
    n_gates = len(template.fitted) - n_cuts
    if not template.fitted:
        return ""
    counts = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((n_cuts, "cut"), (n_gates, "gate")) if n]
    methods = sorted({part.kind for part in template.fitted.values()})
    return f"{' and '.join(counts)} found in the data ({listed(methods)})"


def _words(part: Fitted) -> str:
    population = "all events" if part.of is None else split(part.of)[0][-1]
    whose = _TOGETHER.get(part.scope, f"of each sample, {_ANCHORS[part.anchor]}")
    method = f"{part.kind}{_arguments(part.method)}"
    if isinstance(part, CutSpec):
        unit = " (scale)" if part.in_scale_units else ""
        low, high = part.within
        bounds = "" if math.isinf(low) and math.isinf(high) else f", within {low:g} to {high:g}"
        fallback = f"{part.fallback:g}{unit}{bounds}"
    else:
        fallback = f"its own outline of {len(part.vertices)} vertices"
    axes = " x ".join(part.markers)
    return f"{method} on {axes} of {population}, {whose}; below {part.min_events} events {fallback}"


def _arguments(method: Any) -> str:
    """Return the arguments of a method that are not its defaults."""
    given = [
        f"{entry.name} {_short(value)}"
        for entry in fields(method)
        if entry.init and (value := getattr(method, entry.name)) != entry.default
    ]
    return f" ({', '.join(given)})" if given else ""


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
