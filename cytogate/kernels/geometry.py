"""Geometry kernels: is one event inside a polygon, or inside an ellipsoid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.kernels._jit import kernel, part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


# v = vertices; edges that reach infinity are parallel to an axis (PolygonGate.lower sees to that)
@part
def point_in_polygon(x: float, y: float, vertex_x: Floats, vertex_y: Floats) -> bool:
    """Return whether (x, y) is inside the outline `vertex_x` (v), `vertex_y` (v).

    Even-odd; left and bottom edges are inside, right and top edges are not. NaN and infinities are outside.
    An edge gives the same answer in whichever direction it is walked, so polygons that share an edge share
    no event and lose none.
    """
    if not (abs(x) < math.inf and abs(y) < math.inf):
        return False
    inside = False
    n_vertices = vertex_x.shape[0]
    last_x = vertex_x[n_vertices - 1]
    last_y = vertex_y[n_vertices - 1]
    for i in range(n_vertices):
        this_x = vertex_x[i]
        this_y = vertex_y[i]
        if (last_y <= y) != (this_y <= y):
            if x < this_x and x < last_x:
                inside = not inside
            elif x < this_x or x < last_x:
                if last_y < this_y:
                    side = (this_x - last_x) * (y - last_y) - (x - last_x) * (this_y - last_y)
                else:
                    side = (last_x - this_x) * (y - this_y) - (x - this_x) * (last_y - this_y)
                if side > 0.0:
                    inside = not inside
        last_x = this_x
        last_y = this_y
    return inside


# n = events
@kernel
def points_in_polygon(
    x: Floats, y: Floats, vertex_x: Floats, vertex_y: Floats, out: NDArray[np.bool_]
) -> None:
    """Write into `out` (n) which of the events `x` (n), `y` (n) are inside the outline."""
    for i in range(x.shape[0]):
        out[i] = point_in_polygon(x[i], y[i], vertex_x, vertex_y)


# d = dimensions
@part
def in_quadric(values: Floats, mean: Floats, precision: Floats, distance_square: float) -> bool:
    """Return whether one event `values` (d) lies within ``sqrt(distance_square)`` of `mean` (d).

    `precision` is (d, d), not necessarily symmetric. The border is inside; NaN and infinities are outside.
    """
    n_dims = mean.shape[0]
    for j in range(n_dims):  # an indefinite form would let infinity in
        if not abs(values[j]) < math.inf:
            return False
    total = 0.0
    for j in range(n_dims):
        partial = 0.0
        for i in range(n_dims):
            partial += (values[i] - mean[i]) * precision[i, j]
        total += partial * (values[j] - mean[j])
    return total <= distance_square


# n = events, d = dimensions
@kernel
def points_in_quadric(
    values: Floats, mean: Floats, precision: Floats, distance_square: float, out: NDArray[np.bool_]
) -> None:
    """Write into `out` (n) which of the events `values` (n, d) are inside the quadric."""
    for i in range(values.shape[0]):
        out[i] = in_quadric(values[i], mean, precision, distance_square)
