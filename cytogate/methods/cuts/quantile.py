"""Quantile: the cut above which a given part of the population looked at lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.methods.base import FEW_EVENTS, Bounds, Found, cut_methods
from cytogate.methods.cuts._answers import fall_back, not_share, refuse, settle, spread, unusable
from cytogate.methods.density import quantiles

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary

TAIL = 10  # events beyond the cut, at least: their count is then known to a third
DRAWS = 64  # quantiles of the quantile's own distribution


@cut_methods.register("quantile")
@dataclass(frozen=True, slots=True)
class Quantile:
    """The quantile Q_p of the events looked at, as a rule those of a population that lacks the marker.

    Parameters
    ----------
    probability : float
        Part of the events below the cut. 10 events must be expected on its rarer side, that is
        10 / (1 - p) events in all: 1,000 for 0.99, 10,000 for 0.999.

    Raises
    ------
    GatingError
        A probability that is not between 0 and 1.
    """

    looks_at: ClassVar[str] = "sample"

    probability: float = 0.999

    def __post_init__(self) -> None:
        refuse("quantile", [not_share("probability", self.probability)])

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut of the events of a summary."""
        return quantile_cut(summary, bounds, self.probability)


def quantile_cut(summary: Summary, bounds: Bounds, probability: float) -> Found:
    """Return the quantile of a summary as a cut.

    How it varies is calculated, not drawn: the share of the population below the j-th of n events has a
    Beta distribution, so that quantiles of the events at quantiles of Beta(np + 1/2, n(1-p) + 1/2) are what
    other samples would have given (Maritz and Jarrett 1978).
    """
    from scipy.special import betaincinv  # heavy, and only for those who ask for it

    if (found := unusable(summary, bounds)) is not None:
        return found
    n = summary.n
    tail = n * min(probability, 1 - probability)
    if tail < TAIL:
        needed = math.ceil(TAIL / min(probability, 1 - probability) - 1e-9)
        note = f"The quantile {probability:g} needs {needed:,} events; there are {n:,}."
        return fall_back(summary, bounds, FEW_EVENTS, note)
    levels = (np.arange(DRAWS) + 0.5) / DRAWS
    shares = betaincinv(n * probability + 0.5, n * (1 - probability) + 0.5, levels)
    counts, span = summary.counts[0], summary.spans[0]
    step = (span.high - span.low) / len(counts)
    places = span.low + quantiles(counts, step, np.concatenate([[probability], shares]))
    if not span.low + step < places[0] < span.high - step:
        # The outermost bin holds what lies beyond the scale: the quantile may be anywhere there.
        return settle(summary, bounds, math.nan, 0.0, 0.0)
    return settle(summary, bounds, float(places[0]), spread(places[1:]), 1 - 1 / math.sqrt(tail))
