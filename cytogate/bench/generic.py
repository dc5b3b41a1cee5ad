"""A tree for any file, from its own channels and events: ranges and polygons, where no template is given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.compensated import already_compensated
from cytogate.fcs.events import Events
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.passes import read_columns
from cytogate.gating.sampling import sample_events
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.logicle import Logicle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource

LOOKED_AT = 20_000  # events that place the gates
MOST_POLYGONS = 12
SCATTER_EDGES = (2.0, 98.0)  # percentiles
CELLS_EDGES = (20.0, 80.0)
BRIGHT = 60.0
_CUT = 0.4  # of a half-side, at each corner of an octagon


def generic_tree(source: EventSource) -> GatingStrategy:
    """Return gates on the channels of a file, placed so that each holds some of its events.

    A polygon on scatter; below it a range on each fluorescence and a polygon on each pair of neighbours, on
    logicle scales and compensated by the file's own matrix. No biology is meant: it is work like that of a
    gating tree.

    Raises
    ------
    GatingError
        The file holds no event.
    """
    if source.n_events == 0:
        message = f"{source.path}: it holds no event, so there is nothing to time."
        raise GatingError(message)
    scatter, colours = _sorted_channels(source)
    names = list(dict.fromkeys([*scatter, *colours]))
    scales = {name: _scale(source, name) for name in colours}
    strategy = GatingStrategy.build([], transforms=_by_id(scales))
    dims = {name: _axis(source, name, scales.get(name)) for name in names}
    looked_at = Events(
        sample_events(source, [channel.name for channel in source.channels], n_events=LOOKED_AT),
        [Channel(channel.name, channel.label) for channel in source.channels],
        source.spillover,
    )
    columns = read_columns(looked_at, strategy, list(dims.values()), threads=1)
    values = {name: column[np.isfinite(column)] for name, column in zip(names, columns, strict=True)}
    usable = [name for name in colours if len(values[name])]
    nodes: list[GateNode] = []
    parent = None
    if len(scatter) >= 2 and all(len(values[name]) for name in scatter[:2]):
        parent = "Cells"
        x, y = scatter[:2]
        nodes.append(
            GateNode(
                parent,
                _octagon(
                    (dims[x], dims[y]), _span(values[x], SCATTER_EDGES), _span(values[y], SCATTER_EDGES)
                ),
            )
        )
    for name in usable:
        cut = float(np.percentile(values[name], BRIGHT))
        nodes.append(GateNode(f"{name}+", RectangleGate((dims[name],), (cut,), (math.inf,)), parent))
    for x, y in list(zip(usable[::2], usable[1::2], strict=False))[:MOST_POLYGONS]:
        outline = _octagon((dims[x], dims[y]), _span(values[x], CELLS_EDGES), _span(values[y], CELLS_EDGES))
        nodes.append(GateNode(f"{x} x {y}", outline, parent))
    return GatingStrategy.build(nodes, transforms=_by_id(scales), source="a tree made for the file")


def _sorted_channels(source: EventSource) -> tuple[list[str], list[str]]:
    """Return scatter channels, areas first, and those to gate as fluorescence; of neither, all but time."""
    kinds: dict[str, list[str]] = {"scatter": [], "fluorescence": [], "time": [], "other": []}
    for channel in source.channels:
        kinds[channel.kind].append(channel.name)
    scatter = sorted(kinds["scatter"], key=lambda name: not name.upper().endswith("-A"))
    rest = kinds["fluorescence"] or kinds["other"] or ([] if len(scatter) >= 2 else scatter + kinds["time"])
    return scatter, rest


def _scale(source: EventSource, name: str) -> Logicle:
    top = source.channels[name].range
    return Logicle(T=top if math.isfinite(top) and top >= 1.0 else 262144.0, W=0.5, M=4.5)


def _scale_id(scale: Logicle) -> str:
    return f"logicle_{scale.T:.10g}".replace("+", "")


def _by_id(scales: dict[str, Logicle]) -> dict[str, Logicle]:
    return {_scale_id(scale): scale for scale in scales.values()}


def _axis(source: EventSource, name: str, scale: Logicle | None) -> Dimension:
    matrix = source.spillover
    in_matrix = matrix is not None and name in matrix.targets and already_compensated(source) is None
    return Dimension(
        name, FROM_FILE if in_matrix else UNCOMPENSATED, None if scale is None else _scale_id(scale)
    )


def _span(values: NDArray[np.float64], edges: tuple[float, float]) -> tuple[float, float]:
    """Return the values between two percentiles, apart even where all events are alike."""
    low, high = (float(edge) for edge in np.percentile(values, edges))
    room = 0.0 if high > low else max(1e-3, 1e-3 * abs(low))
    return low - room, high + room


def _octagon(
    dims: tuple[Dimension, Dimension], x: tuple[float, float], y: tuple[float, float]
) -> PolygonGate:
    """Return a box with its corners cut."""
    (left, right), (bottom, top) = x, y
    dx, dy = _CUT * (right - left) / 2, _CUT * (top - bottom) / 2
    return PolygonGate(
        dims,
        [
            [left + dx, bottom],
            [right - dx, bottom],
            [right, bottom + dy],
            [right, top - dy],
            [right - dx, top],
            [left + dx, top],
            [left, top - dy],
            [left, bottom + dy],
        ],
    )
