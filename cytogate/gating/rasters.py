"""Rasters of shapes: made once for a shape on its scales, kept by content, shared by all strategies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cytogate.kernels import raster_index, rasters
from cytogate.transforms.pullback import pull_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytogate.transforms.base import Transform

FEW_EVENTS, SOME_EVENTS = 50_000, 500_000
SMALL, MEDIUM, LARGE = 62, 126, 254  # cells a side: what finer cells spare must be worth making them
KEPT = 256  # rasters, of at most 66 KB each
NARROWEST = 1e-280  # products of smaller numbers lose digits


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Cells of a shape: axes (2, 6) as `raster_index` has them, cells flat uint8, rows of y."""

    axes: NDArray[np.float64]
    cells: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    axis: NDArray[np.float64]
    positions: NDArray[np.float64]
    ends: NDArray[np.float64]  # positions of minus infinity and infinity


def resolution(n_events: int) -> int:
    """Return how many cells a side pay for themselves with so many events."""
    if n_events < FEW_EVENTS:
        return SMALL
    return MEDIUM if n_events < SOME_EVENTS else LARGE


def polygon_raster(
    x: Transform | None, y: Transform | None, vertices: NDArray[np.float64], size: int
) -> Raster | None:
    """Return the raster of a polygon (n_vertices, 2); None where one cannot be certified, or has no area."""
    return _polygon(x, y, np.ascontiguousarray(vertices).tobytes(), size)


def quadric_raster(
    x: Transform | None,
    y: Transform | None,
    mean: NDArray[np.float64],
    precision: NDArray[np.float64],
    distance_square: float,
    size: int,
) -> Raster | None:
    """Return the raster of an ellipse; None where the form is not clearly positive definite."""
    numbers = (*mean.tolist(), *precision.ravel().tolist(), distance_square)
    return _quadric(x, y, numbers, size)


def cells_raster(
    x: Transform | None,
    y: Transform | None,
    grid: NDArray[np.float64],
    inside: NDArray[np.uint8],
    size: int,
) -> Raster | None:
    """Return the raster of marked cells; `grid` and `inside` are those of `shapes.cell_is_marked`."""
    return _cells(x, y, tuple(grid.ravel().tolist()), inside.shape, inside.tobytes(), size)


@lru_cache(maxsize=KEPT)
def _polygon(x: Transform | None, y: Transform | None, content: bytes, size: int) -> Raster | None:
    vertices = np.frombuffer(content).reshape(-1, 2)
    vertex_x, vertex_y = np.ascontiguousarray(vertices[:, 0]), np.ascontiguousarray(vertices[:, 1])
    with np.errstate(invalid="ignore", over="ignore"):
        heights = np.abs(vertex_y - np.roll(vertex_y, 1))
        widths = np.abs(vertex_x) + np.abs(np.roll(vertex_x, 1))
        products = heights * widths
    if ((heights > 0.0) & (widths > 0.0) & (products < NARROWEST)).any():
        return None
    ranges = [_finite_range(vertex_x), _finite_range(vertex_y)]
    return _made(
        x, y, ranges, size, lambda a, b, cells: rasters.raster_polygon(vertex_x, vertex_y, a, b, cells)
    )


@lru_cache(maxsize=KEPT)
def _quadric(
    x: Transform | None, y: Transform | None, numbers: tuple[float, ...], size: int
) -> Raster | None:
    mean, precision, distance_square = np.array(numbers[:2]), np.array(numbers[2:6]), numbers[6]
    a, b, c = precision[0], 0.5 * (precision[1] + precision[2]), precision[3]
    steep = a * c - b * b
    plain = all(NARROWEST < number < 1 / NARROWEST for number in (a, c, distance_square))
    if not (plain and 1e-9 * a * c < steep < math.inf):
        return None
    half = np.sqrt(distance_square * np.array([c, a]) / steep)  # the box of the ellipse
    ranges = [(float(m - h), float(m + h)) for m, h in zip(mean, half, strict=True)]
    form = precision.reshape(2, 2)
    return _made(
        x,
        y,
        ranges,
        size,
        lambda a, b, cells: rasters.raster_quadric(mean, form, distance_square, a, b, cells),
    )


