"""Track: a tube over time, small enough to keep: its rate, its most moved signal, and the bad stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.qc.check import removing_checks

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from cytogate.qc.inspection import Inspection
    from cytogate.qc.trajectories import Trajectories

POINTS = 80  # of a curve


def track_of(inspection: Inspection, removed: Collection[str]) -> dict[str, Any] | None:
    """Return the plot over time in plain values; None where no check found a stretch, or there is no clock.

    Returns
    -------
    dict
        ``channel`` (of time), ``time`` and ``rate`` (events a bin beside the median bin, at bin middles),
        ``signal`` (name), ``signal_time`` and ``signal_values`` (change in percent), and ``spans``: check,
        low, high, percent of events, and whether they were removed.
    """
    evidence = inspection.evidence
    n = evidence.seen.n_events
    spans = [
        {
            "check": finding.check,
            "low": span.low,
            "high": min(span.high, evidence.seen.last_time),
            "percent": round(100 * (span.end - span.first) / n, 3),
            "removed": finding.check in removed,
        }
        for finding in inspection.found(removing_checks())
        for span in finding.spans
    ]
    if not spans:
        return None
    found: dict[str, Any] = {"channel": evidence.seen.time_channel, "spans": spans}
    if evidence.flow is not None:
        edges, events = _thinned(evidence.flow.edges, evidence.flow.events)
        counts = np.diff(events) / np.diff(edges)
        found["time"] = _rounded((edges[1:] + edges[:-1]) / 2)
        found["rate"] = _rounded(counts / max(float(np.median(counts)), 1e-12), 3)
    moved = evidence.compensated
    if moved is not None:
        at = _most_moved(moved)
        begins = np.array([evidence.seen.time_at(event) for event in moved.edges.tolist()])
        middles = (begins[1:] + begins[:-1]) / 2
        change = 100 * np.expm1(moved.values[:, at] - np.median(moved.values[:, at]))
        kept = slice(None, None, max(1, -(-len(middles) // POINTS)))
        found |= {
            "signal": moved.names[at],
            "signal_time": _rounded(middles[kept]),
            "signal_values": _rounded(change[kept], 2),
        }
    return found


def _most_moved(found: Trajectories) -> int:
    """Return the column that leaves its median furthest, beside its noise."""
    distance = np.abs(found.values - np.median(found.values, axis=0))
    return int(np.argmax(np.quantile(distance, 0.97, axis=0) / np.maximum(found.noise, 1e-3)))


def _thinned(
    edges: NDArray[np.float64], events: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    step = max(1, -(-(len(edges) - 1) // POINTS))
    kept = np.unique([*range(0, len(edges), step), len(edges) - 1])
    return edges[kept], events[kept]


def _rounded(values: NDArray[np.float64], digits: int = 6) -> list[float]:
    """Return values as plain numbers with so many significant digits, or places behind the point."""
    if digits == 6:
        return [float(f"{value:.6g}") for value in values]
    return [round(float(value), digits) for value in values]
