"""Clock: whether the time channel rises with the events, and intervals of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from cytogate.qc.check import TimeSpan
from cytogate.qc.watch import TIME_EVERY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cytogate.qc.watch import Seen

JITTER = 0.001  # of the whole time: smaller steps back are of the clock, not of the acquisition
RESET = 0.2  # of the whole time: a step back from which on the clock began anew

FEWEST_TICKS = 100  # of a clock by which events are cut: a tick is then a hundredth of the file

Clock = Literal["runs", "absent", "stands", "coarse", "unsorted", "reset"]


def clock_of(seen: Seen) -> Clock:
    """Return what the time channel is good for; events can be cut by time only where it runs."""
    if seen.time_channel is None:
        return "absent"
    back, whole = largest_step_back(seen), length(seen)
    if not whole > 0.0 or not np.isfinite(seen.times).all():
        return "stands"
    if back > RESET * whole:
        return "reset"
    if back > JITTER * whole:
        return "unsorted"
    return "coarse" if whole < FEWEST_TICKS * tick_of(seen) else "runs"


def tick_of(seen: Seen) -> float:
    """Return the smallest step forward between times that were kept, in units of the channel; 0 of none.

    Of a clock whose ticks hold many events this is the tick; of a finer one it tells that it is finer.
    """
    steps = np.diff(seen.times)
    return float(np.min(steps, where=steps > 0.0, initial=np.inf)) if (steps > 0.0).any() else 0.0


def length(seen: Seen) -> float:
    """Return how long the acquisition took, in units of the channel; NaN without any event."""
    return float(np.nanmax(seen.times) - np.nanmin(seen.times)) if seen.times.size else math.nan


def largest_step_back(seen: Seen) -> float:
    """Return the largest step back from the latest time so far; 0 where time never falls."""
    if not seen.times.size:
        return 0.0
    return float(np.max(np.maximum.accumulate(seen.times) - seen.times))


def spans_of(seen: Seen, bad: NDArray[np.bool_], edges: NDArray[np.int64]) -> tuple[TimeSpan, ...]:
    """Return an interval of time for each run of bad bins; `edges` (n_bins + 1,) are events, multiples of 16.

    Returns
    -------
    tuple of TimeSpan
        The last one ends just behind the last event.
    """
    times = np.maximum.accumulate(seen.times)  # of a clock that runs, up to its jitter
    return tuple(
        TimeSpan(
            low=float(times[edges[begin] // TIME_EVERY]),
            high=_just_behind(max(seen.last_time, float(times[-1])))
            if edges[end] >= seen.n_events
            else float(times[edges[end] // TIME_EVERY]),
            first=int(edges[begin]),
            end=int(min(edges[end], seen.n_events)),
        )
        for begin, end in runs(bad)
    )


def _just_behind(time: float) -> float:
    return float(np.nextafter(np.float32(time), np.float32(np.inf)))


def runs(marks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return begin and end of each run of marks.

    Examples
    --------
    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    steps = np.diff(np.concatenate([[0], marks.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))


def joined(spans: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    """Return intervals that do not overlap and hold what any of `spans` holds."""
    out: list[TimeSpan] = []
    for span in sorted(spans, key=lambda span: (span.first, span.end)):
        if out and span.low <= out[-1].high:
            last = out[-1]
            out[-1] = TimeSpan(
                min(last.low, span.low), max(last.high, span.high), last.first, max(last.end, span.end)
            )
        else:
            out.append(span)
    return tuple(out)


def events_in(spans: Iterable[TimeSpan]) -> int:
    """Return how many events lie in any of the intervals."""
    return sum(span.end - span.first for span in joined(spans))
