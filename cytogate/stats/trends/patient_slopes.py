"""Straight change over the weeks with a slope of its own for each patient: random intercept and slope.

Each patient's least-squares slope is one number (Matthews 1990). With the same visits for all, their mean is
the fixed slope of the mixed model with random intercept and slope. Their spread holds both its variances, so
that t with n - 1 degrees of freedom is exact. The p value turns the signs of whole patients, and asks only
for symmetry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import share, signs
from cytogate.stats.trends._asked import Asked, hedges, left_out, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series

SLOPES = "slopes of patients (random intercept and slope)"


def slopes(values: NDArray[np.float64], weeks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row's least-squares slope, shape (n,); NaN with fewer than two different weeks."""
    has = np.isfinite(values)
    counts = np.maximum(has.sum(axis=1, keepdims=True), 1)
    times = np.where(has, weeks, 0.0)
    times = np.where(has, weeks - times.sum(axis=1, keepdims=True) / counts, 0.0)
    squares = (times**2).sum(axis=1)
    out = np.full(len(values), np.nan)
    np.divide((times * np.where(has, values, 0.0)).sum(axis=1), squares, out=out, where=squares > 1e-12)
    return out


@offered("patient_slopes", "Did patients change steadily, each at a speed of their own?", "visits")
def patient_slopes(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the change that the mean slope makes from baseline to the visit."""
    asked = Asked(series, question, group)
    test = SLOPES if series.scale == "linear" else f"{SLOPES}, on {series.scale}"
    if why := asked.without_visit():
        return [asked.without(test, why)]
    weeks = np.asarray(series.weeks, dtype=np.float64)
    span = float(weeks[series.visits.index(question.visit)] - weeks[series.visits.index(question.baseline)])
    found = slopes(series.on_scale(), weeks)
    has = np.isfinite(found)
    lost = left_out("with fewer than two visits", np.array(series.subjects, dtype=object)[~has])
    changes = found[has] * span
    n, g = changes.size, hedges(changes)
    if math.isnan(g):
        why = "needs two subjects with two visits each" if n < 2 else "all slopes are equal"
        return [asked.without(test, why, lost, n=n)]
    from scipy.special import stdtr, stdtrit

    mean, error = float(changes.mean()), float(changes.std(ddof=1)) / math.sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + question.level / 2)) * error
    by_t = 2 * float(stdtr(n - 1, -abs(mean) / error))
    flips, listed = signs(n, question.draws, asked.rng(SLOPES))
    p = share([flips], lambda turned: np.abs(turned @ changes), abs(float(changes.sum())), listed=listed)
    return [
        asked.row(
            test,
            f"mean of the patients' slopes over {span:g} weeks; t = {mean / error:.4g} with {n - 1}"
            f" degrees of freedom, p {plain(by_t)} if slopes are normal",
            f"p from {len(flips):,} ways to turn the signs of patients",
            "each patient counts the same, however many visits there are",
            lost,
            estimate=series.back(mean),
            ci_low=series.back(mean - half),
            ci_high=series.back(mean + half),
            unit=asked.scale_unit,
            effect=g,
            effect_name="Hedges g_z",
            n=n,
            p=p,
            p_floor=max(2.0 ** (1 - n), 0.0 if listed else 1 / (question.draws + 1)),
        )
    ]
