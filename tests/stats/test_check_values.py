"""Where each worked value of the field's formulas is tested, and the few that have no place of their own.

The values were computed with other programs (scipy 1.17, statsmodels 0.15, pingouin) before this code was
written: counting error and limits, floors of p, one worked table of six patients, response rates, the
responder index and its edge cases.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from scipy.stats import fisher_exact
from trend_cases import DN, DN_CHANGE, question, series_of

from cytogate.stats.absolute import by_volume
from cytogate.stats.trends._asked import hedges
from cytogate.stats.trends.paired_change import paired_change
from cytogate.stats.trends.responder_time import responder_time

CHECKED = {
    "stats/test_check_values.py": {
        "test_counting_error_of_a_volume": "Poisson CV of 20 to 400 events",
        "test_labels_of_five_and_one_have_the_floor_of_fisher": "Fisher 5/0 against 0/1",
        "test_standardised_change_of_logs": "t and d_z to six digits",
    },
    "stats/test_intervals.py": {
        "test_garwood_gives_published_counts": "Garwood intervals",
        "test_wilson_gives_published_percentages": "Wilson intervals",
        "test_wilson_of_none_is_exactly_zero_below_and_of_all_exactly_one_above": "Wilson of 0 ends at 0",
        "test_clopper_pearson_gives_published_percentages": "Clopper-Pearson intervals; 5/6, 6/6, 1/6, 0/6",
    },
    "stats/test_limits.py": {
        "test_flag_changes_at_the_limit_itself": "limits of 20, 50, 100 and 25 events",
        "test_limits_are_percentages_of_a_parent": "limits as percentages",
        "test_intensities_need_25_events_or_what_the_study_says": "limits of intensities",
        "test_limits_of_blanks_are_the_worked_example": "limits of blank and detection",
    },
    "stats/test_exact.py": {
        "test_floor_of_wilcoxon": "floors of Wilcoxon",
        "test_floor_of_mann_whitney": "floors of Mann-Whitney",
        "test_floor_of_spearman": "floors of Spearman",
    },
    "stats/trends/test_relations.py": {
        "test_five_against_one_can_never_be_significant": "5 against 1 is 0.3333, never 0.2416",
        "test_repeated_measures_correlation_is_the_worked_example": "repeated-measures correlation",
        "test_spearman_of_changes_is_the_worked_example": "Spearman, Kendall and Pearson of changes",
        "test_kendall_is_the_worked_example": "Kendall's tau-b",
    },
    "stats/clinical/test_response.py": {
        "test_five_of_the_six_patients_respond": "5/6 of the trial",
        "test_totals_of_the_six_patients_are_those_of_the_trial": "items of the six patients",
        "test_a_renal_flare_from_d_to_a_is_a_new_a_of_the_non_responder": "renal D to A",
        "test_a_screening_visit_may_be_the_baseline": "screening as baseline",
    },
    "stats/trends/test_visits.py": {
        "test_friedman_is_the_worked_example": "Friedman and W, six and five rows",
        "test_page_is_the_worked_example": "Page's L",
    },
    "stats/trends/test_paired_change.py": {
        "test_wilcoxon_of_six_is_the_worked_example": "Wilcoxon of six",
        "test_wilcoxon_of_the_five_who_fell_is_at_its_floor": "Wilcoxon of five",
        "test_statistic_and_narrower_interval_are_the_worked_example": "Hodges-Lehmann and both intervals",
        "test_paired_t_on_logs_is_the_worked_example": "paired t on logs and g",
        "test_sign_test_is_the_worked_example_and_brings_the_median_fold": "sign test",
    },
    "stats/trends/test_models.py": {
        "test_categories_of_visits_are_the_worked_example": "mixed model, categories",
        "test_slope_of_logs_is_the_worked_example": "mixed model, slope of logs",
    },
    "stats/test_multiplicity.py": {
        "test_benjamini_hochberg_gives_published_values": "Benjamini-Hochberg",
    },
    "stats/clinical/test_sledai.py": {
        "test_the_24_weights_sum_to_105": "24 weights, 105",
    },
    "study/concluding/test_responses.py": {
        "test_five_of_six_respond_in_the_trial_that_comes_along": "the same from the table",
    },
    "stats/clinical/test_sri.py": {
        "test_a_to_b_is_improvement_so_one_other_new_b_is_allowed": "A to B with C to B",
        "test_pga_border_is_worsening_for_furie_and_allowed_by_kamen": "PGA +0.29, +0.30, +0.31",
        "test_a_baseline_below_four_is_not_evaluable": "baseline SLEDAI below 4",
        "test_prednisone_must_be_at_most_10_mg_by_week_20": "prednisone by week 20",
    },
    "stats/clinical/test_scores.py": {
        "test_a_tenth_of_any_scale_is_exactly_the_border": "PGA of 0 to 10 and 0 to 100",
        "test_steroids_add_up_as_prednisone": "prednisone equivalents",
    },
    "study/test_trial_of_eight_visits.py": {
        "test_the_mixed_model_finds_the_changes_that_treatment_makes": (
            "folds, floors and signs of the trial"
        ),
    },
}
# Worked values of what is not offered, and why.
NOT_OFFERED = {
    "Agresti-Coull, Jeffreys and Wald intervals of 5/6": "Clopper-Pearson and Wilson are given",
    "binomial test of 5/6 against one half": "a response rate has an interval, and no p against one half",
    "asymptotic Mann-Whitney, p by t of Spearman and Pearson": "no p of a large-sample formula",
    "CLES 0.7778": "the effect is the matched rank-biserial",
    "rule of three": "the exact and Wilson's upper ends are given",
}
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("file", CHECKED)
def test_each_value_has_its_test(file):
    there = re.findall(r"^def (test_\w+)\(", (TESTS / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [name for name in CHECKED[file] if name not in there] == []


@pytest.mark.parametrize(("events", "percent"), [(20, 22.4), (25, 20.0), (50, 14.1), (100, 10.0), (400, 5.0)])
def test_counting_error_of_a_volume(events, percent):
    found = by_volume(events, acquired_ul=100, pipetting_cv=0).cv
    assert 100 * found == pytest.approx(percent, abs=0.05)


def test_labels_of_five_and_one_have_the_floor_of_fisher():
    fisher = fisher_exact([[5, 0], [0, 1]]).pvalue
    assert fisher == pytest.approx(0.1667, abs=5e-5)
    assert responder_time(series_of(DN), question(), "")[0].p_floor == pytest.approx(fisher)


def test_standardised_change_of_logs():
    (row,) = [row for row in paired_change(series_of(DN), question(), "") if row.test == "paired t on log"]
    d_z = row.effect / (1 - 3 / (4 * 5 - 1))
    assert d_z == pytest.approx(-1.309416, abs=5e-7)
    assert d_z * math.sqrt(6) == pytest.approx(-3.207402, abs=5e-7)
    assert hedges(DN_CHANGE[:1]) != hedges(DN_CHANGE[:1])  # of one change there is none
