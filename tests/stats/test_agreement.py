"""Agreement of two readers against its definition, a linear model and simulated coverage."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from trend_cases import DN, question, series_of

from cytogate.stats.agreement import bland_altman, concordance, icc
from cytogate.stats.trends.agreement import agreement

FIRST = np.array([9.0, 6, 8, 7, 10, 6])
SECOND = np.array([2.0, 1, 4, 1, 5, 2])  # judges 1 and 2 of Shrout and Fleiss


def test_icc_is_that_of_the_mean_squares():
    table = pd.DataFrame(
        {"y": np.concatenate([FIRST, SECOND]), "sample": list(range(6)) * 2, "reader": [0] * 6 + [1] * 6}
    )
    squares = sm.stats.anova_lm(smf.ols("y ~ C(sample) + C(reader)", table).fit())
    means = squares["sum_sq"] / squares["df"]
    between, readers, noise = means["C(sample)"], means["C(reader)"], means["Residual"]
    assert icc(FIRST, SECOND)[0] == pytest.approx(
        (between - noise) / (between + noise + 2 * (readers - noise) / 6)
    )


def test_icc_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(2)
    truth = 4 / (4 + 0.25 + 1)
    inside = 0
    for _ in range(800):
        sample = rng.normal(0, 2, 20)
        readings = sample[:, None] + rng.normal(0, 0.5, 2) + rng.normal(0, 1, (20, 2))
        _, low, high = icc(readings[:, 0], readings[:, 1])
        inside += low <= truth <= high
    assert 0.93 <= inside / 800 <= 0.99


def test_concordance_is_its_definition():
    r = np.corrcoef(FIRST, SECOND)[0, 1]
    sx, sy, apart = FIRST.std(), SECOND.std(), FIRST.mean() - SECOND.mean()
    wanted = r * 2 / (sx / sy + sy / sx + apart**2 / (sx * sy))
    value, low, high = concordance(FIRST, SECOND)
    assert value == pytest.approx(wanted)
    assert low < value < high


def test_concordance_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(3)
    inside = 0
    truth = 2 * 4 / (5 + 5 + 0.25)
    for _ in range(800):
        sample = rng.normal(0, 2, 40)
        _, low, high = concordance(sample + rng.normal(0, 1, 40), sample + 0.5 + rng.normal(0, 1, 40))
        inside += low <= truth <= high
    assert 0.92 <= inside / 800 <= 0.98


def test_limits_of_agreement():
    found = bland_altman(FIRST, SECOND)
    d = SECOND - FIRST
    assert found.bias == pytest.approx(d.mean())
    assert (found.least, found.most) == pytest.approx(
        (d.mean() - 1.96 * d.std(ddof=1), d.mean() + 1.96 * d.std(ddof=1))
    )
    half = 2.570581836 * d.std(ddof=1) / math.sqrt(6)
    assert (found.low, found.high) == pytest.approx((d.mean() - half, d.mean() + half))


def test_equal_readings_agree_wholly():
    assert icc(FIRST, FIRST)[0] == pytest.approx(1)
    assert concordance(FIRST, FIRST)[0] == pytest.approx(1)
    assert bland_altman(FIRST, FIRST).spread == 0


def test_a_shift_is_disagreement():
    assert icc(FIRST, FIRST + 3)[0] < 0.5
    assert concordance(FIRST, FIRST + 3)[0] < 0.5
    assert np.corrcoef(FIRST, FIRST + 3)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("measure", [icc, concordance])
def test_readers_change_places(measure):
    assert measure(FIRST, SECOND) == pytest.approx(measure(SECOND, FIRST))


@pytest.mark.parametrize("measure", [icc, concordance])
@pytest.mark.parametrize("values", [np.empty(0), np.ones(2), np.ones(5)])
def test_too_few_or_constant_give_nan(measure, values):
    assert np.isnan(measure(values, values)).all()


def test_rows_of_two_readings_of_the_same_samples():
    second = series_of(DN + 0.3, name="DN, second reader")
    rows = agreement(series_of(DN), question(partner=second), "all treated")
    assert [row.unit for row in rows] == ["ICC", "percentage points", "CCC"]
    assert rows[1].estimate == pytest.approx(0.3)
    assert all("not tested" in row.note and "24 samples of 6 subjects" in row.note for row in rows)
