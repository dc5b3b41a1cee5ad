"""Do two readers or two runs agree: the partner holds the second reading of the same samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.agreement import FEWEST, bland_altman, concordance, icc
from cytogate.stats.comparison import Comparison, Question, offered
from cytogate.stats.trends._asked import ALL_VISITS, Asked
from cytogate.stats.trends._partner import beside

if TYPE_CHECKING:
    from cytogate.stats.series import Series

ICC = "ICC(2,1), absolute agreement"
BIAS = "Bland-Altman"
CCC = "Lin's concordance"
ESTIMATED = "agreement is estimated, not tested: no p"


@offered("agreement", "How far do two readings of the same samples agree?", "partner")
def agreement(series: Series, question: Question, group: str) -> list[Comparison]:
    """Return intraclass correlation, bias with limits of agreement, and concordance, on plain values."""
    asked, other = Asked(series, question, group), question.partner
    why, contrast = "no second reading to compare with", ALL_VISITS
    if other is not None:
        contrast = f"{ALL_VISITS}, with {other.name}"
        why = "" if other.unit == series.unit else f"units differ: {series.unit} and {other.unit}"
    if other is None or why:
        return [asked.without(test, why, contrast=contrast) for test in (ICC, BIAS, CCC)]
    second = beside(series, other, other.values)
    has = np.isfinite(series.values) & np.isfinite(second)
    n = int(has.any(axis=1).sum())
    x, y = series.values[has], second[has]
    if x.size < FEWEST:
        why = f"needs {FEWEST} samples read twice"
        return [asked.without(test, why, contrast=contrast, n=n) for test in (ICC, BIAS, CCC)]
    samples = f"{x.size} samples of {n} subjects"
    rows = []
    for test, found, unit in (
        (ICC, icc(x, y, level=question.level), "ICC"),
        (CCC, concordance(x, y, level=question.level), "CCC"),
    ):
        without = "all values are equal" if math.isnan(found[0]) else ""
        without = without or ("no interval: no noise between the readings" if math.isnan(found[1]) else "")
        rows.append(
            asked.row(
                test,
                ESTIMATED,
                samples,
                "interval as if samples of a subject were independent",
                without,
                contrast=contrast,
                estimate=found[0],
                ci_low=found[1],
                ci_high=found[2],
                unit=unit,
                n=n,
            )
        )
    limits = bland_altman(x, y, level=question.level)
    bias = asked.row(
        BIAS,
        ESTIMATED,
        f"second minus first reading; limits of agreement {limits.least:.4g} to {limits.most:.4g}",
        samples,
        "interval as if samples of a subject were independent",
        contrast=contrast,
        estimate=limits.bias,
        ci_low=limits.low,
        ci_high=limits.high,
        unit=asked.natural_unit,
        n=n,
    )
    return [rows[0], bias, rows[1]]
