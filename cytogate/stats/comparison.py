"""What is asked of a series, what every answer holds, and the registry of tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from cytogate.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.stats.series import Series

Needs = Literal["pair", "visits", "groups", "partner"]
NAN = float("nan")
FACTORS = ("fold", "odds ratio", "ratio of folds", "ratio of odds ratios")  # units of which 1 is no change


@dataclass(frozen=True, slots=True)
class Question:
    """What a study asks of each of its measures.

    Attributes
    ----------
    baseline, visit : str
        The visits that are compared; models take all of them.
    responders : mapping of subject to yes, no or None
        Of the response index at its visit; None where it could not be judged. Empty without one.
    partner : Series or None
        What changes are related to, such as SLEDAI.
    partner_note : str
        What is said beside such a relation (a response that is defined by SLEDAI, ...).
    level : float
        Of intervals.
    seed : int
        Of permutations and bootstraps that cannot be enumerated; drawn from a hash of it and the names.
    draws : int
        How many of them.
    """

    baseline: str
    visit: str
    responders: Mapping[str, bool | None] = field(default_factory=dict)
    partner: Series | None = None
    partner_note: str = ""
    level: float = 0.95
    seed: int = 1
    draws: int = 9_999


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of ``comparisons.parquet``: one test or estimate of one measure.

    Attributes
    ----------
    subset, measure : str
        Name and kind of the series.
    contrast : str
        What is compared: ``W24 - W0``, ``all visits``, ``with SLEDAI`` ...
    group : str
        ``all treated``; ``responders``, ``non-responders`` (post hoc, descriptive); ``between groups``.
    test : str
        Its full name: ``Wilcoxon signed-rank, exact``.
    estimate, ci_low, ci_high : float
        In `unit`; NaN where there is none.
    unit : str
        ``percentage points`` or the series' own unit; ``fold`` (a factor), ``odds ratio``, ``rho`` ...
    effect, effect_name :
        A standardised effect: matched rank-biserial, Hedges g, Kendall W ...
    n : int
        Independent subjects (not patient-visits).
    p : float
        Two-sided unless the test says otherwise; NaN where none is given.
    p_floor : float
        The smallest p that so few subjects can give (or so few draws, where arrangements are drawn);
        NaN where no floor exists.
    note : str
        What stands beside it: assumptions, missing visits, Wald p values that must not be trusted.
    """

    subset: str
    measure: str
    contrast: str
    group: str
    test: str
    estimate: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    unit: str = ""
    effect: float = NAN
    effect_name: str = ""
    n: int = 0
    p: float = NAN
    p_floor: float = NAN
    note: str = ""

    @classmethod
    def without(
        cls, series: Series, contrast: str, group: str, test: str, why: str, *, n: int = 0
    ) -> Comparison:
        """Return the row of a question that cannot be answered, with the reason; never an exception."""
        return cls(series.name, series.kind, contrast, group, test, n=n, note=why)


class TrendTest(Protocol):
    """Answers a question about one series; must never raise for few, missing, tied or constant values."""

    def __call__(self, series: Series, question: Question, group: str) -> Sequence[Comparison]:
        """Return rows; `series` holds the subjects of `group` only."""
        ...


@dataclass(frozen=True, slots=True)
class Offered:
    """A test that studies may name.

    Attributes
    ----------
    name : str
        As in ``statistics:`` of the study file.
    title : str
        One sentence: what it asks, in plain words.
    needs : tuple of str
        pair (baseline and one visit), visits (three or more), groups (responders), partner.
    ask : TrendTest
    """

    name: str
    title: str
    needs: tuple[Needs, ...]
    ask: TrendTest


trend_tests: Registry[Offered] = Registry("statistic", "cytogate.stats.trends")


def offered(name: str, title: str, *needs: Needs) -> Callable[[TrendTest], TrendTest]:
    """Return a decorator that enters a function as a test that studies may name."""

    def enter(ask: TrendTest) -> TrendTest:
        trend_tests.register(name)(Offered(name, title, needs, ask))
        return ask

    return enter


def finite(values: np.ndarray) -> np.ndarray:
    """Return the rows without a missing value."""
    kept: np.ndarray = values[np.isfinite(values).all(axis=1)]
    return kept
