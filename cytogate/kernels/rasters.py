"""Certified rasters: cells of two axes that are wholly inside a shape, wholly outside, or on its border.

A cell is a rectangle on the scale that holds the positions of all its events (see `raster_index`). It is
called inside or outside only if the exact test, rounding and all, gives that answer for every event it can
hold; events of border cells are asked exactly. So a raster changes what gating costs and never what it finds.
"""

# u = cells of x + 1, v = cells of y + 1 (cell 0 of each axis: NaN and infinities); cells are (v, u) uint8
# x_steps (u + 1,), y_steps (v + 1,): positions between which cells lie, of `step_positions`

from __future__ import annotations

import math

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part
from cytogate.kernels.geometry import point_in_polygon
from cytogate.kernels.raster_index import cell_of, cells_of
from cytogate.kernels.shapes import nearest_cell

OUTSIDE = 0
INSIDE = 1
BORDER = 2
UNKNOWN = 3
ANY_BORDER = np.uint64(0x0202020202020202)  # of eight events

# The orientation test of `point_in_polygon` errs by less than 8 units of 2^-53 of the edge's extent in x, and
# finding where the edge is by a few more: an edge is taken for wider by this part of its coordinates.
EDGE_WIDTH = 1e-13
FORM_ERROR = 1e-13  # a quadratic form errs by a few units of 2^-53 of the sum of its terms' magnitudes


@part
def _mark_band(row, low, high, steps, near, cells):
    """Mark the cells of a row that the range low to high meets; return where to begin next time."""
    last = len(steps) - 2
    k = near
    while k > 1 and steps[k] >= low:
        k -= 1
    while k < last and steps[k + 1] < low:
        k += 1
    near = k
    while k <= last and steps[k] <= high:
        if steps[k + 1] >= low:
            cells[row, k] = BORDER
        k += 1
    return near


@part
def _mark_edge(ax, ay, bx, by, x_steps, y_steps, cells):
    """Mark all cells that an edge meets, taken a little wider than it is."""
    if ay > by:
        ax, ay, bx, by = bx, by, ax, ay
    left, right = min(ax, bx), max(ax, bx)
    if math.isinf(left) and left == right:
        return  # no event lies at infinity
    spread = EDGE_WIDTH * (abs(left) + abs(right)) if abs(left) < math.inf and abs(right) < math.inf else 0.0
    level = ay == by
    slope = 0.0 if level or ax == bx else (bx - ax) / (by - ay)
    near = 1
    begin, end = 1, len(y_steps) - 2
    while end - begin > 1:  # the first row that reaches up to the edge
        middle = (begin + end) // 2
        if y_steps[middle + 1] < ay:
            begin = middle
        else:
            end = middle
    for row in range(begin, len(y_steps) - 1):
        if y_steps[row] > by:
            break
        if y_steps[row + 1] < ay:
            continue
        if level or slope == 0.0:
            low, high = left, right
        else:
            p = ax + (max(y_steps[row], ay) - ay) * slope
            q = ax + (min(y_steps[row + 1], by) - ay) * slope
            low, high = max(left, min(p, q)), min(right, max(p, q))
        near = _mark_band(row, low - spread, high + spread, x_steps, near, cells)


@inlined
def _finite(value):
    return abs(value) < math.inf


@inlined
def _between(low, high):
    """Return a finite number of a range, one end where the other is infinite; NaN where both are."""
    if _finite(low):
        return low
    return high if _finite(high) else math.nan


@kernel
def set_ring(x_ends, y_ends, cells):
    """Give the cells of NaN and infinities: BORDER where a scale puts infinity at a finite position.

    x_ends, y_ends (2,): positions of minus infinity and infinity.
    """
    x_open = _finite(x_ends[0]) or _finite(x_ends[1])
    y_open = _finite(y_ends[0]) or _finite(y_ends[1])
    cells[0, :] = BORDER if y_open else OUTSIDE
    for row in range(1, cells.shape[0]):
        cells[row, 0] = BORDER if x_open else OUTSIDE
    if x_open != y_open:
        cells[0, 0] = OUTSIDE


@kernel
def raster_polygon(vertex_x, vertex_y, x_steps, y_steps, cells):
    """Fill the cells (v, u) of a polygon, but for the ring.

    Cells that an edge meets are BORDER. Two others side by side are both inside or both outside, for no edge
    passes between them: one answer of the exact test goes through to all cells that hang together.
    """
    rows, columns = cells.shape
    cells[1:, 1:] = UNKNOWN
    n_vertices = len(vertex_x)
    for i in range(n_vertices):
        j = n_vertices - 1 if i == 0 else i - 1
        _mark_edge(vertex_x[j], vertex_y[j], vertex_x[i], vertex_y[i], x_steps, y_steps, cells)
    for row in range(1, rows):
        y = _between(y_steps[row], y_steps[row + 1])
        for k in range(1, columns):
            if cells[row, k] == BORDER:
                continue
            if k > 1 and cells[row, k - 1] != BORDER:
                cells[row, k] = cells[row, k - 1]
            elif row > 1 and cells[row - 1, k] != BORDER:
                cells[row, k] = cells[row - 1, k]
            else:
                x = _between(x_steps[k], x_steps[k + 1])
                if x != x or y != y:
                    cells[row, k] = BORDER
                else:
                    cells[row, k] = INSIDE if point_in_polygon(x, y, vertex_x, vertex_y) else OUTSIDE
    _open_ends(x_steps, y_steps, cells)


