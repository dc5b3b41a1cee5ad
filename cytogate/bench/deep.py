"""A deep tree on 28 channels: 22 polygons under a parent of 4 %, where most events need no work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.keyword import format_spillover
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.writing.write import write_fcs
from cytogate.gates.dimension import FROM_FILE, Dimension
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.logicle import Logicle

if TYPE_CHECKING:
    from pathlib import Path

TOP = 262144.0
FLUORESCENCES = tuple(f"D{number:02d}-A" for number in range(1, 24))
SCATTER = ("FSC-A", "FSC-H", "SSC-A", "SSC-H")
SHARE = 0.04  # of the events that are bright on the first detector
N_POLYGONS = 22
CORNERS = 8
_SPILL = 0.05  # into each neighbour


def write_deep_sample(path: Path, n_events: int, *, seed: int = 4) -> None:
    """Write a tube of 28 channels, 23 of them compensated; 4 % of its events are bright on the first."""
    rng = np.random.default_rng(seed)
    n_colours = len(FLUORESCENCES)
    matrix = np.eye(n_colours) + _SPILL * (np.eye(n_colours, k=1) + np.eye(n_colours, k=-1))
    table = np.empty((n_events, len(SCATTER) + n_colours + 1), dtype=np.float32)
    table[:, : len(SCATTER)] = rng.normal(80_000, 12_000, (n_events, len(SCATTER))).clip(1000, TOP)
    true = rng.lognormal(np.log(800.0), 1.0, (n_events, n_colours))
    rare = rng.random(n_events) < SHARE
    true[:, 0] = np.where(rare, rng.lognormal(np.log(30_000.0), 0.2, n_events), true[:, 0].clip(0, 8_000))
    table[:, len(SCATTER) : -1] = true @ matrix + rng.normal(0, 30, true.shape)
    table[:, -1] = np.arange(n_events) * 1e-3
    channels = [Channel(name, None, TOP) for name in (*SCATTER, *FLUORESCENCES, "Time")]
    spill = CompensationMatrix(FLUORESCENCES, FLUORESCENCES, matrix)
    write_fcs(path, table, channels, keywords={"$SPILLOVER": format_spillover(spill)})


def deep_tree() -> GatingStrategy:
    """Return a range that keeps 4 %, and below it 22 polygons of 8 corners, no two on the same axes."""
    scale = Logicle(T=TOP, W=0.5, M=4.5)

    def axis(number: int) -> Dimension:
        return Dimension(FLUORESCENCES[number], FROM_FILE, "logicle")

    rare = RectangleGate((axis(0),), (float(scale.forward(15_000.0)),), (1.1,))
    middle = float(scale.forward(800.0))
    angle = 2 * np.pi * np.arange(CORNERS) / CORNERS
    nodes = [GateNode("Rare", rare)]
    for number in range(N_POLYGONS):
        outline = np.column_stack([middle + 0.15 * np.cos(angle), middle + 0.12 * np.sin(angle)])
        dims = (axis(1 + number), axis(1 + (number + 7) % N_POLYGONS))
        nodes.append(GateNode(f"P{number + 1:02d}", PolygonGate(dims, outline), "Rare"))
    return GatingStrategy.build(nodes, transforms={"logicle": scale}, source="the benchmark's deep tree")
