"""Singlets: a robust strip of height on area."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_plots import DIMS, SINGLETS, pulses, seen

from cytogate.errors import GatingError
from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, OUT_OF_BOUNDS
from cytogate.methods.shapes.singlets import Singlets

METHOD = Singlets()
HALF = 2.5758 * 0.012  # 99 % of residuals with the standard deviation of `pulses`


@pytest.mark.parametrize("doublets", [0.0, 0.05, 0.2])
def test_doublets_tilt_and_widen_nothing(doublets):
    found = METHOD.find(seen(pulses(1, 20_000, doublets=doublets)), SINGLETS, None)
    slope, middle, logarithm = found.position
    assert found.fallback == ""
    assert slope == pytest.approx(0.8, abs=0.005)
    assert middle == pytest.approx(0.45, abs=0.002)
    assert math.exp(logarithm) == pytest.approx(HALF, rel=0.04)


def test_the_strip_keeps_singlets_and_leaves_doublets():
    single, double = pulses(2, 20_000, doublets=0.0), pulses(3, 20_000, doublets=1.0)
    found = METHOD.find(seen(pulses(1, 20_000)), SINGLETS, None)
    gate = METHOD.place(DIMS, SINGLETS, found.position)
    assert len(gate.vertices) == 4
    assert gate.contains(single[single[:, 0] < 1.0]).mean() == pytest.approx(0.99, abs=0.004)
    assert gate.contains(double[double[:, 0] < 1.0]).mean() < 0.03


@pytest.mark.parametrize(("level", "deviations"), [(0.95, 1.96), (0.99, 2.5758), (0.9, 1.6449)])
def test_the_level_is_the_share_of_singlets(level, deviations):
    found = Singlets(level=level).find(seen(pulses(1, 20_000)), SINGLETS, None)
    assert math.exp(found.position[2]) == pytest.approx(deviations * 0.012, rel=0.04)


@pytest.mark.parametrize("n", [200, 2000])
def test_variance_is_that_of_real_samples(n):
    found = [METHOD.find(seen(pulses(seed, n)), SINGLETS, None) for seed in range(60)]
    spread = np.std([one.position for one in found], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([one.variance for one in found], axis=0))
    assert (claimed > spread / 1.4).all()
    assert (claimed < spread * 1.8).all()


def test_debris_and_events_at_the_ceiling_do_not_tilt_the_line():
    events = pulses(1, 10_000)
    debris = np.abs(np.random.default_rng(1).normal(0.0, 0.01, (1500, 2)))
    ceiling = np.tile([1.02, 0.6], (300, 1))
    found = METHOD.find(seen(np.vstack([events, debris, ceiling])), SINGLETS, None)
    assert found.position[0] == pytest.approx(0.8, abs=0.02)


def test_too_few_kept_are_not_believed():
    events = np.vstack([pulses(1, 5000), np.random.default_rng(1).uniform(0.0, 1.0, (4000, 2))])
    found = METHOD.find(seen(events), SINGLETS, None)
    assert (found.fallback, found.position) == (OUT_OF_BOUNDS, METHOD.unmoved(SINGLETS))
    assert "would keep" in found.note


def test_a_strip_without_doublets_says_so():
    found = Singlets(level=0.999).find(seen(pulses(1, 5000, doublets=0.0)), SINGLETS, None)
    assert found.fallback == ""
    assert "hardly a doublet" in found.note


def test_few_events_leave_the_gate():
    found = METHOD.find(seen(pulses(1, 40)), SINGLETS, None)
    assert (found.fallback, found.position) == (FEW_EVENTS, METHOD.unmoved(SINGLETS))


def test_a_channel_that_says_nothing_leaves_the_gate():
    for axis in (0, 1):
        events = pulses(1, 1000)
        events[:, axis] = 0.5
        assert METHOD.find(seen(events), SINGLETS, None).fallback == DEAD_MARKER


def test_nothing_moved_is_the_outline_and_describes_it():
    still = METHOD.unmoved(SINGLETS)
    assert METHOD.place(DIMS, SINGLETS, still) == PolygonGate(DIMS, SINGLETS)
    np.testing.assert_allclose(still, (0.8, 0.44, math.log(0.05)), atol=1e-9)


@pytest.mark.parametrize("level", [0.0, 1.0, math.nan])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(GatingError, match=r"singlets: level is .*; expected a share between 0 and 1"):
        Singlets(level=level)
