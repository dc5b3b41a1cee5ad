"""Carrying: the gates of one sample put where they belong in another, by how the cells' peaks moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cytogate.errors import GatingError
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.looking import Wanted, look
from cytogate.gating.spans import span_on
from cytogate.methods.density import estimate
from cytogate.methods.peaks import landscape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy, Population
    from cytogate.methods.summary import Summary

FEWEST = 100  # events in which peaks are looked for
FURTHEST = 0.15  # of the axis: a peak that lies farther away is another one
SMOOTHER = 2.0  # bandwidths: peaks that matter are wide
DEPTH = 0.1  # of the valley beside a peak, as part of the peak
SHARE = 0.02  # of the events, that a peak must hold
FLANKS = (0.05, 0.95)  # of the events of a peak: these ends of it hardly feel shares
FLANK_STEP = 0.025  # of the events, on both sides of an end, for the density there

Axis: TypeAlias = tuple[str | None, str, int]  # parent, gate, number of the dimension


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of a density.

    Attributes
    ----------
    place, variance : float
        Where it is, and the variance of that; scale units.
    share : float
        Of the events.
    flanks : tuple of (float, float)
        Places of its low and its high end, each with its variance; scale units.
    """

    place: float
    variance: float
    share: float
    flanks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Displacements at a few places of an axis, in scale units; interpolated between them, constant beyond.

    No places at all leave everything where it is.
    """

    places: tuple[float, ...] = ()
    moves: tuple[float, ...] = ()

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values moved; infinities stay."""
        if not self.places:
            return values
        return values + np.interp(values, self.places, self.moves)


def peaks_of(source: EventSource, strategy: GatingStrategy, name: str) -> dict[Axis, tuple[Peak, ...]]:
    """Return the peaks of every gate's parent population on every axis of the gate.

    Parameters
    ----------
    source : FcsFile or Events
        One sample; read once.
    strategy : GatingStrategy
        Its own.
    name : str
        Of the sample.
    """
    wanted: dict[tuple[str | None, Dimension], Wanted] = {}
    axes: dict[Axis, tuple[str | None, Dimension]] = {}
    for axis, dim in _axes(strategy):
        axes[axis] = (axis[0], dim)
        wanted[axes[axis]] = Wanted(axis[0], (dim,), (span_on(source, strategy, dim),))
    summaries = look(source, strategy, list(wanted.values()), name, threads=1)
    found = {key: _peaks(summary) for key, summary in zip(wanted, summaries, strict=True)}
    return {axis: found[key] for axis, key in axes.items()}


def warps_between(
    here: Mapping[Axis, Sequence[Peak]], there: Mapping[Axis, Sequence[Peak]], lengths: Mapping[Axis, float]
) -> dict[Axis, Warp]:
    """Return how each axis of each gate moves from one sample to another.

    Peaks are matched in order, so that the matched ones are many, large and near; a population may be missing
    in one of the samples. `lengths` are those of the axes, in scale units.
    """
    return {axis: _warp(peaks, there.get(axis, ()), FURTHEST * lengths[axis]) for axis, peaks in here.items()}


def lengths_of(source: EventSource, strategy: GatingStrategy) -> dict[Axis, float]:
    """Return the length of every axis of every gate, in scale units."""
    spans = {axis: span_on(source, strategy, dim) for axis, dim in _axes(strategy)}
    return {axis: span.high - span.low for axis, span in spans.items()}


def carried(
    gates: GatingStrategy, target: GatingStrategy, warps: Mapping[Axis, Warp] | None = None
) -> GatingStrategy:
    """Return the strategy of `target` with the geometry of `gates`, moved along `warps`.

    Channels, matrices and scales stay those of the target. Gates that `gates` lacks, or that are of another
    kind there, stay the target's own.
    """
    theirs = {(p.parent, p.gate_name): p.gate for p in gates.populations}
    made: dict[tuple[str | None, str], Gate] = {}
    populations = []
    for population in target.populations:
        key = (population.parent, population.gate_name)
        if key not in made:  # parts of a gate share it
            made[key] = _geometry(theirs.get(key), population, warps or {})
        populations.append(replace(population, gate=made[key]))
    return replace(target, populations=tuple(populations))


def _geometry(model: Gate | None, population: Population, warps: Mapping[Axis, Warp]) -> Gate:
    own = population.gate
    if model is None or type(model) is not type(own) or len(model.dims) != len(own.dims):
        return own
    key = (population.parent, population.gate_name)
    warp = [warps.get((*key, at), Warp()) for at in range(len(own.dims))]

    def moved(values: Sequence[float], at: int) -> tuple[float, ...]:
        return tuple(warp[at](np.asarray(values, dtype=np.float64)).tolist())

    try:
        match model:
            case RectangleGate():
                low = tuple(moved([value], at)[0] for at, value in enumerate(model.minimum))
                high = tuple(moved([value], at)[0] for at, value in enumerate(model.maximum))
                return RectangleGate(own.dims, low, high, model.grid)
            case PolygonGate():
                columns = [warp[at](column) for at, column in enumerate(model.vertices.T)]
                return PolygonGate((own.dims[0], own.dims[1]), np.column_stack(columns), model.grid)
            case QuadrantGate():
                cuts = tuple(moved(values, at) for at, values in enumerate(model.cuts))
                return QuadrantGate(own.dims, cuts, model.quadrants)
            case EllipsoidGate():
                mean = [moved([value], at)[0] for at, value in enumerate(model.mean.tolist())]
                return EllipsoidGate(
                    own.dims, np.array(mean), model.covariance, model.distance_square, model.grid
                )
    except GatingError:  # a warp folded the gate up
        return own
    return own


