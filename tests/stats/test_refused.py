"""Statistics that are refused, and why."""

from __future__ import annotations

import pytest

from cytogate.errors import CytogateError
from cytogate.stats.comparison import trend_tests
from cytogate.stats.refused import REFUSED, asked_for


@pytest.mark.parametrize("name", ["spearman", "pearson", "pooled_correlation"])
def test_pooled_correlations_are_refused_with_the_reason(name):
    with pytest.raises(CytogateError, match=r"independent points.*Use change_correlation.*rm_correlation"):
        asked_for(name)


def test_normal_approximations_are_refused():
    with pytest.raises(CytogateError, match=r"cannot occur\. Use the exact one, group_difference"):
        asked_for("mann_whitney")


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(CytogateError, match=r"Unknown statistic 'friedmann'.*friedman"):
        asked_for("friedmann")


def test_no_offered_test_is_refused():
    assert not set(REFUSED) & set(trend_tests.names())
    assert all(asked_for(name).name == name for name in trend_tests.names())
