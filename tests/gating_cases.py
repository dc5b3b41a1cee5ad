"""A tree with every kind of gate, and events for it: shared by the tests of gating."""

from __future__ import annotations

import numpy as np
from plain_gating import plain_gating

import cytogate as cg
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.logicle import Logicle

CHANNELS = ["FSC-A", "SSC-A", "A", "B", "C", "Time"]
SPILL = cg.CompensationMatrix(("A", "B", "C"), ("A", "B", "C"), [[1, 0.2, 0], [0.1, 1, 0.3], [0.02, 0, 1]])
TRANSFORMS = {"logicle": Logicle(T=262144, W=0.7, M=4.5), "asinh": Asinh(T=262144, M=4.5, A=0.3)}


def events(n: int, seed: int = 0, dtype=np.float32) -> cg.Events:
    rng = np.random.default_rng(seed)
    bright = np.exp(rng.normal(6, 2, (n, 3))) + rng.normal(0, 60, (n, 3))
    scatter = rng.normal([90_000, 50_000], [20_000, 15_000], (n, 2))
    values = np.column_stack([scatter, bright, np.arange(n) * 0.01]).astype(dtype)
    if n > 20:
        values[3, 2], values[7, 3], values[11, 0] = np.nan, np.inf, -np.inf
    return cg.Events(values, CHANNELS, spillover=SPILL)


def dim(channel: str, transform: str | None = None) -> Dimension:
    return Dimension(channel, "FCS" if channel in SPILL.detectors else "uncompensated", transform)


def full_tree() -> GatingStrategy:
    """Every kind of gate, on raw, compensated and transformed dimensions."""
    a, b, c = (dim(name, "logicle") for name in "ABC")
    nodes = [
        GateNode(
            "Cells",
            PolygonGate((dim("FSC-A"), dim("SSC-A")), [[3e4, 1e4], [1.6e5, 1e4], [1.4e5, 9e4], [4e4, 8e4]]),
        ),
        GateNode("Bright", RectangleGate((a,), (0.3,), (np.inf,)), "Cells"),
        GateNode("Box", RectangleGate((a, b), (0.2, 0.25), (0.8, 0.75)), "Cells"),
        GateNode(
            "Blob", PolygonGate((b, c), [[0.2, 0.2], [0.7, 0.3], [0.8, 0.8], [0.4, 0.5], [0.1, 0.9]]), "Cells"
        ),
        GateNode("Bow", PolygonGate((a, c), [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]), "Cells"),
        GateNode(
            "Half",
            PolygonGate((a, c), [[0.4, -np.inf], [np.inf, -np.inf], [np.inf, np.inf], [0.4, np.inf]]),
            "Cells",
        ),
        GateNode(
            "Egg",
            EllipsoidGate((a, dim("B", "asinh")), [0.4, 0.5], [[0.03, 0.01], [0.01, 0.05]], 1.5),
            "Cells",
        ),
        GateNode(
            "Cross",
            QuadrantGate(
                (a, c),
                ((0.4,), (0.45,)),
                tuple(Quadrant(f"Q{x}{y}", ((0, x), (1, y))) for x in (0, 1) for y in (0, 1)),
            ),
            "Box",
        ),
        GateNode("Not blob", BooleanGate("not", (Reference("Blob"),)), "Cells"),
        GateNode("Both", BooleanGate("and", (Reference("Blob"), Reference("Egg", complement=True))), "Cells"),
        GateNode("Any", BooleanGate("or", (Reference("Q11"), Reference("Egg"))), "Bright"),
        GateNode("Deep", RectangleGate((dim("C"),), (100.0,), (5000.0,)), "Any"),
    ]
    return GatingStrategy.build(nodes, transforms=TRANSFORMS)


def plainly(source: cg.Events, strategy: GatingStrategy, keep=None) -> dict[str, np.ndarray]:
    """Return the events of every population of a strategy for `events`, without the engine."""
    inside = plain_gating(source.events(), CHANNELS, strategy, SPILL)
    return {path: mask if keep is None else mask & keep for path, mask in inside.items()}
