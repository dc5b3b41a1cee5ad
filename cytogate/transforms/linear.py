"""Linear scale: (x + A) / (T + A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._scale import KernelScale, check_parameters, packed, take_numbers
from cytogate.transforms.base import Ticks, transform_kinds
from cytogate.transforms.ticks import linear_ticks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MOST = 1e307  # so that T + A does not overflow


@transform_kinds.register("linear")
@dataclass(frozen=True, slots=True)
class Linear(KernelScale):
    """Linear scale, ``flin`` of Gating-ML 2.0: 0 at -A, 1 at T.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    A : float
        What lies below zero, 0 <= A <= T.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> Linear(T=1000, A=100).forward(0.0)
    0.09090909090909091
    """

    kind: ClassVar[str] = "linear"
    kernel_code: ClassVar[int] = 0

    T: float
    A: float = 0.0

    def __post_init__(self) -> None:
        take_numbers(self)
        check_parameters(
            self,
            {
                "T": (0 < self.T <= MOST, f"T > 0, at most {MOST:g}"),
                "A": (0 <= self.A <= self.T, "0 <= A <= T"),
            },
        )

    def derive(self) -> NDArray[np.float64]:
        """Return A and T + A."""
        return packed(self.A, self.T + self.A)

    def ticks(self, low: float, high: float) -> Ticks:
        """Return ticks at round numbers from `low` to `high`, labelled "50K", "1.5M"."""
        return linear_ticks(low, high)