@part
def _open_ends(x_steps, y_steps, cells):
    """Make BORDER of inside cells that reach to infinite positions, where no event is inside."""
    for row in range(1, cells.shape[0]):
        y_finite = _finite(y_steps[row]) and _finite(y_steps[row + 1])
        for k in range(1, cells.shape[1]):
            finite = y_finite and _finite(x_steps[k]) and _finite(x_steps[k + 1])
            if cells[row, k] == INSIDE and not finite:
                cells[row, k] = BORDER


@kernel
def raster_quadric(mean, precision, distance_square, x_steps, y_steps, cells):
    """Fill the cells (v, u) of a positive definite quadric of two dimensions, but for the ring.

    The form is convex: a cell is inside if its corners are. The least value of the form in a row of cells, on
    a line of constant x, is convex in x, too: it grows away from its minimum, so a cell beside the minimum is
    outside if its side towards the minimum is.
    """
    a, b, c = precision[0, 0], 0.5 * (precision[0, 1] + precision[1, 0]), precision[1, 1]
    mixed = abs(precision[0, 1]) + abs(precision[1, 0])
    rows, columns = cells.shape
    for row in range(1, rows):
        low, high = y_steps[row] - mean[1], y_steps[row + 1] - mean[1]
        tallest = max(abs(low), abs(high))
        minimum = -b * min(max(0.0, low), high) / a  # x of the least value in the row
        slack = 1e-9 * abs(minimum)
        before = -math.inf
        was_within, was_beyond = False, False
        for k in range(1, columns + 1):
            x = x_steps[k] - mean[0]
            error = FORM_ERROR * (a * x * x + mixed * abs(x) * tallest + c * tallest * tallest)
            at_low = a * x * x + 2.0 * b * x * low + c * low * low
            at_high = a * x * x + 2.0 * b * x * high + c * high * high
            within = at_low + error < distance_square and at_high + error < distance_square
            y = min(max(-b * x / c, low), high)
            error = FORM_ERROR * (a * x * x + mixed * abs(x * y) + c * y * y)
            beyond = a * x * x + 2.0 * b * x * y + c * y * y - error > distance_square
            if k > 1:
                if was_within and within:
                    cells[row, k - 1] = INSIDE
                elif (before > minimum + slack and was_beyond) or (x < minimum - slack and beyond):
                    cells[row, k - 1] = OUTSIDE
                else:
                    cells[row, k - 1] = BORDER
            before, was_within, was_beyond = x, within, beyond


@kernel
def raster_cells(grid, inside, x_steps, y_steps, cells):
    """Fill the cells (v, u) of a set of grid cells (see `shapes.cell_is_marked`), but for the ring.

    The cell of a position never falls as the position grows: a cell of the raster covers the grid's cells
    between those of its ends.
    """
    n_x, n_y = inside.shape
    marked = np.zeros((n_x + 1, n_y + 1), dtype=np.int64)  # how many are marked, left of and below each cell
    for i in range(n_x):
        for j in range(n_y):
            marked[i + 1, j + 1] = marked[i, j + 1] + marked[i + 1, j] - marked[i, j] + inside[i, j]
    for row in range(1, cells.shape[0]):
        low = int(nearest_cell(y_steps[row], grid[1], n_y))
        high = int(nearest_cell(y_steps[row + 1], grid[1], n_y)) + 1
        for k in range(1, cells.shape[1]):
            first = int(nearest_cell(x_steps[k], grid[0], n_x))
            end = int(nearest_cell(x_steps[k + 1], grid[0], n_x)) + 1
            count = marked[end, high] - marked[first, high] - marked[end, low] + marked[first, low]
            if count == 0:
                cells[row, k] = OUTSIDE
            elif count == (end - first) * (high - low):
                cells[row, k] = INSIDE
            else:
                cells[row, k] = BORDER
    _open_ends(x_steps, y_steps, cells)


@kernel
def look_up(n, x_axis, y_axis, x, y, table, source, target, places, border):
    """Mark events of `source` in inside cells; list those in border cells, and return how many those are.

    table : (v * u,) uint8; source, target : (>= n,) uint8; x_axis, y_axis : (6,) of `raster_index`; places,
    border : (>= n,) int32, working space and the list.
    """
    places[:n] = 0
    cells_of(n, x_axis, x, 1, places)
    cells_of(n, y_axis, y, int(x_axis[5]) + 1, places)
    for i in range(n):
        target[i] = table[np.uint64(places[i])] & (np.uint8(0) - source[i])  # 0 takes all bits, 1 none
    m = np.uint64(0)
    whole = n // 8
    words = target[: 8 * whole].view(np.uint64)
    for w in range(whole):
        if words[w] & ANY_BORDER:
            for i in range(8 * w, 8 * w + 8):
                border[m] = i
                m += np.uint64(target[i] >> np.uint8(1))
    for i in range(8 * whole, n):
        border[m] = i
        m += np.uint64(target[i] >> np.uint8(1))
    for i in range(n):
        target[i] &= np.uint8(INSIDE)
    return np.int64(m)


@part
def look_up_rows(m, rows, x_axis, y_axis, x, y, table, source, target, border):
    """Do `look_up` for `m` rows alone; `target` must be 0 elsewhere."""
    pitch = int(x_axis[5]) + 1
    count = np.int64(0)
    for k in range(m):
        i = rows[k]
        place = cell_of(y_axis, y[i]) * pitch + cell_of(x_axis, x[i])
        found = np.int64(table[place]) * np.int64(source[i])
        target[i] = found & 1
        border[count] = i
        count += found >> 1
    return count
