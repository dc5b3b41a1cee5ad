"""Inverse hyperbolic sine scale: linear round zero, logarithmic far from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._biexponential import first_guess
from cytogate.transforms._scale import LN10, KernelScale, check_parameters, packed, take_numbers, top_rule
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
        take_numbers(self)
        check_parameters(self, asinh_rules(self.T, self.M, self.A))

    def derive(self) -> NDArray[np.float64]:
        """Return 2 sinh(M ln 10) / T, (M + A) ln 10 and where zero lies, in the kernel's places."""
        return asinh_parameters(self.T, self.M, self.A, 1.0)


def asinh_rules(T: float, M: float, A: float) -> dict[str, tuple[bool, str]]:
    """Return for each parameter whether it is in its domain, and how the domain reads."""
    return {
        "T": top_rule(T, M),
        "M": (0 < M <= 300, "0 < M <= 300"),
        "A": (0 <= A <= M, "0 <= A <= M"),
    }


def asinh_parameters(T: float, M: float, A: float, length: float) -> NDArray[np.float64]:
    """Return the kernel's numbers of a scale that has T at `length`."""
    top = M * LN10
    total = (M + A) * LN10
    unit = 2.0 * math.sinh(top) / T
    guess = first_guess(1.0, 1.0, top + 1.0)
    return packed(unit, total / length, 1.0, length * A / (M + A), 1.0, *guess, last=length / total)
