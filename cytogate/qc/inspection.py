"""Inspection: all checks of one tube, and the gates that take out what they found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import GatingError, nearest
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.cleaning import CleaningGate
from cytogate.qc.check import EventCheck, PopulationCheck, checks, removing_checks
from cytogate.qc.clock import joined, length
from cytogate.qc.evidence import Evidence
from cytogate.qc.watch import watch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.qc.check import Finding, TimeSpan
    from cytogate.qc.gated import Gated


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What the checks of events found in one tube, in the order of their names, and what they looked at."""

    evidence: Evidence
    findings: tuple[Finding, ...]

    def found(self, names: Collection[str]) -> tuple[Finding, ...]:
        """Return the findings of some checks."""
        return tuple(finding for finding in self.findings if finding.check in names)


def inspect_events(
    source: EventSource,
    strategy: GatingStrategy,
    *,
    names: Collection[str] | None = None,
    threads: int | None = None,
) -> Inspection:
    """Return what the checks of events find in a tube.

    Parameters
    ----------
    source : FcsFile or Events
        Looked at once; no event is changed.
    strategy : GatingStrategy
        For its compensation.
    names : collection of str, optional
        Checks to run; by default all.
    threads : int, optional
        How many threads share the file; the result does not depend on it.

    Raises
    ------
    CytogateError
        As `cytogate.gate`.
    """
    evidence = Evidence(watch(source, strategy, threads=threads))
    wanted = ((name, checks.get(name)) for name in checks.names() if names is None or name in names)
    return Inspection(
        evidence, tuple(entry.run(evidence) for _, entry in wanted if isinstance(entry, EventCheck))
    )


def inspect_populations(gated: Gated, *, names: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Return what the checks of populations find in a gated tube, in the order of their names."""
    wanted = ((name, checks.get(name)) for name in checks.names() if names is None or name in names)
    return tuple(entry.run(gated) for _, entry in wanted if isinstance(entry, PopulationCheck))


def refuse_unknown(names: Sequence[str], *, removing: bool = False) -> None:
    """Refuse names of no check, or of checks that take nothing out.

    Raises
    ------
    GatingError
    """
    known = removing_checks() if removing else checks.names()
    for name in names:
        if name not in known:
            what = "check that takes events out" if removing else "check"
            message = f"{name!r} is no {what}. {nearest(name, known)}"
            raise GatingError(message)


def cleaning_gates(inspection: Inspection, remove: Collection[str]) -> tuple[CleaningGate, ...]:
    """Return the gates that take out what the checks `remove` found: one range of values, and times.

    Intervals that touch become one. A gate is named by what it holds: ``"Time 12.5 to 14"``.
    """
    found = inspection.found(remove)
    time = inspection.evidence.seen.time_channel
    gates = []
    off_scale = [(finding.check, one) for finding in found for one in finding.off_scale]
    if off_scale:
        gate = RectangleGate(
            tuple(Dimension(one.channel) for _, one in off_scale),
            tuple(one.low for _, one in off_scale),
            tuple(one.high for _, one in off_scale),
        )
        gates.append(CleaningGate("On scale", gate, keeps=True, check=off_scale[0][0]))
    if time is not None:
        for span in joined(span for finding in found for span in finding.spans):
            gate = RectangleGate((Dimension(time),), (span.low,), (span.high,))
            names = [finding.check for finding in found if _touches(finding, span)]
            title = f"{time} {span.low:.6g} to {span.high:.6g}"
            gates.append(CleaningGate(title, gate, keeps=False, check=", ".join(names)))
    return tuple(gates)


def _touches(finding: Finding, span: TimeSpan) -> bool:
    return any(one.low < span.high and span.low < one.high for one in finding.spans)


def would_lose(inspection: Inspection, names: Collection[str]) -> float:
    """Return the percentage of events that checks would take out together; NaN of no events.

    Events off scale are taken to lie evenly over the file: what cleaning does take out is counted exactly.
    """
    n = inspection.evidence.seen.n_events
    if not n:
        return math.nan
    found = inspection.found(names)
    bad = joined(span for finding in found for span in finding.spans)
    by_time = sum(span.end - span.first for span in bad) / n
    by_value = max((finding.percent or 0.0 for finding in found if finding.off_scale), default=0.0) / 100
    return 100 * (1 - (1 - by_time) * (1 - by_value))


def removed_times(inspection: Inspection, remove: Collection[str]) -> tuple[float, float] | None:
    """Return the percentages of events and of time in the intervals that checks take out; None of none."""
    seen = inspection.evidence.seen
    spans = joined(span for finding in inspection.found(remove) for span in finding.spans)
    whole = length(seen) if spans else 0.0
    if not whole > 0.0:
        return None
    time = sum(min(span.high, seen.last_time) - span.low for span in spans)
    return 100 * sum(span.end - span.first for span in spans) / seen.n_events, 100 * min(time / whole, 1.0)
