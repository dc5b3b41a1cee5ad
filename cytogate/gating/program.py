"""Compile a strategy for a source: the tree becomes flat arrays for the driver, nothing is compiled anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.primitive import Boolean, Interval, Polygon, Primitive, Quadric
from cytogate.gating.columns import Columns, ColumnTable
from cytogate.kernels import operations
from cytogate.transforms.pullback import pull_back

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy, Population

BOX_MARGIN = 1e-9  # of a polygon's extent on its scale: the box only spares work, the polygon decides

_BOOLEAN_OPERATIONS = {"and": operations.OP_AND, "or": operations.OP_OR, "not": operations.OP_NOT}


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """A population whose gate lowers to no primitive: its gate is asked directly."""

    population: Population
    axes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Flat arrays of a strategy for one source; mask k + 1 belongs to population k, mask 0 to the root."""

    columns: Columns
    operations: NDArray[np.int64]
    bounds: NDArray[np.float64]
    axes: NDArray[np.int64]
    vertex_x: NDArray[np.float64]
    vertex_y: NDArray[np.float64]
    matrices: NDArray[np.float64]
    boolean_terms: NDArray[np.int64]
    externals: tuple[External, ...]


def compile_program(strategy: GatingStrategy, source: EventSource) -> Program:
    """Return the program that gates `source` by `strategy`.

    Raises
    ------
    PanelError
        A gate names a channel that the source lacks, or has twice.
    CompensationError
        A matrix names detectors that the source lacks.
    """
    return _Compiler(strategy, source).compile()


class _Compiler:
    def __init__(self, strategy: GatingStrategy, source: EventSource) -> None:
        self._strategy = strategy
        self._table = ColumnTable(source, strategy)
        self._operations: list[tuple[int, ...]] = []
        self._parent = 0  # mask of the parent of the population being added
        self._bounds: list[tuple[float, float, float, float]] = []
        self._axes: list[tuple[int, int]] = []
        self._vertices: list[NDArray[np.float64]] = []
        self._n_vertices = 0
        self._matrices: list[float] = []
        self._boolean_terms: list[tuple[int, int]] = []
        self._externals: list[External] = []

    def compile(self) -> Program:
        for population in _in_order_of_need(self._strategy):
            self._add(population)
        vertices = np.concatenate(self._vertices) if self._vertices else np.zeros((0, 2))
        return Program(
            columns=self._table.freeze(),
            operations=np.array(self._operations, dtype=np.int64).reshape(-1, 9),
            bounds=np.array(self._bounds, dtype=np.float64).reshape(-1, 4),
            axes=np.array(self._axes, dtype=np.int64).reshape(-1, 2),
            vertex_x=np.ascontiguousarray(vertices[:, 0]),
            vertex_y=np.ascontiguousarray(vertices[:, 1]),
            matrices=np.array(self._matrices, dtype=np.float64),
            boolean_terms=np.array(self._boolean_terms, dtype=np.int64).reshape(-1, 2),
            externals=tuple(self._externals),
        )

    def _mask(self, path: str | None) -> int:
        return 0 if path is None else self._strategy.position(path) + 1

    def _add(self, population: Population) -> None:
        target = self._mask(population.path)
        source = self._parent = self._mask(population.parent)
        primitives = population.gate.lower(population.part)
        if primitives is None:
            axes = np.array([self._table.axis(dim) for dim in population.gate.dims], dtype=np.int64)
            self._operation(operations.OP_EXTERNAL, target, source, len(self._externals))
            self._externals.append(External(population, axes.reshape(-1, 2)))
            return
        if not primitives:  # a gate without bounds: all of the parent
            self._operation(operations.OP_AND, target, source, 0, 0)
        for primitive in primitives:
            self._primitive(primitive, target, source)
            source = target

    def _primitive(self, primitive: Primitive, target: int, source: int) -> None:
        match primitive:
            case Interval(dim, low, high):
                transform = self._strategy.transform_of(dim)
                row = self._bound(pull_back(transform, low), pull_back(transform, high))
                self._operation(operations.OP_INTERVAL, target, source, self._table.slot(dim), 0, row)
            case Polygon(x, y, vertices):
                row = self._bound(*self._box(x, vertices[:, 0]), *self._box(y, vertices[:, 1]))
                axis, first = self._axis(x, y), self._n_vertices
                self._vertices.append(vertices)
                self._n_vertices += len(vertices)
                self._operation(
                    operations.OP_POLYGON, target, source, axis, axis + 2, row, first, self._n_vertices
                )
            case Quadric(dims, mean, precision, distance_square):
                row = self._bound(distance_square)
                axis, first = self._axis(*dims), len(self._matrices)
                self._matrices += [*mean.tolist(), *precision.ravel().tolist()]
                self._operation(operations.OP_QUADRIC, target, source, axis, axis + len(dims), row, first)
            case Boolean(operation, references):
                first = len(self._boolean_terms)
                self._boolean_terms += [
                    (self._mask(reference.population), int(reference.complement)) for reference in references
                ]
                kind = _BOOLEAN_OPERATIONS[operation]
                self._operation(kind, target, source, first, len(self._boolean_terms))

    def _operation(self, kind: int, *numbers: int) -> None:
        self._operations.append((kind, *numbers, *([0] * (7 - len(numbers))), self._parent))

    def _bound(self, *numbers: float) -> int:
        a, b, c, d = (*numbers, 0.0, 0.0, 0.0)[:4]
        self._bounds.append((a, b, c, d))
        return len(self._bounds) - 1

    def _axis(self, *dims: Dimension) -> int:
        self._axes += [self._table.axis(dim) for dim in dims]
        return len(self._axes) - len(dims)

    def _box(self, dim: Dimension, coordinates: NDArray[np.float64]) -> tuple[float, float]:
        """Return the data values between which a polygon lies, a little wider than it is."""
        low, high = float(coordinates.min()), float(coordinates.max())
        finite = coordinates[np.isfinite(coordinates)]
        scale = float(np.abs(finite).max(initial=0.0)) + (float(np.ptp(finite)) if len(finite) else 0.0)
        transform = self._strategy.transform_of(dim)
        return pull_back(transform, low - BOX_MARGIN * scale), pull_back(transform, high + BOX_MARGIN * scale)


def _in_order_of_need(strategy: GatingStrategy) -> list[Population]:
    """Return populations so that each comes after its parent and after those a boolean gate refers to."""
    needs: dict[str, set[str]] = {}
    for population in strategy.populations:
        needed = {population.parent} if population.parent else set()
        for primitive in population.gate.lower(population.part) or ():
            if isinstance(primitive, Boolean):
                needed |= {strategy.find(reference.population).path for reference in primitive.references}
        needs[population.path] = needed
    ordered: list[Population] = []
    done: set[str] = set()
    waiting = list(strategy.populations)
    while waiting:  # a strategy has no circles: every round places at least one
        later = []
        for population in waiting:
            if needs[population.path] <= done:
                ordered.append(population)
                done.add(population.path)
            else:
                later.append(population)
        waiting = later
    return ordered
