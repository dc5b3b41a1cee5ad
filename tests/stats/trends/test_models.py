"""Models of all visits against statsmodels, the worked example and known answers."""

from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from trend_cases import DN, counted, question, series_of

from cytogate.stats.trends._intercepts import fit
from cytogate.stats.trends._within import design, drift
from cytogate.stats.trends.counts import counts
from cytogate.stats.trends.mixed_model import mixed_model
from cytogate.stats.trends.patient_slopes import patient_slopes, slopes

PATIENT = np.repeat(np.arange(6), 4)


def long(values) -> pd.DataFrame:
    patient, visit = np.nonzero(np.isfinite(values))
    return pd.DataFrame({"y": values[patient, visit], "patient": patient, "t": visit})


def test_categories_of_visits_are_the_worked_example():
    x, patient, others = design(np.ones((6, 4), dtype=bool), 0)
    found = fit(DN.ravel(), x, patient)
    assert others == [1, 2, 3]
    assert found.beta == pytest.approx([15.10, -1.983333, -4.383333, -4.75], abs=5e-7)
    # with all visits there, the variances are those of the analysis of variance; statsmodels 0.15 gives the
    # same likelihood, and the worked example -51.2048597
    assert (found.within, found.between) == pytest.approx((3.3369722222, 13.9796111111), rel=1e-5)
    assert found.log_likelihood == pytest.approx(-51.2049116, abs=5e-7)
    assert found.log_likelihood == pytest.approx(-51.2048597, abs=1e-4)
    z = found.beta / np.sqrt(np.diag(found.covariance))
    wald = [math.erfc(abs(one) / math.sqrt(2)) for one in z[1:]]
    assert wald == pytest.approx([0.060036, 3.2e-5, 7e-6], abs=5e-7)


def test_slope_of_logs_is_the_worked_example():
    x = np.column_stack([np.ones(24), np.tile(np.arange(4.0), 6)])
    found = fit(np.log(DN).ravel(), x, PATIENT)
    assert found.beta == pytest.approx([2.649058, -0.125588], abs=5e-7)
    assert math.sqrt(found.covariance[1, 1]) == pytest.approx(0.021092, abs=5e-7)


def test_missing_visits_agree_with_statsmodels():
    values = np.log(DN)
    values[0, 3] = values[2, 1] = values[4, 0] = np.nan
    x, patient, _ = design(np.isfinite(values), 0)
    found = fit(values[np.isfinite(values)], x, patient)
    wanted = smf.mixedlm("y ~ C(t)", long(values), groups="patient").fit(reml=True)
    assert found.beta == pytest.approx(wanted.fe_params.to_numpy(), abs=1e-5)
    assert found.log_likelihood == pytest.approx(wanted.llf, abs=1e-5)
    assert found.within == pytest.approx(wanted.scale, rel=1e-3)
    assert found.between == pytest.approx(float(wanted.cov_re.iloc[0, 0]), rel=1e-3)


def test_no_variance_between_patients_is_found_as_zero():
    values = np.array([[1.0, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3]])
    x, patient, _ = design(np.ones((3, 4), dtype=bool), 0)
    assert fit(values.ravel(), x, patient).between == 0


def test_fold_of_all_visits_and_its_permuted_p():
    contrast, anything = mixed_model(series_of(DN), question(draws=9_999), "all treated")
    assert contrast.estimate == pytest.approx(np.exp(np.log(DN[:, 3] / DN[:, 0]).mean()))
    assert contrast.unit == "fold"
    assert contrast.ci_low < contrast.estimate < contrast.ci_high
    assert contrast.p == pytest.approx(0.0001)
    assert contrast.p_floor == pytest.approx(0.0001)
    assert "Wald p" in contrast.note
    by_f = float(re.search(r"p ([\d.]+) if values on the scale are normal", anything.note)[1])
    assert anything.p == pytest.approx(by_f, abs=3e-4)
    assert anything.contrast == "all visits"


def test_permuted_p_of_no_change_is_near_that_of_f():
    values = np.random.default_rng(3).normal(size=(6, 8)) + np.arange(6)[:, None]
    anything = mixed_model(series_of(values, "linear"), question(visit="W7", draws=9_999), "all treated")[1]
    by_f = float(re.search(r"p ([\d.]+) if values on the scale are normal", anything.note)[1])
    assert by_f > 0.05
    assert anything.p == pytest.approx(by_f, abs=0.03)


