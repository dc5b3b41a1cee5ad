"""Doublets that are left: events of the endpoints' denominators that are wider than single cells.

Of an event's pulse, the area grows with each cell that sticks to it, the height hardly: the ratio of the two
is compared with the population's own median.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.dimension import Dimension
from cytogate.gating.passes import read_columns
from cytogate.qc.check import Finding, Measured, PopulationCheck, checks, verdict_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.qc.gated import Gated

NAME = "doublets"
PULSES = (("FSC-A", "FSC-H"), ("SSC-A", "SSC-H"))
MADS = 4.0  # above the median ratio, as PeacoQC's RemoveDoublets
FEWEST = 200  # events of a population
LIMITS = (2.0, 5.0, 20.0)  # percent of the population


def check_doublets(gated: Gated) -> Finding:
    """Return the share of each denominator whose area is too large for its height."""
    source = gated.result.source
    pulses = next((pair for pair in PULSES if set(pair) <= set(source.channels.names)), None)
    if pulses is None:
        return Finding(NAME, (Measured("percent", None, "not checked"),))
    area, height = read_columns(
        source, gated.result.strategy, [Dimension(name) for name in pulses], threads=1
    )
    figures = []
    for path in gated.wholes:
        mask = gated.result.mask(path)
        share = wide_share(area[mask], height[mask])
        figures.append(
            Measured(f"percent {path}", share, "not checked" if share is None else verdict_of(share, LIMITS))
        )
    return Finding(NAME, tuple(figures))


def wide_share(area: NDArray[np.float64], height: NDArray[np.float64]) -> float | None:
    """Return the percentage of pulses (n,) wider than single cells; None of too few."""
    usable = (height > 0.0) & (area > 0.0)
    if usable.sum() < FEWEST:
        return None
    ratio = area[usable] / height[usable]
    middle = np.median(ratio)
    spread = 1.4826 * np.median(np.abs(ratio - middle))
    return float(100 * np.mean(ratio > middle + MADS * spread)) if spread > 0.0 else 0.0


checks.register(NAME)(PopulationCheck(check_doublets))
