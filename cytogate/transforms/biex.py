"""FlowJo's biexponential scale, in channels, by its closed form instead of a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cytogate.transforms._biexponential import decay_ratio, first_guess
from cytogate.transforms._scale import LN10, KernelScale, check_parameters, packed, take_numbers
from cytogate.transforms.base import transform_kinds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_WIDTH, MOST_WIDTH = 0.5, 3.0  # decades; a width basis outside of them counts as the least
FEWEST_CHANNELS = 64


@transform_kinds.register("biex")
@dataclass(frozen=True, slots=True)
class Biex(KernelScale):
    """FlowJo's biexponential scale: values to channels, `maximum` just above the last channel.

    It is a logicle with other numbers. Zero lies on a whole channel, and negative values mirror positive
    ones. FlowJo looks channels up in a table of ``channels + 1`` steps; here the curve behind the table is
    solved for, so positions are not whole, and values beyond the table go on along the curve.

    Parameters
    ----------
    maximum : float
        Top of scale (``maxRange``), > 0.
    positive : float
        Decades of the scale (``pos``), more than half the width, at most 100.
    negative : float
        Additional decades of negative values (``neg``); below 0 it counts as 0.
    width : float
        Width basis (``width``), <= 0: the nearly linear region has log10(-width) decades, or 0.5 if that is
        not within 0.5 to 3.
    channels : int
        Channels of the scale, 64 or more; FlowJo has 4096.
    length : int
        As the workspace states it; positions do not depend on it.

    Raises
    ------
    TransformError
        A parameter is outside its domain.

    Examples
    --------
    >>> scale = Biex(maximum=262144, positive=4.5, width=-100)
    >>> scale.forward(0.0), round(scale.inverse(4097.0))
    (910.0, 263291)
    """

    kind: ClassVar[str] = "biex"
    kernel_code: ClassVar[int] = 2

    maximum: float = 262144.0
    positive: float = 4.41854
    negative: float = 0.0
    width: float = -10.0
    channels: int = 4096
    length: int = 256

    def __post_init__(self) -> None:
        take_numbers(self)
        check_parameters(
            self,
            {
                "maximum": (1e-150 <= self.maximum <= 1e300, "1e-150 <= maximum <= 1e300"),
                "positive": (
                    0.5 * self.linear_decades < self.positive <= 100,
                    f"more than half the width, {0.5 * self.linear_decades:g}, at most 100",
                ),
                "negative": (self.negative <= 100, "negative <= 100"),
                "width": (self.width <= 0, "width <= 0"),
                "channels": (
                    isinstance(self.channels, int) and FEWEST_CHANNELS <= self.channels <= 2**24,
                    f"a whole number from {FEWEST_CHANNELS} to 2^24",
                ),
                "length": (isinstance(self.length, int) and self.length > 0, "a whole number above 0"),
            },
        )
        check_parameters(
            self, {"channels": (self.zero >= 1, "so many that zero does not lie on the first of them")}
        )

    @property
    def linear_decades(self) -> float:
        """Width of the nearly linear region, in decades."""
        decades = math.log10(-self.width) if self.width < 0 else -math.inf
        return decades if LEAST_WIDTH <= decades <= MOST_WIDTH else LEAST_WIDTH

    @property
    def zero(self) -> int:
        """The channel of zero."""
        below = self._below
        above = self.positive - 0.5 * self.linear_decades
        return int(min(int(below * self.channels / (below + above)), self.channels / 2))

    @property
    def _below(self) -> float:
        return max(self.negative, 0.0) + 0.5 * self.linear_decades

    def derive(self) -> NDArray[np.float64]:
        """Return 1 / alpha, e-folds a channel, their ratio, where zero lies, the weight, and a first guess.

        Channel j of the table holds minimum (e^(P f) - S e^(-N f) - s), with f = j / (channels + 1) and s
        such that it is 0 where zero lies. Counted from there, with z = P (f - f0) and r = N / P, that is
        alpha (e^z - 1 + weight (1 - e^(-r z))).
        """
        steps = self.channels + 1
        decades = self._below * self.channels / self.zero
        P = LN10 * decades
        width = 0.5 * self.linear_decades * LN10
        r = decay_ratio(width)
        f0 = self.zero / steps
        alpha = self.maximum * math.exp(-P * (1.0 - f0))
        # FlowJo weighs both exponentials alike at width / P + zero / channels; the table is one step longer
        weight = math.exp((1.0 + r) * (width + P * (self.zero / self.channels - f0)))
        guess = first_guess(r, weight, P * (1.0 - f0) + 1.0)
        return packed(1.0 / alpha, P / steps, r, float(self.zero), weight, *guess, last=steps / P)
