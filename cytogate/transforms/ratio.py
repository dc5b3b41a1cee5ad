"""Ratio of two channels, fratio of Gating-ML 2.0: A (x - B) / (y - C)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, overload

import numpy as np

from cytogate.transforms._scale import check_parameters, take_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ratio of two channels, ``fratio`` of Gating-ML 2.0; a scale of one channel may follow it.

    Parameters
    ----------
    A : float
        Factor, finite.
    B, C : float
        What is taken off the numerator and off the denominator, finite.

    Raises
    ------
    TransformError
        A parameter is not finite.

    Examples
    --------
    >>> Ratio(A=2, B=1).forward(5.0, 4.0)
    2.0
    """

    kind: ClassVar[str] = "ratio"

    A: float = 1.0
    B: float = 0.0
    C: float = 0.0

    def __post_init__(self) -> None:
        take_numbers(self)
        check_parameters(self, dict.fromkeys("ABC", (True, "a finite number")))

    @overload
    def forward(self, x: float, y: float) -> float: ...
    @overload
    def forward(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]: ...
    def forward(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64] | float:
        """Return A (x - B) / (y - C).

        Parameters
        ----------
        x, y : float or arrays of one shape
            Compensated values of numerator and denominator.

        Returns
        -------
        float for numbers, else float64 array
            Infinite where the denominator is zero, NaN where both are.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            above = np.asarray(x, dtype=np.float64) - self.B
            ratio = self.A * above / (np.asarray(y, dtype=np.float64) - self.C)
        return float(ratio) if ratio.ndim == 0 else ratio
