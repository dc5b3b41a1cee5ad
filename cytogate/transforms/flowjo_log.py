"""FlowJo's logarithmic scale: decades above an offset, all below it at zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._scale import LN10, KernelScale, check_parameters, packed, take_numbers
from cytogate.transforms.base import Ticks, transform_kinds
from cytogate.transforms.log import Log
from cytogate.transforms.ticks import linear_ticks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@transform_kinds.register("flowjo_log")
@dataclass(frozen=True, slots=True)
class FlowJoLog(KernelScale):
    """FlowJo's logarithmic scale: length log10(x / offset) / decades, and 0 for all x up to the offset.

    Parameters
    ----------
    offset : float
        The value at 0, > 0.
    decades : float
        Decades from there to the top of the scale, > 0.
    length : float
        Position of the top of the scale, > 0.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> scale = FlowJoLog(offset=1, decades=4)
    >>> round(scale.forward(100.0), 12), scale.forward(-5.0)
    (0.5, 0.0)
    """

    kind: ClassVar[str] = "flowjo_log"
    kernel_code: ClassVar[int] = 1

    offset: float
    decades: float
    length: float = 1.0

    def __post_init__(self) -> None:
        take_numbers(self)
        check_parameters(
            self,
            {
                "offset": (self.offset > 0, "offset > 0"),
                "decades": (0 < self.decades <= 1000, "0 < decades <= 1000"),
                "length": (1e-9 <= self.length <= 1e9, "1e-9 <= length <= 1e9"),
            },
        )

    def derive(self) -> NDArray[np.float64]:
        """Return the offset, e-folds per position, and 0 for what lies below, in the kernel's places."""
        total = self.decades * LN10
        return packed(self.offset, total / self.length, 1.0, last=self.length / total, lowest=0.0)

    def ticks(self, low: float, high: float) -> Ticks:
        """Return ticks for an axis from `low` to `high`; what lies below the offset has none."""
        if low < high <= self.offset:
            return linear_ticks(low, high)
        start = max(low, self.offset) if low < high else low
        return Log(self.offset, self.decades).ticks(start, high)
