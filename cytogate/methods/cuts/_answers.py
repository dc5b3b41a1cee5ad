"""What methods for cuts share: summaries that no cut can be found in, cuts beyond bounds, wrong arguments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, OUT_OF_BOUNDS, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.methods.base import Bounds
    from cytogate.methods.summary import Summary

FEWEST = 20  # events on the axis; a template asks for more with `min_events`
ALIKE = 0.999  # part of all events in two neighbouring bins: a marker without spread


def fall_back(summary: Summary, bounds: Bounds, code: str, note: str = "") -> Found:
    """Return the template's own cut, within its bounds."""
    return Found.fell_back((bounds.hold(bounds.fallback),), code, summary.n, note)


def unusable(summary: Summary, bounds: Bounds) -> Found | None:
    """Return the fallback for too few events and for a marker without spread; None for any other summary."""
    counts = summary.counts[0]
    if summary.n < FEWEST:
        return fall_back(summary, bounds, FEW_EVENTS, f"{summary.n} events are too few to look for a cut.")
    if int((counts[:-1] + counts[1:]).max()) >= ALIKE * summary.n:
        return fall_back(summary, bounds, DEAD_MARKER, "All events have the same value of this marker.")
    inside = int(counts[1:-1].sum())
    if inside < FEWEST:
        note = f"All but {inside} events are beyond the ends of the scale."
        return fall_back(summary, bounds, DEAD_MARKER, note)
    return None


def settle(
    summary: Summary, bounds: Bounds, position: float, variance: float, confidence: float, note: str = ""
) -> Found:
    """Return a cut that was found, or the fallback where it lies beyond the bounds.

    A tenth of a bin is added to the standard deviation: within bins, places are interpolated.
    """
    if not math.isfinite(position) or not bounds.low <= position <= bounds.high:
        return fall_back(summary, bounds, OUT_OF_BOUNDS, "The cut that was found lies outside its bounds.")
    bin_width = float(np.diff(summary.centres()[:2])[0])
    variance = max(variance, 0.0) + (bin_width / 10) ** 2
    return Found((position,), (variance,), min(max(confidence, 0.0), 1.0), summary.n, "", note)


def spread(positions: NDArray[np.float64]) -> float:
    """Return the variance of the positions that replicates have."""
    return float(np.var(positions, ddof=1))


def refuse(kind: str, faults: Sequence[tuple[bool, str]]) -> None:
    """Raise `GatingError` with all the messages whose condition is true."""
    wrong = [message for is_wrong, message in faults if is_wrong]
    if wrong:
        message = f"Method {kind} cannot be used: {' '.join(wrong)}"
        raise GatingError(message)


def not_positive(name: str, value: float) -> tuple[bool, str]:
    """Return the fault of an argument that must be a positive number."""
    return not (math.isfinite(value) and value > 0), f"{name} must be above 0, not {value}."


def not_share(name: str, value: float) -> tuple[bool, str]:
    """Return the fault of an argument that must lie between 0 and 1."""
    return not 0 < value < 1, f"{name} must be between 0 and 1, not {value}."


def not_one_of(name: str, value: object, known: Sequence[str]) -> tuple[bool, str]:
    """Return the fault of an argument that must be one of some words."""
    return value not in known, f"{name} must be {' or '.join(known)}, not {value!r}."
