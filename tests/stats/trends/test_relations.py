"""Correlations of changes and courses, and groups, against the worked example, scipy and known answers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.formula.api as smf
from trend_cases import DN, DN_CHANGE, NAN, SLEDAI, SLEDAI_CHANGE, SUBJECTS, question, score_of, series_of

from cytogate.stats.trends.change_correlation import change_correlation, kendall, spearman
from cytogate.stats.trends.group_difference import group_difference, rank_sum
from cytogate.stats.trends.responder_time import responder_time
from cytogate.stats.trends.rm_correlation import related, rm_correlation


def test_spearman_of_changes_is_the_worked_example():
    row = change_correlation(series_of(DN), question(), "all treated")[0]
    assert row.estimate == pytest.approx(0.9710083, abs=5e-8)
    assert row.p == pytest.approx(0.011111, abs=5e-7)
    assert row.n == 6
    assert "Kendall tau-b 0.931, Pearson r 0.913" in row.note
    assert row.contrast == "W24 - W0, with SLEDAI"


def test_kendall_is_the_worked_example():
    assert kendall(DN_CHANGE, SLEDAI_CHANGE) == pytest.approx(0.9309493, abs=5e-8)


def test_spearman_of_many_is_drawn_and_near_scipy():
    rng = np.random.default_rng(1)
    x = rng.normal(size=20)
    y = x + rng.normal(0, 2, 20)
    rho, p, floor, counted = spearman(x, y, 9_999, rng)
    wanted = scipy.stats.spearmanr(x, y)
    assert not counted
    assert floor == pytest.approx(1e-4)
    assert rho == pytest.approx(wanted.statistic)
    assert p == pytest.approx(wanted.pvalue, abs=0.015)


def test_spearman_does_not_depend_on_scales_that_keep_order():
    rng = np.random.default_rng(1)
    one = spearman(DN_CHANGE, SLEDAI_CHANGE, 99, rng)
    assert spearman(DN_CHANGE**3, SLEDAI_CHANGE * 7 + 2, 99, rng) == one
    assert spearman(-DN_CHANGE, SLEDAI_CHANGE, 99, rng)[:2] == pytest.approx((-one[0], one[1]))


def test_repeated_measures_correlation_is_the_worked_example():
    found = related(DN, SLEDAI)
    assert found.r == pytest.approx(0.958353, abs=5e-7)
    assert found.freedom == 17
    assert found.p == pytest.approx(1.1075e-10, rel=5e-5)
    assert (round(found.low, 2), round(found.high, 2)) == (0.89, 0.98)


def test_rows_of_repeated_measures():
    plain, adjusted = rm_correlation(series_of(DN, "linear"), question(), "all treated")
    assert plain.estimate == pytest.approx(0.958353, abs=5e-7)
    assert plain.p == pytest.approx(0.001)  # of 999 draws
    assert adjusted.test.endswith("adjusted for visit")
    assert adjusted.p_floor == pytest.approx(1 / 720)
    assert adjusted.p >= adjusted.p_floor
    assert "14 degrees of freedom" in adjusted.note


@pytest.mark.parametrize("gap", [False, True])
def test_adjusted_correlation_is_the_partial_one_of_a_linear_model(gap):
    x, y = DN.copy(), SLEDAI.copy()
    if gap:
        x[2, 1] = y[4, 3] = np.nan
    has = np.isfinite(x) & np.isfinite(y)
    patient, visit = np.nonzero(has)
    data = pd.DataFrame({"x": x[has], "y": y[has], "patient": patient, "visit": visit})
    wanted = smf.ols("y ~ C(patient) + C(visit) + x", data).fit()
    found = related(x, y, by_visit=True)
    assert found.freedom == wanted.df_resid
    assert found.p == pytest.approx(wanted.pvalues["x"])
    t = wanted.tvalues["x"]
    assert found.r == pytest.approx(t / math.sqrt(t**2 + wanted.df_resid))


def test_a_course_in_common_is_no_relation_once_adjusted():
    rng = np.random.default_rng(6)
    course = np.array([0.0, -3, -6, -8])
    x = 20 + rng.normal(0, 2, (6, 1)) + course + rng.normal(0, 0.5, (6, 4))
    y = 10 + rng.normal(0, 2, (6, 1)) + course + rng.normal(0, 0.5, (6, 4))
    plain, adjusted = rm_correlation(series_of(x, "linear"), question(partner=score_of(y)), "all treated")
    assert plain.estimate > 0.9
    assert plain.p < 0.01
    assert abs(adjusted.estimate) < 0.5
    assert adjusted.p > 0.05


def test_relations_need_no_order_of_subjects_or_visits():
    shuffled = score_of(SLEDAI[::-1, ::-1], subjects=SUBJECTS[::-1], visits=("W24", "W12", "W4", "W0"))
    for test in (change_correlation, rm_correlation):
        one = test(series_of(DN), question(), "all treated")
        other = test(series_of(DN), question(partner=shuffled), "all treated")
        assert [(row.estimate, row.p) for row in one] == [(row.estimate, row.p) for row in other]


def test_partner_note_stands_beside_relations():
    asked = question(partner_note="response is defined by SLEDAI")
    for test in (change_correlation, rm_correlation):
        assert all(
            "response is defined by SLEDAI" in row.note for row in test(series_of(DN), asked, "all treated")
        )


def test_five_against_one_can_never_be_significant():
    row = group_difference(series_of(DN), question(), "all treated")[0]
    assert (row.p, row.p_floor) == pytest.approx((1 / 3, 1 / 3))
    assert (row.effect, row.group) == (-1.0, "between groups")
    assert "a group of one" in row.note
    assert "5 responders, 1 non-responders" in row.note
    assert "covers 66.67 %" in row.note
    other = responder_time(series_of(DN), question(), "all treated")[0]
    assert (other.p, other.p_floor) == pytest.approx((1 / 6, 1 / 6))


@pytest.mark.parametrize("seed", range(5))
def test_mann_whitney_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=7), rng.normal(0.5, 1, size=9)
    wanted = scipy.stats.mannwhitneyu(first, second, method="exact")
    found = rank_sum(first, second)
    assert (found.u, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))
    assert found.shift == pytest.approx(np.median(np.subtract.outer(first, second)))


def test_mann_whitney_interval_holds_what_the_test_does_not_reject():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=6), rng.normal(1, 1, size=6)
    found = rank_sum(first, second)
    assert found.coverage >= 0.95
    for shift, held in ((found.low + 1e-6, True), (found.low - 1e-6, False), (found.high + 1e-6, False)):
        assert (rank_sum(first - shift, second).p > 1 - 0.95) is held


def test_interaction_is_the_difference_of_mean_changes():
    responders = dict(zip(SUBJECTS, [True, True, True, False, False, False], strict=True))
    row = responder_time(series_of(DN), question(responders=responders), "all treated")[0]
    change = np.log(DN[:, 3] / DN[:, 0])
    wanted = scipy.stats.ttest_ind(change[:3], change[3:])
    interval = wanted.confidence_interval()
    assert row.estimate == pytest.approx(math.exp(change[:3].mean() - change[3:].mean()))
    assert (row.ci_low, row.ci_high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)))
    assert row.p_floor == pytest.approx(0.1)
    listed = scipy.stats.permutation_test(
        (change[:3], change[3:]), lambda a, b, axis: a.mean(axis) - b.mean(axis), vectorized=True
    )
    assert row.p == pytest.approx(listed.pvalue)


HALF = dict(zip(SUBJECTS, [True, True, True, False, False, False], strict=True))


def test_response_over_all_later_visits_is_that_of_their_mean():
    row = responder_time(series_of(DN), question(responders=HALF), "all treated")[1]
    logs = np.log(DN)
    change = logs[:, 1:].mean(axis=1) - logs[:, 0]
    wanted = scipy.stats.ttest_ind(change[:3], change[3:]).confidence_interval()
    assert row.estimate == pytest.approx(math.exp(change[:3].mean() - change[3:].mean()))
    assert (row.ci_low, row.ci_high) == pytest.approx((math.exp(wanted.low), math.exp(wanted.high)))
    listed = scipy.stats.permutation_test(
        (change[:3], change[3:]), lambda a, b, axis: a.mean(axis) - b.mean(axis), vectorized=True
    )
    assert (row.p, row.n, row.p_floor) == pytest.approx((listed.pvalue, 6, 0.1))


def interaction(logs, yes):
    """Sum of squares of group by visit in a balanced table, from its means."""
    own = logs - logs.mean(axis=1, keepdims=True)
    apart = own[yes].mean(axis=0) - own[~yes].mean(axis=0)
    return (apart**2).sum() * yes.sum() * (~yes).sum() / yes.size


def test_response_at_any_visit_is_the_interaction_over_all_ways_to_put_labels():
    row = responder_time(series_of(DN), question(responders=HALF), "all treated")[2]
    logs = np.log(DN)
    ways = [np.isin(range(6), chosen) for chosen in itertools.combinations(range(6), 3)]
    found = np.array([interaction(logs, way) for way in ways])
    assert row.p == pytest.approx((found >= found[0] - 1e-9).mean())
    own = logs - logs.mean(axis=1, keepdims=True)
    assert row.effect == pytest.approx(found[0] / ((own - own.mean(axis=0)) ** 2).sum())
    assert math.isnan(row.estimate)
    assert row.contrast == "all visits"


def test_a_course_of_all_is_no_response_by_time_even_with_gaps():
    gaps = DN.copy()
    gaps[0, 2] = gaps[4, 1] = gaps[4, 3] = NAN
    course = gaps * np.array([1.0, 3.0, 0.2, 7.0])
    one, other = (
        responder_time(series_of(values), question(responders=HALF), "all treated")
        for values in (gaps, course)
    )
    for a, b in zip(one[1:], other[1:], strict=True):
        assert (a.p, a.estimate, a.effect) == pytest.approx((b.p, b.estimate, b.effect), nan_ok=True)
    assert [row.n for row in one] == [5, 6, 6]


def test_who_has_no_baseline_or_one_visit_is_named_over_all_visits():
    gaps = DN.copy()
    gaps[2, 0] = gaps[3, 1:] = NAN
    _, later, anywhere = responder_time(series_of(gaps), question(responders=HALF), "all treated")
    assert "left out, without baseline or any later visit: P3, P4" in later.note
    assert "left out, with one visit at most: P4" in anywhere.note
    assert (later.n, anywhere.n) == (4, 5)


def test_unjudged_subjects_are_named():
    responders = dict(zip(SUBJECTS, [True, True, None, False, False, False], strict=True))
    row = group_difference(series_of(DN), question(responders=responders), "all treated")[0]
    assert row.n == 5
    assert "response not judged: P3" in row.note


def test_swapped_labels_give_the_same_p():
    swapped = {name: not yes for name, yes in question().responders.items()}
    for test in (group_difference, responder_time):
        one = test(series_of(DN, "linear"), question(), "all treated")[0]
        other = test(series_of(DN, "linear"), question(responders=swapped), "all treated")[0]
        assert (other.p, other.estimate) == pytest.approx((one.p, -one.estimate))
