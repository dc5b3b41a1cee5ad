"""The gating driver: runs a compiled tree over events, block by block, each block in the cache.

A program is flat arrays, so that one compiled driver serves every tree:

- *slots* are columns of the block: a channel as read, a compensated channel (a sum of channels), or a ratio.
  A slot is filled when an operation first needs it, for few events only where few are asked for.
- *operations* read the mask of a population and write the mask of another; they are in an order in which
  every mask is written before it is read. Where the mask an operation reads is empty, it costs nothing.
- *rasters* answer for most events of a polygon, an ellipse or marked cells without a transform.
"""

# n = events of a block, p = masks (mask 0 is the root), o = operations, a = axes of all operations,
# v = vertices of all polygons, b = rows of bounds, q = rasters

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytogate.kernels._jit import kernel, part
from cytogate.kernels.columns import ALL_ROWS, FEW, NO_ROWS, fill_slot, is_filled, list_rows, rows_of
from cytogate.kernels.operations import (
    OP_AND,
    OP_ENTERED,
    OP_EXTERNAL,
    OP_INTERVAL,
    OP_KEPT,
    OP_NOT,
    OP_OR,
    OP_POLYGON,
    OP_QUADRIC,
    OP_STORED,
    apply_boolean,
    apply_interval,
    apply_interval_to_rows,
    apply_outside,
    count_marks,
    mark_entered,
    mark_kept,
    pack_bits,
    pack_bits_of_rows,
    unpack_bits,
)
from cytogate.kernels.rasters import look_up, look_up_rows
from cytogate.kernels.shapes import rows_in_cells, rows_in_polygon, rows_in_quadric, to_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray


AS_RECORDS, IN_MEMORY = 0, 1  # where the columns of a run come from


class Program(NamedTuple):
    """A compiled tree.

    operations    (o, 8) int64: operation, target mask, source mask, then by kind
                  interval: slot, whether the events outside are meant, row of bounds
                  shapes:   first axis, end of axes, raster (-1: none), first and end of
                            vertices (polygon), matrices (quadric) or grids (cells)
                  boolean:  first term, end of terms
                  external: row
                  stored:   row of the bits of an earlier run, which are its marks
                  entered:  row of these bits; events of the source that were not in it then
                  kept:     row of these bits; those of its events that are in the source, and another mask
    parents       (p,) int64: the mask above each; outputs (w,) int64: masks to be counted
    bounds        (b, 2) float64: low, last, both inside
    axes          (a, 2) int64: slot, transform
    vertex_x, vertex_y (v,) float64
    matrices      float64: mean, precision by rows and distance square of each quadric
    grids         float64: of each set of cells 8 numbers of the grid, then n_x, n_y and where its cells begin
    grid_cells    uint8: the cells of all grids
    boolean_terms (k, 2) int64: mask, complement
    raster_axes   (2 q, 6) float64: x and y of each raster
    raster_cells  uint8: the cells of all rasters; raster_starts (q + 1,) int64: where those of each begin
    """

    operations: NDArray[np.int64]
    parents: NDArray[np.int64]
    outputs: NDArray[np.int64]
    bounds: NDArray[np.float64]
    axes: NDArray[np.int64]
    vertex_x: NDArray[np.float64]
    vertex_y: NDArray[np.float64]
    matrices: NDArray[np.float64]
    grids: NDArray[np.float64]
    grid_cells: NDArray[np.uint8]
    boolean_terms: NDArray[np.int64]
    raster_axes: NDArray[np.float64]
    raster_starts: NDArray[np.int64]
    raster_cells: NDArray[np.uint8]


@part
def _mark_shape(operation, at, n, columns, program, work):
    """Mark events of a shape: by its raster where it has one, and the rest exactly."""
    kind, target, source = operation[0], operation[1], operation[2]
    a, b, raster, first, end = operation[3], operation[4], operation[5], operation[6], operation[7]
    axes = program.axes
    marks, out, border = work.marks[source], work.marks[target], work.some
    if raster >= 0:
        x = work.values[axes[a, 0], at : at + n]
        y = work.values[axes[a + 1, 0], at : at + n]
        table = program.raster_cells[program.raster_starts[raster] : program.raster_starts[raster + 1]]
        x_axis, y_axis = program.raster_axes[2 * raster], program.raster_axes[2 * raster + 1]
        if work.present[source] * FEW < n and source != target:
            rows = rows_of(source, n, work)
            out[:n] = 0
            m = look_up_rows(work.present[source], rows, x_axis, y_axis, x, y, table, marks, out, border)
        else:
            m = look_up(n, x_axis, y_axis, x, y, table, marks, out, work.cells, border)
    else:
        m = list_rows(n, marks, border)
        out[:n] = 0
    scaled = work.scaled
    d = b - a
    for j in range(d):
        to_scale(axes[a + j, 1], columns, work.values[axes[a + j, 0]], at, border, m, scaled[j], scaled[d])
    if kind == OP_POLYGON:
        rows_in_polygon(
            m, border, scaled[0], scaled[1], program.vertex_x[first:end], program.vertex_y[first:end], out
        )
    elif kind == OP_QUADRIC:
        numbers = program.matrices[first:end]
        rows_in_quadric(
            m, border, scaled, numbers[:d], numbers[d : d + d * d].reshape((d, d)), numbers[d + d * d], out
        )
    else:
        numbers = program.grids[first:end]
        n_x, n_y, begin = int(numbers[8]), int(numbers[9]), int(numbers[10])
        inside = program.grid_cells[begin : begin + n_x * n_y].reshape((n_x, n_y))
        rows_in_cells(m, border, scaled[0], scaled[1], numbers[:8].reshape((2, 4)), inside, out)
    return count_marks(n, out)


