"""Signal: stretches of the file whose medians leave the rest, on any channel and peak.

See `cytogate.qc.trajectories` and `cytogate.qc.bad_bins`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.bad_bins import bad_bins
from cytogate.qc.check import EventCheck, Finding, Measured, checks, verdict_of
from cytogate.qc.clock import events_in, runs, spans_of

if TYPE_CHECKING:
    from cytogate.qc.evidence import Evidence

NAME = "signal"


def check_signal(evidence: Evidence) -> Finding:
    """Return when signals stood elsewhere than in the rest of the file."""
    found, detected, seen = evidence.compensated, evidence.detected, evidence.seen
    if found is None or detected is None:
        return Finding(NAME, (Measured("events_percent", None, "not checked"),))
    rules = bad_bins(found, detected)
    spans = spans_of(seen, rules.bad, found.edges) if evidence.clock == "runs" else ()
    events = int(sum(found.edges[end] - found.edges[begin] for begin, end in runs(rules.bad)))
    percent = 100 * (events_in(spans) if spans else events) / seen.n_events
    figures = [Measured("events_percent", percent, verdict_of(percent))]
    for rule in ("tree", "mad", "away"):
        share = 100 * float(np.mean(getattr(rules, rule)))
        figures.append(Measured(f"{rule}_percent", share, verdict_of(share)))
    return Finding(NAME, tuple(figures), spans=spans, percent=percent)


checks.register(NAME)(EventCheck(check_signal, removes=True))
