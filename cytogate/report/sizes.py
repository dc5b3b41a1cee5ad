"""Sizes in everyday words: what a factor, and an interval of a change, mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytogate.report.findings import number

if TYPE_CHECKING:
    from cytogate.report.findings import Finding

NAMED = (
    (0.25, "a quarter"),
    (1 / 3, "a third"),
    (0.5, "half"),
    (2 / 3, "two thirds"),
    (0.75, "three quarters"),
    (1.5, "one and a half times"),
    (2.0, "twice"),
    (3.0, "three times"),
    (4.0, "four times"),
)
NEAR = math.log(1.07)  # a factor is called by a name that is no farther away
SAME = math.log(1.05)  # and no change, by so little


def factor_words(factor: float) -> str:
    """Return what a factor of the baseline is.

    Examples
    --------
    >>> factor_words(0.51), factor_words(0.58), factor_words(1.91), factor_words(1.04)
    ('about half of', 'about 42 % less than', 'about twice', 'about the same as')
    >>> factor_words(1.2), factor_words(6.96), factor_words(0.0)
    ('about 20 % more than', 'about 7.0 times', 'nothing of')
    """
    if not factor > 0:
        return "nothing of"
    if not math.isfinite(factor):
        return "many times"
    step = math.log(factor)
    if abs(step) < SAME:
        return "about the same as"
    near, words = min((abs(step - math.log(value)), words) for value, words in NAMED)
    if near <= NEAR:
        return f"about {words} of" if factor < 1 else f"about {words}"
    if factor < 1:
        return f"about {100 * (1 - factor):.0f} % less than"
    return f"about {100 * (factor - 1):.0f} % more than" if factor < 2 else f"about {factor:.1f} times"


def open_words(test: Finding) -> str:
    """Return which changes an interval leaves open; empty without one.

    The changes are those of one row of the comparisons, in its unit.
    """
    if test.low is None or test.high is None or not test.ends:
        return ""
    low, high = test.ends.split(" to ")
    falls, rises = low.lstrip("−+"), high.lstrip("−+")
    if test.low < 0 < test.high:
        return f"the data fit anything from a fall by {falls} to a rise by {rises}"
    if test.high <= 0:
        return f"the data fit a fall by {rises} to {falls}"
    return f"the data fit a rise by {falls} to {rises}"


def times_words(fold: Finding, after: str, before: str) -> str:
    """Return a median factor in words with its number and interval: how a visit compares with baseline."""
    if fold.estimate is None:
        return ""
    ends = f", {fold.coverage} % CI {fold.ends}" if fold.ends else ""
    return f"{after} was {factor_words(fold.estimate)} {before} ({number(fold.estimate)} times{ends})"
