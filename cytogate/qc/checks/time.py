"""Time: whether the clock runs from the first event to the last, so that events can be cut by time.

Files that were joined, or whose clock overflowed, begin anew in the middle; files that were sorted by
something else have no order at all; a clock of a few ticks tells no times to cut at. The check of signal
then still tells, and takes nothing out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.qc.check import EventCheck, Finding, Measured, checks
from cytogate.qc.clock import largest_step_back, length

if TYPE_CHECKING:
    from cytogate.qc.check import Verdict
    from cytogate.qc.evidence import Evidence

NAME = "time"
_VERDICTS: dict[str, Verdict] = {
    "runs": "ok",
    "absent": "note",
    "stands": "warn",
    "coarse": "note",
    "unsorted": "warn",
    "reset": "fail",
}


def check_time(evidence: Evidence) -> Finding:
    """Return what the clock does: the largest step back, as a share of the whole time."""
    clock, seen = evidence.clock, evidence.seen
    verdict, metric = _VERDICTS[clock], f"clock {clock}"
    if clock in {"absent", "stands"}:
        return Finding(NAME, (Measured(metric, None, verdict),))
    back = 100 * largest_step_back(seen) / length(seen)
    return Finding(NAME, (Measured(metric, back, verdict),))


checks.register(NAME)(EventCheck(check_time, removes=False))
