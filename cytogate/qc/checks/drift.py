"""Drift: channels whose signal goes one way over the whole file, and by how much.

No cut mends a steady drift, so that nothing is taken out; a gate that suits the beginning does not suit the
end. The flag is PeacoQC's: a smoothed trajectory that equals its running maximum (or minimum) for more
than three quarters of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.check import EventCheck, Finding, Measured, checks, verdict_of, worst

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.qc.evidence import Evidence
    from cytogate.qc.trajectories import Trajectories

NAME = "drift"
MONOTONE = 0.75  # of the bins
SMOOTH = 10  # part of the file that is the kernel's standard deviation
CERTAIN = 5.0  # standard deviations of the slope
CHANGE = (5.0, 10.0, 30.0)  # percent of the signal
MOST_NAMED = 5


def check_drift(evidence: Evidence) -> Finding:
    """Return the channels that drift, and the largest change over the file in percent."""
    found = evidence.detected
    if found is None:
        return Finding(NAME, (Measured("largest_percent", None, "not checked"),))
    change = drifts(found)
    order = np.argsort(-np.abs(change), kind="stable")
    largest = float(change[order[0]]) if len(order) else 0.0
    figures = [
        Measured(f"change_percent {found.names[at]}", float(change[at]), verdict_of(abs(change[at]), CHANGE))
        for at in order[:MOST_NAMED]
        if abs(change[at]) >= CHANGE[0]
    ]
    verdict = worst((verdict_of(abs(largest), CHANGE), *(figure.verdict for figure in figures)))
    return Finding(NAME, (Measured("largest_percent", largest, verdict), *figures))


def drifts(found: Trajectories) -> NDArray[np.float64]:
    """Return the change over the file of each column that goes one way, in percent; 0 for the others."""
    smooth = _kernel_smooth(found.values, max(1.0, found.n_bins / SMOOTH))
    upwards = np.mean(smooth == np.maximum.accumulate(smooth, axis=0), axis=0)
    downwards = np.mean(smooth == np.minimum.accumulate(smooth, axis=0), axis=0)
    tenth = max(1, found.n_bins // 10)
    change = np.median(found.values[-tenth:], axis=0) - np.median(found.values[:tenth], axis=0)
    time = np.linspace(-0.5, 0.5, found.n_bins)
    slope = time @ (found.values - found.values.mean(axis=0)) / (time @ time)  # change of a straight line
    certain = np.abs(slope) > CERTAIN * found.noise / np.sqrt(time @ time)
    monotone = np.maximum(upwards, downwards) > MONOTONE
    return np.asarray(100 * np.expm1(np.where(monotone & certain, change, 0.0)))


def _kernel_smooth(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return columns (n, c) smoothed by a Gaussian of standard deviation `width` rows."""
    rows = np.arange(len(values))
    weight = np.exp(-0.5 * ((rows[:, None] - rows) / width) ** 2)
    return np.asarray((weight @ values) / weight.sum(axis=1, keepdims=True))


checks.register(NAME)(EventCheck(check_drift, removes=False))
