"""Did responders change otherwise than non-responders: Mann-Whitney on changes, always exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats import exact
from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.series import RELATIVE
from cytogate.stats.trends._asked import BETWEEN, Asked
from cytogate.stats.trends._groups import changes_of_groups
from cytogate.stats.trends.paired_change import short_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

MANN_WHITNEY = "Mann-Whitney of changes, exact"


@dataclass(frozen=True, slots=True)
class RankSum:
    """Mann-Whitney's test of two groups.

    Attributes
    ----------
    u : float
        Pairs in which the first group is higher, a tie as a half.
    p, p_floor : float
        Two-sided, exact with ties; never a normal approximation.
    biserial : float
        Rank-biserial correlation (Cliff's delta): 1 where all of the first are higher.
    shift, low, high, coverage : float
        Hodges-Lehmann difference (median of all pairs), its interval, what that covers.
    """

    u: float
    p: float
    p_floor: float
    biserial: float
    shift: float
    low: float
    high: float
    coverage: float


def rank_sum(first: NDArray[np.float64], second: NDArray[np.float64], *, level: float = 0.95) -> RankSum:
    """Return Mann-Whitney's test of two groups of at least one each.

    Examples
    --------
    >>> rank_sum(np.arange(5.0), np.array([9.0])).p  # the least that five against one can give
    0.3333333333333333
    """
    m, n = first.size, second.size
    ranks = exact.doubled_ranks(np.concatenate([first, second]))
    null = exact.rank_sum(ranks, m)
    doubled = int(ranks[:m].sum())
    u = doubled / 2 - m * (m + 1) / 2
    pairs = np.sort(np.subtract.outer(first, second).ravel())
    untied = exact.rank_sum(np.arange(1, m + n + 1), m)
    counted = exact.Null(untied.support - m * (m + 1) // 2, untied.mass)
    low, high, coverage = exact.order_interval(pairs, counted, level)
    return RankSum(
        u,
        null.two_sided(doubled),
        null.floor,
        2 * u / (m * n) - 1,
        float(np.median(pairs)),
        low,
        high,
        coverage,
    )


@offered("group_difference", "Did responders change by more than non-responders?", "groups")
def group_difference(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the difference of changes, responders minus non-responders: plain, and on the scale."""
    del group  # it is always that between groups
    asked = Asked(series, question, BETWEEN)
    rows = [_row(asked, on_scale=series.kind in RELATIVE)]
    if series.scale != "linear" and series.kind not in RELATIVE and not np.isnan(rows[0].p):
        rows.append(_row(asked, on_scale=True))
    return rows


def _row(asked: Asked, *, on_scale: bool) -> Comparison:
    series = asked.series
    beside = on_scale and series.kind not in RELATIVE
    test = f"{MANN_WHITNEY}, on {series.scale}" if beside else MANN_WHITNEY
    groups = changes_of_groups(asked, series.on_scale() if on_scale else series.values)
    n = groups.yes.size + groups.no.size
    if groups.why:
        return asked.without(test, groups.why, groups.note, n=n)
    found = rank_sum(groups.yes, groups.no, level=asked.question.level)
    ends = [found.shift, found.low, found.high]
    if on_scale:
        ends = [series.back(end) for end in ends]
    return asked.row(
        test,
        "responders minus non-responders" if not on_scale else "responders over non-responders",
        "estimate: Hodges-Lehmann",
        short_of(found.coverage, asked.question.level),
        groups.note,
        estimate=ends[0],
        ci_low=ends[1],
        ci_high=ends[2],
        unit=f"ratio of {asked.scale_unit}s" if on_scale else asked.natural_unit,
        effect=found.biserial,
        effect_name="rank-biserial",
        n=n,
        p=found.p,
        p_floor=found.p_floor,
    )
