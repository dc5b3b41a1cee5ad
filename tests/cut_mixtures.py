"""Events of mixtures of Gaussians on a logicle scale, and what many samples of them say of a cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from cytogate.methods.summary import Span, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.methods.base import Bounds, CutMethod, Found

LOGICLE = Span(-0.25, 1.03)
Parts = tuple[tuple[float, float, float], ...]  # share, mean, SD of each population


def draw(rng: np.random.Generator, n: int, parts: Parts) -> np.ndarray:
    shares, means, deviations = map(np.array, zip(*parts, strict=True))
    which = rng.choice(len(parts), n, p=shares / shares.sum())
    return rng.normal(means[which], deviations[which])


def summary_of(values: object, span: Span = LOGICLE) -> Summary:
    return Summary.of(np.asarray(values, dtype=float), [span])


def sample(n: int, *parts: tuple[float, float, float], seed: int = 1) -> Summary:
    return summary_of(draw(np.random.default_rng(seed), n, parts))


def valley_of(parts: Parts) -> float:
    """Return the true minimum between the first two means."""
    x = np.linspace(parts[0][1], parts[1][1], 20_001)
    return float(x[np.argmin(sum(w * norm.pdf(x, m, s) for w, m, s in parts))])


def answers(
    method: CutMethod, bounds: Bounds, n: int, parts: Parts, *, repeats: int = 80, seed: int = 0
) -> Sequence[Found]:
    return [method.find(sample(n, *parts, seed=seed + i), bounds) for i in range(repeats)]


def spreads(found: Sequence[Found]) -> tuple[float, float]:
    """Return the real SD of positions over samples, and the SD that the samples say by themselves."""
    positions = np.array([one.position[0] for one in found])
    return float(positions.std(ddof=1)), float(np.sqrt(np.mean([one.variance[0] for one in found])))
