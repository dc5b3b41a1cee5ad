"""Logarithmic scale: log10(x / T) / M + 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._scale import LN10, KernelScale, check_parameters, packed, take_numbers
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@transform_kinds.register("log")
@dataclass(frozen=True, slots=True)
class Log(KernelScale):
    """Logarithmic scale, ``flog`` of Gating-ML 2.0: 0 at T / 10^M, 1 at T.

    Zero lies at minus infinity; negative values have no place and become NaN, which is outside every gate.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    M : float
        Decades, > 0.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> round(Log(T=10000, M=5).forward(100.0), 12)
    0.6
    """

    kind: ClassVar[str] = "log"
    kernel_code: ClassVar[int] = 1

    T: float
    M: float

    def __post_init__(self) -> None:
        take_numbers(self)
        check_parameters(self, {"T": (self.T > 0, "T > 0"), "M": (self.M > 0, "M > 0")})

    def derive(self) -> NDArray[np.float64]:
        """Return T, M ln 10 and the position of T, in the kernel's places."""
        return packed(self.T, self.M * LN10, 0.0, 1.0, last=1.0 / (self.M * LN10))
