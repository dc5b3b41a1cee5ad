"""What lies within patients, in closed form: contrasts of visits, any change, and drifts of patients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TINY = 1e-12  # of a sum of squares: rounding, not spread


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """The part of a matrix of patients and visits that lies within patients.

    Attributes
    ----------
    contrast : ndarray, shape (n_observed,)
        Its product with the observed values is the contrast, patients as fixed effects.
    space : ndarray, shape (n_observed, rank)
        An orthonormal basis of what visits can explain within patients.
    total : float
        Sum of squares within patients; the same in any order of a patient's visits.
    freedom : int
        Of what is left.
    """

    contrast: NDArray[np.float64]
    space: NDArray[np.float64]
    total: float
    freedom: int

    def explained(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of squares between visits, of each row of observed values."""
        return np.asarray(((rows @ self.space) ** 2).sum(axis=1))

    def t_squared(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared t of the contrast, of each row of observed values."""
        left = np.maximum(self.total - self.explained(rows), TINY * self.total) / self.freedom
        return np.asarray((rows @ self.contrast) ** 2 / (self.contrast @ self.contrast * left))

    def f(self, row: NDArray[np.float64]) -> float:
        """Return F of any change, of one row of observed values."""
        explained = float(self.explained(row[None])[0])
        left = max(self.total - explained, TINY * self.total) / self.freedom
        return float(explained / self.space.shape[1] / left)


def design(has: NDArray[np.bool_], baseline: int) -> tuple[NDArray[np.float64], NDArray[np.intp], list[int]]:
    """Return intercept and visits other than baseline, of each observed cell; patients; columns of visits."""
    patient, visit = np.nonzero(has)
    others = [column for column in range(has.shape[1]) if column != baseline and has[:, column].any()]
    columns = [np.ones(patient.size), *((visit == column).astype(np.float64) for column in others)]
    return np.column_stack(columns), patient.astype(np.intp), others


def within_patients(
    values: NDArray[np.float64], x: NDArray[np.float64], patient: NDArray[np.intp], column: int
) -> Within | None:
    """Return the within-patient part of observed values; None where the contrast cannot be told.

    Parameters
    ----------
    values : ndarray, shape (n,)
    x : ndarray, shape (n, n_columns)
        As of `design`.
    patient : ndarray of int, shape (n,)
        From 0; each has values.
    column : int
        The contrast, as a column of `x` after the intercept.
    """
    sizes = np.bincount(patient)[:, None]
    sums = np.zeros((sizes.size, x.shape[1]))
    np.add.at(sums, patient, x)
    inner = (x - (sums / sizes)[patient])[:, 1:]
    means = np.bincount(patient, values) / sizes[:, 0]
    left, lengths, right = np.linalg.svd(inner, full_matrices=False)
    held = lengths > 1e-9 * max(1.0, float(lengths.max(initial=0.0)))
    along = right[held][:, column]
    freedom = values.size - sizes.size - int(held.sum())
    if freedom <= 0 or not math.isclose(float(along @ along), 1.0, abs_tol=1e-9):
        return None
    total = float(((values - means[patient]) ** 2).sum())
    return Within(left[:, held] @ (along / lengths[held]), left[:, held], total, freedom)


def drift(values: NDArray[np.float64], weeks: NDArray[np.float64]) -> float:
    """Return the p (F) of slopes that differ between patients, levels and a common course taken away.

    Parameters
    ----------
    values : ndarray, shape (n_patients, n_visits)
    weeks : ndarray, shape (n_visits,)

    Returns
    -------
    float
        NaN where there is too little to tell.
    """
    from scipy.special import fdtrc

    patient, visit = np.nonzero(np.isfinite(values))
    if patient.size < 3:
        return math.nan
    own = np.eye(len(values))[patient]
    common = np.column_stack([own, np.eye(weeks.size)[visit]])
    steeper = np.column_stack([common, own * (weeks[visit] / max(1.0, np.abs(weeks).max()))[:, None]])
    y = values[patient, visit] - values[patient, visit].mean()
    left, ranks = [], []
    for columns in (common, steeper):
        basis, lengths, _ = np.linalg.svd(columns, full_matrices=False)
        basis = basis[:, lengths > 1e-9 * lengths.max()]
        left.append(float(y @ y - ((basis.T @ y) ** 2).sum()))
        ranks.append(basis.shape[1])
    more, freedom = ranks[1] - ranks[0], patient.size - ranks[1]
    if more < 1 or freedom < 1 or left[1] <= TINY * float(y @ y):
        return math.nan
    return float(fdtrc(more, freedom, max(0.0, left[0] - left[1]) / more / (left[1] / freedom)))
