"""Flags of counted events."""

from __future__ import annotations

import pytest

from cytogate.stats.limits import Limits, flag


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
