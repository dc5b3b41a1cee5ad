"""What an axis of courses measures: its title, its unit beside a value, and whether it is logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.numbers import amount_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNTED = "Wilson, counting only"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measure as an axis shows it.

    Attributes
    ----------
    axis : str
        Title of the axis, plain text: ``"% of B"``.
    unit : str
        Said after a value: ``"ng/mL"``; ``"%"`` of a share.
    of : str
        The denominator of a share; else empty.
    counted : str
        What the interval ``ci_low`` to ``ci_high`` holds.
    log : bool
        Whether equal distances are equal factors.
    """

    axis: str
    unit: str
    of: str = ""
    counted: str = COUNTED
    log: bool = False

    @property
    def share(self) -> bool:
        """Tell whether values are percentages, which end at 100."""
        return self.unit == "%"

    def number(self, value: float | None) -> str:
        """Write a value without its unit."""
        return percent_text(value) if self.share else amount_text(value)

    def said(self, value: float | None) -> str:
        """Say a value with its unit, as HTML.

        Examples
        --------
        >>> percent_of("B").said(12.34), Quantity("GARP, ng/mL", "ng/mL").said(1.5)
        ('<b>12.3 %</b> of B', '<b>1.50</b> ng/mL')
        """
        if self.share:
            return f"<b>{self.number(value)} %</b> of {escape(self.of)}"
        return f"<b>{self.number(value)}</b> {escape(self.unit)}".rstrip()

    def on_log(self, values: Iterable[float | None]) -> bool:
        """Tell whether these values go on a log axis: it was asked for, and all of them are above 0."""
        return self.log and all(value is None or value > 0 for value in values)


def percent_of(denominator: str) -> Quantity:
    """Return what subsets are measured in."""
    return Quantity(f"% of {denominator}", "%", of=denominator)


def log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2, 5 of each decade within limits, or powers of 10 alone where those are many.

    Examples
    --------
    >>> log_ticks(0.3, 12.0), log_ticks(0.01, 2000.0)
    ([0.5, 1.0, 2.0, 5.0, 10.0], [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0])
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low <= 1000 else (1,)
    ticks = (float(f"{step}e{decade}") for decade in decades for step in steps)
    return [tick for tick in ticks if low <= tick <= high]
