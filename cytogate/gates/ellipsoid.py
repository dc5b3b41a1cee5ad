"""Ellipsoid gate: events within a Mahalanobis distance of a mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytogate.errors import GatingError
from cytogate.gates._cells import cells_where, grid_from_dict, grid_of
from cytogate.gates._checks import Faults, event_table, number_array, plain, refuse_part
from cytogate.gates.base import gate_kinds
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Quadric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from cytogate.gates.grid import Grid
    from cytogate.gates.primitive import Cells

OUTLINE_POINTS = 180


@gate_kinds.register("ellipsoid")
@dataclass(frozen=True, slots=True, eq=False)
class EllipsoidGate:
    """Events with ``(v - mean) @ inverse(covariance) @ (v - mean) <= distance_square``; the border is inside.

    The covariance is inverted as it stands, as Gating-ML 2.0 has it: it need be neither symmetric nor
    positive definite. Events with NaN or an infinity are outside.

    Parameters
    ----------
    dims : tuple of Dimension
        Two or more axes.
    mean : (n_dims,) array
        Centre, on the scale of the transforms.
    covariance : (n_dims, n_dims) array
        Square units of the scale.
    distance_square : float
        Square of the Mahalanobis distance at the border, > 0.
    grid : Grid, optional
        The cells of the plot on which an ellipse in two dimensions was drawn. `lower_on_grid` rounds events
        to them; what `contains`, `outline` and `lower` say stays exact.

    Raises
    ------
    GatingError
        Shapes that do not fit, numbers that are not finite, a covariance without an inverse; lists all.

    Examples
    --------
    >>> axes = (Dimension("FSC-A"), Dimension("SSC-A"))
    >>> cells = EllipsoidGate(axes, (50, 50), ((400, 150), (150, 225)), 1.0)
    >>> cells.contains(np.array([[50.0, 50.0], [70.0, 50.0]])).tolist()
    [True, False]
    """

    kind: ClassVar[str] = "ellipsoid"

    dims: tuple[Dimension, ...]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    distance_square: float
    grid: Grid | None

    def __init__(
        self,
        dims: tuple[Dimension, ...],
        mean: ArrayLike,
        covariance: ArrayLike,
        distance_square: float,
        grid: Grid | None = None,
    ) -> None:
        faults = Faults(self.kind, dims)
        n = len(dims)
        centre = number_array(mean, faults, "mean")
        matrix = number_array(covariance, faults, "covariance")
        if n < 2:
            faults.add("dimensions", f"found {n}; expected at least 2.")
        for name, array, shape in (("mean", centre, (n,)), ("covariance", matrix, (n, n))):
            if array.shape != shape:
                faults.add(name, f"found shape {array.shape}; expected {shape}.")
            elif not np.isfinite(array).all():
                faults.add(name, "found NaN or an infinity; expected finite numbers.")
        if not (math.isfinite(distance_square) and distance_square > 0):
            faults.add("distance_square", f"found {distance_square:g}; expected a finite number > 0.")
        if grid is not None and n != 2:
            faults.add("grid", f"found one with {n} dimensions; a grid has two.")
        faults.stop()
        if _inverse(matrix) is None:
            faults.add("covariance", f"found {matrix.tolist()}, which has no inverse.")
            faults.stop()
        object.__setattr__(self, "dims", tuple(dims))
        object.__setattr__(self, "mean", centre)
        object.__setattr__(self, "covariance", matrix)
        object.__setattr__(self, "distance_square", float(distance_square))
        object.__setattr__(self, "grid", grid)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EllipsoidGate):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[type[EllipsoidGate], tuple[object, ...]]:
        return EllipsoidGate, (self.dims, self.mean, self.covariance, self.distance_square, self.grid)

    def _key(self) -> tuple[object, ...]:
        rows = tuple(map(tuple, self.covariance.tolist()))
        return (self.dims, tuple(self.mean.tolist()), rows, self.distance_square, self.grid)

    @property
    def parts(self) -> tuple[str, ...]:
        """None: the gate is one population."""
        return ()

    @property
    def precision(self) -> NDArray[np.float64]:
        """The inverse of the covariance, (n_dims, n_dims)."""
        inverse = _inverse(self.covariance)
        if inverse is None:  # the constructor has refused such a matrix
            message = "An ellipsoid gate's covariance has no inverse."
            raise GatingError(message)
        inverse.setflags(write=False)
        return inverse

    def contains(self, values: NDArray[np.float64], part: str | None = None) -> NDArray[np.bool_]:
        """Return which events are inside; `values` is (n_events, n_dims), result (n_events,) bool."""
        from cytogate.kernels.geometry import points_in_quadric

        refuse_part(part, self.kind)
        table = np.ascontiguousarray(event_table(values, len(self.dims), self.kind))
        inside = np.empty(len(table), dtype=np.bool_)
        points_in_quadric(table, self.mean, self.precision, self.distance_square, inside)
        return inside

    def outline(self, part: str | None = None) -> NDArray[np.float64]:
        """Return the border in the first two dimensions, (180, 2); of more than two, their shadow.

        Raises
        ------
        GatingError
            The form is not positive definite: its border is not closed.
        """
        refuse_part(part, self.kind)
        precision = self.precision
        shadow = _inverse(0.5 * (precision + precision.T))
        if shadow is None or (np.linalg.eigvalsh(shadow) <= 0).any():
            axes_names = " x ".join(dim.channel for dim in self.dims)
            message = (
                f"The ellipsoid gate on {axes_names} has no closed outline: "
                "its covariance is not positive definite. It can be counted but not drawn."
            )
            raise GatingError(message)
        spread, axes = np.linalg.eigh(shadow[:2, :2])
        angle = np.linspace(0.0, 2.0 * np.pi, OUTLINE_POINTS, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)])
        radius = np.sqrt(spread * self.distance_square)
        points: NDArray[np.float64] = self.mean[:2] + (axes @ (radius[:, None] * circle)).T
        return points

    def lower(self, part: str | None = None) -> tuple[Quadric, ...]:
        """Return one quadric."""
        refuse_part(part, self.kind)
        return (Quadric(self.dims, self.mean, self.precision, self.distance_square),)

    def lower_on_grid(self, part: str | None = None) -> tuple[Cells, ...]:
        """Return the cells of the grid whose centres lie in the ellipse, its border in.

        Raises
        ------
        GatingError
            The gate has no grid.
        """
        refuse_part(part, self.kind)
        grid = grid_of(self.grid, self.kind, self.dims)
        return (cells_where(self.dims, grid, self.contains),)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        values: dict[str, Any] = {
            "kind": self.kind,
            "dims": [dim.to_dict() for dim in self.dims],
            "mean": [plain(value) for value in self.mean],
            "covariance": [[plain(value) for value in row] for row in self.covariance],
            "distance_square": self.distance_square,
        }
        return values if self.grid is None else {**values, "grid": self.grid.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EllipsoidGate:
        """Return the gate that `to_dict` described."""
        dims = tuple(Dimension.from_dict(dim) for dim in data["dims"])
        distance_square = float(data["distance_square"])
        return cls(dims, data["mean"], data["covariance"], distance_square, grid_from_dict(data))


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the inverse, or None: Gauss-Jordan with row exchange, the same bits on every machine."""
    n = len(matrix)
    scale = float(np.abs(matrix).max())
    work = np.hstack([matrix, np.eye(n)])
    for k in range(n):
        best = k + int(np.argmax(np.abs(work[k:, k])))
        if abs(float(work[best, k])) <= scale * 1e-300 or scale == 0.0:
            return None
        work[[k, best]] = work[[best, k]]
        work[k] /= work[k, k]
        for i in range(n):
            if i != k:
                work[i] -= work[i, k] * work[k]
    inverse = np.ascontiguousarray(work[:, n:])
    return inverse if np.isfinite(inverse).all() else None
