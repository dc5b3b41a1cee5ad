"""What a cytometer does besides: doublets, uneven flow, drift, clogs and events at the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.simulate.cells import Cells
    from cytogate.simulate.disturbances import Disturbances
    from cytogate.simulate.optics import Optics

_BIN = 0.1  # seconds
_RATE_CV = 0.05
_HEIGHT_RATIO, _HEIGHT_SD = 0.97, 0.02
_SLANT = 0.018
_OVERLAP = 0.75  # most that a second cell adds to the height
_SIDE_HEIGHT_SD = 0.03


@dataclass(frozen=True, slots=True)
class Acquisition:
    """When each event passed, and how the instrument stood then.

    Attributes
    ----------
    seconds : (n,) float64
        Rising.
    gain : (n, n_detectors) float64
        Factor of each detector at that time.
    clog : (n,) bool
        Inside a partial clog.
    bubble : (n,) bool
        While a bubble or back-flush passes.
    drift_laser : str
        Laser that drifts; empty where none does.
    drift : float
        By how much it has at the end, as a share.
    """

    seconds: NDArray[np.float64]
    gain: NDArray[np.float64]
    clog: NDArray[np.bool_]
    bubble: NDArray[np.bool_]
    drift_laser: str
    drift: float


def acquire(
    rng: np.random.Generator,
    optics: Optics,
    n_events: int,
    *,
    rate: float,
    drift_probability: float,
    clogged: bool,
    disturbances: Disturbances,
) -> Acquisition:
    """Draw event times of a flow that surges at the start and is never quite even, and the detectors' drift.

    Parameters
    ----------
    rng : numpy.random.Generator
        Used in a fixed order.
    optics : Optics
        The instrument; drift moves the detectors of one laser.
    n_events : int
        How many.
    rate : float
        Events a second, on average.
    drift_probability : float
        How often a laser drifts by up to 6 % over the file.
    clogged : bool
        Whether a clog slows the flow for a tenth of the time and dims two detectors.
    disturbances : Disturbances
        What else goes wrong.

    Returns
    -------
    Acquisition
        In the order of the file.
    """
    duration = n_events / rate
    n_bins = max(int(np.ceil(duration / _BIN)), 10)
    edges = np.linspace(0.0, duration, n_bins + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    flow = rng.gamma(1.0 / _RATE_CV**2, _RATE_CV**2, n_bins)
    phase = 2 * np.pi * (middle / duration * rng.uniform(0.7, 2.5) + rng.random())
    flow *= 1.0 + rng.uniform(0.08, 0.2) * np.sin(phase)
    flow *= 1.0 - rng.uniform(0.0, 0.2) * middle / duration  # the tube empties, the cells settle
    surge = rng.uniform(1.0, 2.0)
    flow *= np.where(middle < surge, rng.uniform(1.25, 1.6), 1.0)
    begin, end = duration * np.array([0.0, 0.1]) + duration * rng.uniform(0.3, 0.7)
    if clogged:
        flow *= np.where((middle >= begin) & (middle < end), 0.3, 1.0)
        flow *= np.where((middle >= end) & (middle < end + 1.0), 1.5, 1.0)
    flow *= disturbances.flow(middle)
    cumulative = np.concatenate([[0.0], np.cumsum(flow)]) / flow.sum()
    seconds = np.interp(np.sort(rng.random(n_events)), cumulative, edges)
    gain = np.ones((n_events, len(optics.detectors)))
    drifting, laser = rng.random() < drift_probability, str(rng.choice(sorted(set(optics.lasers))))
    slope = rng.uniform(-0.06, 0.06)
    if drifting:
        gain[:, [name == laser for name in optics.lasers]] *= 1.0 + slope * (seconds / duration)[:, None]
    inside = (seconds >= begin) & (seconds < end) if clogged else np.zeros(n_events, dtype=bool)
    dimmed = rng.choice(len(optics.detectors), 2, replace=False)
    gain[np.ix_(inside, dimmed)] *= 1.0 - rng.uniform(0.15, 0.4, 2)
    disturbances.dim(gain, seconds, optics)
    if disturbances.drift:
        laser, slope = disturbances.drift_laser, disturbances.drift
    drifts = drifting or disturbances.drift != 0.0
    return Acquisition(
        seconds,
        gain,
        inside | disturbances.clog(seconds),
        disturbances.bubble(seconds),
        laser if drifts else "",
        slope if drifts else 0.0,
    )


def heights(
    rng: np.random.Generator, fsc: NDArray[np.float64], ssc: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pulse heights of single cells of these areas."""
    slant = 1.0 + rng.exponential(_SLANT, fsc.size)  # cells that tumble pass the laser a little longer
    forward = fsc * rng.normal(_HEIGHT_RATIO, _HEIGHT_SD, fsc.size) / slant
    sideward = ssc * rng.normal(_HEIGHT_RATIO, _SIDE_HEIGHT_SD, ssc.size) / slant
    return forward, sideward


