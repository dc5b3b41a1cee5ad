"""The statistics that a study may ask for, by the names of its ``statistics`` list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.stats.comparison import trend_tests
from cytogate.stats.refused import asked_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.stats.comparison import Offered

ALL = "all"
PRIMARY = "paired_change"  # its exact Wilcoxon test of all treated subjects is what families correct
ASKED_BY_NAME = ("agreement",)  # of two readings of one thing: not of a trend and SLEDAI
DEFAULT = (PRIMARY, "friedman", "mixed_model", "rm_correlation")


def statistic_names() -> tuple[str, ...]:
    """Return the names that a study may list."""
    return trend_tests.names()


def asked(names: Iterable[str]) -> tuple[Offered, ...]:
    """Return the tests that a study lists, each once, in its order; ``all`` stands for the others by name.

    Agreement has to be asked for by name.
    """
    every = [name for name in trend_tests.names() if name not in ASKED_BY_NAME]
    wanted: dict[str, None] = {}
    for name in names:
        wanted |= dict.fromkeys(every if name == ALL else (name,))
    return tuple(asked_for(name) for name in wanted)
