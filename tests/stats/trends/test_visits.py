"""Tests over all visits against the worked example, scipy and each other."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from trend_cases import DN, question, series_of

from cytogate.stats import exact
from cytogate.stats.trends.friedman import concordance, friedman
from cytogate.stats.trends.page_trend import page_null, page_trend


def ranks_of(values):
    return np.array([exact.doubled_ranks(row) for row in values])


@pytest.mark.parametrize(
    ("rows", "chi2", "p", "w"), [(6, 10.8, 0.01285800, 0.600), (5, 14.04, 0.002851208, 0.936)]
)
def test_friedman_is_the_worked_example(rows, chi2, p, w):
    found = concordance(ranks_of(DN[:rows]))
    assert found.chi2 == pytest.approx(chi2, abs=1e-9)
    assert found.p_chi2 == pytest.approx(p, abs=5e-9)
    assert found.w == pytest.approx(w, abs=1e-9)


def test_friedman_corrects_ties_as_scipy_does():
    values = [[1, 1, 2, 3], [2, 2, 2, 1], [5, 4, 4, 6.0]]
    wanted = scipy.stats.friedmanchisquare(*np.array(values).T)
    assert concordance(ranks_of(values)).chi2 == pytest.approx(wanted.statistic)


def test_exact_p_of_friedman_is_near_its_permutations():
    row = friedman(series_of(DN), question(), "all treated")[0]
    rng = np.random.default_rng(1)
    drawn = rng.permuted(np.tile(ranks_of(DN), (20_000, 1, 1)), axis=2).sum(axis=1)
    share = ((drawn**2).sum(axis=1) >= (ranks_of(DN).sum(axis=0) ** 2).sum()).mean()
    assert row.p == pytest.approx(share, abs=0.002)
    assert row.p_floor == pytest.approx(24 / 24**6)
    assert "chi-square 10.8 with 3" in row.note


def test_friedman_of_eight_visits_is_permuted_and_its_floor_said():
    values = np.arange(48.0).reshape(6, 8)
    row = friedman(series_of(values), question(baseline="W0", visit="W7"), "all treated")[0]
    assert row.test == "Friedman, permutation"
    assert row.p == row.p_floor == pytest.approx(1 / 1000)
    assert row.effect == pytest.approx(1)


def test_page_is_the_worked_example():
    null = page_null(ranks_of(DN))
    falling = float((ranks_of(-DN) @ np.arange(1, 5)).sum())
    assert falling == 2 * 172
    assert null.upper(falling) == pytest.approx(0.000543147, abs=5e-10)
    row = page_trend(series_of(DN), question(), "all treated")[0]
    assert row.p == pytest.approx(2 * 0.000543147, abs=1e-9)
    assert "172 of falling ones (falling)" in row.note
    assert row.effect < 0


def test_page_agrees_with_scipy():
    values = np.random.default_rng(3).normal(size=(5, 6)) + np.arange(6) / 3
    wanted = scipy.stats.page_trend_test(values, method="exact")
    ranks = ranks_of(values)
    assert page_null(ranks).upper(float((ranks @ np.arange(1, 7)).sum())) == pytest.approx(wanted.pvalue)


def test_page_of_thirteen_visits_is_permuted():
    values = np.random.default_rng(3).normal(size=(4, 13)) + np.arange(13) / 2
    row = page_trend(series_of(values), question(visit="W12"), "all treated")[0]
    assert row.test == "Page trend, permutation"
    assert row.p == row.p_floor == pytest.approx(1 / 1000)
    assert 0 < row.effect <= 1


@pytest.mark.parametrize("test", [friedman, page_trend])
def test_left_out_subjects_and_visits_are_named(test):
    values = np.column_stack([DN, np.full(6, np.nan)])
    values[2, 1] = np.nan
    row = test(series_of(values), question(visit="W3"), "all treated")[0]
    assert row.n == 5
    assert "left out, with a visit missing: P3" in row.note
    assert "visits without figures: W4" in row.note


@pytest.mark.parametrize("test", [friedman, page_trend])
def test_order_of_subjects_does_not_matter(test):
    order = [3, 1, 0, 5, 4, 2]
    one, other = (test(series_of(v), question(), "all treated")[0] for v in (DN, DN[order]))
    assert (one.p, one.effect) == pytest.approx((other.p, other.effect))
