"""What every measure provides, what makes one quick, and the registry that finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from cytogate.errors import CytogateError, nearest
from cytogate.registry import Registry

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray


class Measure(Protocol):
    """A statistic of compensated linear values.

    A measure that has `compute` alone is given the values of one population and channel after the other.
    Those that say which ranks (`Ranked`) or which sum (`Summed`) they need are computed for all populations
    and channels at once, in one pass over the events, without holding their values.
    """

    @property
    def name(self) -> str:
        """As it is asked for."""

    @property
    def unit(self) -> str:
        """Of the result; ``"channel"`` where it is that of the values."""

    def compute(self, values: NDArray[np.float64]) -> float:
        """Return the statistic of (n,) finite values; NaN where it is not defined, never an error."""


@runtime_checkable
class Ranked(Protocol):
    """A measure of a few values by their place in ascending order."""

    def ranks(self, n: int) -> tuple[int, ...]:
        """Return the places, from 0, that are needed of n >= 1 values; as many for every n."""

    def of_ranks(self, values: tuple[float, ...], n: int) -> float:
        """Return the statistic from the values at `ranks(n)`."""


@runtime_checkable
class Summed(Protocol):
    """A measure of an exact sum over all values, or over their natural logarithms."""

    @property
    def logarithms(self) -> bool:
        """Whether the sum is of logarithms."""

    def of_sum(self, total: Fraction, n: int, without_logarithm: int) -> float:
        """Return the statistic of n >= 1 values from the sum; some of them may be without a logarithm."""


@runtime_checkable
class Family(Protocol):
    """A registered kind that stands for many measures, told apart by their names."""

    @staticmethod
    def named(name: str) -> Measure | None:
        """Return the measure of that name; None where the name is not one of the family's."""


measures: Registry[type[Measure] | type[Family]] = Registry("statistic", "cytogate.gating.measures")


def find_measure(name: str) -> Measure:
    """Return the measure of a name: ``"median"``, ``"p97.5"``, or a registered one.

    Raises
    ------
    CytogateError
        Nothing registered has this name; the nearest known are named.
    """
    if name in measures:
        entry = measures.get(name)
        if not isinstance(entry, Family):
            return entry()
    for entry in measures:
        found = entry.named(name) if isinstance(entry, Family) else None
        if found is not None:
            return found
    message = f"Unknown statistic {name!r}. {nearest(name, measures.names())}"
    raise CytogateError(message)


def percentile_of(values: tuple[float, ...], part: float) -> float:
    """Return the value a `part` (0 to 1) of the way from the first to the second of two ordered values.

    Bit for bit what numpy's method "linear" gives.
    """
    low, high = values
    step = high - low
    return high - step * (1 - part) if part >= 0.5 else low + step * part


def percentile_place(percent: float, n: int) -> tuple[int, int, float]:
    """Return the two ranks of n >= 1 values between which a percentile lies, and how far from the first.

    The percentile is at place (n - 1) percent / 100 of the ordered values counted from 0: numpy's method
    "linear", R's type 7.
    """
    place = (n - 1) * (percent / 100)
    below = min(max(int(place), 0), n - 1)
    return below, min(below + 1, n - 1), place - below
