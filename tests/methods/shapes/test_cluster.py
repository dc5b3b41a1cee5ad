"""Cluster: the ellipse of the population nearest to a target."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_plots import DIMS, LYMPHOCYTES, SCATTER, plot, seen

from cytogate.errors import GatingError
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, NO_LANDMARK, OUT_OF_BOUNDS
from cytogate.methods.shapes.cluster import Cluster

METHOD = Cluster(K=4)
LYMPHOCYTES_ONLY = {"lymphocytes": SCATTER["lymphocytes"]}


@pytest.mark.parametrize("method", [METHOD, Cluster(K=3), Cluster(K=4, nu=math.inf)], ids=str)
def test_the_ellipse_holds_the_lymphocytes(method):
    found = method.find(seen(plot(1, 20_000, SCATTER)), LYMPHOCYTES, None)
    assert found.fallback == ""
    gate = method.place(DIMS, LYMPHOCYTES, found.position)
    assert isinstance(gate, EllipsoidGate)
    np.testing.assert_allclose(gate.mean, SCATTER["lymphocytes"][0], atol=0.004)
    inside = gate.contains(plot(2, 20_000, LYMPHOCYTES_ONLY)).mean()
    assert 0.88 < inside < 0.96  # 0.9 of the events that belong to it, some of which are others'


@pytest.mark.parametrize("quantile", [0.75, 0.9, 0.98])
@pytest.mark.parametrize("nu", [4.0, math.inf])
def test_of_a_lone_population_the_ellipse_holds_the_quantile(quantile, nu):
    method = Cluster(K=1, quantile=quantile, nu=nu)
    found = method.find(seen(plot(1, 50_000, LYMPHOCYTES_ONLY)), LYMPHOCYTES, None)
    inside = method.place(DIMS, LYMPHOCYTES, found.position).contains(plot(2, 50_000, LYMPHOCYTES_ONLY))
    assert inside.mean() == pytest.approx(quantile, abs=0.025)  # its standard deviation in y is one bin


def test_a_target_chooses_the_population():
    granulocytes = np.array([[0.3, 0.3], [0.6, 0.3], [0.6, 0.8], [0.3, 0.8]])
    summary = seen(plot(1, 20_000, SCATTER))
    for method in (METHOD, Cluster(K=4, target=(0.5, 0.6))):
        found = method.find(summary, granulocytes, None)
        np.testing.assert_allclose(found.position[:2], SCATTER["granulocytes"][0], atol=0.01)


@pytest.mark.parametrize("n", [500, 10_000])
def test_variance_is_that_of_real_samples(n):
    found = [METHOD.find(seen(plot(seed, n, SCATTER)), LYMPHOCYTES, None) for seed in range(30)]
    kept = [one for one in found if not one.fallback]
    assert len(kept) >= 28
    spread = np.std([one.position for one in kept], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([one.variance for one in kept], axis=0))
    floor = np.array([0.001] * 5)
    assert (claimed > spread / 1.8).all()
    assert (claimed < 2.2 * np.hypot(spread, floor)).all()


def test_nothing_moved_is_the_outline_and_its_ellipse_has_its_area():
    still = METHOD.unmoved(LYMPHOCYTES)
    assert METHOD.place(DIMS, LYMPHOCYTES, still) == PolygonGate(DIMS, LYMPHOCYTES)
    np.testing.assert_allclose(still[:2], (0.25, 0.125))
    # half-extents of the ellipse with a rectangle's second moments: 2 / sqrt(3) of its half sides
    np.testing.assert_allclose(np.exp(still[2:4]), np.array([0.09, 0.075]) * 2.0 / math.sqrt(3.0))
    assert still[4] == pytest.approx(0.0, abs=1e-12)


def test_few_events_leave_the_gate():
    found = METHOD.find(seen(plot(1, 60, SCATTER)), LYMPHOCYTES, None)
    assert (found.fallback, found.position) == (FEW_EVENTS, METHOD.unmoved(LYMPHOCYTES))


def test_events_on_a_line_leave_the_gate():
    events = plot(1, 5000, SCATTER)
    events[:, 1] = 0.1
    assert METHOD.find(seen(events), LYMPHOCYTES, None).fallback == DEAD_MARKER


def test_a_population_elsewhere_is_not_taken():
    found = Cluster(K=3).find(seen(plot(1, 20_000, SCATTER, lymphocytes=0.0)), LYMPHOCYTES, None)
    assert found.fallback in (NO_LANDMARK, OUT_OF_BOUNDS)


def test_a_gate_is_never_much_larger_than_the_outline():
    wide = {"wide": ((0.25, 0.12), (0.2, 0.2), 0.0, 1.0)}
    found = Cluster(K=1).find(seen(plot(1, 20_000, wide)), LYMPHOCYTES, None)
    assert found.fallback == OUT_OF_BOUNDS


@pytest.mark.parametrize(
    "argument", [{"quantile": 1.0}, {"quantile": math.nan}, {"K": 0}, {"nu": 0.0}], ids=str
)
def test_arguments_out_of_range_are_refused(argument):
    with pytest.raises(GatingError, match=f"cluster: {next(iter(argument))} is .*; expected"):
        Cluster(**argument)
