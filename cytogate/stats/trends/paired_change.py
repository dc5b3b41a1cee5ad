"""Change from baseline to one visit, each patient against itself: exact rank tests, and t on the scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats import exact
from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.series import RELATIVE
from cytogate.stats.trends._asked import Asked, hedges, left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

WILCOXON = "Wilcoxon signed-rank, exact"
SIGN = "sign test, exact"
PAIRED_T = "paired t"
NO_PAIR = "no subject has both visits"


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Wilcoxon's test of changes, with the estimate that belongs to it.

    Attributes
    ----------
    plus : float
        Sum of the ranks of increases; changes of exactly 0 have no rank.
    p, p_floor : float
        Two-sided, exact with ties; NaN where every change is 0.
    biserial : float
        Matched rank-biserial correlation: (R+ - R-) / (R+ + R-).
    shift, low, high, coverage : float
        Hodges-Lehmann estimate (median of the Walsh averages, zeros included), its interval, and what that
        covers.
    zeros : int
    """

    plus: float
    p: float
    p_floor: float
    biserial: float
    shift: float
    low: float
    high: float
    coverage: float
    zeros: int


def signed_rank(changes: NDArray[np.float64], *, level: float = 0.95) -> SignedRank:
    """Return Wilcoxon's signed-rank test of at least one change, shape (n,).

    Examples
    --------
    >>> found = signed_rank(np.array([-4.2, -8.4, -1.8, -10.3, -5.2, 1.4]))
    >>> found.plus, found.p, round(found.shift, 3), (found.low, found.high)
    (1.0, 0.0625, -4.7, (-10.3, 1.4))
    """
    d = exact.settled(changes)
    moved = d[d != 0]
    rows, columns = np.triu_indices(d.size)
    walsh = np.sort((d[rows] + d[columns]) / 2)
    untied = exact.signed_rank(np.arange(1, d.size + 1))
    low, high, coverage = exact.order_interval(walsh, untied, level)
    plus = p = floor = biserial = math.nan
    if moved.size:
        ranks = exact.doubled_ranks(np.abs(moved))
        null = exact.signed_rank(ranks)
        doubled = int(ranks[moved > 0].sum())
        plus, p, floor = doubled / 2, null.two_sided(doubled), null.floor
        biserial = 2 * doubled / float(ranks.sum()) - 1
    return SignedRank(
        plus, p, floor, biserial, float(np.median(walsh)), low, high, coverage, d.size - moved.size
    )


@offered("paired_change", "Did the measure change between baseline and one visit?", "pair")
def paired_change(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return Wilcoxon on plain values and on the scale, the sign test with the median fold, and paired t."""
    asked = Asked(series, question, group)
    if why := asked.without_visit():
        return [asked.without(test, why) for test in (WILCOXON, SIGN, PAIRED_T)]
    rows = [_wilcoxon(asked, on_scale=series.kind in RELATIVE)]
    if series.scale != "linear" and series.kind not in RELATIVE:
        rows.append(_wilcoxon(asked, on_scale=True))
    return [*rows, _signs(asked), _paired_t(asked)]


def _wilcoxon(asked: Asked, *, on_scale: bool) -> Comparison:
    beside = on_scale and asked.series.kind not in RELATIVE
    test = f"{WILCOXON}, on {asked.series.scale}" if beside else WILCOXON
    pairs = asked.pairs(asked.series.on_scale() if on_scale else None)
    n = len(pairs.subjects)
    if not n:
        return asked.without(test, NO_PAIR)
    found = signed_rank(pairs.change, level=asked.question.level)
    ends = [found.shift, found.low, found.high]
    if on_scale:
        ends = [asked.series.back(end) for end in ends]
    return asked.row(
        test,
        "every change is 0: no test" if math.isnan(found.p) else "",
        f"{found.zeros} changes of 0 have no rank" if found.zeros and not math.isnan(found.p) else "",
        "estimate: Hodges-Lehmann",
        short_of(found.coverage, asked.question.level),
        pairs.missing,
        estimate=ends[0],
        ci_low=ends[1],
        ci_high=ends[2],
        unit=asked.scale_unit if on_scale else asked.natural_unit,
        effect=found.biserial,
        effect_name="matched rank-biserial",
        n=n,
        p=found.p,
        p_floor=found.p_floor,
    )


def short_of(coverage: float, level: float) -> str:
    """Say what an exact interval covers when so few values cannot give the level that was asked for."""
    if coverage >= level - 1e-9:
        return ""
    return (
        f"interval is the whole range and covers {100 * coverage:.4g} %: so few cannot give {100 * level:g} %"
    )


def _signs(asked: Asked) -> Comparison:
    pairs = asked.pairs()
    n = len(pairs.subjects)
    if not n:
        return asked.without(SIGN, NO_PAIR)
    changes = exact.settled(pairs.change)
    moved = changes[changes != 0]
    p = floor = effect = math.nan
    if moved.size:
        null = exact.signed_rank(np.ones(moved.size, dtype=np.int64))  # each change counts the same
        up = int((moved > 0).sum())
        p, floor, effect = null.two_sided(up), null.floor, up / moved.size
    if asked.series.scale == "linear":
        sizes, unit, lost = changes, asked.natural_unit, ""
    else:  # as a factor of the value itself, of percentages too
        positive = np.asarray((pairs.values > 0).all(axis=1))
        sizes, unit = pairs.values[positive, 1] / pairs.values[positive, 0], "fold"
        zero = [name for name, kept in zip(pairs.subjects, positive, strict=True) if not kept]
        lost = left_out("of the median fold, with a value of 0", zero)
    ends, short = (math.nan,) * 3, "no median"
    if sizes.size:
        halves = exact.signed_rank(np.ones(sizes.size, dtype=np.int64))
        low, high, coverage = exact.order_interval(np.sort(sizes), halves, asked.question.level)
        ends, short = (float(np.median(sizes)), low, high), short_of(coverage, asked.question.level)
    return asked.row(
        SIGN,
        "every change is 0: no test" if not moved.size else "",
        f"{n - moved.size} changes of 0 do not count" if 0 < moved.size < n else "",
        "estimate: median",
        short,
        lost,
        pairs.missing,
        estimate=ends[0],
        ci_low=ends[1],
        ci_high=ends[2],
        unit=unit,
        effect=effect,
        effect_name="share that rose",
        n=n,
        p=p,
        p_floor=floor,
    )


def _paired_t(asked: Asked) -> Comparison:
    scale = asked.series.scale
    test = PAIRED_T if scale == "linear" else f"{PAIRED_T} on {scale}"
    pairs = asked.pairs(asked.series.on_scale())
    d, n = pairs.change, len(pairs.subjects)
    g = hedges(d)
    if math.isnan(g):
        why = (
            NO_PAIR if not n else "needs two subjects with both visits" if n == 1 else "all changes are equal"
        )
        return asked.without(test, why, pairs.missing, n=n)
    from scipy.special import stdtr, stdtrit

    mean, error = float(d.mean()), float(d.std(ddof=1)) / math.sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + asked.question.level / 2)) * error
    back = asked.series.back
    return asked.row(
        test,
        f"t = {mean / error:.4g} with {n - 1} degrees of freedom; changes on the scale taken as normal",
        pairs.missing,
        estimate=back(mean),
        ci_low=back(mean - half),
        ci_high=back(mean + half),
        unit=asked.scale_unit,
        effect=g,
        effect_name="Hedges g_z",
        n=n,
        p=2 * float(stdtr(n - 1, -abs(mean) / error)),
    )
