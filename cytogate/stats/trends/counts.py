"""Change of a share by its counted events: binomial GEE clustered by patient, visits as categories.

With independence as working correlation and visits as categories, the estimate is the odds ratio of the
pooled counts (Liang and Zeger 1986), so a patient with more events weighs more. Its sandwich error is too
small with few patients: the interval leaves out one patient at a time (jackknife), and the p value permutes
visits within patients.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.series import CONTINUITY
from cytogate.stats.trends._arrange import share, within
from cytogate.stats.trends._asked import Asked, left_out, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

GEE = "binomial GEE of counts, clustered by patient"


def log_odds(inside: NDArray[np.float64], totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds of pooled counts; half an event on either side keeps none and all finite."""
    return np.asarray(np.log((inside + CONTINUITY) / (totals - inside + CONTINUITY)))


def sandwich(inside: NDArray[np.float64], totals: NDArray[np.float64]) -> float:
    """Return the robust standard error of the log odds ratio of the last and first column.

    Parameters
    ----------
    inside, totals : ndarray, shape (n_patients, 2)
    """
    all_in, all_of = inside.sum(axis=0), totals.sum(axis=0)
    odds = (all_in + CONTINUITY) / (all_of + 2 * CONTINUITY)
    scores = (inside - totals * odds) / (all_of * odds * (1 - odds))
    return float(np.sqrt(((scores[:, 1] - scores[:, 0]) ** 2).sum()))


@offered("counts", "Did the odds of a cell being of the subset change, by the counted events?", "pair")
def counts(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the odds ratio of the two visits, of the patients who have both."""
    asked = Asked(series, question, group)
    if series.counts is None or series.totals is None:
        return [asked.without(GEE, "the series holds no counts")]
    if why := asked.without_visit():
        return [asked.without(GEE, why)]
    first, last = series.visits.index(question.baseline), series.visits.index(question.visit)
    has = np.isfinite(series.values) & np.isfinite(series.counts) & np.isfinite(series.totals)
    has &= np.where(has, series.totals, 0) > 0
    both = has[:, first] & has[:, last]
    lost = left_out("without both visits", np.array(series.subjects, dtype=object)[~both])
    n = int(both.sum())
    if n < 2:
        return [asked.without(GEE, "needs two subjects with both visits counted", lost, n=n)]
    has = has[both]
    inside, totals = np.where(has, series.counts[both], 0.0), np.where(has, series.totals[both], 0.0)
    pair_in, pair_of = inside[:, [first, last]], totals[:, [first, last]]

    def change(in_sums: NDArray[np.float64], of_sums: NDArray[np.float64]) -> NDArray[np.float64]:
        odds = log_odds(in_sums, of_sums)
        return np.asarray(odds[..., 1] - odds[..., 0])

    estimate = float(change(pair_in.sum(axis=0), pair_of.sum(axis=0)))
    apart = change(pair_in.sum(axis=0) - pair_in, pair_of.sum(axis=0) - pair_of)
    error = math.sqrt((n - 1) / n * float(((apart - apart.mean()) ** 2).sum()))
    from scipy.special import ndtr, stdtrit

    half = float(stdtrit(n - 1, 0.5 + question.level / 2)) * error
    cells = np.where(
        has, np.cumsum(has.ravel()).reshape(has.shape) - 1.0, np.nan
    )  # numbers of observed cells
    places = np.column_stack([cells[:, first], cells[:, last]]).astype(np.intp)
    known_in, known_of = inside[has], totals[has]

    def away(block: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = block.astype(np.intp)[:, places]  # (some, n, 2): which cell stands at the two visits
        return np.abs(change(known_in[moved].sum(axis=1), known_of[moved].sum(axis=1)))

    arranged, listed, count = within(cells, question.draws, asked.rng(GEE))
    p = share(arranged, away, abs(estimate), listed=listed)
    robust = sandwich(pair_in, pair_of)
    wald = 2 * float(ndtr(-abs(estimate) / robust)) if robust > 0 else math.nan
    k = has.shape[1]
    alike = 2 * math.factorial(k - 2) ** n if has.all() else 1
    floor = max(alike / count, 0.0 if listed else 1 / (question.draws + 1))
    return [
        asked.row(
            GEE,
            "no sandwich error"
            if math.isnan(wald)
            else f"sandwich p {plain(wald)} is too small with few subjects: not used",
            "interval: jackknife over patients, t",
            "patients with more events weigh more",
            f"p from {int(count) if listed else question.draws:,} orders of visits within subjects",
            "p: against no change at any visit" if k > 2 else "",
            lost,
            estimate=float(np.exp(estimate)),
            ci_low=float(np.exp(np.clip(estimate - half, -700, 700))),
            ci_high=float(np.exp(np.clip(estimate + half, -700, 700))),
            unit="odds ratio",
            n=n,
            p=max(p, floor),  # drawn orders may miss by a little what cannot be less
            p_floor=floor,
        )
    ]
