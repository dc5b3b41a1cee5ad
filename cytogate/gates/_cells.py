"""Which cells of a display grid an outline holds: even-odd on whole numbers, its edges inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import GatingError
from cytogate.gates.grid import Grid
from cytogate.gates.primitive import Cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.gates.grid import GridAxis

SAFE = 2**29  # products of differences of such numbers fit into 64 bits
FAR = 1e300  # farther than any corner: stands for what overflowed on the way into cells


def grid_from_dict(data: Mapping[str, Any]) -> Grid | None:
    """Return the grid in what a gate's `to_dict` wrote, if there is one."""
    return Grid.from_dict(data["grid"]) if data.get("grid") else None


def grid_of(grid: Grid | None, kind: str, dims: Sequence[Dimension]) -> Grid:
    """Return a gate's grid, or raise where it has none."""
    if grid is None:
        message = f"The {kind} gate on {' x '.join(dim.channel for dim in dims)} has no display grid."
        raise GatingError(message)
    return grid


def cells_of_outline(dims: Sequence[Dimension], grid: Grid, vertices: NDArray[np.float64]) -> Cells:
    """Return the cells of an outline whose corners fall into cells as the events do.

    `vertices` is (n_vertices, 2) on the scale of the dimensions; edges that reach infinity are parallel to an
    axis. The outline is closed and even-odd on the whole numbers of its corners' cells; a cell on an edge is
    inside.
    """
    corners = np.stack([_whole(grid.x, vertices[:, 0]), _whole(grid.y, vertices[:, 1])], axis=1)
    return cells_of_lattice(dims, grid, inside_lattice(corners, grid.x.last + 1, grid.y.last + 1))


def cells_where(
    dims: Sequence[Dimension], grid: Grid, contains: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
) -> Cells:
    """Return the cells at whose centres `contains` says yes; it takes (n, 2) positions."""
    on_x, on_y = (axis.centre(np.arange(axis.last + 1)) for axis in (grid.x, grid.y))
    columns = [contains(np.stack([np.full(len(on_y), x), on_y], axis=1)) for x in on_x]
    return cells_of_lattice(dims, grid, np.stack(columns))


def cells_of_lattice(dims: Sequence[Dimension], grid: Grid, inside: NDArray[np.bool_]) -> Cells:
    """Return the cells marked in `inside` (n_x, n_y), the whole grid, without the empty part around them.

    One row of cells outside is left on each side where the grid has one: an event beyond the map takes the
    answer of the nearest cell in it.
    """
    first, stop = [], []
    for axis in (0, 1):
        marked = np.flatnonzero(inside.any(axis=1 - axis))
        low, high = (int(marked[0]), int(marked[-1])) if len(marked) else (0, -1)
        first.append(max(low - 1, 0))
        stop.append(min(high + 2, inside.shape[axis]))
    part = np.ascontiguousarray(inside[first[0] : stop[0], first[1] : stop[1]])
    part.setflags(write=False)
    return Cells(dims[0], dims[1], grid, (first[0], first[1]), part)


def inside_lattice(corners: NDArray[np.int64 | np.object_], n_x: int, n_y: int) -> NDArray[np.bool_]:
    """Return which whole-numbered points (0..n_x-1, 0..n_y-1) an outline holds, (n_x, n_y).

    `corners` is (n_vertices, 2), whole numbers: int64 below 2**29, or Python's own of any size. Each edge
    toggles, row by row, the points to its left; then those on it are added. Nothing is rounded.
    """
    crossed = np.zeros(
        (n_y, n_x + 1), dtype=np.bool_
    )  # oddly often, with so many points of the row to the left
    on_edge = np.zeros((n_y, n_x), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            if 0 <= y1 < n_y:
                on_edge[int(y1), max(min(x1, x2), 0) : max(max(x1, x2) + 1, 0)] = True
            continue
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        start, stop = min(max(int(y1), 0), n_y), min(max(int(y2) + 1, 0), n_y)
        rows = np.arange(start, stop)
        run, rise = (rows.astype(corners.dtype) - y1) * (x2 - x1), y2 - y1
        before = x1 - (-run) // rise  # points 0 .. before-1 lie left of the edge: the crossing, rounded up
        place = np.clip(before, 0, n_x).astype(np.int64)
        half_open = rows < y2
        crossed[rows[half_open], place[half_open]] ^= True
        hit = ((run % rise == 0) & (before >= 0) & (before < n_x)).astype(np.bool_)
        on_edge[rows[hit], place[hit]] = True
    odd = np.logical_xor.accumulate(crossed[:, :0:-1], axis=1)[
        :, ::-1
    ]  # by rays from each point to the right
    inside: NDArray[np.bool_] = odd | on_edge
    return inside.T


def _whole(axis: GridAxis, positions: NDArray[np.float64]) -> NDArray[np.int64 | np.object_]:
    """Return the corners' cells as whole numbers; the infinite ones just beyond the axis.

    No event lies out there, and an edge that reaches infinity is parallel to an axis, so it passes every cell
    on the same side however far it goes.
    """
    cells = np.clip(axis.corner(positions), -FAR, FAR)
    cells[positions == -np.inf] = -1.0
    cells[positions == np.inf] = axis.last + 1.0
    if (np.abs(cells) < SAFE).all():
        return cells.astype(np.int64)
    return np.array([int(cell) for cell in cells], dtype=np.object_)
