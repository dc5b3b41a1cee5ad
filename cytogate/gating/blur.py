"""Blur: how far from the boundary of two overlapping populations a border may stand, as far as events say.

Where cells of both sides lie at a border, some are counted on the wrong side. The share is right if as many
leak in as leak out, which no density shows: events at the border may be those of the left population, of
the right one, or of both. What each side would leak is its tail beyond the border. Where the density rises
more steeply than two equal flanks would let it, most events there are those of the population above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.carrying import Axis, Warp
from cytogate.gating.looking import Wanted, look
from cytogate.gating.lowering import lower_all, needs_of
from cytogate.gating.spans import span_on
from cytogate.methods.density import estimate
from cytogate.methods.peaks import landscape
from cytogate.methods.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.base import Gate
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.methods.density import Density
    from cytogate.methods.summary import Span

FEWEST = 100  # events from which a density is made
SHARE = 0.01  # of the events, that a peak must hold to be a population beside the border
BESIDE = 1e-4  # of an axis: just below and just above a border
ROUNDS = 30  # of dividing the events at a border between both sides; most settle in ten
LEAST = 0.02  # part of them that each side has


@dataclass(frozen=True, slots=True, eq=False)
class Blur:
    """One border of a gate, on one axis.

    Attributes
    ----------
    place : float
        Where it stands, scale units.
    below, above : float
        How far below and above it the boundary may lie: lengths of the tails, scale units.
    x, running : (m,) float64
        Places, and the part of the events below each.
    density : float
        Part of the events a scale unit, at the border.
    middle : float
        Part of the events at the border that belong to the population below, as far as the slope of the
        density says; 0 to 1. Half of all moves are made for a smaller part, half for a larger one.
    """

    place: float
    below: float
    above: float
    x: NDArray[np.float64]
    running: NDArray[np.float64]
    density: float
    middle: float = 0.5

    def move(self, share: float) -> float:
        """Return how far the border moves, of all that it may from below (0) to above (1); median at 1/2.

        As many events change sides as the density at the border has on the way; where the density rises,
        that is a shorter way.
        """
        part = float(np.interp(share, (0.0, 0.5, 1.0), (0.0, self.middle, 1.0)))
        change = self.density * (part * (self.above + self.below) - self.below)
        now = float(np.interp(self.place, self.x, self.running))
        there = np.interp(min(max(now + change, 0.0), float(self.running[-1])), self.running, self.x)
        return float(np.clip(there - self.place, -self.below, self.above))


def blurs_of(
    source: EventSource,
    strategy: GatingStrategy,
    paths: Iterable[str],
    name: str,
    held: Collection[str] = (),
) -> dict[Axis, tuple[Blur, ...]]:
    """Return the blur of every border that decides some populations.

    Parameters
    ----------
    source : FcsFile or Events
        One sample; read once.
    strategy : GatingStrategy
        Its gates.
    paths : iterable of str
        Full paths of the populations.
    name : str
        Of the sample: decides which 20,000 events of each parent are looked at.
    held : collection of str
        Names of gates that have no blur.
    """
    gates = []
    for node, made in only(strategy, paths).gates:
        dims = tuple(dict.fromkeys(node.gate.dims))
        if node.name in held or not isinstance(node.gate, RectangleGate | QuadrantGate):
            continue
        if len(dims) <= 2:
            gates.append(
                (node, made, Wanted(node.parent, dims, tuple(span_on(source, strategy, d) for d in dims)))
            )
    out: dict[Axis, tuple[Blur, ...]] = {}
    summaries = look(source, strategy, [wanted for *_, wanted in gates], name, threads=1)
    for (node, made, wanted), summary in zip(gates, summaries, strict=True):
        columns = [wanted.dims.index(dim) for dim in node.gate.dims]
        events = summary.events[:, columns]
        for at, column in enumerate(columns):
            span = wanted.spans[column]
            found = []
            for place in _borders(node.gate, at):
                if span.low < place < span.high:
                    near = _across(node.gate, [p.part for p in made], events, at, place, span)
                    found.append(_blur(events[near, at], place, span))
            if any(found):
                out[node.parent, node.name, at] = tuple(blur for blur in found if blur is not None)
    return out


def warps_of(
    blurs: Mapping[Axis, tuple[Blur, ...]], shares: Mapping[Axis, tuple[float, ...]]
) -> dict[Axis, Warp]:
    """Return how gates move if each border is at some share of its blur."""
    return {
        axis: Warp(
            tuple(blur.place for blur in found),
            tuple(blur.move(share) for blur, share in zip(found, shares[axis], strict=True)),
        )
        for axis, found in blurs.items()
    }


def only(strategy: GatingStrategy, paths: Iterable[str]) -> GatingStrategy:
    """Return the strategy with some populations and what they are made from, and no others."""
    lowered = lower_all(strategy, None)
    needed: set[str] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path not in needed:
            needed.add(path)
            waiting += needs_of(strategy, strategy.find(path), lowered[path])
    return replace(strategy, populations=tuple(p for p in strategy.populations if p.path in needed))


def _borders(gate: Gate, at: int) -> list[float]:
    """Return the borders on a dimension, from low to high."""
    match gate:
        case RectangleGate():
            ends = [gate.minimum[at], gate.maximum[at]]
        case QuadrantGate():
            ends = list(gate.cuts[at])
        case _:
            ends = []
    return [end for end in ends if math.isfinite(end)]


def _across(
    gate: Gate, parts: list[str | None], events: NDArray[np.float64], at: int, place: float, span: Span
) -> NDArray[np.bool_]:
    """Return which events the border divides: those whose other position makes it theirs."""
    sides = []
    for sign in (-1.0, 1.0):
        moved = events.copy()
        moved[:, at] = place + sign * BESIDE * (span.high - span.low)
        sides.append(np.stack([gate.contains(moved, part) for part in parts]))
    return np.asarray((sides[0] != sides[1]).any(axis=0))


def _blur(values: NDArray[np.float64], place: float, span: Span) -> Blur | None:
    """Return the blur of a border between values; None where there are too few, or none at the border."""
    if len(values) < FEWEST:
        return None
    density = estimate(Summary.of(values, (span,)), rule="plug-in")
    height = float(np.interp(place, density.x, density.height))
    if density.n < FEWEST or height <= 0:
        return None
    left, right, middle = _sides(density, place, height)
    running = np.cumsum(density.height) * density.step
    # A population below the border that leaks over it: its boundary lies further up.
    return Blur(place, right, left, density.x, running, height, middle) if left + right > 0 else None


def _sides(density: Density, place: float, height: float) -> tuple[float, float, float]:
    """Return the lengths of the tails of the populations below and above a border, and the part of the first.

    Each is a normal population whose peak is seen. Its height at the border, as part of all, decides how
    steep it is there; how steep both are together must be the slope of the density. A side without a peak of
    its own is a shoulder: its tail is taken to be as long as the other's.
    """
    steepness = float(np.interp(place, density.x, density.slope)) / height
    peaks = density.x[list(landscape(density, share=SHARE).peaks)]
    sides = [_peak(density, near, place) for near in (peaks[peaks < place][-1:], peaks[peaks > place][:1])]
    known = [side for side in sides if side is not None]
    if not known:
        return 0.0, 0.0, 0.5
    below, above = (side or known[0] for side in sides)
    part = 0.5
    for _ in range(ROUNDS):
        down, up = _steepness(*below, height * part), _steepness(*above, height * (1 - part))
        part = (part + float(np.clip((up - steepness) / (up + down), LEAST, 1 - LEAST))) / 2
    return _tail(*below, height / 2), _tail(*above, height / 2), part


def _peak(density: Density, near: NDArray[np.float64], place: float) -> tuple[float, float] | None:
    """Return the distance and the height of a peak beside a border; None without one."""
    if not len(near):
        return None
    return abs(float(near[0]) - place), float(np.interp(near[0], density.x, density.height))


def _deviations(top: float, height: float) -> float:
    """Return how many standard deviations from its peak a normal population has come down to a height."""
    return math.sqrt(2 * math.log(max(top / height, 2.0)))


def _steepness(distance: float, top: float, height: float) -> float:
    """Return the slope of a normal population over its height, where it has come down to `height`."""
    return _deviations(top, height) ** 2 / distance


def _tail(distance: float, top: float, height: float) -> float:
    """Return the events of a normal population beyond a border over its `height` there, by Mills' ratio."""
    steps = _deviations(top, height)
    mills = math.erfc(steps / math.sqrt(2)) / 2 * math.sqrt(2 * math.pi) * math.exp(steps * steps / 2)
    return distance * mills / steps