def _axes(strategy: GatingStrategy) -> Iterator[tuple[Axis, Dimension]]:
    for node, _ in strategy.gates:
        for at, dim in enumerate(node.gate.dims):
            yield (node.parent, node.name, at), dim


def _peaks(summary: Summary) -> tuple[Peak, ...]:
    if summary.n < FEWEST:
        return ()
    density = estimate(summary, adjust=SMOOTHER)
    land = landscape(density, depth=DEPTH, share=SHARE)
    edges = [0, *(valley.at for valley in land.valleys), len(density.x)]
    return tuple(
        _centred(density.x[low:high], density.counts[low:high], density.height[low:high], density.n)
        for low, high in pairwise(edges)
    )


def _centred(
    x: NDArray[np.float64], counts: NDArray[np.int64], height: NDArray[np.float64], total: int
) -> Peak:
    """Return the peak of one stretch of an axis: a biweight mean about the top.

    A mode is known far worse than a mean; a mean is moved by what lies beside the peak. The weights end at
    three half-widths at half height, which is 3.5 standard deviations of a normal peak.
    """
    top = int(np.argmax(height))
    half = np.flatnonzero(height >= height[top] / 2)
    width = min(x[top] - x[half[0]], x[half[-1]] - x[top]) + (x[1] - x[0])  # the steeper side is the peak's
    place = float(x[top])
    for _ in range(20):
        weight = counts * np.clip(1 - ((x - place) / (3 * width)) ** 2, 0.0, None) ** 2
        if not weight.sum():
            break
        place = float(weight @ x / weight.sum())
    share = float(counts.sum()) / total
    return Peak(place, float(width**2 / max(weight.sum(), 1.0)), share, _flanks(x, counts))


def _flanks(x: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[tuple[float, float], ...]:
    """Return the ends of a peak as quantiles, with the sampling variance of each."""
    running = np.cumsum(counts)
    if not running[-1]:
        return ()
    found = []
    for part in FLANKS:
        low, place, high = np.interp([part - FLANK_STEP, part, part + FLANK_STEP], running / running[-1], x)
        slope = (high - low) / (2 * FLANK_STEP)
        found.append((float(place), float(slope**2 * part * (1 - part) / running[-1])))
    return tuple(found)


def _matched(here: Sequence[Peak], there: Sequence[Peak], furthest: float) -> list[tuple[Peak, Peak]]:
    """Return pairs of peaks in order, with the highest sum of shares, near ones preferred."""
    best: list[list[tuple[float, list[tuple[Peak, Peak]]]]] = [
        [(0.0, []) for _ in range(len(there) + 1)] for _ in range(len(here) + 1)
    ]
    for i, one in enumerate(here, start=1):
        for j, other in enumerate(there, start=1):
            nearness = 1 - ((other.place - one.place) / furthest) ** 2
            score = min(one.share, other.share) ** 0.5 * nearness
            before, pairs = best[i - 1][j - 1]
            choices = [best[i - 1][j], best[i][j - 1]]
            if nearness > 0:
                choices.append((before + score, [*pairs, (one, other)]))
            best[i][j] = max(choices, key=lambda choice: choice[0])
    return best[-1][-1][1]


def _warp(here: Sequence[Peak], there: Sequence[Peak], furthest: float) -> Warp:
    """Return the displacements of matched peaks, each as far as it is more than chance."""
    alone = min(len(here), len(there)) == 1
    places, moves = [], []
    for one, other in _matched(here, there, furthest):
        move = _more_than_chance(other.place - one.place, one.variance + other.variance)
        places.append(one.place)
        moves.append(_as_a_whole(move, one, other) if alone else move)
    return Warp(tuple(places), tuple(moves))


def _more_than_chance(move: float, noise: float) -> float:
    return move * max(0.0, 1 - noise / move**2) if move else 0.0


def _as_a_whole(move: float, one: Peak, other: Peak) -> float:
    """Return how far a lone peak moved with at least one of its flanks.

    It may hide two populations that overlap, and its top then goes to the one that grows. Their outer flanks
    stay. One flank may be cut off by the parent's gate, so the one that went farther counts.
    """
    went = []
    for (low, noise), (high, more) in zip(one.flanks, other.flanks, strict=False):
        went.append(move + _more_than_chance(high - low - move, noise + more))
    if not went:
        return move
    return min(max(*went, 0.0), move) if move > 0 else max(min(*went, 0.0), move)
