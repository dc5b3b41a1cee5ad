"""Index of a raster: the cell of a data value by a cheap function that never falls, and where it steps.

A linear axis has cells of one width. A curved one takes the upper bits of ``1 + c |x|``, the sign folded
back: steps that grow with the value, as they do on a logarithmic or biexponential scale, without a transform
and without a table. Both are monotone, because adding, multiplying and cutting off are. Cell 0 is for NaN and
infinities; cells 1 and `cells` reach to the largest numbers.
"""

# n = events; axis (6,): kind, then low and cells per unit | c, bits cut off and first index; last the cells

from __future__ import annotations

import math

import numpy as np

from cytogate.kernels._jit import inlined, kernel, part
from cytogate.kernels.transforms import forward_scalar

LINEAR_CELLS = 0.0
CURVED_CELLS = 1.0
ONE_BITS = 1023 << 52  # the bits of 1.0

_LARGEST_RANK = 0x7FEF_FFFF_FFFF_FFFF  # of the largest finite number
_INFINITE_RANK = 0x7FF0_0000_0000_0000


@inlined
def _linear_cell(x, low, per_unit, last):
    place = (x - low) * per_unit
    place = place if place > 0.0 else 0.0  # NaN too
    place = place if place < last else last
    return np.int32(place) + np.int32(1) if abs(x) < math.inf else np.int32(0)


@inlined
def _curved_cell(x, c, shift, first, last):
    grown = 1.0 + abs(x) * c
    place = (np.float64(grown).view(np.int64) >> shift) - (ONE_BITS >> shift)
    place = (-place if x < 0.0 else place) - first
    place = min(max(place, 0), last)
    return np.int32(place + 1 if abs(x) < math.inf else 0)


@part
def cell_of(axis, x):
    """Return the cell of one value."""
    if axis[0] == LINEAR_CELLS:
        return int(_linear_cell(x, axis[1], axis[2], axis[5] - 1.0))
    return int(_curved_cell(x, axis[1], np.int64(axis[2]), np.int64(axis[3]), np.int64(axis[5]) - 1))


@part
def cells_of(n, axis, values, stride, out):
    """Write to `out` (n,) `stride` times the cell of each of `values` (n,), added to what is there."""
    step = np.int32(stride)
    if axis[0] == LINEAR_CELLS:
        low, per_unit, last = axis[1], axis[2], axis[5] - 1.0
        for i in range(n):
            out[i] += _linear_cell(values[i], low, per_unit, last) * step
    else:
        c, shift, first, most = axis[1], np.int64(axis[2]), np.int64(axis[3]), np.int64(axis[5]) - 1
        for i in range(n):
            out[i] += _curved_cell(values[i], c, shift, first, most) * step


@inlined
def _of_rank(rank):
    """Return the float64 of a rank: 0 is zero, 1 the smallest positive number, -1 its negative."""
    magnitude = np.int64(abs(rank)).view(np.float64)
    return -magnitude if rank < 0 else magnitude


@inlined
def _middle(a, b):
    """Return the mean of two ranks, rounded down; their sum may be too large for 64 bits."""
    return (a >> 1) + (b >> 1) + (a & b & 1)


@kernel
def step_positions(axis, code, parameters, out):
    """Write to `out` (cells + 2,) the positions on a scale between which the cells 1, 2, ... `cells` lie.

    Cell k holds the finite data values from the first that `cell_of` puts there, found by bisection with
    the very function, to those below the first of cell k + 1; as the transform (code -1: none) never falls,
    their positions lie from ``out[k]`` to ``out[k + 1]``, both included. A position that is NaN, left of the
    domain of a scale, is given as minus infinity, right of it as infinity.

    Returns
    -------
    bool
        Whether positions never fall; if not, the axis is of no use.
    """
    cells = int(axis[5])
    below = -_LARGEST_RANK
    before = -math.inf
    rises = True
    for k in range(1, cells + 2):
        if k == cells + 1:
            at = _LARGEST_RANK
        elif k == 1:
            at = -_LARGEST_RANK
        else:  # cell_of(below) < k <= cell_of(at), or no value reaches the cell
            at = _LARGEST_RANK
            if cell_of(axis, _of_rank(below)) >= k:
                at = below
            while at > below + 1:
                middle = _middle(below, at)
                if cell_of(axis, _of_rank(middle)) >= k:
                    at = middle
                else:
                    below = middle
            below = at
        x = _of_rank(at)
        position = x if code < 0 else forward_scalar(code, parameters, x)
        if position != position:
            position = -math.inf if before == -math.inf else math.inf
        rises = rises and position >= before
        out[k] = before = position
    out[0] = out[1]
    return rises


@kernel
def pull_back_scalar(code, parameters, t):
    """Return the smallest float64 x with ``forward(x) >= t``; NaN where there is none."""
    if not forward_scalar(code, parameters, math.inf) >= t:
        return math.nan
    below, at = -_INFINITE_RANK - 1, _INFINITE_RANK  # forward(at) >= t throughout, forward(below) < t
    while at > below + 1:
        middle = _middle(below, at)
        if forward_scalar(code, parameters, _of_rank(middle)) >= t:
            at = middle
        else:
            below = middle
    return _of_rank(at)
