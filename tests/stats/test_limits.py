"""Flags of counted events."""

from __future__ import annotations

import math
from typing import get_args

import pytest

from cytogate.stats.limits import STANDINGS, Flag, Limits, flag, kept, said_of, too_few_for_intensity


@pytest.mark.parametrize(
    ("count", "parent", "expected"),
    [
        (0, 0, "few_parent"),
        (99, 99, "few_parent"),
        (0, 100, "below_lod"),
        (19, 100, "below_lod"),
        (20, 100, "below_lloq"),
        (49, 100, "below_lloq"),
        (50, 100, "ok"),
        (None, None, "failed"),
        (None, 100, "failed"),
    ],
)
def test_flag_changes_at_the_limit_itself(count, parent, expected):
    assert flag(count, parent) == expected


def test_limits_of_a_study_replace_the_usual_ones():
    limits = Limits(lod_events=5, lloq_events=10, min_parent=50)
    assert [flag(n, 50, limits) for n in (4, 5, 10)] == ["below_lod", "below_lloq", "ok"]


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ([], "ok"),
        ([90], "ok"),  # its own parent, B, has 5,000
        ([99, 80], "few_parent"),  # the second is a share of 99 events
        ([100, 80], "ok"),
        ([None, 80], "failed"),
    ],
)
def test_a_child_of_a_population_with_few_parents_has_few_parents_too(between, expected):
    assert flag(60, 5_000, between=between) == expected


def test_statistics_keep_what_was_counted_and_leave_out_shares_of_few_events():
    assert [kept(entry) for entry in get_args(Flag)] == [True, True, True, False, False]
    assert set(STANDINGS) == set(get_args(Flag))


def test_limits_are_percentages_of_a_parent():
    assert (Limits().lod_percent(10_000), Limits().lloq_percent(10_000)) == (0.2, 0.5)
    assert math.isinf(Limits().lloq_percent(0))


def test_what_is_said_of_flags_counts_each_kind():
    assert said_of([]) == said_of(["ok", "ok"]) == ""
    assert said_of(["ok", "few_parent", "below_lod", "few_parent"]) == (
        "1 of 4 values below the limit of detection, kept as counted; "
        "2 with too few events in the denominator, left out"
    )


def test_intensities_need_25_events_or_what_the_study_says():
    assert too_few_for_intensity(24) == "24 events, fewer than 25: no intensity is reported"
    assert too_few_for_intensity(25) == ""
    assert too_few_for_intensity(24, Limits(mfi_events=24)) == ""
