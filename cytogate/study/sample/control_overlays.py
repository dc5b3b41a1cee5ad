"""Control overlays: a population of a sample on one marker, beside the same gates on its FMO tube."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.study.sample.previews import axis_entry, number_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.gating.views import Axis, View

MOST_PER_MARKER = 2  # plots: that of a reported subset, and one more


@dataclass(frozen=True, slots=True)
class Control:
    """An FMO tube that stands for a marker of a sample."""

    marker: str
    sample: str
    path: str


def overlays(
    controls: Sequence[Control],
    drawn: Sequence[View],
    strategy: GatingStrategy,
    channels: Mapping[str, str],
    reported: Sequence[str],
    read: Callable[[str], EventSource],
    *,
    threads: int | None = None,
) -> list[dict[str, Any]]:
    """Return histograms of each marker that has a control, as ``plots.json`` holds them.

    Parameters
    ----------
    controls : sequence of Control
        At most one a marker. One that cannot be read or gated is left out: the sample stands without it.
    drawn : sequence of View
        Of the sample. A histogram is the margin of a view, so that it shows the same events on the same axis.
    strategy : GatingStrategy
        Of the sample: its gates are applied to the control as they stand, those of cleaning as far as they
        are ranges of values; a time at which the sample was bad says nothing of another tube.
    channels : mapping of marker to channel
    reported : sequence of str
        Paths of the reported subsets: plots on the way to them come first.
    read : callable
        Opens a path.
    """
    from cytogate.errors import CytogateError
    from cytogate.gating.cleaning import with_cleaning

    strategy = with_cleaning(strategy, [entry for entry in strategy.cleaning if entry.keeps])
    found: list[dict[str, Any]] = []
    for control in controls:
        channel = channels.get(control.marker)
        wanted = _first(list(_with_channel(drawn, channel)), reported)
        if not wanted:
            continue
        try:
            beside = _views_of(read(control.path), strategy, [view for view, _ in wanted], threads)
        except (CytogateError, OSError):
            continue
        for (view, on), other in zip(wanted, beside, strict=True):
            found.append(_entry(control, view, other, on))
    return found


def _with_channel(drawn: Sequence[View], channel: str | None) -> Iterator[tuple[View, str]]:
    for view in drawn:
        for on in "xy":
            axis = view.x if on == "x" else view.y
            if axis.dim.channel == channel and any(_cuts(gate.outline, on, axis) for gate in view.gates):
                yield view, on


def _first(found: Sequence[tuple[View, str]], reported: Sequence[str]) -> list[tuple[View, str]]:
    """Return those on the way to a reported subset, the last gates first, then others."""

    def rank(entry: tuple[View, str]) -> tuple[bool, int]:
        paths = [gate.population for gate in entry[0].gates]
        on_way = any(path == own or path.startswith(f"{own}/") for path in reported for own in paths)
        return not on_way, -len(entry[0].parent or "") if on_way else 0

    return sorted(found, key=rank)[:MOST_PER_MARKER]


def _views_of(
    control: EventSource, strategy: GatingStrategy, wanted: Sequence[View], threads: int | None
) -> list[View]:
    """Return the same views of a control, on the axes of the sample."""
    from cytogate.gating.engine import gate
    from cytogate.gating.views import views

    ranges = {axis.dim.channel: _data_range(axis) for view in wanted for axis in (view.x, view.y)}
    made = views(control, strategy, gate(control, strategy, threads=threads), ranges=ranges, threads=threads)
    by_key = {(view.parent, view.x.dim, view.y.dim): view for view in made}
    return [by_key[view.parent, view.x.dim, view.y.dim] for view in wanted]


def _data_range(axis: Axis) -> tuple[float, float]:
    if axis.transform is None:
        return axis.low, axis.high
    return float(axis.transform.inverse(axis.low)), float(axis.transform.inverse(axis.high))


def _entry(control: Control, view: View, other: View, on: str) -> dict[str, Any]:
    axis = view.x if on == "x" else view.y
    percents = {gate.population: gate.percent_of_parent for gate in other.gates}
    gates = [(gate, _cuts(gate.outline, on, axis)) for gate in view.gates]
    return {
        "marker": control.marker,
        "control": control.sample,
        "parent": view.parent or "",
        "axis": axis_entry(axis),
        "cuts": sorted({cut for _, cuts in gates for cut in cuts}),
        "sample_events": view.parent_count,
        "control_events": other.parent_count,
        "sample_bins": _margin(view.counts, on).tolist(),
        "control_bins": _margin(other.counts, on).tolist(),
        "gates": [
            {
                "population": gate.population,
                "name": gate.name,
                "sample_percent": number_entry(gate.percent_of_parent),
                "control_percent": number_entry(percents[gate.population]),
            }
            for gate, cuts in gates
            if cuts
        ],
    }


def _margin(counts: NDArray[np.uint32], on: str) -> NDArray[np.int64]:
    sums: NDArray[np.int64] = counts.sum(axis=0 if on == "x" else 1, dtype="int64")
    return sums


def _cuts(outline: NDArray[np.float64], on: str, axis: Axis) -> list[float]:
    """Return where a gate cuts straight across an axis, in scale units; none for slanted outlines.

    An outline of one row is a range on x. Edges at or beyond the ends of the axis cut nothing.
    """
    if len(outline) == 1:
        ends = outline[0].tolist() if on == "x" else []
        return [end for end in ends if axis.low < end < axis.high]
    along = outline[:, 0 if on == "x" else 1].tolist()
    edges = zip(along, [*along[1:], along[0]], strict=True)
    return sorted({start for start, end in edges if start == end and axis.low < start < axis.high})
