"""Flags of counted events."""

from __future__ import annotations

import math
from typing import get_args

import pytest

from cytogate.stats.limits import (
    STANDINGS,
    BlankLimits,
    Flag,
    Limits,
    flag,
    kept,
    limits_of_blanks,
    said_of,
    too_few_for_intensity,
)


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


def test_limits_of_blanks_are_the_worked_example():
    blank, low = [0.02, 0.05, 0.03, 0.06], [0.20, 0.30, 0.25]
    found = limits_of_blanks(blank, low)
    assert found.lob == pytest.approx(0.04 + 1.645 * math.sqrt(0.001 / 3), abs=1e-12)
    assert found.lod == pytest.approx(found.lob + 1.645 * 0.05, abs=1e-12)
    alone = limits_of_blanks(blank)
    assert alone.lod - alone.lob == pytest.approx(1.645 * math.sqrt(0.001 / 3), abs=1e-12)
    with pytest.raises(ValueError, match="not 1 blank and 0 low"):
        limits_of_blanks([0.1])


@pytest.mark.parametrize(("count", "expected"), [(99, "below_lod"), (100, "ok"), (4, "below_lod")])
def test_a_share_below_that_of_blanks_is_not_detected_however_many_events(count, expected):
    assert flag(count, 10_000, blank=BlankLimits(lob=0.5, lod=1.0)) == expected
    assert flag(count, 50, blank=BlankLimits(lob=0.5, lod=1.0)) == "few_parent"


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
