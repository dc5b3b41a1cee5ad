"""Plots with known populations, drawn from a seed: what the tests of gates on two axes look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.dimension import Dimension
from cytogate.methods.summary import Span, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPANS = (Span(-0.25, 1.03), Span(-0.25, 1.03))
DIMS = (Dimension("x"), Dimension("y"))

# centre, standard deviations, correlation, events: CD24 x CD38 of B cells
B_CELLS = {
    "naive": ((0.45, 0.50), (0.06, 0.06), 0.3, 0.60),
    "transitional": ((0.62, 0.68), (0.05, 0.045), 0.3, 0.06),
    "memory": ((0.60, 0.35), (0.06, 0.07), 0.0, 0.25),
    "activated": ((0.20, 0.38), (0.07, 0.07), 0.0, 0.07),
    "plasmablasts": ((0.25, 0.85), (0.07, 0.05), 0.0, 0.02),
}
TRANSITIONAL = np.array([[0.55, 0.60], [0.75, 0.60], [0.78, 0.80], [0.60, 0.82]])

# FSC x SSC of blood
SCATTER = {
    "lymphocytes": ((0.25, 0.12), (0.03, 0.02), 0.3, 0.50),
    "monocytes": ((0.40, 0.25), (0.05, 0.05), 0.0, 0.10),
    "granulocytes": ((0.45, 0.55), (0.06, 0.10), 0.5, 0.25),
    "debris": ((0.05, 0.05), (0.05, 0.05), 0.0, 0.15),
}
LYMPHOCYTES = np.array([[0.16, 0.05], [0.34, 0.05], [0.34, 0.20], [0.16, 0.20]])

SINGLETS = np.array([[0.0, -0.05], [1.1, 0.83], [1.1, 0.93], [0.0, 0.05]])


def plot(
    seed: int,
    n: int,
    populations: dict[str, tuple[tuple[float, float], tuple[float, float], float, float]],
    *,
    shift: tuple[float, float] = (0.0, 0.0),
    **sizes: float,
) -> NDArray[np.float64]:
    """Return about `n` events (n, 2): Poisson numbers of each population, `sizes` times their usual share."""
    generator = np.random.default_rng(seed)
    total = sum(share for *_, share in populations.values())
    parts = []
    for name, (centre, (sx, sy), correlation, share) in populations.items():
        covariance = [[sx * sx, correlation * sx * sy], [correlation * sx * sy, sy * sy]]
        count = generator.poisson(n * share * sizes.get(name, 1.0) / total)
        parts.append(generator.multivariate_normal(centre, covariance, count))
    return np.vstack(parts) + shift


def pulses(seed: int, n: int, *, doublets: float = 0.1, slope: float = 0.8) -> NDArray[np.float64]:
    """Return areas and heights (n, 2); residual standard deviation 0.012, doublets have more area."""
    generator = np.random.default_rng(seed)
    area = generator.gamma(6.0, 0.06, n)
    height = 0.01 + slope * area + generator.normal(0.0, 0.012, n)
    double = generator.random(n) < doublets
    return np.column_stack([np.where(double, area * generator.uniform(1.6, 2.0, n), area), height])


def seen(events: NDArray[np.float64], name: str = "sample") -> Summary:
    return Summary.of(events, SPANS, name=name)
