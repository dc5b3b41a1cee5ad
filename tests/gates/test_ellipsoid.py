"""Ellipsoid gates: the form, its inverse, its outline, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate

DIMS = tuple(Dimension(name) for name in "ABCD")
ROUND = ((4.0, 1.5), (1.5, 2.25))
TILTED = ((2.0, 0.4, 0.1), (0.1, 3.0, 0.2), (0.7, 0.3, 1.0))  # not symmetric


def test_border_is_inside():
    gate = EllipsoidGate(DIMS[:2], (0, 0), ((1, 0), (0, 1)), 25)
    assert gate.contains(np.array([[3.0, 4.0], [3.0, 4.0000001]])).tolist() == [True, False]


def test_precision_is_the_plain_inverse_of_a_covariance_that_is_not_symmetric():
    gate = EllipsoidGate(DIMS[:3], (0, 0, 0), TILTED, 1)
    np.testing.assert_allclose(gate.precision @ np.array(TILTED), np.eye(3), atol=1e-14)
    assert not np.allclose(gate.precision, gate.precision.T)


def test_a_covariance_with_zeros_on_the_diagonal_has_an_inverse():
    gate = EllipsoidGate(DIMS[:2], (0, 0), ((0, 2), (2, 0)), 1)
    np.testing.assert_array_equal(gate.precision, [[0, 0.5], [0.5, 0]])


@given(st.integers(2, 4), st.integers(0, 10_000))
def test_membership_is_the_distance_of_the_formula(n, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n))
    covariance = root @ root.T + np.eye(n)
    gate = EllipsoidGate(DIMS[:n], rng.normal(size=n), covariance, n)
    values = rng.normal(0, 2, (200, n))
    delta = values - gate.mean
    distance = np.einsum("ij,jk,ik->i", delta, np.linalg.inv(covariance), delta)
    clear = np.abs(distance - n) > 1e-9
    np.testing.assert_array_equal(gate.contains(values)[clear], (distance <= n)[clear])


def test_outline_lies_on_the_border():
    gate = EllipsoidGate(DIMS[:2], (10, -3), ROUND, 2.5)
    outline = gate.outline()
    assert outline.shape == (180, 2)
    delta = outline - gate.mean
    np.testing.assert_allclose(np.einsum("ij,jk,ik->i", delta, gate.precision, delta), 2.5)


def test_outline_of_three_dimensions_is_the_shadow():
    covariance = np.array(((4, 1.5, 1), (1.5, 2.25, 0.2), (1, 0.2, 3)))
    gate = EllipsoidGate(DIMS[:3], (0, 0, 0), covariance, 1)
    surface = np.random.default_rng(1).normal(size=(20_000, 3))
    surface /= np.sqrt(np.einsum("ij,jk,ik->i", surface, gate.precision, surface))[:, None]
    np.testing.assert_allclose(gate.outline().max(axis=0), surface[:, :2].max(axis=0), rtol=5e-3)


def test_a_form_without_closed_border_counts_but_is_not_drawn():
    gate = EllipsoidGate(DIMS[:2], (0, 0), ((1, 0), (0, -1)), 1)
    assert gate.contains(np.array([[0.5, 3.0], [2.0, 0.0]])).tolist() == [True, False]
    with pytest.raises(
        GatingError, match="A x B has no closed outline: its covariance is not positive definite"
    ):
        gate.outline()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((DIMS[:2], (0, 0), ((1, 2), (2, 4)), 1), "covariance: found .* which has no inverse"),
        ((DIMS[:2], (0, 0), ((0, 0), (0, 0)), 1), "no inverse"),
        ((DIMS[:2], (0, 0, 0), ROUND, 1), r"mean: found shape \(3,\); expected \(2,\)"),
        ((DIMS[:3], (0, 0, 0), ROUND, 1), r"covariance: found shape \(2, 2\); expected \(3, 3\)"),
        ((DIMS[:1], (0,), ((1,),), 1), "dimensions: found 1; expected at least 2"),
        ((DIMS[:2], (0, np.nan), ROUND, 1), "mean: found NaN"),
        ((DIMS[:2], (0, 0), ROUND, 0), "distance_square: found 0; expected a finite number > 0"),
        ((DIMS[:2], (0, 0), ROUND, np.inf), "distance_square: found inf"),
    ],
)
def test_what_makes_no_ellipsoid_is_refused(arguments, message):
    with pytest.raises(GatingError, match=message):
        EllipsoidGate(*arguments)
