"""What gated tubes are held to: error, F1, intervals, replicates and trends, each a row with its bar.

Tables of tubes are those of `trials.Trial.gated`: one row a tube and subset, with its truth.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from trials import TARGETS
from verdicts import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

COVERAGE = (85.0, 95.0)  # percent, of intervals that are nominally of 90 %
MOST_CV = {"switched_memory": 5.0, "DN": 5.0, "Treg": 3.0}  # HIPC, central gating by hand: 7.0, 7.6 and 3.4
NO_WORSE = 1.05  # slopes without drift, beside those of fixed gates


def relative_errors(tubes: pd.DataFrame) -> list[Row]:
    """Median over tubes of the error of each subset, in percent of its realised truth."""
    error = 100 * (tubes["percent"] / tubes["truth"] - 1).abs()
    by = error.groupby(tubes["subset"]).median()
    return [
        Row.measured_as("relative error", target.name, by.get(target.name, np.nan), " %", most=target.error)
        for target in TARGETS
        if target.name in by.index
    ]


def agreement(tubes: pd.DataFrame) -> list[Row]:
    """Median over tubes of F1, event by event."""
    by = tubes.groupby("subset")["f1"].median()
    return [
        Row.measured_as("F1 of events", target.name, by[target.name], "", least=target.f1)
        for target in TARGETS
        if target.name in by.index
    ]


def coverage(tubes: pd.DataFrame) -> list[Row]:
    """Share of the intervals with the cut's uncertainty that hold the percentage meant, before chance.

    A run states intervals of 95 %; on the logit scale they are drawn in to 90 %.
    """
    known = tubes.dropna(subset=["low", "high", "meant"])
    middle, low, high, meant = (logit(known[name]) for name in ("percent", "low", "high", "meant"))
    share = NormalDist().inv_cdf(0.95) / NormalDist().inv_cdf(0.975)
    held = 100.0 * meant.between(middle + share * (low - middle), middle + share * (high - middle))
    row = Row.measured_as(
        "interval holds truth", "all", held.mean(), " %", least=COVERAGE[0], most=COVERAGE[1]
    )
    by = held.groupby(known["subset"], sort=False).mean()
    return [row, *(Row(row.bar, str(name), f"{value:.3g} %", "", None) for name, value in by.items())]


def logit(percent: pd.Series) -> pd.Series:
    """Return the logit of percentages; those of 0 and 100 are moved a little inside."""
    share = (percent / 100).clip(1e-9, 1 - 1e-9)
    return np.log(share / (1 - share))


def replicate_cv(tubes: pd.DataFrame) -> list[Row]:
    """CV between stainings of one blood sample, pooled over samples as root mean square."""
    found = []
    for name, most in MOST_CV.items():
        groups = tubes[tubes["subset"] == name].groupby(["seed", "subject", "week"])["percent"]
        ratio = (groups.std() / groups.mean()).dropna()
        value = 100 * float(np.sqrt((ratio**2).mean())) if len(ratio) else np.nan
        found.append(Row.measured_as("CV of replicates", name, value, " %", most=most))
    return found


def slopes(drifted: Mapping[str, pd.DataFrame], steady: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Error of the patients' DN trends, in percentage points in 24 weeks, beside that of other gates."""
    error = {variant: slope_error(tubes) for variant, tubes in drifted.items()}
    calm = {variant: slope_error(tubes) for variant, tubes in steady.items()}
    own = error["as written"]
    rows = [
        Row.below("DN slope, stains drift", f"beside {rival} gates", own, error[rival], " points")
        for rival in ("fixed", "per sample")
    ]
    most = NO_WORSE * calm["fixed"]
    calm_row = Row.measured_as(
        "DN slope, no drift", "beside fixed gates", calm["as written"], " points", most=most
    )
    return [*rows, calm_row]


def slope_error(tubes: pd.DataFrame) -> float:
    """Return the root mean square of measured less true slopes of DN, in percentage points in 24 weeks."""
    differences = []
    known = tubes[tubes["subset"] == "DN"].dropna(subset=["percent", "truth"])
    for _, visits in known.groupby(["seed", "subject"]):
        weeks = visits["week"].to_numpy(float)
        if len(weeks) > 1:
            measured, true = (np.polyfit(weeks, visits[column], 1)[0] for column in ("percent", "truth"))
            differences.append(24 * (measured - true))
    return float(np.sqrt(np.mean(np.square(differences)))) if differences else np.nan


def lost_tubes(tubes: pd.DataFrame) -> list[Row]:
    """Tubes that gave no percentage where there was something to count."""
    lost = tubes["percent"].isna() & tubes["truth"].notna()
    return [Row.measured_as("tubes without a figure", "all", float(lost.sum()), "", most=0.0)]
