"""A linear model with a random intercept for each patient, by restricted maximum likelihood.

Laird and Ware 1982. With one random effect the likelihood has one free number, the ratio of the variance
between patients to that within: a search along one line always ends, where a general program may not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATIOS = (-18.0, 18.0)  # natural log of the ratio of variances that is looked for


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    beta : ndarray, shape (n_columns,)
    covariance : ndarray, shape (n_columns, n_columns)
        Of `beta`, the ratio of variances taken as known.
    within, between : float
        Variances.
    log_likelihood : float
        Restricted.
    """

    beta: NDArray[np.float64]
    covariance: NDArray[np.float64]
    within: float
    between: float
    log_likelihood: float


def fit(y: NDArray[np.float64], x: NDArray[np.float64], patient: NDArray[np.intp]) -> Fit | None:
    """Return the fit of `y`, shape (n,), by the columns of `x`, shape (n, n_columns), of full rank.

    Parameters
    ----------
    patient : ndarray of int, shape (n,)
        From 0, of each value.

    Returns
    -------
    Fit or None
        None where nothing is left within patients to measure a spread by.
    """
    from scipy.optimize import minimize_scalar

    sizes = np.bincount(patient).astype(np.float64)
    freedom = y.size - x.shape[1]
    if freedom <= 0:
        return None
    both = np.column_stack([x, y])
    cross = both.T @ both
    sums = np.zeros((sizes.size, both.shape[1]))
    np.add.at(sums, patient, both)

    def at(ratio: float) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
        """Return -2 log likelihood, beta, inverse information and variance within, at a ratio."""
        less = cross - (sums * (ratio / (1 + ratio * sizes))[:, None]).T @ sums
        information, moment = less[:-1, :-1], less[:-1, -1]
        inverse = np.linalg.inv(information).astype(np.float64)
        beta: NDArray[np.float64] = inverse @ moment
        residual = max(float(less[-1, -1] - moment @ beta), 1e-14 * float(cross[-1, -1]), 1e-300)
        variance = float(residual / freedom)
        deviance = (
            freedom * (math.log(2 * math.pi * variance) + 1)
            + float(np.log1p(ratio * sizes).sum())
            + float(np.linalg.slogdet(information)[1])
        )
        return deviance, beta, inverse, variance

    found = minimize_scalar(
        lambda log_ratio: at(math.exp(log_ratio))[0], bounds=RATIOS, method="bounded", options={"xatol": 1e-7}
    )
    ratio = math.exp(float(found.x))
    if at(0.0)[0] <= at(ratio)[0]:
        ratio = 0.0
    deviance, beta, inverse, variance = at(ratio)
    return Fit(beta, inverse * variance, variance, ratio * variance, -deviance / 2)