def test_two_visits_are_listed_and_have_the_floor_of_signs():
    row = mixed_model(
        series_of(DN[:, [0, 3]], weeks=(0.0, 24.0), visits=("W0", "W24")), question(), "all treated"
    )[0]
    assert row.p_floor == pytest.approx(2 / 64)
    assert row.p == pytest.approx(round(row.p * 64) / 64)
    assert "p from 64 orders" in row.note


def test_patients_who_drift_apart_are_reported():
    weeks = np.array([0.0, 4, 12, 24])
    rng = np.random.default_rng(2)
    steady = 10 + rng.normal(size=(6, 4))
    apart = steady + np.linspace(-0.5, 0.5, 6)[:, None] * weeks
    assert drift(steady, weeks) > 0.05
    assert drift(apart, weeks) < 0.001
    # what all have in common is no drift of patients
    assert drift(steady + weeks, weeks) == pytest.approx(drift(steady, weeks))
    assert (
        "at a speed of their own"
        in mixed_model(series_of(apart, "linear"), question(), "all treated")[0].note
    )


def test_drift_is_the_f_test_of_statsmodels():
    data = long(DN).assign(week=lambda table: np.array([0.0, 4, 12, 24])[table.t])
    less = smf.ols("y ~ C(patient) + C(t)", data).fit()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a slope that all have in common is one of the visits
        more = smf.ols("y ~ C(patient) + C(t) + C(patient):week", data).fit()
    assert drift(DN, np.array([0.0, 4, 12, 24])) == pytest.approx(more.compare_f_test(less)[1])


def test_slopes_are_those_of_least_squares():
    values = DN.copy()
    values[1, 2] = np.nan
    values[3, 1:] = np.nan
    weeks = np.array([0.0, 4, 12, 24])
    found = slopes(values, weeks)
    assert math.isnan(found[3])
    for row in (0, 1, 2):
        has = np.isfinite(values[row])
        assert found[row] == pytest.approx(np.polyfit(weeks[has], values[row][has], 1)[0])


def test_mean_slope_is_that_of_the_mixed_model_with_random_slopes():
    rng = np.random.default_rng(4)
    weeks = np.array([0.0, 4, 12, 24])
    values = (
        3 + rng.normal(0, 1, (12, 1)) + (rng.normal(0.1, 0.1, (12, 1)) * weeks) + rng.normal(0, 0.3, (12, 4))
    )
    data = long(values).assign(week=lambda table: weeks[table.t])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = smf.mixedlm("y ~ week", data, groups="patient", re_formula="~week").fit(reml=True)
    row = patient_slopes(series_of(values, "linear"), question(), "all treated")[0]
    assert row.estimate == pytest.approx(24 * wanted.fe_params["week"], rel=1e-3)
    half = 24 * wanted.bse["week"]
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(2.2009851 * half, rel=0.01)


def test_signs_of_six_patients_have_their_floor():
    row = patient_slopes(series_of(DN[:5]), question(), "responders")[0]
    assert (row.p, row.p_floor) == pytest.approx((0.0625, 0.0625))
    assert row.estimate < 1
    assert "post hoc: response is defined by SLEDAI" in row.note


def test_counts_are_the_gee_of_statsmodels():
    series = counted(DN, total=20_000)
    row = counts(series, question(), "all treated")[0]
    rows = [
        {"patient": patient, "t": column > 0, "k": series.counts[patient, column], "n": 20_000.0}
        for patient in range(6)
        for column in (0, 3)
    ]
    table = pd.DataFrame(rows)
    model = sm.GEE(
        np.column_stack([table.k, table.n - table.k]),
        sm.add_constant(table[["t"]].astype(float)),
        groups=table.patient,
        family=sm.families.Binomial(),
    ).fit()
    assert row.estimate == pytest.approx(math.exp(model.params["t"]), rel=1e-4)
    assert float(re.search(r"sandwich p ([\d.e-]+) is", row.note)[1]) == pytest.approx(
        model.pvalues["t"], rel=0.01
    )
    assert row.ci_low < row.estimate < row.ci_high
    assert row.p < 0.01


def test_counts_of_none_stay_finite():
    row = counts(counted([[0.0, 1, 2, 3], [0.0, 1, 2, 3]]), question(), "all treated")[0]
    assert math.isfinite(row.estimate)
    assert row.estimate > 100


def test_more_events_weigh_more():
    series = counted([[10.0, 10, 10, 20], [10.0, 10, 10, 5]])
    heavy = series_of(
        series.values,
        "logit",
        counts=series.counts * [[100.0], [1.0]],
        totals=series.totals * [[100.0], [1.0]],
    )
    assert counts(heavy, question(), "all treated")[0].estimate > 2
