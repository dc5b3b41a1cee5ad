"""Mixtures of t or Gaussian clusters in two dimensions, fitted to weighted places by EM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Clusters; b = replicates of the weights (bootstrap), k = clusters.

    Attributes
    ----------
    shares : (b, k) float64
        Part of all weight, sums to 1.
    means : (b, k, 2) float64
        Centres, scale units.
    covariances : (b, k, 2, 2) float64
        Of a Gaussian; the scale matrix of a t cluster.
    """

    shares: NDArray[np.float64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Belonging:
    """Where places belong; m = places.

    Attributes
    ----------
    parts : (b, k, m) float64
        How far each place belongs to each cluster, 0 to 1; sums to 1 over the clusters.
    distances : (b, k, m) float64
        Squared Mahalanobis distance from each cluster.
    logs : (b, m) float64
        Logarithm of the density, up to a constant.
    """

    parts: NDArray[np.float64]
    distances: NDArray[np.float64]
    logs: NDArray[np.float64]


def belonging(mixture: Mixture, places: NDArray[np.float64], nu: float) -> Belonging:
    """Return where places (m, 2) belong; `nu` are the degrees of freedom, infinite for Gaussian clusters."""
    difference = places - mixture.means[:, :, None, :]
    (xx, xy), (_, yy) = np.moveaxis(mixture.covariances, (-2, -1), (0, 1))
    determinant = xx * yy - xy * xy
    x, y = difference[..., 0], difference[..., 1]
    distance = (yy[..., None] * x * x - 2.0 * xy[..., None] * x * y + xx[..., None] * y * y) / determinant[
        ..., None
    ]
    with np.errstate(divide="ignore"):
        height = np.log(mixture.shares / np.sqrt(determinant))[..., None]
    tail = -0.5 * distance if np.isinf(nu) else -0.5 * (nu + 2.0) * np.log1p(distance / nu)
    logs = height + tail
    highest = logs.max(axis=1, keepdims=True)
    part = np.exp(logs - highest)
    total = part.sum(axis=1, keepdims=True)
    return Belonging(part / total, distance, (highest + np.log(total))[:, 0])


def fitted(
    start: Mixture,
    places: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    nu: float,
    steps: int,
    least: float,
) -> Mixture:
    """Return the mixture after EM from `start`.

    Parameters
    ----------
    start : Mixture
        With b of 1 or as many replicates as `weights`.
    places : (m, 2) float64
        Scale units.
    weights : (b, m) float64
        Events at each place, at least 0.
    nu : float
        Degrees of freedom: small for heavy tails, infinite for Gaussian clusters.
    steps : int
        EM steps at most; fewer where no centre moves by more than a hundredth of `least`.
    least : float
        Smallest standard deviation of a cluster, scale units.
    """
    mixture = start
    for _ in range(steps):
        now = belonging(mixture, places, nu)
        held = now.parts * weights[:, None, :]
        # events in the tails of a t cluster count less for its centre and spread
        pull = held if np.isinf(nu) else held * ((nu + 2.0) / (nu + now.distances))
        mass = np.maximum(held.sum(axis=2), 1e-9)
        total = np.maximum(pull.sum(axis=2), 1e-9)[..., None]
        means = (pull @ places) / total
        x, y = (places[:, axis] - means[:, :, None, axis] for axis in range(2))
        xx, xy, yy = ((pull * a * b).sum(axis=2) / mass for a, b in ((x, x), (x, y), (y, y)))
        xx, yy = np.maximum(xx, least * least), np.maximum(yy, least * least)
        xy = np.clip(xy, -0.995 * np.sqrt(xx * yy), 0.995 * np.sqrt(xx * yy))
        covariances = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
        change = float(np.abs(means - mixture.means).max())
        mixture = Mixture(mass / mass.sum(axis=1, keepdims=True), means, covariances)
        if change < 0.01 * least:
            break
    return mixture
