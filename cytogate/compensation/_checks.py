"""What is wrong or unusual about a compensation matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import CompensationError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.compensation.matrix import CompensationMatrix

MAX_CONDITION = 1e8  # beyond this the inverse is noise
LARGEST, SMALLEST = 1e100, 1e-100  # of the largest coefficient: beyond, inverses leave float64
HIGH_CONDITION = 100.0  # beyond this compensated values are unreliable
DIAGONAL_TOLERANCE = 1e-3
NEGATIVE_TOLERANCE = -0.005  # small negative coefficients are estimation noise
MOST_SAID = 10  # negative coefficients that are named one by one


def condition_of(table: NDArray[np.float64]) -> float:
    """Return the ratio of the largest to the smallest singular value."""
    try:
        with np.errstate(all="ignore"):  # coefficients near the limits of float64
            return float(np.linalg.cond(table))
    except np.linalg.LinAlgError:
        return float("inf")


def check(matrix: CompensationMatrix, table: NDArray[np.float64]) -> float:
    """Refuse what is no matrix of these names; return the condition number of what is one.

    `table` is as it was given, the way back where inverted.
    """
    rows, columns = len(matrix.fluorochromes), len(matrix.detectors)
    title = f"compensation matrix ({', '.join(matrix.detectors[:4])}{', ...' if columns > 4 else ''})"
    expected = (columns, rows) if matrix.inverted else (rows, columns)
    if table.shape != expected:
        row, column = ("detector", "fluorochrome") if matrix.inverted else ("fluorochrome", "detector")
        why = ", as the matrix is inverted already" if matrix.inverted else ""
        message = (
            f"{title}: values have shape {table.shape}; expected one row per {row} and one column per "
            f"{column}{why}, {expected}."
        )
        raise CompensationError(message)
    if rows > columns or rows == 0:
        message = (
            f"{title}: {rows} fluorochromes and {columns} detectors. Compensation needs at least one "
            "fluorochrome, and at least as many detectors as fluorochromes."
        )
        raise CompensationError(message)
    for what, names in (("detector", matrix.detectors), ("fluorochrome", matrix.fluorochromes)):
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            message = f"{title}: {what} named more than once: {', '.join(doubled)}. Names must be unique."
            raise CompensationError(message)
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        place = bad[0][::-1] if matrix.inverted else bad[0]
        message = (
            f"{title}: coefficient of fluorochrome {matrix.fluorochromes[place[0]]} in detector "
            f"{matrix.detectors[place[1]]} is {table[tuple(bad[0])]}; expected a finite number."
        )
        raise CompensationError(message)
    largest = float(np.abs(table).max())
    if largest != 0.0 and not SMALLEST <= largest <= LARGEST:
        message = (
            f"{title}: its largest coefficient is {largest:.3g}, so that it cannot be inverted in float64; "
            f"expected about 1, at least {SMALLEST:.0e} and at most {LARGEST:.0e}."
        )
        raise CompensationError(message)
    condition = condition_of(table)
    if not condition <= MAX_CONDITION:
        message = (
            f"{title}: it cannot be inverted reliably: condition number {condition:.3g}, "
            f"at most {MAX_CONDITION:.0e}. Two rows are nearly the same, or a row is all zero."
        )
        raise CompensationError(message)
    return condition


def unusual(matrix: CompensationMatrix) -> list[Problem]:
    """Return what is unusual about a matrix that can be used."""
    found = []
    if matrix.condition_number > HIGH_CONDITION:
        text = f"condition number {matrix.condition_number:.4g} is above {HIGH_CONDITION:g}; errors grow."
        found.append(Problem("spillover-condition", "compensation matrix", text, "Look at similar rows."))
    if matrix.inverted:
        return found  # its coefficients were not given
    if matrix.square:  # a spectrum has no detector of its own
        found += _unlike_one(matrix)
    negative = np.argwhere(matrix.values < NEGATIVE_TOLERANCE)
    for row, column in negative[:MOST_SAID]:
        text = (
            f"fluorochrome {matrix.fluorochromes[row]} has {matrix.values[row, column]:.6g} in detector "
            f"{matrix.detectors[column]}; a spillover is not negative."
        )
        found.append(Problem("spillover-negative", "compensation matrix", text))
    if len(negative) > MOST_SAID:
        text = f"{len(negative) - MOST_SAID} more coefficients are negative."
        found.append(Problem("spillover-negative", "compensation matrix", text))
    return found


def _unlike_one(matrix: CompensationMatrix) -> list[Problem]:
    order = [matrix.detectors.index(name) for name in matrix.targets]
    diagonal = matrix.values[np.arange(len(order)), order]
    return [
        Problem(
            "spillover-diagonal",
            "compensation matrix",
            f"fluorochrome {matrix.fluorochromes[k]} has {diagonal[k]:.6g} in its own detector "
            f"{matrix.targets[k]}; expected 1.",
            "Are two names exchanged, or are the values percentages?",
        )
        for k in np.flatnonzero(np.abs(diagonal - 1.0) > DIAGONAL_TOLERANCE)
    ]
