"""A parameter of a FlowJo gate as a dimension of a strategy: where FlowJo's data values lie on its scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.interop.flowjo.scales import BIEX_CHANNELS

if TYPE_CHECKING:
    from cytogate.gates.dimension import Dimension
    from cytogate.interop.flowjo.scales import Scale
    from cytogate.transforms.base import Transform

BOTTOM = 1e-6  # of an axis: FlowJo writes its ends with ten digits


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter as a dimension of a strategy.

    Attributes
    ----------
    dim : Dimension
        For ranges: data values, on the scale.
    plot_dim : Dimension
        For outlines: as `dim`, but what lies beyond an end of the scale is on that end, as FlowJo draws it
        and gates it. Linear axes have no ends.
    scale : Scale
        As FlowJo has it.
    transform : Transform or None
        That of `dim`: the scale's, for values in our unit.
    factor : float
        Our data value for one of FlowJo's; mostly 1.
    """

    dim: Dimension
    plot_dim: Dimension
    scale: Scale
    transform: Transform | None = None
    factor: float = 1.0

    @property
    def is_linear(self) -> bool:
        """Whether positions are data values."""
        return self.scale.transform is None

    @property
    def ends(self) -> tuple[float, float]:
        """Positions of the two ends of FlowJo's axis, on the scale of the dimension."""
        if self.is_linear:
            return self.scale.low * self.factor, self.scale.high * self.factor
        return 0.0, top_of(self.scale)

    def position(self, value: float) -> float:
        """Return where one of FlowJo's data values lies on the scale of `dim`."""
        own = value * self.factor
        return own if self.transform is None or math.isinf(own) else float(self.transform.forward(own))

    def plot_position(self, value: float) -> float:
        """Return where a corner at one of FlowJo's data values lies on the scale of `plot_dim`.

        FlowJo looks a corner up in the table of a biexponential axis, which ends; on other axes corners lie
        beyond the ends. What has no logarithm has a place of its own.
        """
        if self.scale.kind == "biex":
            return min(max(self.position(value), 0.0), top_of(self.scale))
        if self.scale.kind == "log":
            if value <= 0.0:
                return self.scale.nowhere
            return math.log10(value / self.scale.offset) / self.scale.decades
        return self.position(value)

    def reaches_end(self, low: float, high: float) -> bool:
        """Return whether a range with these bounds reaches an end of a linear axis, or lies beyond it."""
        least, most = self.ends
        known = self.is_linear and bool(self.scale.place)
        return known and (-math.inf < low <= least or math.inf > high >= most or low > most or high < least)

    def is_bottom(self, value: float) -> bool:
        """Return whether a data value lies at the low end of an axis that shows all that is below there.

        Where a range begins at that end, FlowJo takes what it piles up there, too.
        """
        return self.scale.kind in ("biex", "log") and self.position(value) <= BOTTOM * top_of(self.scale)


def top_of(scale: Scale) -> float:
    """Return the position of the upper end of a scale that is not linear."""
    return float(BIEX_CHANNELS) if scale.kind == "biex" else 1.0
