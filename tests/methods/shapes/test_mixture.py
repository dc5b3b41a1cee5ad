"""Mixtures: EM finds the clusters that were drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_plots import plot

from cytogate.methods.shapes import _mixture

TWO = {"a": ((0.3, 0.4), (0.05, 0.03), 0.5, 0.7), "b": ((0.7, 0.6), (0.05, 0.05), 0.0, 0.3)}


def start(count: int) -> _mixture.Mixture:
    means = np.array([[[0.2, 0.2], [0.8, 0.8]]])[:, :count]
    return _mixture.Mixture(
        np.full((1, count), 1.0 / count), means, np.tile(np.eye(2) * 0.04, (1, count, 1, 1))
    )


def fit(places, weights, nu, count=2):
    return _mixture.fitted(start(count), places, weights, nu=nu, steps=200, least=0.001)


def test_gaussian_clusters_are_found():
    events = plot(1, 20_000, TWO)
    found = fit(events, np.ones((1, len(events))), math.inf)
    np.testing.assert_allclose(found.shares[0], (0.7, 0.3), atol=0.01)
    np.testing.assert_allclose(found.means[0], [(0.3, 0.4), (0.7, 0.6)], atol=0.002)
    np.testing.assert_allclose(found.covariances[0, 0], [(0.0025, 0.00075), (0.00075, 0.0009)], atol=0.0001)


def test_outliers_pull_less_at_t_clusters():
    events = plot(1, 5000, {"a": TWO["a"]})
    far = np.vstack([events, np.tile([0.3, 0.9], (100, 1))])
    off = {
        nu: abs(fit(far, np.ones((1, len(far))), nu, count=1).means[0, 0, 1] - 0.4) for nu in (4.0, math.inf)
    }
    assert off[4.0] < 0.002 < 0.008 < off[math.inf]


def test_weights_are_events():
    events = plot(1, 3000, TWO)
    doubled = fit(np.vstack([events, events[:1000]]), np.ones((1, len(events) + 1000)), 4.0)
    weights = np.ones((1, len(events)))
    weights[0, :1000] = 2.0
    np.testing.assert_allclose(fit(events, weights, 4.0).means, doubled.means, atol=1e-9)


def test_replicates_are_fitted_each_by_itself():
    events = plot(1, 3000, TWO)
    weights = np.random.default_rng(1).poisson(1.0, (3, len(events))).astype(float)
    together = _mixture.fitted(start(2), events, weights, nu=4.0, steps=15, least=1e-9)
    for which in range(3):
        alone = _mixture.fitted(start(2), events, weights[[which]], nu=4.0, steps=15, least=1e-9)
        np.testing.assert_allclose(together.means[which], alone.means[0], atol=1e-9)


def test_belonging_adds_up():
    found = _mixture.belonging(start(2), plot(1, 500, TWO), 4.0)
    np.testing.assert_allclose(found.parts.sum(axis=1), 1.0)
    assert found.distances.min() >= 0.0


@pytest.mark.parametrize("nu", [4.0, math.inf])
def test_events_at_one_point_make_a_cluster_of_the_least_spread(nu):
    found = fit(np.full((50, 2), 0.5), np.ones((1, 50)), nu)
    assert np.isfinite(found.means).all()
    assert (np.linalg.eigvalsh(found.covariances) > 0.0).all()
