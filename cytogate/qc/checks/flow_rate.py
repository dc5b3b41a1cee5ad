"""Flow rate: clogs, bubbles and surges, as events a unit of time beside the local rate.

flowAI takes the cycle out of counts a tenth of a second and asks for outliers; here the rate is compared
with its running median, and must leave it both by much and by more than chance: a rate that falls as the
tube empties is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.check import EventCheck, Finding, Measured, TimeSpan, checks, verdict_of
from cytogate.qc.clock import events_in, runs

if TYPE_CHECKING:
    from cytogate.qc.evidence import Evidence

NAME = "flow_rate"


def check_flow_rate(evidence: Evidence) -> Finding:
    """Return when the flow broke down or surged."""
    flow = evidence.flow
    if flow is None:
        return Finding(NAME, (Measured("events_percent", None, "not checked"),))
    spans = tuple(
        TimeSpan(
            float(flow.edges[begin]),
            float(np.nextafter(flow.edges[end], np.inf)) if end == len(flow.bad) else float(flow.edges[end]),
            int(np.ceil(flow.events[begin])),
            int(np.ceil(flow.events[end])),
        )
        for begin, end in runs(flow.bad)
    )
    percent = 100 * events_in(spans) / evidence.seen.n_events
    return Finding(
        NAME,
        (
            Measured("events_percent", percent, verdict_of(percent)),
            Measured("time_percent", 100 * float(flow.bad.mean()), verdict_of(100 * float(flow.bad.mean()))),
        ),
        spans=spans,
        percent=percent,
    )


checks.register(NAME)(EventCheck(check_flow_rate, removes=True))