@dataclass(frozen=True, slots=True)
class Pulses:
    """Events as they leave the flow cell: single cells and cells that stuck together.

    Attributes
    ----------
    abundance : (n, n_dyes) float64
        Summed over the cells of an event.
    glow, fsc, ssc, fsc_height, ssc_height : (n,) float64
        Autofluorescence, areas and heights.
    dead : (n,) bool
        Any cell of the event is dead.
    """

    abundance: NDArray[np.float64]
    glow: NDArray[np.float64]
    fsc: NDArray[np.float64]
    ssc: NDArray[np.float64]
    fsc_height: NDArray[np.float64]
    ssc_height: NDArray[np.float64]
    dead: NDArray[np.bool_]


def stick_together(
    rng: np.random.Generator, cells: Cells, where: NDArray[np.int64], partners: Cells
) -> Pulses:
    """Return the events when the cells at `where` carry a partner each.

    Areas and light add up; the height is that of the taller cell and a little more, the more the closer
    together the two pass the laser. Every twentieth carries its partner twice: a triplet.
    """
    forward, sideward = heights(rng, cells.fsc, cells.ssc)
    partner_forward, partner_sideward = heights(rng, partners.fsc, partners.ssc)
    times = np.where(rng.random(where.size) < 0.05, 2.0, 1.0)
    overlap = 1.0 + _OVERLAP * rng.beta(1.2, 3.0, where.size)
    abundance, glow = cells.abundance.copy(), cells.glow.copy()
    fsc, ssc, dead = cells.fsc.copy(), cells.ssc.copy(), cells.dead.copy()
    abundance[where] += times[:, None] * partners.abundance
    glow[where] += times * partners.glow
    fsc[where] += times * partners.fsc
    ssc[where] += times * partners.ssc
    dead[where] |= partners.dead
    forward[where] = np.minimum(np.maximum(forward[where], partner_forward) * overlap, 0.97 * fsc[where])
    sideward[where] = np.minimum(np.maximum(sideward[where], partner_sideward) * overlap, 0.97 * ssc[where])
    return Pulses(abundance, glow, fsc, ssc, forward, sideward, dead)


def saturate(
    rng: np.random.Generator,
    values: NDArray[np.float64],
    large: NDArray[np.bool_],
    share: float,
    *,
    ceiling: float,
) -> None:
    """Push a `share` of all events to the ceiling, in place: aggregates and large cells, one to two channels.

    `values` is (n, n_scatter + n_detectors) with the scatter first; `large` marks who can be hit.
    """
    candidates = np.flatnonzero(large)
    n_hit = min(rng.binomial(values.shape[0], share), candidates.size)
    hit = rng.choice(candidates, n_hit, replace=False)
    for event in hit:
        if rng.random() < 0.7:
            values[event, :2] = ceiling, min(values[event, 1] * 1.6, ceiling)
        else:
            values[event, rng.choice(values.shape[1] - 4, 2, replace=False) + 4] = ceiling
