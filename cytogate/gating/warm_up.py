"""Compile all kernels of the pipeline at once, by sending a few events through it."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from cytogate import transforms
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.events import Events
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import FROM_FILE, Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.engine import gate
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.looking import Wanted, look
from cytogate.gating.node import GateNode
from cytogate.gating.sampling import sample_events
from cytogate.gating.strategy import GatingStrategy
from cytogate.gating.views import views
from cytogate.kernels._jit import is_compiled, is_kept
from cytogate.kernels.beyond import TILE, count_beyond
from cytogate.kernels.exact_sum import add_exactly
from cytogate.kernels.histogram import histogram_2d
from cytogate.kernels.looking import look_at
from cytogate.kernels.program import run_program
from cytogate.kernels.quantiles import select_targets
from cytogate.kernels.rasters import look_up
from cytogate.methods.span import span_of

if TYPE_CHECKING:
    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.source import EventSource

log = logging.getLogger(__name__)

NAMES = ("FSC-A", "B1-A", "B2-A", "B3-A")
N_EVENTS = 64
STATISTICS = ("median", "mean", "robust_sd", "geometric_mean", "p5")
_OF_EACH_STAGE = (run_program, look_up, select_targets, add_exactly, histogram_2d, look_at, count_beyond)


def is_warm() -> bool:
    """Return whether machine code for every stage of the pipeline waits on disk."""
    return all(is_compiled(one) for one in _OF_EACH_STAGE)


def compile_ahead() -> None:
    """Compile what is missing, where it can be kept: processes that start soon need not wait."""
    if is_kept(run_program) and not is_warm():
        log.info("compiling all kernels before the work is shared out")
        compile_kernels()


def compile_kernels() -> None:
    """Compile what the pipeline needs, or load it from disk; afterwards nothing is compiled while gating.

    A small file and a small array go through reading, gates on scales of all curves, the display
    grid, intensities, plots and changed gates, so the list of kernels is the pipeline's own. Those of files
    alone that few have (text as DATA; values that are not finite or lose bits) wait for the first such file.
    """
    values = np.linspace(-900.0, 9000.0, N_EVENTS * len(NAMES), dtype=np.float32).reshape(N_EVENTS, -1)
    spillover = CompensationMatrix(NAMES[1:3], NAMES[1:3], ((1.0, 0.1), (0.05, 1.0)))
    strategy = _strategy()
    for table in (values, values.astype(np.float64)):
        _send(Events(table, NAMES, spillover), strategy)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "few.fcs"
        write_fcs(path, values, NAMES, keywords={"$SPILLOVER": "2,B1-A,B2-A,1,0.1,0.05,1"})
        file = read_fcs(path)
        file.events()
        file.raw()
        sample_events(file, NAMES, n_events=N_EVENTS)
        _send(file, strategy)
    for scale in strategy.transforms.values():
        scale.inverse(scale.forward(values[:, 0]))
        scale.inverse(scale.forward(float(values[0, 0])))
    for population in strategy.populations:
        if population.gate.dims:
            population.gate.contains(values[:, : len(population.gate.dims)].astype(np.float64))


def _send(source: EventSource, strategy: GatingStrategy) -> None:
    result = gate(source, strategy, threads=1)
    gate(source, strategy, keep=result.root_mask(), threads=1)
    gate(source, _strategy(on_grid=True), grid="flowjo", threads=1)
    result.intensities(STATISTICS, threads=1)
    result.intensities(populations=strategy.paths[:1], threads=1)  # of some events alone
    views(source, strategy, result, threads=1)
    axis = Dimension(NAMES[1], FROM_FILE)
    look(source, strategy, [Wanted(None, (axis,), (span_of(None),))], "a warm-up", threads=1)
    LoadedSample(source, strategy).regate(_strategy(end=0.7))
    _count_beyond(source.layout)


def _count_beyond(layout: RecordLayout) -> None:
    """Look for values off scale in one record, as checks of tubes do; they live in a layer above this one."""
    some = np.arange(
        len(layout.offsets)
    )  # which makes of arrays that are read alone the kind that checks have
    count_beyond(
        np.zeros(layout.row_bytes, dtype=np.uint8), 1, layout.row_bytes, layout.offsets[some],
        layout.widths[some], layout.kinds[some], layout.big_endian, layout.masks[some],
        layout.scale_kinds[some], layout.scale_a[some], layout.scale_b[some], np.zeros(len(some)),
        np.ones(len(some)), np.empty(TILE), np.empty(TILE, dtype=np.uint8),
        np.zeros((len(some), 2), dtype=np.int64),
    )  # fmt: skip


def _strategy(*, end: float = 0.8, on_grid: bool = False) -> GatingStrategy:
    scales = {
        "linear": transforms.Linear(T=10000),
        "log": transforms.Log(T=10000, M=4),
        "asinh": transforms.Asinh(T=10000, M=4, A=1),
        "logicle": transforms.Logicle(T=10000, W=0.5, M=4.5),
        "hyperlog": transforms.Hyperlog(T=10000, W=0.5, M=4.5),
    }
    square = [(0.2, 0.2), (end, 0.2), (end, end), (0.2, end)]
    far = [(0.2, 0.2), (math.inf, 0.2), (math.inf, math.inf), (0.2, math.inf)]
    plot = Grid(GridAxis(0.0, 1.0, 16), GridAxis(0.0, 1.0, 16))
    nodes = []
    for name in scales:
        x, y, z = (Dimension(channel, FROM_FILE, name) for channel in NAMES[1:])
        nodes += [
            GateNode(f"{name} polygon", PolygonGate((x, y), square, plot)),
            GateNode(f"{name} corner", PolygonGate((x, y), far, plot)),
            GateNode(f"{name} ellipse", EllipsoidGate((x, y), (0.5, 0.5), np.eye(2), 0.1, plot)),
            GateNode(f"{name} range", RectangleGate((x,), (0.3,), (0.9,)), f"{name} polygon"),
        ]
        if not on_grid:  # plots, and so their cells, have two axes
            ball = EllipsoidGate((x, y, z), (0.5, 0.5, 0.5), np.eye(3), 0.1)
            nodes.append(GateNode(f"{name} ellipsoid", ball))
    ratio = Dimension("ratio", ratio=Ratio("B1-A", "FSC-A"), transform="linear")
    nodes.append(GateNode("ratio", RectangleGate((ratio,), (0.0,), (1.0,))))
    nodes.append(GateNode("not", BooleanGate("not", (Reference("ratio"),))))
    return GatingStrategy.build(nodes, transforms=scales, source="a warm-up")
