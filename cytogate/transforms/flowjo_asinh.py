"""FlowJo's inverse hyperbolic sine scale: that of Gating-ML 2.0, counted in channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._scale import KernelScale, check_parameters, take_numbers
from cytogate.transforms.asinh import asinh_parameters, asinh_rules
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@transform_kinds.register("flowjo_asinh")
@dataclass(frozen=True, slots=True)
class FlowJoAsinh(KernelScale):
    """FlowJo's inverse hyperbolic sine scale: `length` times that of Gating-ML 2.0.

    Parameters
    ----------
    T : float
        Top of scale, > 0.
    M : float
        Decades from the linear region to T, > 0; at most 300.
    A : float
        Decades of negative values shown, 0 <= A <= M.
    length : float
        Position of T, > 0; FlowJo has 256.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> round(FlowJoAsinh(T=262144, M=4, A=1).forward(0.0), 9)
    51.2
    """

    kind: ClassVar[str] = "flowjo_asinh"
    kernel_code: ClassVar[int] = 2

    T: float
    M: float
    A: float = 0.0
    length: float = 256.0

    def __post_init__(self) -> None:
        take_numbers(self)
        rules = asinh_rules(self.T, self.M, self.A)
        check_parameters(self, {**rules, "length": (1e-9 <= self.length <= 1e9, "1e-9 <= length <= 1e9")})

    def derive(self) -> NDArray[np.float64]:
        """Return those of the scale of Gating-ML 2.0, stretched."""
        return asinh_parameters(self.T, self.M, self.A, self.length)
