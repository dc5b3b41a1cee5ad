"""First guesses: a polynomial from which the kernel finds a position in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TERMS = 8
KNOTS = 2001


def guess_numbers(
    unfold: Callable[[NDArray[np.float64]], NDArray[np.float64]], slope: float, top: float
) -> tuple[float, ...]:
    """Return a slope, a polynomial of 8 terms, the largest value they are meant for.

    With q = ln(1 + slope * value), the position z is about q times the polynomial in q, to a few hundredths.
    The kernel goes on from there to full precision, so how good the guess is changes nothing but time.

    Parameters
    ----------
    unfold : callable
        Values, in units of alpha, of positions z >= 0, counted from zero in e-folds.
    slope : float
        dz / dvalue at zero; multiples of it are tried, too.
    top : float
        The largest z it is meant for, > 0.
    """
    z = np.linspace(0.0, top, KNOTS)
    values = unfold(z)
    fits = [_fit(z, values, factor * slope) for factor in (0.5, 1.0, 2.0, 4.0)]
    _, best, coefficients = min(fits)
    return (best, *coefficients, float(values[-1]))


def _fit(
    z: NDArray[np.float64], values: NDArray[np.float64], slope: float
) -> tuple[float, float, list[float]]:
    """Return the largest error of the guess, the slope and the polynomial."""
    q = np.log1p(slope * values)
    nodes = 0.5 * q[-1] * (1.0 + np.cos(np.pi * (np.arange(64) + 0.5) / 64))
    factor = np.interp(nodes, q, z) / nodes
    fit = Chebyshev.fit(nodes, factor, TERMS - 1, domain=[0.0, q[-1]])
    error = float(np.abs(fit(q) * q - z).max())
    return error, slope, fit.convert(kind=Polynomial).coef.tolist()
