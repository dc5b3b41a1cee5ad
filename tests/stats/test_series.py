"""A series on its scale, and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from trend_cases import DN, NAN, counted, score_of, series_of


def test_logit_of_counts_keeps_none_and_all_finite():
    found = counted([[0.0, 100, 50, NAN]], total=10).on_scale()
    assert found[0, :3] == pytest.approx([math.log(0.5 / 10.5), math.log(10.5 / 0.5), 0])
    assert math.isnan(found[0, 3])


def test_logit_without_counts_misses_none_and_all():
    found = series_of([[0.0, 100, 50, 10]], "logit").on_scale()
    assert np.isnan(found[0, :2]).all()
    assert found[0, 2:] == pytest.approx([0, math.log(1 / 9)])


def test_log_of_what_is_not_positive_is_the_floor_or_missing():
    values = [[0.0, -1, 1, NAN]]
    assert np.isnan(series_of(values).on_scale()[0, [0, 1, 3]]).all()
    found = series_of(values, floor=0.5).on_scale()
    assert found[0, :3] == pytest.approx([math.log(0.5), math.log(0.5), 0])
    assert math.isnan(found[0, 3])


def test_scores_stay_as_they_are_and_are_no_view():
    series = score_of(DN)
    found = series.on_scale()
    found[0, 0] = 99
    assert series.values[0, 0] == DN[0, 0]


def test_back_is_a_factor_or_the_difference_itself():
    assert series_of(DN).back(math.log(2)) == pytest.approx(2)
    assert score_of(DN).back(-3.0) == -3.0
    assert series_of(DN).back(1e4) == math.inf


def test_rows_of_some_subjects_keep_their_counts():
    found = counted(DN).of(("P3", "nobody", "P1"))
    assert found.subjects == ("P3", "P1")
    assert found.values == pytest.approx(counted(DN).values[[2, 0]])
    assert found.counts == pytest.approx(counted(DN).counts[[2, 0]])


def test_columns_of_visits():
    assert series_of(DN).column("W12") == 2
    assert series_of(DN).column("W13") is None
