"""Linear scale: (x + A) / (T + A)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._scale import KernelScale, check_parameters, packed
from cytogate.transforms.base import Ticks, transform_kinds
from cytogate.transforms.ticks import linear_ticks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
        check_parameters(self, {"T": (self.T > 0, "T > 0"), "A": (0 <= self.A <= self.T, "0 <= A <= T")})

    @property
    def parameters(self) -> NDArray[np.float64]:
        """A and T + A."""
        return _derived(self)

    def ticks(self, low: float, high: float) -> Ticks:
        """Return ticks at round numbers from `low` to `high`, labelled "50K", "1.5M"."""
        return linear_ticks(low, high)


@lru_cache(maxsize=256)
def _derived(scale: Linear) -> NDArray[np.float64]:
    return packed(scale.A, scale.T + scale.A)
