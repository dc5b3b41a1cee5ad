"""Paired tests against the worked example and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from trend_cases import DN, DN_CHANGE, counted, question, score_of, series_of

from cytogate.stats.trends.paired_change import paired_change, signed_rank


def rows_of(series, **more):
    return {row.test: row for row in paired_change(series, question(**more), "all treated")}


def test_wilcoxon_of_six_is_the_worked_example():
    row = rows_of(series_of(DN))["Wilcoxon signed-rank, exact"]
    assert (row.n, row.p, row.p_floor) == (6, pytest.approx(0.0625, abs=1e-12), pytest.approx(0.03125))
    assert row.effect == pytest.approx(-0.90476, abs=5e-6)
    assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx((-4.7, -10.3, 1.4))
    assert row.unit == "percentage points"
    assert row.contrast == "W24 - W0"


def test_wilcoxon_of_the_five_who_fell_is_at_its_floor():
    row = rows_of(series_of(DN[:5]))["Wilcoxon signed-rank, exact"]
    assert (row.p, row.p_floor, row.effect) == pytest.approx((0.0625, 0.0625, -1.0))
    assert "covers 93.75 %: so few cannot give 95 %" in row.note


def test_statistic_and_narrower_interval_are_the_worked_example():
    found = signed_rank(DN_CHANGE, level=0.9375)
    assert found.plus == 1.0
    assert (found.low, found.high, found.coverage) == pytest.approx((-9.35, -0.2, 0.9375))
    assert signed_rank(DN_CHANGE).coverage == pytest.approx(0.96875)
    assert signed_rank(DN_CHANGE[:5]).plus == 0.0


def test_paired_t_on_logs_is_the_worked_example():
    row = rows_of(series_of(DN))["paired t on log"]
    assert row.p == pytest.approx(0.0237976, abs=5e-8)
    assert row.effect == pytest.approx(-1.102666, abs=5e-7)
    assert "t = -3.207 with 5 degrees" in row.note
    assert row.unit == "fold"
    assert row.estimate == pytest.approx(np.exp(np.log(DN[:, 3] / DN[:, 0]).mean()))
    half = scipy.stats.ttest_rel(np.log(DN[:, 3]), np.log(DN[:, 0])).confidence_interval()
    assert (row.ci_low, row.ci_high) == pytest.approx((math.exp(half.low), math.exp(half.high)))


def test_sign_test_is_the_worked_example_and_brings_the_median_fold():
    row = rows_of(series_of(DN))["sign test, exact"]
    assert (row.p, row.p_floor) == pytest.approx((0.21875, 0.03125))
    assert row.estimate == pytest.approx(np.median(DN[:, 3] / DN[:, 0]))
    assert row.unit == "fold"


def test_logit_of_counts_gives_odds_ratios():
    rows = rows_of(counted(DN))
    assert rows["paired t on logit"].unit == "odds ratio"
    assert rows["Wilcoxon signed-rank, exact, on logit"].unit == "odds ratio"
    assert rows["sign test, exact"].unit == "fold"


def test_scores_are_tested_once_and_in_points():
    rows = rows_of(score_of([[10, 8, 4, 4], [14, 10, 6, 4], [8, 6, 4, 8]]))
    assert list(rows) == ["Wilcoxon signed-rank, exact", "sign test, exact", "paired t"]
    assert {row.unit for row in rows.values()} == {"points"}
    assert "1 changes of 0" in rows["sign test, exact"].note


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=12))
def test_p_agrees_with_scipy_without_ties(changes):
    assume(len({abs(d) for d in changes}) == len(changes))
    assume(0 not in changes)
    d = np.array(changes, dtype=float)
    assert signed_rank(d).p == pytest.approx(scipy.stats.wilcoxon(d, method="exact").pvalue)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_p_of_ties_and_zeros_is_that_of_every_sign(changes):
    d = np.array(changes, dtype=float)
    assume(d.any())
    moved = d[d != 0]
    ranks = scipy.stats.rankdata(np.abs(moved))
    signs = 1 - 2 * (np.arange(2**moved.size)[:, None] >> np.arange(moved.size) & 1)
    listed = np.abs(signs @ ranks)
    observed = abs(np.sign(moved) @ ranks)
    assert signed_rank(d).p == pytest.approx((listed >= observed - 1e-9).mean())


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=9), st.floats(0.01, 100))
def test_neither_unit_nor_direction_changes_p(changes, factor):
    d = np.round(np.array(changes), 3)
    assume(d.any())
    one, scaled, turned = signed_rank(d), signed_rank(d * factor), signed_rank(-d)
    assert scaled.p == pytest.approx(one.p)
    assert turned.p == pytest.approx(one.p)
    assert turned.biserial == pytest.approx(-one.biserial)
    assert (turned.low, turned.high) == pytest.approx((-one.high, -one.low))
    assert scaled.shift == pytest.approx(one.shift * factor)


def test_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(1500):
        found = signed_rank(rng.normal(1.0, 1.0, 7))
        inside += found.low <= 1.0 <= found.high
    assert inside / 1500 == pytest.approx(signed_rank(np.arange(1.0, 8)).coverage, abs=0.02)


def test_missing_subjects_are_named():
    values = DN.copy()
    values[1, 3] = np.nan
    row = rows_of(series_of(values))["Wilcoxon signed-rank, exact"]
    assert row.n == 5
    assert "left out, without both visits: P2" in row.note


def test_zero_percent_keeps_a_finite_median_fold():
    rows = rows_of(counted([[0.0, 1, 1, 2], [4, 1, 1, 2], [3, 1, 1, 2]]))
    assert rows["sign test, exact"].n == 3
    assert rows["sign test, exact"].estimate == pytest.approx(np.median([0.5, 2 / 3]))
    assert "with a value of 0: P1" in rows["sign test, exact"].note
    assert math.isfinite(rows["paired t on logit"].estimate)
