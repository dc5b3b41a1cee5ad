"""Margins: events that a detector shows at the end of its range, or scatter below zero.

A value at the end says that the signal was at least this; compensated with it, all other channels of the
event are wrong, too. After PeacoQC's RemoveMargins and flowAI's dynamic range check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.check import EventCheck, Finding, Measured, OffScale, checks, verdict_of

if TYPE_CHECKING:
    from cytogate.qc.evidence import Evidence

NAME = "margins"
ONE_CHANNEL = (2.0, 10.0, 50.0)  # percent of events off scale on one channel: the detector is set too high


def check_margins(evidence: Evidence) -> Finding:
    """Return how many events are off scale, and the ranges that they leave."""
    seen = evidence.seen
    if not seen.n_events:
        return Finding(NAME, (Measured("events_percent", None, "not checked"),))
    percent = 100 * seen.n_beyond / seen.n_events
    by_channel = 100 * seen.beyond.sum(axis=1) / seen.n_events
    figures = [Measured("events_percent", percent, verdict_of(percent))]
    figures += [
        Measured(
            f"channel_percent {seen.ranged[at]}",
            float(by_channel[at]),
            verdict_of(by_channel[at], ONE_CHANNEL),
        )
        for at in np.flatnonzero(by_channel >= ONE_CHANNEL[0])
    ]
    off_scale = tuple(
        OffScale(
            seen.ranged[at],
            float(seen.low[at]) if seen.beyond[at, 0] else -np.inf,
            float(seen.top[at]) if seen.beyond[at, 1] else np.inf,
        )
        for at in np.flatnonzero(seen.beyond.any(axis=1))
    )
    return Finding(NAME, tuple(figures), off_scale=off_scale, percent=percent)


checks.register(NAME)(EventCheck(check_margins, removes=True))
