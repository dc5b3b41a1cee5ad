"""Compile a strategy for a source: the tree becomes flat arrays for the driver, nothing is compiled anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import PanelError
from cytogate.gates.primitive import Boolean, Cells, Interval, Polygon, Primitive, Quadric
from cytogate.gating.columns import ColumnTable, channels_lacking
from cytogate.gating.compiled import Compiled, Earlier, External
from cytogate.gating.lowering import in_order_of_need, lower_all, needs_of
from cytogate.gating.rasters import Raster, cells_raster, polygon_raster, quadric_raster, resolution
from cytogate.kernels import operations
from cytogate.kernels.program import Program
from cytogate.transforms.pullback import last_below, pull_back

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gates.grid import GridAxis
    from cytogate.gating.strategy import GatingStrategy, Population
    from cytogate.transforms.base import Transform

_BOOLEAN_OPERATIONS = {"and": operations.OP_AND, "or": operations.OP_OR, "not": operations.OP_NOT}


def compile_program(
    strategy: GatingStrategy,
    source: EventSource,
    *,
    grid: str | None = None,
    earlier: Earlier | None = None,
) -> Compiled:
    """Return the program that gates `source` by `strategy`.

    Parameters
    ----------
    grid : None or "flowjo"
        Exact geometry, or polygons and ellipsoids as their display grids have them.
    earlier : Earlier, optional
        An earlier run, whose bits the program takes for what did not change.

    Raises
    ------
    PanelError
        A gate names a channel that the source lacks, or has twice.
    CompensationError
        A matrix names detectors that the source lacks.
    GatingError
        Gates without a display grid where one is asked for; names them all.
    """
    lowered = lower_all(strategy, grid)
    try:
        return _Compiler(strategy, source, lowered).compile(earlier)
    except PanelError as error:
        raise channels_lacking(strategy, source, error) from error


class _Compiler:
    def __init__(
        self,
        strategy: GatingStrategy,
        source: EventSource,
        lowered: dict[str, tuple[Primitive, ...] | None],
    ) -> None:
        self._strategy = strategy
        self._lowered = lowered
        self._table = ColumnTable(source, strategy)
        self._size = resolution(source.n_events)
        self._masks = {path: k + 1 for k, path in enumerate(strategy.paths)}
        self._operations: list[tuple[int, ...]] = []
        self._outputs: list[int] = []
        self._bounds: list[tuple[float, float]] = []
        self._axes: list[tuple[int, int]] = []
        self._vertices: list[NDArray[np.float64]] = []
        self._n_vertices = 0
        self._matrices: list[float] = []
        self._grids: list[float] = []
        self._grid_cells: list[NDArray[np.uint8]] = []
        self._n_grid_cells = 0
        self._boolean_terms: list[tuple[int, int]] = []
        self._rasters: list[Raster] = []
        self._externals: list[External] = []
        self._widest = 2
        self._entered: dict[str, int] = {}  # by parent, the mask of events that came into it
        self._spare = len(self._masks) + 1  # masks beyond those of populations begin here

    def compile(self, earlier: Earlier | None) -> Compiled:
        ordered = in_order_of_need(self._strategy, self._lowered)
        wanted = self._masks.keys() if earlier is None else set(earlier.changed)
        self._outputs = [0] * (earlier is None)
        self._clean()
        if earlier is not None:
            for path in self._stored(wanted):
                self._operation(operations.OP_STORED, self._masks[path], 0, earlier.rows[path])
        for population in ordered:
            if population.path not in wanted:
                continue
            if earlier is not None and self._is_alike(population, earlier):
                self._add_entered(population, earlier)
            else:
                self._add(population)
        return Compiled(
            self._table.freeze(), self._program(), tuple(self._externals), self._table.contents, self._widest
        )

    def _clean(self) -> None:
        """Take out of the root what the gates before it take out; they come first, and read nothing else."""
        for entry in self._strategy.cleaning:
            for interval in entry.gate.lower():
                self._interval(interval, 0, 0, outside=not entry.keeps)

    def _stored(self, wanted: Collection[str]) -> list[str]:
        """Return the populations whose marks the wanted ones need, and that are not among them."""
        needed: dict[str, None] = {}
        for path in wanted:
            needed.update(
                dict.fromkeys(needs_of(self._strategy, self._strategy.find(path), self._lowered[path]))
            )
        return [path for path in needed if path not in wanted]

    def _program(self) -> Program:
        populations = self._strategy.populations
        vertices = np.concatenate(self._vertices) if self._vertices else np.zeros((0, 2))
        tables = [raster.cells for raster in self._rasters]
        return Program(
            operations=_table(self._operations, 8),
            parents=np.array(
                [
                    0,
                    *(self._mask(population.parent) for population in populations),
                    *([0] * (self._spare - len(populations) - 1)),
                ]
            ),
            outputs=np.array(self._outputs, dtype=np.int64),
            bounds=np.array(self._bounds, dtype=np.float64).reshape(-1, 2),
            axes=_table(self._axes, 2),
            vertex_x=np.ascontiguousarray(vertices[:, 0]),
            vertex_y=np.ascontiguousarray(vertices[:, 1]),
            matrices=np.array(self._matrices, dtype=np.float64),
            grids=np.array(self._grids, dtype=np.float64),
            grid_cells=_joined(self._grid_cells),
            boolean_terms=_table(self._boolean_terms, 2),
            raster_axes=np.array([raster.axes for raster in self._rasters], dtype=np.float64).reshape(-1, 6),
            raster_starts=np.cumsum([0, *map(len, tables)], dtype=np.int64),
            raster_cells=_joined(tables),
        )

    def _mask(self, path: str | None) -> int:
        return 0 if path is None else self._masks[path]

    def _add(self, population: Population) -> None:
        target, source = self._masks[population.path], self._mask(population.parent)
        self._outputs.append(target)
        primitives = self._lowered[population.path]
        if primitives is None:
            axes = _table([self._table.axis(dim) for dim in population.gate.dims], 2)
            self._operation(operations.OP_EXTERNAL, target, source, len(self._externals))
            self._externals.append(External(population, axes))
            return
        if not primitives:  # a gate without bounds: all of the parent
            self._operation(operations.OP_AND, target, source, 0, 0)
        for primitive in primitives:
            self._primitive(primitive, target, source)
            source = target

    def _is_alike(self, population: Population, earlier: Earlier) -> bool:
        primitives = self._lowered[population.path]
        plain = bool(primitives) and not any(isinstance(entry, Boolean) for entry in primitives or ())
        return plain and population.path in earlier.alike and population.parent in earlier.changed

    def _add_entered(self, population: Population, earlier: Earlier) -> None:
        """Gate the events alone that came into the parent, and keep of the others those that were inside."""
        path, parent = population.path, str(population.parent)  # `_is_alike` asks for a parent
        if not self._entered:
            self._spare += 1  # the mask of those that are found inside serves one population after another
        if parent not in self._entered:
            self._entered[parent] = self._spare
            self._operation(operations.OP_ENTERED, self._spare, self._masks[parent], earlier.rows[parent])
            self._spare += 1
        target, inside = self._masks[path], len(self._masks) + 1
        self._outputs.append(target)
        source = self._entered[parent]
        for primitive in self._lowered[path] or ():
            self._primitive(primitive, inside, source)
            source = inside
        self._operation(operations.OP_KEPT, target, self._masks[parent], earlier.rows[path], inside)

    def _primitive(self, primitive: Primitive, target: int, source: int) -> None:
        match primitive:
            case Interval():
                self._interval(primitive, target, source)
            case Polygon(x, y, vertices):
                made = polygon_raster(*self._scales(x, y), vertices, self._size)
                first, self._n_vertices = self._n_vertices, self._n_vertices + len(vertices)
                self._vertices.append(vertices)
                self._shape(operations.OP_POLYGON, target, source, (x, y), made, first, self._n_vertices)
            case Quadric(dims, mean, precision, square):
                made = None
                if len(dims) == 2:
                    made = quadric_raster(*self._scales(*dims), mean, precision, square, self._size)
                first = len(self._matrices)
                self._matrices += [*mean.tolist(), *precision.ravel().tolist(), square]
                self._shape(operations.OP_QUADRIC, target, source, dims, made, first, len(self._matrices))
            case Cells(x, y, grid, corner, inside):
                cells = np.ascontiguousarray(inside, dtype=np.uint8)
                numbers = np.array([_axis_numbers(grid.x, corner[0]), _axis_numbers(grid.y, corner[1])])
                made = cells_raster(*self._scales(x, y), numbers, cells, self._size)
                first = len(self._grids)
                self._grids += [*numbers.ravel().tolist(), *cells.shape, self._n_grid_cells]
                self._grid_cells.append(cells.reshape(-1))
                self._n_grid_cells += cells.size
                self._shape(operations.OP_CELLS, target, source, (x, y), made, first, len(self._grids))
            case Boolean(operation, references):
                first = len(self._boolean_terms)
                self._boolean_terms += [
                    (self._strategy.position(reference.population) + 1, int(reference.complement))
                    for reference in references
                ]
                kind = _BOOLEAN_OPERATIONS[operation]
                self._operation(kind, target, source, first, len(self._boolean_terms))

    def _interval(self, interval: Interval, target: int, source: int, *, outside: bool = False) -> None:
        scale, slot = self._strategy.transform_of(interval.dim), self._table.slot(interval.dim)
        self._bounds.append((pull_back(scale, interval.low), last_below(scale, interval.high)))
        row = len(self._bounds) - 1
        self._operation(operations.OP_INTERVAL, target, source, slot, int(outside), row)

    def _shape(
        self,
        kind: int,
        target: int,
        source: int,
        dims: tuple[Dimension, ...],
        raster: Raster | None,
        first: int,
        end: int,
    ) -> None:
        number = -1
        if raster is not None:
            number = len(self._rasters)
            self._rasters.append(raster)
        axis = len(self._axes)
        self._axes += [self._table.axis(dim) for dim in dims]
        self._widest = max(self._widest, len(dims))
        self._operation(kind, target, source, axis, axis + len(dims), number, first, end)

    def _operation(self, kind: int, target: int, source: int, *numbers: int) -> None:
        self._operations.append((kind, target, source, *numbers, *([0] * (5 - len(numbers)))))

    def _scales(self, x: Dimension, y: Dimension) -> tuple[Transform | None, Transform | None]:
        return self._strategy.transform_of(x), self._strategy.transform_of(y)


def _table(rows: list[tuple[int, ...]] | list[tuple[int, int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def _joined(parts: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint8)


def _axis_numbers(axis: GridAxis, first: int) -> list[float]:
    return [axis.low, axis.per_unit, axis.offset, float(first)]