@lru_cache(maxsize=KEPT)
def _cells(
    x: Transform | None,
    y: Transform | None,
    numbers: tuple[float, ...],
    shape: tuple[int, int],
    content: bytes,
    size: int,
) -> Raster | None:
    grid = np.array(numbers).reshape(2, 4)
    inside = np.frombuffer(content, dtype=np.uint8).reshape(shape).copy()
    ranges = []
    for (low, per_unit, offset, first), n in zip(grid.tolist(), shape, strict=True):
        ranges.append((low + (first - offset) / per_unit, low + (first + n - offset) / per_unit))
    return _made(x, y, ranges, size, lambda a, b, cells: rasters.raster_cells(grid, inside, a, b, cells))


def _made(
    x: Transform | None,
    y: Transform | None,
    ranges: list[tuple[float, float]],
    size: int,
    fill: Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]], None],
) -> Raster | None:
    sides = [_steps(scale, low, high, size) for scale, (low, high) in zip((x, y), ranges, strict=True)]
    if sides[0] is None or sides[1] is None:
        return None
    columns, rows = sides[0], sides[1]
    cells = np.empty((len(rows.positions) - 1, len(columns.positions) - 1), dtype=np.uint8)
    fill(columns.positions, rows.positions, cells)
    rasters.set_ring(columns.ends, rows.ends, cells)
    return Raster(np.stack([columns.axis, rows.axis]), cells.reshape(-1))


@lru_cache(maxsize=2 * KEPT)
def _steps(transform: Transform | None, low: float, high: float, size: int) -> _Steps | None:
    """Return cells between two positions on a scale, and one more on each side that reaches to the end."""
    axis = _axis(transform, low, high, size)
    if axis is None:
        return None
    positions = np.empty(int(axis[5]) + 2)
    code, parameters = (
        (-1, np.zeros(1)) if transform is None else (transform.kernel_code, transform.parameters)
    )
    if not raster_index.step_positions(axis, code, parameters, positions):
        return None
    ends = np.array([-math.inf, math.inf])
    return _Steps(axis, positions, ends if transform is None else transform.forward(ends))


def _axis(transform: Transform | None, low: float, high: float, size: int) -> NDArray[np.float64] | None:
    first, last = pull_back(transform, low), pull_back(transform, high)
    if not (math.isfinite(first) and math.isfinite(last) and first < last):
        return None
    c = 0.0 if transform is None else _bend(transform, first, last)
    if c > 0.0:
        return _curved_axis(first, last, c, size)
    per_unit = size / (last - first) if last - first > 0.0 else math.inf
    if not math.isfinite(per_unit) or (last - first) < 1e-9 * max(abs(first), abs(last)):
        return None
    return np.array([raster_index.LINEAR_CELLS, first - 1.0 / per_unit, per_unit, 0.0, 0.0, size + 2.0])


def _bend(transform: Transform, first: float, last: float) -> float:
    """Return c with which ``log(1 + c |x|)`` has its middle where the scale has it; 0 where it is straight.

    Only the longer side of zero is looked at. How well the cells fit the scale changes nothing but time.
    """
    a, b = (max(first, 0.0), last) if abs(last) >= abs(first) else (min(last, 0.0), first)
    middle = abs(pull_back(transform, 0.5 * (transform.forward(a) + transform.forward(b))))
    low, high = abs(a), abs(b)
    over, under = low + high - 2.0 * middle, middle * middle - low * high
    steepest = 1e4 / low if low > 0.0 else 1e6 / high
    if not over > 1e-3 * high:
        return 0.0
    return min(over / under, steepest) if under > 0.0 else steepest


def _curved_axis(first: float, last: float, c: float, size: int) -> NDArray[np.float64]:
    def bits(x: float) -> int:
        grown = int(np.float64(1.0 + abs(x) * c).view(np.int64)) - raster_index.ONE_BITS
        return -grown if x < 0.0 else grown

    low, high = bits(first), bits(last)
    shift = max(0, (high - low).bit_length() - size.bit_length() - 1)
    while (high >> shift) - (low >> shift) + 3 > max(size, 8):
        shift += 1
    begin = (low >> shift) - 2
    return np.array(
        [raster_index.CURVED_CELLS, c, shift, begin, 0.0, (high >> shift) + 2 - begin + 1], dtype=np.float64
    )


def _finite_range(coordinates: NDArray[np.float64]) -> tuple[float, float]:
    finite = coordinates[np.isfinite(coordinates)]
    if not len(finite):
        return (-1.0, 1.0)
    return float(finite.min()), float(finite.max())
