"""Compensation that is wrong: cells bright in one dye that lie below zero in another.

No cell has less than none of a stain. Where the median of the brightest events of one dye is clearly
negative in another, too much was taken off. (Too little cannot be told from cells that carry both.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.check import EventCheck, Finding, Measured, checks, verdict_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.qc.evidence import Evidence

NAME = "compensation"
BRIGHT = 0.98  # quantile of a dye from which on events are bright in it
LEAST_SIGNAL = 30.0  # times the linear part of the scale: of dimmer dyes no leak is seen
CERTAIN = 5.0  # standard errors of the median
FEWEST, MOST = 1000, 10_000  # events that are looked at
LIMITS = (0.5, 2.0, 10.0)  # percent of the bright signal
MOST_NAMED = 5


def check_compensation(evidence: Evidence) -> Finding:
    """Return the pairs of dyes of which too much was taken off, in percent of the brighter one's signal."""
    seen = evidence.seen
    kept = np.flatnonzero(seen.compensated)
    if len(kept) < 2 or seen.n_events < FEWEST:
        return Finding(NAME, (Measured("largest_percent", None, "not checked"),))
    some = seen.values[kept, :: max(1, seen.values.shape[1] // MOST)]
    excess = taken_too_much(some, LEAST_SIGNAL * seen.cofactors[kept])
    names = [seen.channels[at] for at in kept]
    order = np.argsort(-excess, axis=None, kind="stable")[:MOST_NAMED]
    figures = []
    for bright, dim in zip(*np.unravel_index(order, excess.shape), strict=True):
        percent = float(excess[bright, dim])
        if percent >= LIMITS[0]:
            metric = f"percent {names[bright]} in {names[dim]}"
            figures.append(Measured(metric, percent, verdict_of(percent, LIMITS)))
    largest = float(excess.max())
    return Finding(NAME, (Measured("largest_percent", largest, verdict_of(largest, LIMITS)), *figures))


def taken_too_much(values: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (c, c) percent of the row's dye that is missing in the column's channel, 0 where none is.

    `values` (c, n) are compensated; dyes whose bright events have less than `least` (c,) are passed over.
    """
    excess = np.zeros((len(values), len(values)))
    for bright, lowest in enumerate(np.quantile(values, BRIGHT, axis=1)):
        ordered = np.sort(values[:, values[bright] >= lowest], axis=1)
        medians = _middle(ordered)
        signal = float(medians[bright])
        if signal < least[bright] or not (np.delete(medians, bright) < 0.0).any():
            continue
        spread = 1.4826 * _middle(np.sort(np.abs(ordered - medians[:, None]), axis=1))
        error = CERTAIN * 1.2533 * spread / np.sqrt(ordered.shape[1])
        missing = np.where(medians < -error, -medians, 0.0)
        missing[bright] = 0.0
        excess[bright] = 100 * missing / signal
    return excess


def _middle(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the medians of rows (c, n) that are in order."""
    n = ordered.shape[1]
    return np.asarray((ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2)


checks.register(NAME)(EventCheck(check_compensation, removes=False))
