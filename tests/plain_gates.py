"""Gates in plain NumPy: the rules of `contains` and of display grids, written down a second time."""

from __future__ import annotations

import math

import numpy as np

from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.quadrant import QuadrantGate
from cytogate.gates.rectangle import RectangleGate

BEYOND = 1 << 20  # a cell farther out than any event's, for corners at infinity


def inside(gate, values, part=None, *, in_cells=False):
    """Return which events (n, d) on the scale are inside; kinds that are not built in are asked."""
    match gate:
        case RectangleGate():
            low, high = (gate.minimum, gate.maximum) if not in_cells else _opened(gate)
            pairs = zip(low, high, strict=True)
            return np.logical_and.reduce(
                [_between(x, *pair) for x, pair in zip(values.T, pairs, strict=True)]
            )
        case QuadrantGate():
            (intervals,) = (quadrant.intervals for quadrant in gate.quadrants if quadrant.name == part)
            borders = [(-math.inf, *cuts, math.inf) for cuts in gate.cuts]
            return np.logical_and.reduce(
                [_between(values[:, k], borders[k][at], borders[k][at + 1]) for k, at in intervals]
            )
        case PolygonGate() if in_cells and gate.grid is not None:
            x, y = _cells_of_events(gate.grid, values)
            return _within_or_on(x, y, _cells_of_corners(gate)) & np.isfinite(values).all(axis=1)
        case PolygonGate():
            return _within(values[:, 0], values[:, 1], gate.outline())
        case EllipsoidGate() if in_cells and gate.grid is not None:
            axes = (gate.grid.x, gate.grid.y)
            centres = np.column_stack(
                [
                    axis.low + (cell + 0.5 - axis.offset) / (axis.cells / (axis.high - axis.low))
                    for axis, cell in zip(axes, _cells_of_events(gate.grid, values), strict=True)
                ]
            )
            return _near(gate, centres) & np.isfinite(values).all(axis=1)
        case EllipsoidGate():
            return _near(gate, values)
    return gate.contains(values, part)


def _between(x, low, high):
    return (x >= low) & ((x < high) | (high == math.inf))


def _opened(gate):
    """Bounds, open where they reach the end of a linear axis of the plot; beyond it there is nothing."""
    low, high = list(gate.minimum), list(gate.maximum)
    axes = () if gate.grid is None else (gate.grid.x, gate.grid.y)
    for k, (dim, axis) in enumerate(zip(gate.dims, axes, strict=False)):
        if dim.transform is None:
            if low[k] > axis.high or high[k] < axis.low:
                low[k] = high[k] = 0.0
                continue
            low[k] = -math.inf if low[k] <= axis.low else low[k]
            high[k] = math.inf if high[k] >= axis.high else high[k]
    return low, high


def _edges(corners):
    """Both ends of each edge, the lower one first."""
    for (x1, y1), (x2, y2) in zip(np.roll(corners, 1, axis=0), corners, strict=True):
        yield (x1, y1, x2, y2) if y1 < y2 else (x2, y2, x1, y1)


def _within(x, y, corners):
    odd = np.zeros(len(x), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for x1, y1, x2, y2 in _edges(corners.tolist()):
            left_of = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1) > 0
            left_of = np.where(x < min(x1, x2), True, np.where(x < max(x1, x2), left_of, False))
            odd ^= (y1 <= y) & (y < y2) & left_of
    return odd & np.isfinite(x) & np.isfinite(y)


def _near(gate, values):
    offset = values - gate.mean
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.zeros(len(values))
        for k in range(len(gate.mean)):
            part = np.zeros(len(values))
            for i in range(len(gate.mean)):
                part += offset[:, i] * gate.precision[i, k]
            total += part * offset[:, k]
        return (total <= gate.distance_square) & np.isfinite(values).all(axis=1)


# --- display grids


def _cells_of_events(grid, values):
    for axis, positions in zip((grid.x, grid.y), values.T, strict=True):
        cells = np.floor((positions - axis.low) * (axis.cells / (axis.high - axis.low)) + axis.offset)
        last = axis.cells if axis.table else axis.cells - 1
        yield np.minimum(np.maximum(np.nan_to_num(cells, nan=0.0), 0), last).astype(np.int64)


def _cells_of_corners(gate):
    columns = []
    for axis, positions in zip((gate.grid.x, gate.grid.y), gate.outline().T, strict=True):
        near = np.where(np.isfinite(positions), positions, axis.low)
        cells = np.floor((near - axis.low) * (axis.cells / (axis.high - axis.low)) + axis.offset)
        if axis.table:
            cells = np.minimum(np.maximum(cells, 0), axis.cells)
        columns.append(np.where(np.isfinite(positions), cells, np.sign(positions) * BEYOND).astype(np.int64))
    return np.column_stack(columns)


def _within_or_on(x, y, corners):
    odd, on = np.zeros(len(x), bool), np.zeros(len(x), bool)
    for x1, y1, x2, y2 in _edges(corners.tolist()):
        side = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)  # whole numbers: nothing is rounded
        odd ^= (y1 <= y) & (y < y2) & (side > 0)
        on |= (side == 0) & (min(x1, x2) <= x) & (x <= max(x1, x2)) & (y1 <= y) & (y <= y2)
    return odd | on
