"""FlowKit's own engine: which events it puts into each population, by our paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.bench.peers import populations_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def members(strategy: Any, sample: Any) -> dict[str, NDArray[np.bool_]]:
    """Return path -> mask of every population; quadrant gates, which are none, have no part in a path."""
    with np.errstate(all="ignore"):  # the logarithm of what is not above zero
        results = strategy.gate_sample(sample)
    return {
        path: results.get_gate_membership(place[-1], place[:-1])
        for place, path in populations_of(strategy).items()
    }
