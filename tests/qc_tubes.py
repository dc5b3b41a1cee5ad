"""Simulated tubes with their truth, event by event."""

from __future__ import annotations

from functools import cache

import numpy as np

import cytogate as cg
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.gating.strategy import GatingStrategy
from cytogate.simulate.names import TubeName
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import Tube, simulate_tube

NOTHING = GatingStrategy.build([], compensation="FCS")
RECOVERY = 2.0  # seconds after a clog in which signals come back: neither good nor bad


_FLOW = ("carry_over", "clog_probability", "bad_drift_probability", "bubble_probability")


@cache
def simulated(seed: int, n_events: int = 60_000, **flow: float) -> Tube:
    spec = TrialSpec.from_dict(
        {
            "nuisance": "full",
            "subjects": ["P1"],
            "weeks": [0],
            "bcell_events": n_events,
            "events_cv": 0.0,
            "drift_probability": 0.0,
            "flow": dict.fromkeys(_FLOW, 0.0) | flow,
        }
    )
    return simulate_tube(TubeName("P1", 0, "bcell"), spec, seed=seed)


def events_of(tube: Tube) -> cg.Events:
    detectors = tube.channels[4:-1]
    return cg.Events(tube.values, list(tube.channels), CompensationMatrix(detectors, detectors, tube.matrix))


def truth_of(tube: Tube) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which events are of clogs and bubbles, of drift of more than a tenth, and good."""
    upset = tube.disturbances
    seconds = tube.values[:, -1].astype(float) / tube.optics.ticks_per_second
    recovering = np.zeros(len(seconds), dtype=bool)
    for clog in upset.clogs:
        recovering |= (seconds >= clog.end) & (seconds < clog.end + RECOVERY)
    gain = np.ones((len(seconds), len(tube.optics.detectors)))
    if upset.drift:
        only_drift = type(upset)((), (), upset.drift_laser, upset.drift, upset.bend, upset.duration)
        only_drift.dim(gain, seconds, tube.optics)
    moved = np.abs(gain / np.median(gain, axis=0) - 1.0).max(axis=1)
    clogged, drifted = tube.clog | tube.bubble, moved > 0.10
    return clogged, drifted, ~(clogged | recovering | (moved > 0.05))
