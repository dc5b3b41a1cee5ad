"""Flow: events a unit of time over the file, and where the flow broke down or surged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.qc.clock import runs, tick_of
from cytogate.qc.trajectories import noise_of, running_median
from cytogate.qc.watch import TIME_EVERY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.qc.watch import Seen

EVENTS_A_BIN = 150  # on average
BINS = (20, 1000)  # fewest and most
TREND = 2  # part of the file over which the local rate is a median: two clogs take less than half of it
SLOW, FAST = 0.6, 2.5  # of the local rate: a clog leaves 15 to 40 %, a start may surge to twice it
MANY_TICKS = 20  # of the clock in a bin: one more or less is of no account
CERTAIN = 4.0  # standard deviations, by differences of neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The flow in bins of equal time.

    Attributes
    ----------
    edges : (n_bins + 1,) float64
        Time.
    events : (n_bins + 1,) float64
        Events of the file before each edge.
    ratio : (n_bins,) float64
        Rate beside the local one, which is 1.
    bad : (n_bins,) bool
        Where the flow broke down or surged.
    """

    edges: NDArray[np.float64]
    events: NDArray[np.float64]
    ratio: NDArray[np.float64]
    bad: NDArray[np.bool_]


def flow_of(seen: Seen) -> Flow | None:
    """Return the flow of a file whose clock runs; None where it has too few events."""
    n_bins = min(seen.n_events // EVENTS_A_BIN, BINS[1])
    if n_bins < BINS[0]:
        return None
    times = np.maximum.accumulate(np.append(seen.times, seen.last_time))
    positions = np.append(np.arange(len(seen.times)) * TIME_EVERY, seen.n_events).astype(np.float64)
    edges = _edges(float(times[0]), float(times[-1]), n_bins, tick_of(seen))
    n_bins = len(edges) - 1
    if n_bins < BINS[0]:
        return None
    events = np.interp(edges, times, positions)
    counts = np.diff(events)
    local = running_median(counts[:, None], n_bins // TREND)[:, 0]
    ratio = counts / np.maximum(local, 1.0)
    spread = float(noise_of(ratio[:, None])[0])
    certain = CERTAIN * max(spread, 1.0 / np.sqrt(max(float(np.median(counts)), 1.0)))
    odd = ((ratio < SLOW) | (ratio > FAST)) & (np.abs(ratio - 1.0) > certain)
    bad = np.zeros(n_bins, dtype=bool)
    for begin, end in runs(odd):
        bad[max(begin - 1, 0) : end + 1] = True  # the bins beside it are partly of it
    return Flow(edges, events, ratio, bad)


def _edges(first: float, last: float, n_bins: int, tick: float) -> NDArray[np.float64]:
    """Return the edges of about so many bins of time, each of whole ticks where a bin has few of them.

    Of three and a half a bin, one would hold four and the next three: an even flow would not look even.
    """
    a_bin = (last - first) / n_bins
    if tick * MANY_TICKS <= a_bin:
        return np.linspace(first, last, n_bins + 1)
    whole = tick * np.ceil(a_bin / tick)
    inner = np.arange(first - tick / 2 + whole, last - whole / 2, whole)
    return np.concatenate([[first - tick / 2], inner, [last + tick / 2]])
