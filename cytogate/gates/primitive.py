"""The engine's primitives: every gate kind that is to be fast lowers to a conjunction of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.gates.grid import Grid


@dataclass(frozen=True, slots=True)
class Interval:
    """Events with ``low <= x < high`` on one dimension; NaN is outside.

    An infinite bound is open: with ``high`` infinite, an event at +inf is inside.
    """

    dim: Dimension
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Polygon:
    """Events inside an outline in two dimensions: even-odd, left and bottom edges in, right and top out.

    `vertices` is (n_vertices, 2), on the scale of the dimensions' transforms; entries may be infinite.
    """

    x: Dimension
    y: Dimension
    vertices: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Quadric:
    """Events with ``(v - mean) @ precision @ (v - mean) <= distance_square``.

    `mean` is (n_dims,), `precision` (n_dims, n_dims): the plain inverse of the covariance.
    """

    dims: tuple[Dimension, ...]
    mean: NDArray[np.float64]
    precision: NDArray[np.float64]
    distance_square: float


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Events whose cell on a display grid is marked; NaN and infinities are outside.

    `inside` is (n_x, n_y) bool, at least (1, 1); its first entry is the cell `first` (x, y) of the grid. An
    event beyond it takes the answer of the nearest cell in it: either the axis ends there and holds what lies
    beyond, or a row of cells outside was laid round the gate.
    """

    x: Dimension
    y: Dimension
    grid: Grid
    first: tuple[int, int]
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reference:
    """A population that a boolean gate refers to, by path or unique ending, or its complement."""

    population: str
    complement: bool = False


@dataclass(frozen=True, slots=True)
class Boolean:
    """``and`` / ``or`` of populations; ``not`` of one."""

    operation: str
    references: tuple[Reference, ...]


Primitive = Interval | Polygon | Quadric | Cells | Boolean
