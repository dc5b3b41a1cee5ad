"""Cluster: the ellipse of one population of a mixture in two dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.errors import GatingError
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import DEAD_MARKER, FEW_EVENTS, NO_LANDMARK, OUT_OF_BOUNDS, Found, shape_methods
from cytogate.methods.shapes import _mixture, _outline, _plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.gates.base import Gate
    from cytogate.gates.dimension import Dimension
    from cytogate.methods.summary import Summary

LEAST_EVENTS = 100
STARTS = 4  # of EM; the likeliest end is taken
STEPS = 60
SHORT_STEPS = 12  # of each bootstrap replicate, which begins at the end
REPLICATES = 16
LEAST_SPREAD = 0.005  # scale units, of a cluster
FLOOR = 0.001  # scale units: what the bins leave open
MOST_GROWTH = 3.0  # of the ellipse against the outline, and its inverse


@shape_methods.register("cluster")
@dataclass(frozen=True, slots=True)
class Cluster:
    """The ellipse that holds a share of the population nearest to a target.

    A mixture of t distributions (with `nu` infinite: Gaussians) is fitted by EM to the plane, from several
    starts that k-means++ chooses; the cluster with its centre nearest to the target is the population. The
    gate is the ellipse of its form that holds `quantile` of the events, each counted by how far it belongs to
    the population. Source: Lo, Brinkman and Gottardo 2008 (flowClust) for the mixture; the size of their
    ellipse is that of a t distribution, ours that of the events.

    The position is (centre x, centre y, logarithms of the half-extents in x and y, Fisher's z of the
    correlation); centre and extents in scale units.

    Parameters
    ----------
    target : (x, y), optional
        Where the population is expected, scale units; the middle of the template's outline unless given.
    K : int
        How many populations the plot shows.
    quantile : float
        Share of the population inside the ellipse, 0 to 1.
    nu : float
        Degrees of freedom: 4 lets outliers be, infinite makes the clusters Gaussian.

    Raises
    ------
    GatingError
        An argument is out of its range.
    """

    looks_at: ClassVar[str] = "sample"
    uses_reference: ClassVar[bool] = False

    target: tuple[float, float] | None = None
    K: int = 2
    quantile: float = 0.9
    nu: float = 4.0

    def __post_init__(self) -> None:
        if not 0.0 < self.quantile < 1.0:
            message = (
                f"cluster: quantile is {self.quantile:g}; expected a share between 0 and 1, such as 0.9."
            )
            raise GatingError(message)
        if not 1 <= self.K <= 20:
            message = f"cluster: K is {self.K}; expected 1 to 20 populations."
            raise GatingError(message)
        if not self.nu > 0.0:
            message = f"cluster: nu is {self.nu:g}; expected degrees of freedom above 0, such as 4 or inf."
            raise GatingError(message)

    def find(self, summary: Summary, outline: NDArray[np.float64], reference: Summary | None) -> Found:
        """Return the ellipse of the population in a sample."""
        still = self.unmoved(outline)
        plane = _plane.plane_of(summary)
        if plane is None or plane.counts.sum() < LEAST_EVENTS:
            return Found.fell_back(still, FEW_EVENTS, summary.n)
        plane = plane.coarser()
        places, counts = plane.cells()
        if len(places) < 10 * self.K or (np.ptp(places, axis=0) < 4.0 * LEAST_SPREAD).any():
            return Found.fell_back(still, DEAD_MARKER, summary.n, "The events lie on a point or a line.")
        mixture = self._fitted(places, counts)
        units = _plane.units(summary)
        target = _outline.moments(outline)[0] if self.target is None else np.array(self.target)
        chosen = int(np.hypot(*(mixture.means[0] - target / units).T).argmin())
        position = self._position(mixture, chosen, places, counts[None], plane.width)[0]
        position[:2] *= units
        position[2:4] += np.log(units)
        held = _held(tuple(position), outline)
        if not np.allclose(held[:2], position[:2], rtol=1e-9, atol=1e-9):
            note = (
                f"The nearest population is at ({position[0]:.3f}, {position[1]:.3f}), outside the outline."
            )
            return Found.fell_back(still, NO_LANDMARK, summary.n, note)
        if not np.allclose(held, position, rtol=1e-9, atol=1e-9):
            note = "The population's ellipse is far larger, smaller or flatter than the template's outline."
            return Found.fell_back(still, OUT_OF_BOUNDS, summary.n, note)
        generator = np.random.Generator(np.random.PCG64(0))  # the same draws for every sample
        again = generator.poisson(counts, size=(REPLICATES, len(counts))).astype(np.float64)
        drawn = _mixture.fitted(mixture, places, again, nu=self.nu, steps=SHORT_STEPS, least=LEAST_SPREAD)
        positions = self._position(drawn, chosen, places, again, plane.width)
        variance = np.var(positions, axis=0, ddof=1) + FLOOR**2
        variance[:2] *= units**2
        part = _mixture.belonging(mixture, places, self.nu).parts[0, chosen]
        confidence = float((part * part) @ counts / (part @ counts))
        return Found(tuple(position.tolist()), tuple(variance.tolist()), confidence, summary.n)

    def place(
        self, dims: tuple[Dimension, Dimension], outline: NDArray[np.float64], position: tuple[float, ...]
    ) -> Gate:
        """Return the ellipse; the template's own outline where nothing moved."""
        if tuple(position) == self.unmoved(outline):
            return PolygonGate(dims, outline)
        x, y, log_x, log_y, z = _held(position, outline)
        right, up, correlation = math.exp(log_x), math.exp(log_y), math.tanh(z)
        across = correlation * right * up
        return EllipsoidGate(dims, (x, y), ((right * right, across), (across, up * up)), 1.0)

    def unmoved(self, outline: NDArray[np.float64]) -> tuple[float, ...]:
        """Return the ellipse with the area's centre, spread and tilt of the outline."""
        mean, covariance = _outline.moments(outline)
        position = _ellipse(
            mean, 4.0 * covariance
        )  # the variance of an ellipse's area is a quarter of its own
        return tuple(float(value) for value in position)

    def _fitted(self, places: NDArray[np.float64], counts: NDArray[np.float64]) -> _mixture.Mixture:
        """Return the likeliest of several fits, with one replicate."""
        from sklearn.cluster import kmeans_plusplus

        seeds = [
            kmeans_plusplus(places, self.K, sample_weight=counts, random_state=start)[0]
            for start in range(STARTS)
        ]
        spread = np.cov(places.T, aweights=counts) / self.K
        start = _mixture.Mixture(
            np.full((STARTS, self.K), 1.0 / self.K),
            np.stack(seeds),
            np.tile(spread + LEAST_SPREAD**2 * np.eye(2), (STARTS, self.K, 1, 1)),
        )
        ends = _mixture.fitted(start, places, counts[None], nu=self.nu, steps=STEPS, least=LEAST_SPREAD)
        best = int((_mixture.belonging(ends, places, self.nu).logs @ counts).argmax())
        return _mixture.Mixture(
            *(part[best : best + 1] for part in (ends.shares, ends.means, ends.covariances))
        )

    def _position(
        self,
        mixture: _mixture.Mixture,
        chosen: int,
        places: NDArray[np.float64],
        counts: NDArray[np.float64],
        width: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the positions (b, 5) of an ellipse; `counts` is (b, m), `width` (2,) of their bins."""
        found = _mixture.belonging(mixture, places, self.nu)
        distances, held = found.distances[:, chosen], found.parts[:, chosen] * counts
        squares = [_quantile(d, w, self.quantile) for d, w in zip(distances, held, strict=True)]
        border = np.array(squares)[:, None, None] * mixture.covariances[:, chosen]
        # bins widen what they hold by a twelfth of their side squared (Sheppard)
        wider = -2.0 * math.log1p(-self.quantile) * width**2 / 12.0
        for axis in range(2):
            variance = border[:, axis, axis]
            border[:, axis, axis] = np.maximum(variance - wider[axis], 0.5 * variance)
        return _ellipse(mixture.means[:, chosen], border)


def _quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """Return the value below which a share of the weight lies, half of each value's own counted below it."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(share * weights.sum(), below, values[order]))


def _ellipse(mean: NDArray[np.float64], border: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the position (..., 5) of the ellipse (v - mean) inverse(border) (v - mean) = 1."""
    right, up = np.sqrt(border[..., 0, 0]), np.sqrt(border[..., 1, 1])
    correlation = np.clip(border[..., 0, 1] / (right * up), -0.999, 0.999)
    parts = [mean[..., 0], mean[..., 1], np.log(right), np.log(up), np.arctanh(correlation)]
    position: NDArray[np.float64] = np.stack(parts, axis=-1)
    return position


def _held(position: tuple[float, ...], outline: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the position with the centre in the outline's box and extents that are those of an ellipse."""
    box = _outline.box_of(outline)
    values = np.nan_to_num(np.asarray(position, dtype=np.float64), nan=0.0)
    middle, size, growth = box.centre, np.log(box.half), math.log(MOST_GROWTH)
    low = np.array([*(middle - box.half), *(size - growth), -3.8])  # a correlation of 0.999
    high = np.array([*(middle + box.half), *(size + growth), 3.8])
    return tuple(np.clip(values, low, high).tolist())
