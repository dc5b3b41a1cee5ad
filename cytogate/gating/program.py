"""Compile a strategy for a source: the tree becomes flat arrays for the driver, nothing is compiled anew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError, PanelError, Problem
from cytogate.gates.base import Gridded
from cytogate.gates.primitive import Boolean, Cells, Interval, Polygon, Primitive, Quadric
from cytogate.gating.columns import ColumnTable, channels_lacking
from cytogate.gating.rasters import Raster, cells_raster, polygon_raster, quadric_raster, resolution
from cytogate.kernels import operations
from cytogate.kernels.program import Program
from cytogate.transforms.pullback import pull_back

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gates.grid import GridAxis
    from cytogate.gating.strategy import GatingStrategy, Population
    from cytogate.kernels.columns import Columns
    from cytogate.transforms.base import Transform

FLOWJO = "flowjo"

_BOOLEAN_OPERATIONS = {"and": operations.OP_AND, "or": operations.OP_OR, "not": operations.OP_NOT}


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """A population whose gate lowers to no primitive: its gate is asked directly."""

    population: Population
    axes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A strategy for one source; mask k + 1 belongs to population k, mask 0 to the root.

    `contents` says what each column holds, so that columns in memory serve another strategy.
    """

    columns: Columns
    program: Program
    externals: tuple[External, ...]
    contents: tuple[Hashable, ...]
    n_axes: int  # of the widest shape


def compile_program(
    strategy: GatingStrategy,
    source: EventSource,
    *,
    grid: str | None = None,
    only: Collection[str] | None = None,
) -> Compiled:
    """Return the program that gates `source` by `strategy`.

    Parameters
    ----------
    grid : None or "flowjo"
        Exact geometry, or polygons and ellipsoids as their display grids have them.
    only : collection of paths, optional
        Populations to be gated; of the others, the marks of an earlier run are taken.

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
        return _Compiler(strategy, source, lowered).compile(only)
    except PanelError as error:
        raise channels_lacking(strategy, source, error) from error


def lower_all(strategy: GatingStrategy, grid: str | None) -> dict[str, tuple[Primitive, ...] | None]:
    """Return the primitives of every population, by path; None where the gate is asked directly."""
    if grid is not None and grid != FLOWJO:
        message = f"grid={grid!r}: there is no such display grid. Known: {FLOWJO!r}; None is exact geometry."
        raise GatingError(message)
    lowered: dict[str, tuple[Primitive, ...] | None] = {}
    without: list[Problem] = []
    for population in strategy.populations:
        gate = population.gate
        if grid is not None and isinstance(gate, Gridded) and gate.grid is not None:
            lowered[population.path] = gate.lower_on_grid(population.part)
            continue
        primitives = lowered[population.path] = gate.lower(population.part)
        if grid is not None and any(isinstance(entry, Polygon | Quadric) for entry in primitives or ()):
            text = f"the {gate.kind} gate carries no display grid."
            without.append(Problem("grid-missing", population.path, text))
    if without:
        title = (
            f"grid={grid!r}: {len(without)} gates cannot be evaluated in cells. "
            "Leave grid out for exact geometry, or take the gates from a FlowJo workspace."
        )
        raise GatingError(title, without)
    return lowered


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

    def compile(self, only: Collection[str] | None) -> Compiled:
        ordered = in_order_of_need(self._strategy, self._lowered)
        wanted = self._masks.keys() if only is None else set(only)
        self._outputs = [0] * (only is None)
        for path in self._stored(wanted):
            self._operation(operations.OP_STORED, self._masks[path], 0)
        for population in ordered:
            if population.path in wanted:
                self._add(population)
        return Compiled(
            self._table.freeze(), self._program(), tuple(self._externals), self._table.contents, self._widest
        )

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
            parents=np.array([0, *(self._mask(population.parent) for population in populations)]),
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

    def _primitive(self, primitive: Primitive, target: int, source: int) -> None:
        match primitive:
            case Interval(dim, low, high):
                scale = self._strategy.transform_of(dim)
                self._bounds.append((pull_back(scale, low), _last_below(scale, high)))
                row = len(self._bounds) - 1
                self._operation(operations.OP_INTERVAL, target, source, self._table.slot(dim), 0, row)
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


def needs_of(
    strategy: GatingStrategy, population: Population, primitives: tuple[Primitive, ...] | None
) -> list[str]:
    """Return the populations whose marks one reads: its parent, and those a boolean gate refers to."""
    needed = [population.parent] if population.parent else []
    for primitive in primitives or ():
        if isinstance(primitive, Boolean):
            needed += [strategy.find(reference.population).path for reference in primitive.references]
    return needed


def in_order_of_need(
    strategy: GatingStrategy, lowered: dict[str, tuple[Primitive, ...] | None]
) -> list[Population]:
    """Return populations so that each comes after its parent and after those a boolean gate refers to."""
    needs = {entry.path: needs_of(strategy, entry, lowered[entry.path]) for entry in strategy.populations}
    ordered: list[Population] = []
    done: set[str] = set()
    waiting = list(strategy.populations)
    while waiting:  # a strategy has no circles: every round places at least one
        later = []
        for population in waiting:
            if done.issuperset(needs[population.path]):
                ordered.append(population)
                done.add(population.path)
            else:
                later.append(population)
        waiting = later
    return ordered


def _table(rows: list[tuple[int, ...]] | list[tuple[int, int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def _joined(parts: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint8)


def _axis_numbers(axis: GridAxis, first: int) -> list[float]:
    return [axis.low, axis.per_unit, axis.offset, float(first)]


def _last_below(transform: Transform | None, high: float) -> float:
    """Return the last value that a scale puts below `high`; infinity where the end is open, NaN for none."""
    if high == math.inf:  # open, though a scale may put finite values at infinity
        return math.inf
    top = pull_back(transform, high)
    if math.isnan(top):  # a scale with an end
        return math.inf
    return math.nan if top == -math.inf else math.nextafter(top, -math.inf)
