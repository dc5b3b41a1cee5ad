"""Shapes, exactly: which of some events of a block are inside a polygon, an ellipsoid or marked cells."""

# m = events that are asked, d = dimensions

from __future__ import annotations

import math

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part
from cytogate.kernels.geometry import in_quadric, point_in_polygon
from cytogate.kernels.transforms import forward_into


@part
def to_scale(transform, columns, values, at, rows, m, out, spare):
    """Write to `out` (m,) the values of `rows` of a column, which begins at `at`, on a scale (-1: none)."""
    gathered = out if transform < 0 else spare
    for k in range(m):
        gathered[k] = values[at + rows[k]]
    if transform >= 0:
        forward_into(columns.codes[transform], columns.parameters[transform], spare[:m], out[:m])


@part
def rows_in_polygon(m, rows, x, y, vertex_x, vertex_y, target):
    """Mark those of `rows` (m,) whose position x (m,), y (m,) is inside a polygon; return how many are."""
    count = 0
    for k in range(m):
        inside = point_in_polygon(x[k], y[k], vertex_x, vertex_y)
        target[rows[k]] = inside
        count += inside
    return count


@part
def rows_in_quadric(m, rows, scaled, mean, precision, distance_square, target):
    """Mark those of `rows` (m,) whose position scaled (d, m) is inside a quadric; return how many are."""
    d = len(mean)
    count = 0
    for k in range(m):
        inside = in_quadric(scaled[:d, k], mean, precision, distance_square)
        target[rows[k]] = inside
        count += inside
    return count


@inlined
def nearest_cell(position, axis, n):
    """Return which of `n` cells holds a position, as a float64; axis (4,) as `cell_is_marked` has it."""
    cell = np.floor((position - axis[0]) * axis[1] + axis[2]) - axis[3]  # math.floor has no huge numbers
    return min(max(cell, 0.0), n - 1.0)


@kernel
def cell_is_marked(x, y, grid, inside):
    """Return whether the cell of a position is marked.

    grid (2, 4): low, cells per unit, offset and the first cell of `inside` (n_x, n_y), of both axes. A cell
    beyond `inside` counts as the nearest in it; NaN and infinities are not marked.
    """
    if not (abs(x) < math.inf and abs(y) < math.inf):
        return False
    column, row = nearest_cell(x, grid[0], inside.shape[0]), nearest_cell(y, grid[1], inside.shape[1])
    return inside[int(column), int(row)] != 0


@part
def rows_in_cells(m, rows, x, y, grid, inside, target):
    """Mark those of `rows` (m,) whose position x (m,), y (m,) is in a marked cell; return how many are."""
    count = 0
    for k in range(m):
        marked = cell_is_marked(x[k], y[k], grid, inside)
        target[rows[k]] = marked
        count += marked
    return count
