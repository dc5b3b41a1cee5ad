"""Adjusted p values against published ones and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from cytogate.stats.multiplicity import benjamini_hochberg, holm

P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]


def test_benjamini_hochberg_gives_published_values():
    wanted = [0.010, 0.040, 0.084, 0.084, 0.084, 0.100, 0.105714, 0.216, 0.216, 0.216]
    assert benjamini_hochberg(P) == pytest.approx(wanted, abs=5e-7)


@pytest.fixture(scope="module", autouse=True)
def _no_collections():
    """The peer collects garbage at each call, which takes a second in a process that holds many tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_both_agree_with_statsmodels(p):
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_what_could_not_be_tested_is_no_part_of_the_family(adjust):
    found = adjust([0.03, math.nan, 0.01])
    assert math.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(adjust([0.03, 0.01]))


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_order_does_not_matter(adjust):
    order = np.random.default_rng(1).permutation(len(P))
    assert adjust(np.array(P)[order]) == pytest.approx(adjust(P)[order])


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_none_and_only_unknown(adjust):
    assert adjust([]).size == 0
    assert np.isnan(adjust([math.nan])).all()


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_percent_is_refused(adjust):
    with pytest.raises(ValueError, match=r"between 0 and 1, not at 5\.0"):
        adjust([0.1, 5.0])
