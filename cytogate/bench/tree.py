"""The tree for the generated tube: 13 populations, B cells and regulatory T cells, all kinds of geometry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.bench.sample import MARKERS, TOP
from cytogate.gates.dimension import FROM_FILE, Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.transforms.logicle import Logicle

if TYPE_CHECKING:
    from cytogate.gates.base import Gate

LOGICLE = Logicle(T=TOP, W=0.7, M=4.5)
SCALE = "logicle"

# Outlines in data values.
_LYMPHOCYTES = (
    (35e3, 8e3), (150e3, 8e3), (205e3, 40e3), (190e3, 80e3), (110e3, 72e3), (50e3, 50e3), (33e3, 25e3),
)  # fmt: skip
_SINGLETS = ((20e3, 12e3), (20e3, 22e3), (140e3, 132e3), (230e3, 210e3), (230e3, 150e3), (140e3, 92e3))
_TRANSITIONAL = ((4e3, 6e3), (9e3, 5e3), (60e3, 9e3), (70e3, 90e3), (9e3, 120e3), (3e3, 30e3))
_REGULATORY = ((1800, -400), (60e3, -400), (60e3, 2500), (8e3, 1500), (2200, 900))


def thirteen_populations() -> GatingStrategy:
    """Return the tree: lymphocytes, singlets, live; B cells and their subsets; regulatory T cells.

    Ten gates: polygons on linear scatter, a range, a rectangle on one and on two logicle axes, quadrants,
    polygons on logicle axes (CD24 x CD38, CD25 x CD127), and an ellipse on logicle axes (CD19 x CD3) that
    meets every live cell.
    """
    area, height, side = Dimension("FSC-A"), Dimension("FSC-H"), Dimension("SSC-A")
    gates: tuple[tuple[str, Gate, str | None], ...] = (
        ("Lymphocytes", PolygonGate((area, side), _LYMPHOCYTES), None),
        ("Singlets", PolygonGate((area, height), _SINGLETS), "Lymphocytes"),
        ("Live", _above_below(("Viability", None, 1500.0)), "Singlets"),
        ("B", _b_cells(), "Live"),
        ("IgD x CD27", _quadrants(("IgD", 900.0), ("CD27", 800.0)), "B"),
        ("Transitional", _outline("CD24", "CD38", _TRANSITIONAL), "IgD+CD27-"),
        ("Activated naive", _above_below(("CD24", None, 1000.0), ("CD21", None, 900.0)), "IgD+CD27-"),
        ("CD4", _above_below(("CD3", 3000.0, None), ("CD4", 2000.0, None)), "Live"),
        ("Treg", _outline("CD25", "CD127", _REGULATORY), "CD4"),
        ("Helios", _above_below(("Helios", 1200.0, None)), "Treg"),
    )
    nodes = [GateNode(name, gate, parent) for name, gate, parent in gates]
    return GatingStrategy.build(nodes, transforms={SCALE: LOGICLE}, source="the benchmark's tree")


def on(marker: str) -> Dimension:
    """Return the compensated logicle axis of a marker."""
    return Dimension(MARKERS[marker], FROM_FILE, SCALE)


def at(value: float) -> float:
    """Return the place of a data value on the logicle scale."""
    return float(LOGICLE.forward(value))


def _above_below(*sides: tuple[str, float | None, float | None]) -> RectangleGate:
    """Return a rectangle from (marker, low, high) in data values; None is no bound."""
    low = tuple(-math.inf if value is None else at(value) for _, value, _ in sides)
    high = tuple(math.inf if value is None else at(value) for _, _, value in sides)
    return RectangleGate(tuple(on(marker) for marker, _, _ in sides), low, high)


def _outline(x: str, y: str, corners: tuple[tuple[float, float], ...]) -> PolygonGate:
    return PolygonGate((on(x), on(y)), [[at(a), at(b)] for a, b in corners])


def _quadrants(x: tuple[str, float], y: tuple[str, float]) -> QuadrantGate:
    signs = ("-", "+")
    parts = tuple(
        Quadrant(f"{x[0]}{signs[a]}{y[0]}{signs[b]}", ((0, a), (1, b))) for a in (0, 1) for b in (0, 1)
    )
    return QuadrantGate((on(x[0]), on(y[0])), ((at(x[1]),), (at(y[1]),)), parts)


def _b_cells() -> EllipsoidGate:
    """Return an upright ellipse around bright CD19 and dim CD3, its half-axes in decades of the scale."""
    wide, high = 0.85 / LOGICLE.M, 0.95 / LOGICLE.M
    covariance = ((wide**2, 0.0), (0.0, high**2))
    return EllipsoidGate((on("CD19"), on("CD3")), (at(8500.0), at(120.0)), covariance, 1.0)
