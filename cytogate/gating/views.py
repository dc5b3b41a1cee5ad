"""Views: each gate as the plot an analyst would draw, a density of the parent on the gate's own axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError, PanelError
from cytogate.gating.passes import read_columns
from cytogate.gating.result import compensated_dimension
from cytogate.kernels.histogram import histogram_2d

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy, Population
    from cytogate.transforms.base import Transform

BINS = 128
EDGE_PERCENTILES = (0.1, 99.9)  # of the events, where nobody says how far an axis goes
MARGIN = 0.04  # of an axis, left free beyond those percentiles


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a view; `low` and `high` are on the scale of its transform."""

    dim: Dimension
    title: str
    low: float
    high: float
    transform: Transform | None


@dataclass(frozen=True, slots=True, eq=False)
class DrawnGate:
    """A gate in a view: its outline on the scale, (n_points, 2), or (1, 2) low and high of a range on x."""

    population: str
    name: str
    kind: str
    outline: NDArray[np.float64]
    count: int
    percent_of_parent: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One plot: the parent's events on two axes, and the gates drawn on it.

    `counts` is (bins, bins) uint32: row = bin of y from low to high, column = bin of x. Events beyond the
    axes are piled on the edge bins.
    """

    gate_name: str
    parent: str | None
    parent_count: int
    x: Axis
    y: Axis
    counts: NDArray[np.uint32]
    gates: tuple[DrawnGate, ...]
    traces: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Back-gating: where the events of a final population lie in a view on the way to it.

    `counts` is (bins, bins) as in `View`; `count` is the number of events.
    """

    population: str
    count: int
    counts: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _Plan:
    gate_name: str
    parent: str | None
    x: Dimension
    y: Dimension
    populations: tuple[Population, ...]


def views(
    source: EventSource,
    strategy: GatingStrategy,
    result: GatingResult,
    *,
    bins: int = BINS,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    traced: Sequence[str] = (),
    threads: int | None = None,
) -> tuple[View, ...]:
    """Return one view for every gate that can be drawn, in the order of the tree.

    Gates of one parent on the same two axes share a view; boolean gates, and gates of more than two
    dimensions, have none.

    Parameters
    ----------
    source, strategy, result
        The events, their gates, and what gating found.
    bins : int
        Bins a side.
    ranges : mapping of channel to (low, high), optional
        How far axes go, in compensated data values; by default from the events.
    traced : sequence of str
        Full paths of final populations: their events are traced in every view that gates them or a
        population above them, or one that a boolean gate on the way is made of (back-gating).
    threads : int, optional
        How many threads read the events; by default as many as there are processors.
    """
    plans = _plans(source, strategy)
    wanted = list(dict.fromkeys(dim for plan in plans for dim in (plan.x, plan.y)))
    if not wanted:
        return ()
    columns = dict(zip(wanted, read_columns(source, strategy, wanted, threads=threads), strict=True))
    drawn_events = result.root_mask()
    axes = {dim: _axis(dim, columns[dim][drawn_events], source, strategy, ranges or {}) for dim in wanted}
    return tuple(_view(plan, columns, axes, result, bins, traced) for plan in plans)


def _plans(source: EventSource, strategy: GatingStrategy) -> list[_Plan]:
    plans: dict[tuple[str | None, Dimension, Dimension], list[Population]] = {}
    for population in strategy.populations:
        dims = tuple(dict.fromkeys(population.gate.dims))
        if len(dims) == 1:
            second = population.display or _default_second(dims[0], source, strategy)
            dims = (dims[0], second) if second is not None else dims
        if len(dims) == 2:  # a plot has two axes
            plans.setdefault((population.parent, dims[0], dims[1]), []).append(population)
    return [
        _Plan(_title(populations), parent, x, y, tuple(populations))
        for (parent, x, y), populations in plans.items()
    ]


def _title(populations: Sequence[Population]) -> str:
    return ", ".join(dict.fromkeys(population.gate_name for population in populations))