@kernel
def run_program(
    buffer, n_rows, origin, keep, external, stored, columns, program, work, first_event, bits, counts
):  # fmt: skip
    """Gate `n_rows` events; add to `counts`, and write one bit an event and mask to `bits`.

    buffer        (n_rows * row_bytes,) uint8, records as they lie in the file
    origin        AS_RECORDS, or IN_MEMORY: `work` holds all columns of all events, the buffer is not read
    keep          (n_rows,) bool, or of length 0: the events that take part
    external      (e, n_rows) bool: membership in gates that are not compiled
    stored        (rows, (n_events + 7) // 8) uint8: bits of an earlier run, for operations that take them
    first_event   position of the first event among all events; where bits count, a multiple of 8
    bits          (p, (n_events + 7) // 8) uint8 for all events, 0 as yet, or of length 0; counts (p,) int64
    """
    block = len(work.some)
    marks, present, parents = work.marks, work.present, program.parents
    for first in range(0, n_rows, block):
        n = min(block, n_rows - first)
        event = first_event + first
        work.filled[:] = ALL_ROWS if origin == IN_MEMORY else NO_ROWS
        work.listed[:] = 0
        if len(keep):
            for i in range(n):
                marks[0, i] = keep[first + i]
            present[0] = count_marks(n, marks[0])
        else:
            marks[0, :n] = 1
            present[0] = n
        at = event if origin == IN_MEMORY else 0
        for o in range(len(program.operations)):
            operation = program.operations[o]
            kind, target, source = operation[0], operation[1], operation[2]
            a, b = operation[3], operation[4]
            if target != source:
                work.listed[target] = 0
            if present[source] == 0:
                marks[target, :n] = 0
                present[target] = 0
            elif kind == OP_STORED:
                unpack_bits(n, stored[a, event // 8 :], marks[target])
                present[target] = count_marks(n, marks[target])
            elif kind == OP_ENTERED:
                present[target] = mark_entered(n, stored[a, event // 8 :], marks[source], marks[target])
            elif kind == OP_KEPT:
                old = stored[a, event // 8 :]
                present[target] = mark_kept(n, old, marks[source], marks[b], marks[target])
            elif kind == OP_EXTERNAL:
                for i in range(n):
                    marks[target, i] = marks[source, i] & np.uint8(external[a, first + i])
                present[target] = count_marks(n, marks[target])
            elif kind in (OP_AND, OP_OR, OP_NOT):
                terms = program.boolean_terms[a:b]
                present[target] = apply_boolean(n, kind, terms, marks, marks[source], marks[target])
            elif kind == OP_INTERVAL:
                fill_slot(a, parents[target], buffer, first, n, columns, parents, work)
                low, last = program.bounds[operation[5], 0], program.bounds[operation[5], 1]
                column = work.values[a, at : at + n]
                if b:
                    present[target] = apply_outside(n, column, low, last, marks[source], marks[target])
                elif source == target or present[source] * FEW >= n:
                    present[target] = apply_interval(n, column, low, last, marks[source], marks[target])
                else:
                    rows = rows_of(source, n, work)
                    marks[target, :n] = 0
                    present[target] = apply_interval_to_rows(
                        present[source], rows, column, low, last, marks[source], marks[target]
                    )
            else:
                for k in range(a, b):
                    if not is_filled(program.axes[k, 0], parents[target], parents, work):
                        fill_slot(
                            program.axes[k, 0], parents[target], buffer, first, n, columns, parents, work
                        )
                present[target] = _mark_shape(operation, at, n, columns, program, work)
        for k in range(len(program.outputs)):
            p = program.outputs[k]
            counts[p] += present[p]
            if len(bits) and present[p]:
                if work.listed[parents[p]] != 0:
                    m, rows = present[parents[p]], work.rows[parents[p]]
                    pack_bits_of_rows(m, rows, marks[p], bits[p, event // 8 :])
                else:
                    pack_bits(n, marks[p], bits[p, event // 8 :])
