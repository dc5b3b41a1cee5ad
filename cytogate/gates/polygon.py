"""Polygon gate: events inside a closed outline in two dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytogate.gates._cells import cells_of_outline, grid_from_dict, grid_of
from cytogate.gates._checks import Faults, event_table, number_array, on_one_line, plain, refuse_part
from cytogate.gates.base import gate_kinds
from cytogate.gates.dimension import Dimension
from cytogate.gates.primitive import Polygon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

    from cytogate.gates.grid import Grid
    from cytogate.gates.primitive import Cells

LARGEST_VERTEX = 1e150  # products of larger differences overflow


@gate_kinds.register("polygon")
@dataclass(frozen=True, slots=True, eq=False)
class PolygonGate:
    """Events inside an outline, even-odd: what a self-crossing outline winds round twice is outside.

    Left and bottom edges are inside, right and top edges are not, so that polygons side by side share no
    event and lose none. Events with NaN or an infinity are inside no polygon.

    Parameters
    ----------
    dims : tuple of Dimension
        The two axes.
    vertices : (n_vertices, 2) array
        At least 3, in order, on the scale of the transforms; the last joins the first. A coordinate may be
        infinite: the limit of ever larger values. An edge between a finite point and infinity must then be
        parallel to an axis, or it would have no one direction.
    grid : Grid, optional
        The cells of the plot on which the polygon was drawn. `lower_on_grid` rounds corners and events to
        them; what `contains`, `outline` and `lower` say stays exact.

    Raises
    ------
    GatingError
        Too few vertices, NaN, a finite number beyond 1e150, an edge to infinity that is not parallel to an
        axis, or all vertices on one line; names every vertex. An outline may cross itself.

    Examples
    --------
    >>> axes = (Dimension("CD19"), Dimension("CD3"))
    >>> corner = PolygonGate(axes, [(1, 1), (math.inf, 1), (math.inf, -math.inf), (1, -math.inf)])
    >>> corner.contains(np.array([[2.0, 0.5], [2.0, 1.0], [0.5, 0.5]])).tolist()
    [True, False, False]
    """

    kind: ClassVar[str] = "polygon"

    dims: tuple[Dimension, ...]
    vertices: NDArray[np.float64]
    grid: Grid | None

    def __init__(self, dims: tuple[Dimension, ...], vertices: ArrayLike, grid: Grid | None = None) -> None:
        faults = Faults(self.kind, dims)
        table = number_array(vertices, faults, "vertices")
        if len(dims) != 2:
            faults.add("dimensions", f"found {len(dims)}; expected 2.")
        if table.ndim != 2 or table.shape[1] != 2:
            faults.add("vertices", f"found a table of shape {table.shape}; expected (n_vertices, 2).")
            faults.stop()
        if len(table) < 3:
            faults.add("vertices", f"found {len(table)}; expected at least 3.")
        _check_vertices(table, faults)
        faults.stop()
        object.__setattr__(self, "dims", tuple(dims))
        object.__setattr__(self, "vertices", table)
        object.__setattr__(self, "grid", grid)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PolygonGate):
            return NotImplemented
        return (self.dims, self.grid) == (other.dims, other.grid) and np.array_equal(
            self.vertices, other.vertices
        )

    def __hash__(self) -> int:
        return hash((self.dims, self.grid, tuple(map(tuple, self.vertices.tolist()))))

    def __reduce__(self) -> tuple[type[PolygonGate], tuple[object, ...]]:
        return PolygonGate, (self.dims, self.vertices, self.grid)

    @property
    def parts(self) -> tuple[str, ...]:
        """None: the gate is one population."""
        return ()

    def contains(self, values: NDArray[np.float64], part: str | None = None) -> NDArray[np.bool_]:
        """Return which events are inside; `values` is (n_events, 2), result (n_events,) bool."""
        from cytogate.kernels.geometry import points_in_polygon

        refuse_part(part, self.kind)
        table = event_table(values, 2, self.kind)
        columns = np.ascontiguousarray(table.T)
        corners = np.ascontiguousarray(_with_corners(self.vertices).T)
        inside = np.empty(len(table), dtype=np.bool_)
        points_in_polygon(columns[0], columns[1], corners[0], corners[1], inside)
        return inside

    def outline(self, part: str | None = None) -> NDArray[np.float64]:
        """Return the outline (n_points, 2), with the corners that lie at infinity."""
        refuse_part(part, self.kind)
        return _with_corners(self.vertices)

    def lower(self, part: str | None = None) -> tuple[Polygon, ...]:
        """Return one polygon whose edges to infinity are all parallel to an axis."""
        refuse_part(part, self.kind)
        return (Polygon(self.dims[0], self.dims[1], _with_corners(self.vertices)),)

    def lower_on_grid(self, part: str | None = None) -> tuple[Cells, ...]:
        """Return the cells of the grid that the outline holds: even-odd on their whole numbers, edges in.

        Raises
        ------
        GatingError
            The gate has no grid.
        """
        refuse_part(part, self.kind)
        grid = grid_of(self.grid, self.kind, self.dims)
        return (cells_of_outline(self.dims, grid, _with_corners(self.vertices)),)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        values: dict[str, Any] = {
            "kind": self.kind,
            "dims": [dim.to_dict() for dim in self.dims],
            "vertices": [[plain(x), plain(y)] for x, y in self.vertices],
        }
        return values if self.grid is None else {**values, "grid": self.grid.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PolygonGate:
        """Return the gate that `to_dict` described."""
        dims = tuple(Dimension.from_dict(dim) for dim in data["dims"])
        return cls(dims, data["vertices"], grid_from_dict(data))


def _edges(vertices: NDArray[np.float64]) -> Iterator[tuple[float, float, float, float]]:
    """Yield both ends of each edge, the one from the last vertex to the first at the end."""
    points = vertices.tolist()
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        yield x1, y1, x2, y2


def _check_vertices(vertices: NDArray[np.float64], faults: Faults) -> None:
    for i, (x, y) in enumerate(vertices.tolist(), start=1):
        if math.isnan(x) or math.isnan(y):
            faults.add(f"vertex {i}", f"found ({x:g}, {y:g}); expected numbers.")
        elif any(math.isfinite(v) and abs(v) > LARGEST_VERTEX for v in (x, y)):
            faults.add(f"vertex {i}", f"found ({x:g}, {y:g}), beyond 1e150.", "Write inf or -inf.")
    if faults.found:
        return
    for i, (x1, y1, x2, y2) in enumerate(_edges(vertices)):
        if not _has_a_limit(x1, y1, x2, y2):
            faults.add(
                f"vertices {i + 1} and {(i + 1) % len(vertices) + 1}",
                f"the edge from ({x1:g}, {y1:g}) to ({x2:g}, {y2:g}) reaches infinity in no one direction.",
                "Make it parallel to an axis, or put a corner at infinity between them.",
            )
    if not faults.found and on_one_line(vertices):
        x, y = vertices[0].tolist()
        where = f"all on one line through ({x:g}, {y:g})" if (vertices != vertices[0]).any() else "all equal"
        faults.add("vertices", f"found {len(vertices)}, {where}: the polygon has no area and holds no event.")


def _has_a_limit(x1: float, y1: float, x2: float, y2: float) -> bool:
    """Return whether an edge is finite, parallel to an axis, or wholly at infinity."""
    if x1 == x2 or y1 == y2:
        return True
    if all(map(math.isfinite, (x1, y1, x2, y2))):
        return True
    return _corner(x1, y1, x2, y2) is not None


def _corner(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float] | None:
    """Return the corner at infinity round which an edge between two infinite points goes, if there is one."""
    for x, y in ((x1, y2), (x2, y1)):
        if math.isinf(x) and math.isinf(y):
            return (x, y)
    return None


def _with_corners(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outline in which every edge that reaches infinity is parallel to an axis."""
    if np.isfinite(vertices).all():
        return vertices
    outline: list[tuple[float, float]] = []
    for x1, y1, x2, y2 in _edges(vertices):
        outline.append((x1, y1))
        if x1 != x2 and y1 != y2 and not all(map(math.isfinite, (x1, y1, x2, y2))):
            corner = _corner(x1, y1, x2, y2)
            if corner is not None:
                outline.append(corner)
    corners = np.array(outline)
    corners.setflags(write=False)
    return corners