def _default_second(dim: Dimension, source: EventSource, strategy: GatingStrategy) -> Dimension | None:
    """Return side scatter, or whatever channel is not the first one."""
    names = [channel.name for channel in source.channels]
    preferred = [name for name in ("SSC-A", "SSC-H", "FSC-A") if name in names]
    own = _channel(dim, source)
    for name in (*preferred, *names):
        if own is None or name != own.name:
            return compensated_dimension(name, source, strategy)
    return None


def _axis(
    dim: Dimension,
    values: NDArray[np.float64],
    source: EventSource,
    strategy: GatingStrategy,
    ranges: Mapping[str, tuple[float, float]],
) -> Axis:
    transform = strategy.transform_of(dim)
    channel = _channel(dim, source)
    name = channel.name if channel is not None else dim.channel
    low, high = ranges.get(name, (np.nan, np.nan))
    if transform is not None:
        low, high = transform.forward(low), transform.forward(high)
    if not -np.inf < low < high < np.inf:
        low, high = _extent(values)
    return Axis(
        dim, channel.title if channel is not None else dim.channel, float(low), float(high), transform
    )


def _channel(dim: Dimension, source: EventSource) -> Channel | None:
    """Return the channel of a dimension; None for a fluorochrome that only its matrix knows."""
    try:
        return source.channels[dim.channel]
    except PanelError:
        return None


def _extent(values: NDArray[np.float64]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = np.percentile(finite, EDGE_PERCENTILES)
    span = float(high - low) or abs(float(high)) or 1.0
    return float(low) - MARGIN * span, float(high) + MARGIN * span


def _view(
    plan: _Plan,
    columns: Mapping[Dimension, NDArray[np.float64]],
    axes: Mapping[Dimension, Axis],
    result: GatingResult,
    bins: int,
    traced: Sequence[str],
) -> View:
    mask = result.root_mask() if plan.parent is None else result.mask(plan.parent)
    x, y = axes[plan.x], axes[plan.y]

    def density(of: NDArray[np.bool_]) -> NDArray[np.uint32]:
        counts = np.zeros((bins, bins), dtype=np.uint32)
        histogram_2d(columns[plan.x], columns[plan.y], of, x.low, x.high, y.low, y.high, counts)
        return counts

    way = {population.path for population in plan.populations}
    finals = [path for path in traced if not way.isdisjoint(way_to(path, result.strategy))]
    return View(
        gate_name=plan.gate_name,
        parent=plan.parent,
        parent_count=int(np.count_nonzero(mask)),
        x=x,
        y=y,
        counts=density(mask),
        gates=tuple(_drawn(plan.populations, result)),
        traces=tuple(Trace(path, result.count(path), density(result.mask(path))) for path in finals),
    )


def lineage(path: str, strategy: GatingStrategy) -> tuple[str, ...]:
    """Return a population and those above it, the outermost first."""
    found: list[str] = []
    at: str | None = path
    while at is not None:
        found.append(at)
        at = strategy.find(at).parent
    return tuple(reversed(found))


def way_to(path: str, strategy: GatingStrategy) -> frozenset[str]:
    """Return the populations that decide on one: it, those above it, and those a boolean gate is made of."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        at = strategy.find(waiting.pop())
        if at.path in found:
            continue
        found.add(at.path)
        waiting += [at.parent] if at.parent is not None else []
        waiting += [reference.population for reference in getattr(at.gate, "references", ())]
    return frozenset(found)


def _drawn(populations: Iterable[Population], result: GatingResult) -> Iterable[DrawnGate]:
    for population in populations:
        try:
            outline = population.gate.outline(population.part)
        except GatingError:  # a form without an outline, such as an ellipsoid that is not one, still counts
            continue
        yield DrawnGate(
            population=population.path,
            name=population.name,
            kind=population.gate.kind,
            outline=outline,
            count=result.count(population.path),
            percent_of_parent=result.percent_of_parent(population.path),
        )
