"""Change by a linear mixed model of all visits: a random intercept for each patient, visits as categories.

The p value is no Wald one, which is too small with so few patients. Visits are put in other orders within
patients, missing ones staying where they are, and each order is judged by the within-patient t of the
contrast (F for any change): patients as fixed effects give it in closed form, and no model is fitted anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._arrange import share, within
from cytogate.stats.trends._asked import ALL_VISITS, Asked, left_out, plain
from cytogate.stats.trends._intercepts import fit
from cytogate.stats.trends._within import design, drift, within_patients

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytogate.stats.series import Series

MIXED = "linear mixed model, random intercept"
EXCHANGEABLE = "p takes visits of a patient to be exchangeable where nothing changes"
DRIFTING = 0.05  # p of patients' own slopes below which it is said that visits are not
FEW = "needs two subjects with two visits each, both visits of the contrast, and more values than differences"


@offered(
    "mixed_model", "By what factor did the measure change, all visits of all patients considered?", "pair"
)
def mixed_model(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return the contrast of the two visits, and whether any visit differs."""
    asked = Asked(series, question, group)
    test = MIXED if series.scale == "linear" else f"{MIXED}, on {series.scale}"
    if why := asked.without_visit():
        return [asked.without(test, why)]
    scaled = series.on_scale()
    # who has one visit says nothing of change
    useful = np.isfinite(scaled).sum(axis=1) > 1
    lost = left_out("with fewer than two visits", np.array(series.subjects, dtype=object)[~useful])
    values, n = scaled[useful], int(useful.sum())
    has = np.isfinite(values)
    baseline, visit = series.visits.index(question.baseline), series.visits.index(question.visit)
    if n < 2 or not has[:, baseline].any() or not has[:, visit].any():
        return [asked.without(test, FEW, lost, n=n)]
    x, patient, others = design(has, baseline)
    column, y = others.index(visit), values[has]
    inner, model = within_patients(y, x, patient, column), fit(y, x, patient)
    if inner is None or model is None:
        return [asked.without(test, FEW, lost, n=n)]
    if inner.total <= 1e-20 * float(y @ y) * y.size:
        return [asked.without(test, "no subject's values differ between visits", lost, n=n)]
    from scipy.special import fdtrc, ndtr, stdtrit

    estimate, error = (
        float(model.beta[1 + column]),
        math.sqrt(float(model.covariance[1 + column, 1 + column])),
    )
    half = float(stdtrit(inner.freedom, 0.5 + question.level / 2)) * error
    rank, ratio = inner.space.shape[1], inner.f(y)
    k = rank + 1
    shared = (
        "p: against no change at any visit" if k > 2 else "",
        EXCHANGEABLE,
        _drifting(values, series),
        "" if has.all() else f"{int((~has).sum())} of {has.size} visits missing, taken as missing at random",
        lost,
    )
    wald = 2 * float(ndtr(-abs(estimate) / error)) if error > 0 else 0.0
    every = has[:, has.any(axis=0)].all()
    p, floor, how = _permuted(asked, values, inner.t_squared, 2 * math.factorial(k - 2) if every else 1)
    p_any, floor_any, _ = _permuted(asked, values, inner.explained, math.factorial(k) if every else 1)
    figures: dict[str, Any] = {
        "estimate": series.back(estimate),
        "ci_low": series.back(estimate - half),
        "ci_high": series.back(estimate + half),
        "unit": asked.scale_unit,
    }
    return [
        asked.row(
            test,
            f"Wald p {plain(wald)} is too small with few subjects: not used",
            f"interval by t with {inner.freedom} degrees of freedom",
            "" if model.between else "patients do not differ beyond noise: variance between them is 0",
            how,
            *shared,
            **figures,
            effect=estimate / math.sqrt(model.within),
            effect_name="change in SD within patients",
            n=n,
            p=p,
            p_floor=floor,
        ),
        asked.row(
            test,
            f"F = {ratio:.4g} with {rank} and {inner.freedom} degrees of freedom,"
            f" p {plain(float(fdtrc(rank, inner.freedom, ratio)))} if values on the scale are normal",
            how,
            *shared,
            contrast=ALL_VISITS,
            effect=float(inner.explained(y[None])[0]) / inner.total,
            effect_name="partial eta squared",
            n=n,
            p=p_any,
            p_floor=floor_any,
        ),
    ]


def _permuted(
    asked: Asked,
    values: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    alike: int,
) -> tuple[float, float, str]:
    """Return p, the smallest possible p where `alike` orders give the same statistic, and how it was made."""
    draws = asked.question.draws
    arranged, listed, count = within(values, draws, asked.rng(MIXED))
    observed = float(statistic(values[np.isfinite(values)][None])[0])
    p = share(arranged, statistic, observed, listed=listed)
    floor = max(alike / count, 0.0 if listed else 1 / (draws + 1))
    # drawn orders may miss by a little what cannot be less
    return (
        max(p, floor),
        floor,
        f"p from {int(count) if listed else draws:,} orders of visits within subjects",
    )


def _drifting(values: NDArray[np.float64], series: Series) -> str:
    p = drift(values, np.asarray(series.weeks, dtype=np.float64))
    if math.isnan(p) or p > DRIFTING:
        return ""
    return (
        f"here they are not: patients go each at a speed of their own (p {plain(p)}), so this p may be too"
        " small; see patient_slopes"
    )
