"""Blur: how far from the boundary of two overlapping populations a border may stand, as far as events say.

Where cells of both sides lie at a border, some are counted on the wrong side. The share is right if as many
leak in as leak out, which no density shows: events at the border may be those of the left population, of
the right one, or of both. What each side would leak is its tail beyond the border.
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
    """

    place: float
    below: float
    above: float
    x: NDArray[np.float64]
    running: NDArray[np.float64]
    density: float

    def move(self, share: float) -> float:
        """Return how far the border moves, of all that it may from below (0) to above (1).

        As many events change sides as the density at the border has on the way; where the density rises,
        that is a shorter way.
        """
        change = self.density * (share * (self.above + self.below) - self.below)
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
    left, right = _tails(density, place, height)
    running = np.cumsum(density.height) * density.step
    # A population below the border that leaks over it: its boundary lies further up.
    return Blur(place, right, left, density.x, running, height) if left + right > 0 else None


def _tails(density: Density, place: float, height: float) -> tuple[float, float]:
    """Return the lengths of the tails at a border, of the populations below and above it.

    Each is a normal population whose peak is seen and that has half of the height at the border; the tail's
    area beyond the border, divided by its height there. A side without a peak of its own is a shoulder: its
    tail is taken to be as long as the other's.
    """
    peaks = density.x[list(landscape(density, share=SHARE).peaks)]
    lengths = []
    for near in (peaks[peaks < place][-1:], peaks[peaks > place][:1]):
        if not len(near):
            lengths.append(math.nan)
            continue
        top = float(np.interp(near[0], density.x, density.height))
        steps = math.sqrt(2 * math.log(max(2 * top / height, 2.0)))
        mills = math.erfc(steps / math.sqrt(2)) / 2 * math.sqrt(2 * math.pi) * math.exp(steps * steps / 2)
        lengths.append(abs(float(near[0]) - place) * mills / steps)
    left, right = lengths
    known = [length for length in lengths if math.isfinite(length)]
    if not known:
        return 0.0, 0.0
    return (left if math.isfinite(left) else known[0]), (right if math.isfinite(right) else known[0])
