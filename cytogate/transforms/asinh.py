"""Inverse hyperbolic sine scale: linear round zero, logarithmic far from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._scale import LN10, KernelScale, check_parameters, packed
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@transform_kinds.register("asinh")
@dataclass(frozen=True, slots=True)
class Asinh(KernelScale):
    """Inverse hyperbolic sine, ``fasinh`` of Gating-ML 2.0: A / (M + A) at zero, 1 at T.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    M : float
        Decades from the linear region to T, > 0; at most 300.
    A : float
        Decades of negative values shown, 0 <= A <= M.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> round(Asinh(T=1000, M=4, A=1).forward(0.0), 12)
    0.2
    """

    kind: ClassVar[str] = "asinh"
    kernel_code: ClassVar[int] = 2

    T: float
    M: float
    A: float = 0.0

    def __post_init__(self) -> None:
        check_parameters(
            self,
            {
                "T": (self.T > 0, "T > 0"),
                "M": (0 < self.M <= 300, "0 < M <= 300"),
                "A": (0 <= self.A <= self.M, "0 <= A <= M"),
            },
        )

    @property
    def parameters(self) -> NDArray[np.float64]:
        """2 sinh(M ln 10) / T, (M + A) ln 10 and where zero lies, in the kernel's places."""
        return _derived(self)


@lru_cache(maxsize=256)
def _derived(scale: Asinh) -> NDArray[np.float64]:
    total = scale.M + scale.A
    unit = 2.0 * math.sinh(scale.M * LN10) / scale.T
    return packed(unit, total * LN10, 1.0, scale.A / total, 1.0, last=1.0 / (total * LN10))
