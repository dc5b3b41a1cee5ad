"""Westgard rules: whether a series of control values is still what it was.

Of James O. Westgard et al., "A multi-rule Shewhart chart for quality control in clinical chemistry",
Clinical Chemistry 27 (1981) 493-501. Values are judged in the order of time, as distances from a centre in
standard deviations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 6  # values from which centre and SD are taken
MEANINGS = {
    "1-2s": "one value beyond 2 SD: a warning",
    "1-3s": "one value beyond 3 SD",
    "2-2s": "two in a row beyond 2 SD on one side",
    "R-4s": "two in a row more than 4 SD apart, beyond 2 SD on either side",
    "4-1s": "four in a row beyond 1 SD on one side",
    "10x": "ten in a row on one side of the centre",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a series breaks: positions of the first and the last value that do so."""

    rule: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A Levey-Jennings chart.

    Attributes
    ----------
    values : tuple of float
        In the order of time.
    centre, sd : float
        Given, or median and 1.4826 times the median absolute deviation of the values.
    broken : tuple of Broken
        In the order of the rules.
    """

    values: tuple[float, ...]
    centre: float
    sd: float
    broken: tuple[Broken, ...]

    @property
    def is_fine(self) -> bool:
        """Whether no rule is broken but, at most, the warning."""
        return all(entry.rule == "1-2s" for entry in self.broken)


def levey_jennings(
    values: Sequence[float], *, centre: float | None = None, sd: float | None = None
) -> Chart | None:
    """Return the chart of a series; None of too few values, or of values that are all alike.

    Parameters
    ----------
    values : sequence of float
        In the order of time; finite.
    centre, sd : float, optional
        Of an earlier, stable time. Without them they are robust estimates of this series, which an outlier
        hardly moves, but a shift of half of it does.

    Examples
    --------
    >>> chart = levey_jennings([10, 11, 9, 10, 12, 9, 10, 21], centre=10.0, sd=1.0)
    >>> [(entry.rule, entry.last) for entry in chart.broken]
    [('1-2s', 7), ('1-3s', 7)]
    """
    given = np.asarray(values, dtype=np.float64)
    if not len(given) or not np.isfinite(given).all():
        return None
    if (centre is None or sd is None) and len(given) < FEWEST:
        return None
    middle = float(np.median(given)) if centre is None else centre
    spread = 1.4826 * float(np.median(np.abs(given - middle))) if sd is None else sd
    if not (math.isfinite(spread) and spread > 0.0):
        return None
    z = ((given - middle) / spread).tolist()
    return Chart(tuple(given.tolist()), middle, spread, westgard(z))


def westgard(z: Sequence[float]) -> tuple[Broken, ...]:
    """Return the rules that a series of distances in standard deviations breaks, each time it does.

    A run that goes on is told of once, with its last value.
    """
    found = [Broken("1-2s", at, at) for at, one in enumerate(z) if abs(one) > 2.0]
    found += [Broken("1-3s", at, at) for at, one in enumerate(z) if abs(one) > 3.0]
    found += _in_a_row(z, "2-2s", 2, 2.0)
    found += [
        Broken("R-4s", at, at + 1)
        for at in range(len(z) - 1)
        if min(z[at], z[at + 1]) < -2.0 and max(z[at], z[at + 1]) > 2.0
    ]
    found += _in_a_row(z, "4-1s", 4, 1.0)
    found += _in_a_row(z, "10x", 10, 0.0)
    return tuple(found)


def _in_a_row(z: Sequence[float], rule: str, n: int, beyond: float) -> list[Broken]:
    """Return the runs of at least `n` values beyond a distance on one side."""
    found = []
    for side in (1.0, -1.0):
        begin = None
        for at, one in enumerate([*z, 0.0]):  # which is beyond nothing, and ends the last run
            if side * one > beyond:
                begin = at if begin is None else begin
            elif begin is not None:
                if at - begin >= n:
                    found.append(Broken(rule, begin, at - 1))
                begin = None
    return sorted(found, key=lambda entry: entry.first)
