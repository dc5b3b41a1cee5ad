"""Logicle scale: the biexponential of Parks, Roederer and Moore, as Gating-ML 2.0 defines it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from cytogate.transforms._scale import LN10, KernelScale, check_parameters, packed
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray


@transform_kinds.register("logicle")
@dataclass(frozen=True, slots=True)
class Logicle(KernelScale):
    """Logicle scale: zero lies at (A + W) / (M + A), T at 1; negative values mirror positive ones.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    W : float
        Decades of the nearly linear region, 0 <= W <= M / 2; 0 makes it an inverse hyperbolic sine.
    M : float
        Decades of the whole positive scale, > 0; at most 100.
    A : float
        Additional decades of negative values, -W <= A <= M - 2 W.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> scale = Logicle(T=262144, W=0.5, M=4.5)
    >>> round(scale.forward(1000.0), 6), round(scale.inverse(scale.forward(1000.0)), 6)
    (0.454338, 1000.0)
    """

    kind: ClassVar[str] = "logicle"
    kernel_code: ClassVar[int] = 3

    T: float
    W: float
    M: float
    A: float = 0.0

    def __post_init__(self) -> None:
        check_parameters(
            self,
            {
                "T": (self.T > 0, "T > 0"),
                "W": (0 <= self.W <= self.M / 2, "0 <= W <= M/2"),
                "M": (0 < self.M <= 100, "0 < M <= 100"),
                "A": (-self.W <= self.A <= self.M - 2 * self.W, "-W <= A <= M - 2W"),
            },
        )

    @property
    def parameters(self) -> NDArray[np.float64]:
        """1 / alpha, b, d / b, where zero lies, (b / d)^2, and a first guess; see `_derived`."""
        return _derived(self)


@lru_cache(maxsize=256)
def _derived(scale: Logicle) -> NDArray[np.float64]:
    """Return the kernel's numbers.

    With z = b (y - x1), the biexponential a e^(by) - c e^(-dy) - f becomes
    alpha (e^z - 1 + (1 - e^(-r z)) / r^2), r = d / b: two positive terms, so nothing cancels near zero.
    """
    total = scale.M + scale.A
    b = total * LN10
    zero = (scale.A + scale.W) / total
    r = _exponent_ratio(scale.W * LN10)
    top = b * (1.0 - zero)
    alpha = scale.T / float(_values(r, top))
    return packed(1.0 / alpha, b, r, zero, 1.0 / r**2, *_first_guess(r, top + 1.0), last=1.0 / b)


def _values(r: float, z: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return values in units of alpha for positions z right of zero."""
    values: NDArray[np.float64] = np.expm1(z) - np.expm1(np.multiply(-r, z)) / r**2
    return values


def _first_guess(r: float, top: float) -> tuple[float, ...]:
    """Return the slope of z at zero, a polynomial of 8 terms and the largest value it is meant for.

    With q = ln(1 + slope * value), z is about q times the polynomial in q, to a few hundredths. The kernel
    goes on from there to full precision, so how good the guess is changes nothing but time.
    """
    slope = r / (1.0 + r)
    z = np.linspace(0.0, top, 2001)
    q = np.log1p(slope * _values(r, z))
    nodes = 0.5 * q[-1] * (1.0 + np.cos(np.pi * (np.arange(64) + 0.5) / 64))
    factor = np.interp(nodes, q, z) / nodes
    fit = Chebyshev.fit(nodes, factor, 7, domain=[0.0, q[-1]]).convert(kind=Polynomial)
    return (slope, *fit.coef.tolist(), float(_values(r, top)))


def _exponent_ratio(width: float) -> float:
    """Return r = d / b in (0, 1], the root of 2 ln r + width (1 + r) = 0, to the last bit by bisection."""
    if width == 0.0:
        return 1.0
    low, high = 0.0, 1.0
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return middle
        if 2.0 * math.log(middle) + width * (1.0 + middle) > 0.0:
            high = middle
        else:
            low = middle
