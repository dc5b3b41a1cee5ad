"""What goes wrong while a tube runs: clogs, bubbles and a laser that drifts far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.optics import Optics
    from cytogate.simulate.sections import Flow

_RECOVERY = 2.0  # seconds until signals are back after a clog
_BURST, _BURST_SECONDS = 1.5, 1.0
_MOST_OF_FILE = 0.12  # that one clog takes, when the file is short
_WHOLE = 0.3  # share of clogs that move all detectors alike, instead of one to three


@dataclass(frozen=True, slots=True, eq=False)
class Clog:
    """A partial clog: from, until, rate left, detectors and what is left of their signals."""

    begin: float
    end: float
    rate: float
    detectors: NDArray[np.int64]
    signal: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Disturbances:
    """What goes wrong in one tube; times in seconds.

    Attributes
    ----------
    clogs : tuple of Clog
        In the order of time.
    bubbles : tuple of (float, float)
        From and until.
    drift_laser : str
        Laser that drifts far; empty where none does.
    drift : float
        By how much at the end, as a share.
    bend : float
        0: linear in time; otherwise exponential, and done after this share of the file.
    duration : float
        Of the tube.
    """

    clogs: tuple[Clog, ...]
    bubbles: tuple[tuple[float, float], ...]
    drift_laser: str
    drift: float
    bend: float
    duration: float

    def flow(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor of the rate at these times."""
        factor = np.ones(seconds.size)
        for clog in self.clogs:
            factor[(seconds >= clog.begin) & (seconds < clog.end)] *= clog.rate
            factor[(seconds >= clog.end) & (seconds < clog.end + _BURST_SECONDS)] *= _BURST
        for begin, end in self.bubbles:
            factor[(seconds >= begin) & (seconds < end)] *= 0.5
        return factor

    def dim(self, gain: NDArray[np.float64], seconds: NDArray[np.float64], optics: Optics) -> None:
        """Change the (n, n_detectors) gains of events at these times, in place."""
        for clog in self.clogs:
            weight = np.where(seconds < clog.end, 1.0, 1.0 - (seconds - clog.end) / _RECOVERY)
            weight[(seconds < clog.begin) | (weight < 0.0)] = 0.0
            gain[:, clog.detectors] *= 1.0 + weight[:, None] * (clog.signal - 1.0)
        if self.drift:
            share = seconds / self.duration
            course = (1 - np.exp(-share / self.bend)) / (1 - np.exp(-1 / self.bend)) if self.bend else share
            gain[:, [name == self.drift_laser for name in optics.lasers]] *= (
                1.0 + self.drift * course[:, None]
            )

    def clog(self, seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of these times are inside a clog."""
        return _within(seconds, [(clog.begin, clog.end) for clog in self.clogs])

    def bubble(self, seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return while which of these times a bubble passes."""
        return _within(seconds, list(self.bubbles))


def _within(seconds: NDArray[np.float64], windows: list[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(seconds.size, dtype=bool)
    for begin, end in windows:
        inside |= (seconds >= begin) & (seconds < end)
    return inside


def draw_disturbances(rng: np.random.Generator, optics: Optics, flow: Flow, duration: float) -> Disturbances:
    """Draw what goes wrong in a tube that takes `duration` seconds.

    Returns
    -------
    Disturbances
        A tube's draws do not depend on the probabilities: raising one adds events to other tubes, and
        leaves those of this one as they were.
    """
    clogged, bubbled, drifting = rng.random(3) < (
        flow.clog_probability,
        flow.bubble_probability,
        flow.bad_drift_probability,
    )
    n_clogs = int(rng.integers(1, 3))
    clogs = [_draw_clog(rng, optics, duration, part, n_clogs) for part in range(n_clogs)]
    length = min(rng.uniform(0.5, 2.0), 0.05 * duration)
    begin = rng.uniform(0.1, 0.9) * duration
    laser = str(rng.choice(sorted(set(optics.lasers))))
    size = rng.uniform(0.10, 0.20) * rng.choice([-1.0, 1.0])
    bend = float(rng.choice([0.0, 0.3]))
    return Disturbances(
        clogs=tuple(clogs) if clogged else (),
        bubbles=((begin, begin + length),) if bubbled else (),
        drift_laser=laser if drifting else "",
        drift=float(size) if drifting else 0.0,
        bend=bend,
        duration=duration,
    )


def _draw_clog(rng: np.random.Generator, optics: Optics, duration: float, part: int, parts: int) -> Clog:
    length = min(rng.uniform(3.0, 12.0), _MOST_OF_FILE * duration)
    begin = duration * (0.1 + 0.75 * (part + rng.random()) / parts)
    n_detectors = len(optics.detectors)
    hit = rng.choice(n_detectors, int(rng.integers(1, 4)), replace=False)
    signal = 1.0 - rng.uniform(0.15, 0.40, hit.size)
    if rng.random() < _WHOLE:
        hit, signal = np.arange(n_detectors), np.full(n_detectors, 1.0 + rng.choice([-0.1, 0.1]))
    return Clog(begin, begin + length, float(rng.uniform(0.15, 0.40)), hit, signal)
