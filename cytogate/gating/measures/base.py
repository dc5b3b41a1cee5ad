"""What every measure provides, and the registry that finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from cytogate.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Measure(Protocol):
    """A statistic of compensated linear values."""

    name: ClassVar[str]
    unit: ClassVar[str]

    @staticmethod
    def compute(values: NDArray[np.float64]) -> float:
        """Return the statistic of (n,) finite values; NaN where it is not defined, never an error."""


measures: Registry[type[Measure]] = Registry("statistic", "cytogate.gating.measures")
