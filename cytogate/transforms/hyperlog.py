"""Hyperlog scale: Bagwell's sum of an exponential and a straight line, as Gating-ML 2.0 defines it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.transforms._guess import guess_numbers
from cytogate.transforms._scale import (
    LN10,
    KernelScale,
    check_parameters,
    packed,
    take_numbers,
    top_rule,
    zone_rules,
)
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray


LEAST_SHARE = 1e-200  # of the exponential; below, it is nothing to what lies on the scale


@transform_kinds.register("hyperlog")
@dataclass(frozen=True, slots=True)
class Hyperlog(KernelScale):
    """Hyperlog scale: zero lies at (A + W) / (M + A), T at 1; negative values mirror positive ones.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    W : float
        Decades of the nearly linear region, 0 < W <= M / 2.
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
    >>> scale = Hyperlog(T=1000, W=1, M=4)
    >>> round(scale.forward(100.0), 6), round(scale.inverse(scale.forward(100.0)), 6)
    (0.731875, 100.0)
    """

    kind: ClassVar[str] = "hyperlog"
    kernel_code: ClassVar[int] = 3

    T: float
    W: float
    M: float
    A: float = 0.0

    def __post_init__(self) -> None:
        take_numbers(self)
        check_parameters(
            self,
            {
                "T": top_rule(self.T, self.M),
                "W": (0 < self.W <= self.M / 2, "0 < W <= M/2"),
                **zone_rules(self.W, self.M, self.A),
            },
        )

    def derive(self) -> NDArray[np.float64]:
        """Return 1 / alpha, b, shares of line and exponential, where zero lies, a first guess.

        With z = b (y - x1), a e^(by) + c y - f becomes alpha (share (e^z - 1) + (1 - share) z), where
        (1 - share) / share = e^(b w) / (b w): two positive terms, so nothing cancels near zero.
        """
        total = self.M + self.A
        b = total * LN10
        zero = (self.A + self.W) / total
        width = self.W * LN10
        share = max(width / (width + math.exp(width)), LEAST_SHARE)
        line = 1.0 / (1.0 + width * math.exp(-width))

        def unfolded(z: NDArray[np.float64] | float) -> NDArray[np.float64]:
            values: NDArray[np.float64] = share * np.expm1(z) + np.multiply(line, z)
            return values

        top = b * (1.0 - zero)
        alpha = self.T / float(unfolded(top))
        guess = guess_numbers(unfolded, 1.0, top + 1.0)
        return packed(1.0 / alpha, b, line, zero, share, *guess, last=1.0 / b)
