"""FlowKit's own engine: which events it puts into each population, by our paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.gating.tree import join

if TYPE_CHECKING:
    from numpy.typing import NDArray


def members(strategy: Any, sample: Any) -> dict[str, NDArray[np.bool_]]:
    """Return path -> mask of every population; quadrant gates, which are none, have no part in a path."""
    with np.errstate(all="ignore"):  # the logarithm of what is not above zero
        results = strategy.gate_sample(sample)
    gates = {(*above, name) for name, above in strategy.get_gate_ids()}
    quadrant_gates = {path for path in gates if _is_quadrant_gate(strategy, path)}
    found = {}
    for path in gates - quadrant_gates:
        names = [path[k] for k in range(1, len(path)) if path[: k + 1] not in quadrant_gates]
        found[join(names)] = results.get_gate_membership(path[-1], path[:-1])
    return found


def _is_quadrant_gate(strategy: Any, path: tuple[str, ...]) -> bool:
    from flowkit.exceptions import QuadrantReferenceError

    try:
        return hasattr(strategy.get_gate(path[-1], path[:-1]), "quadrants")
    except QuadrantReferenceError:
        return False
