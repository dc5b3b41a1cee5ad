"""Inverses of compensation matrices in a fixed order of operations: the same bits on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def right_inverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return X with ``values @ X = 1``: the inverse, or of a wide matrix the pseudo-inverse (least squares).

    Parameters
    ----------
    values : (n_fluorochromes, n_detectors) float64
        Rows independent, no more rows than columns.

    Returns
    -------
    (n_detectors, n_fluorochromes) float64
        Refined once: one step of Newton's iteration, which keeps the columns in the span of the rows.
    """
    n, m = values.shape
    right = _gauss_jordan(values) if n == m else _least_squares(values)
    residual = np.eye(n) - _multiply(values, right)
    refined: NDArray[np.float64] = right + _multiply(right, residual)
    return refined


def left_inverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return X with ``X @ values = 1`` of a square or tall matrix; see `right_inverse`."""
    n, m = values.shape
    if n == m:
        return right_inverse(values)
    return np.ascontiguousarray(right_inverse(np.ascontiguousarray(values.T)).T)


def _gauss_jordan(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert with partial pivoting."""
    n = len(values)
    left, right = values.copy(), np.eye(n)
    for column in range(n):
        pivot = column + int(np.argmax(np.abs(left[column:, column])))
        if pivot != column:
            left[[column, pivot]] = left[[pivot, column]]
            right[[column, pivot]] = right[[pivot, column]]
        scale = left[column, column]
        left[column] /= scale
        right[column] /= scale
        for row in range(n):
            if row != column and left[row, column] != 0.0:
                factor = left[row, column]
                left[row] -= factor * left[column]
                right[row] -= factor * right[column]
    return right


def _least_squares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pseudo-inverse of a matrix with more columns than rows.

    With the rows written as ``values = lower @ basis``, `basis` orthonormal rows, it is
    ``basis.T @ inverse(lower)``. This keeps the condition of the matrix; the normal equations square it.
    """
    n, m = values.shape
    basis, lower = np.zeros((n, m)), np.zeros((n, n))
    for row in range(n):
        rest = values[row].copy()
        for _ in range(2):  # once more takes out what rounding left of the earlier rows
            for earlier in range(row):
                part = _dot(basis[earlier], rest)
                lower[row, earlier] += part
                rest -= part * basis[earlier]
        lower[row, row] = np.sqrt(_dot(rest, rest))
        basis[row] = rest / lower[row, row]
    return _multiply(np.ascontiguousarray(basis.T), _gauss_jordan(lower))


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.cumsum(a * b)[-1])  # running sums are added one after the other; a plain sum is not


def _multiply(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product = np.zeros((len(a), b.shape[1]))
    for k in range(a.shape[1]):
        product += a[:, k : k + 1] * b[k]
    return product
