"""Border: how many events lie where a gate ends; many mean that it cuts through a population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.looking import Wanted, pick
from cytogate.gating.spans import span_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.base import Gate
    from cytogate.gating.strategy import GatingStrategy

NEAR = 0.01  # of an axis: events that a border moved this far would pass over
WIDE = 4  # times as far: the neighbourhood
MOST = 4_000  # events that are tried
HALF = 0.5  # an event, added to both counts: few events say little


@dataclass(frozen=True, slots=True)
class Border:
    """One gate of one sample.

    Attributes
    ----------
    parent : str or None
        Path of the population that it divides.
    gate : str
        Its name.
    populations : tuple of str
        Paths of what it makes.
    density : float
        Events at the border relative to its neighbourhood: about 1 where they are spread evenly, near 0 in a
        clear valley, above 1 on a ridge.
    place : tuple of float
        Middle of the finite borders on each axis, as part of the axis; NaN where there is none.
    n_events : int
        Events that were tried.
    """

    parent: str | None
    gate: str
    populations: tuple[str, ...]
    density: float
    place: tuple[float, ...]
    n_events: int


def borders(source: EventSource, strategy: GatingStrategy, name: str) -> tuple[Border, ...]:
    """Return the border of every gate of at most two axes; booleans have none.

    Parameters
    ----------
    source : FcsFile or Events
        One sample; read once.
    strategy : GatingStrategy
        Its gates.
    name : str
        Of the sample: decides which 4,000 events of each parent population are tried.
    """
    gates = [(node, made) for node, made in strategy.gates if len(set(node.gate.dims)) in (1, 2)]
    wanted = []
    for node, _ in gates:
        dims = tuple(dict.fromkeys(node.gate.dims))  # two dividers of a quadrant gate may cut one axis
        wanted.append(Wanted(node.parent, dims, tuple(span_on(source, strategy, dim) for dim in dims)))
    found = []
    for (node, made), entry, picked in zip(
        gates, wanted, pick(source, strategy, wanted, name, MOST, threads=1), strict=True
    ):
        columns = [entry.dims.index(dim) for dim in node.gate.dims]
        lengths = np.array([entry.spans[column].high - entry.spans[column].low for column in columns])
        events = picked[:, columns]
        place = tuple(
            value / length for value, length in zip(_middle(node.gate), lengths.tolist(), strict=True)
        )
        density = border_density(node.gate, [p.part for p in made], events, NEAR * lengths)
        paths = tuple(population.path for population in made)
        found.append(Border(node.parent, node.name, paths, density, place, len(events)))
    return tuple(found)


def border_density(
    gate: Gate, parts: Sequence[str | None], events: NDArray[np.float64], step: NDArray[np.float64]
) -> float:
    """Return how many (m, n_dims) events lie at a gate's border, relative to four times as far around it.

    The gate is moved by `step` (scale units) along each axis, to and fro; events that this takes in or out
    lie at the border.
    """
    before = _members(gate, parts, events)
    near = wide = 0
    for axis, size in enumerate(step.tolist()):
        for sign in (-1.0, 1.0):
            move = np.zeros(len(step))
            move[axis] = sign * size
            near += int((_members(gate, parts, events + move) != before).any(axis=0).sum())
            wide += int((_members(gate, parts, events + WIDE * move) != before).any(axis=0).sum())
    return (near + HALF) / (wide / WIDE + HALF)


def _members(gate: Gate, parts: Sequence[str | None], events: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.stack([gate.contains(events, part) for part in parts])


def _middle(gate: Gate) -> list[float]:
    """Return the mean of the finite borders on each axis, NaN where there is none."""
    match gate:
        case RectangleGate():
            sides = [list(ends) for ends in zip(gate.minimum, gate.maximum, strict=True)]
        case PolygonGate():
            sides = [column.tolist() for column in gate.vertices.T]
        case QuadrantGate():
            sides = [list(cuts) for cuts in gate.cuts]
        case EllipsoidGate():
            sides = [[value] for value in gate.mean.tolist()]
        case _:
            sides = [[] for _ in gate.dims]
    finite = [[value for value in side if np.isfinite(value)] for side in sides]
    return [float(np.mean(side)) if side else float("nan") for side in finite]
