"""Registration of a sample's plane to a reference's: one smooth displacement, populations of any size.

The reference is taken apart into populations; the sample is to be their sum, each with a weight of its own,
after a displacement that is bilinear over the box of the gate. So a population that grows or shrinks changes
its weight and moves nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.methods.shapes import _mixture, _outline, _plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLURS = (0.05, 0.03, 0.0175)  # scale units, coarse to fine
STEPS = 8  # Gauss-Newton steps of each blur
POPULATIONS = 6  # that the reference is taken apart into, at most
LOG_WEIGHT_SPREAD = 0.7  # how much populations change between samples: e-fold, standard deviation
MODE_SPREAD = 0.3  # how much of its bound a change of the outline's form may use: standard deviation
LEAST_EVENTS = 10.0  # in one blurred bin of where most events are; with fewer, a finer view shows noise
ODD = 3.0  # residuals beyond so many standard deviations lose their say (Cauchy weights)


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """What registration found.

    Attributes
    ----------
    displacement : (8,) float64
        (dx, dy) for each term of `_outline.basis`, scale units, from the reference to the sample.
    variance : (8,) float64
        Of sampling and of what the model leaves unexplained, scale units squared; infinite where the events
        say nothing.
    explained : float
        Share of the structure of the square-root density near the gate that the populations explain, 0 to 1.
    """

    displacement: NDArray[np.float64]
    variance: NDArray[np.float64]
    explained: float


def populations(reference: _plane.Plane, near: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the reference as a sum of populations, (k, n_x, n_y) counts.

    `near` (n_x, n_y) says from 0 to 1 how near each bin is to the gate: far populations need no parts of
    their own. Gaussian clusters begin at the modes; where there are few modes, others begin where the
    density is least explained by those.
    """
    density = reference.blurred(reference.counts, BLURS[1])
    tops = _plane.modes(reference, density * near, 0.003)[: POPULATIONS - 2]
    rows, columns = np.nonzero(reference.counts * near > 0.0)
    places = np.column_stack([reference.centres(0)[rows], reference.centres(1)[columns]])
    weights = (reference.counts * near)[rows, columns]
    for _ in range(2):  # two more, each where the nearest centre is far for how many events there are
        gap = ((places[:, None, :] - tops) ** 2).sum(axis=2).min(axis=1)
        tops = np.vstack([tops, places[np.argmax(weights**0.5 * gap)]])
    count = len(tops)
    start = _mixture.Mixture(
        np.full((1, count), 1.0 / count), tops[None], np.tile(np.eye(2) * 0.05**2, (1, count, 1, 1))
    )
    found = _mixture.fitted(start, places, weights[None], nu=math.inf, steps=25, least=0.01)
    grid = np.stack(np.meshgrid(reference.centres(0), reference.centres(1), indexing="ij"), axis=-1)
    shares = _mixture.belonging(found, grid.reshape(-1, 2), math.inf).parts[0]
    parts: NDArray[np.float64] = shares.reshape(count, *reference.counts.shape) * reference.counts
    return parts


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Both planes at one blur; m = bins near the gate, k = populations.

    `smooth` is the sample's whole plane (n_x, n_y); `shapes` (k, m) and `slopes` (2, k, m) are the
    reference's populations and their derivatives; `area` is how many bins one blurred bin averages, so that
    the variance of the root of a blurred count is 1 / (4 area).
    """

    smooth: NDArray[np.float64]
    shapes: NDArray[np.float64]
    slopes: NDArray[np.float64]
    area: float


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Where is looked: bins near the gate (m), their places, weights and the terms of the displacement."""

    spots: NDArray[np.float64]
    weights: NDArray[np.float64]
    terms: NDArray[np.float64]


def registered(
    sample: _plane.Plane, reference: _plane.Plane, box: _outline.Box, *, limit: float, reach: float
) -> Registered:
    """Return the displacement that carries the reference's plane to the sample's near a box.

    Parameters
    ----------
    sample, reference : Plane
        With the same bins.
    box : Box
        Of the outline, on the reference.
    limit : float
        Largest displacement of the box's middle, scale units.
    reach : float
        How far round the box events count, scale units.
    """
    margin = reach + limit + 3.0 * BLURS[0]
    corners = box.centre - box.half - margin, box.centre + box.half + margin
    sample, reference = sample.cropped(*corners), reference.cropped(*corners)
    near = nearness(reference, box, reach)
    rows, columns = np.nonzero(near)
    spots = np.column_stack([reference.centres(0)[rows], reference.centres(1)[columns]])
    window = _Window(spots, near[rows, columns], _outline.basis(box.of(spots)))
    parts = populations(reference, near)
    scale = float((sample.counts * near).sum()) / float((reference.counts * near).sum())
    spread = _outline.most(box, limit)
    spread[:, 1:] *= MODE_SPREAD
    state = np.zeros(8 + len(parts))  # displacement, then the logarithms of the populations' weights
    prior = np.concatenate([spread.T.ravel() ** -2.0, np.full(len(parts), LOG_WEIGHT_SPREAD**-2.0)])
    for blur in blurs(sample, near):
        view = _view(sample, reference, scale * parts, (rows, columns), blur)
        free = np.ones(len(state), dtype=np.bool_)
        free[2:8] = blur != BLURS[0]  # the coarse view finds the shift alone
        for _ in range(STEPS):
            residual, slopes = _residual(view, window, sample, state)
            gain, pull, _ = _normal(residual, slopes, window.weights, view.area)
            gain, pull = (gain + np.diag(prior))[np.ix_(free, free)], (pull + prior * state)[free]
            step = np.zeros(len(state))
            step[free] = -np.linalg.solve(gain, pull)
            step[8:] = np.clip(step[8:], -1.0, 1.0)
            before = state[:8].copy()
            state = state + step
            state[:8] = _outline.held(tuple(state[:8]), box, limit).T.ravel()
            if float(np.abs(state[:8] - before).max()) < 1e-4:
                break
    residual, slopes = _residual(view, window, sample, state)
    gain, _, explained = _normal(residual, slopes, window.weights, view.area)
    prior[:8] = 1e-6  # without the prior of the displacement: what the events alone say
    variance = np.diag(np.linalg.inv(gain + np.diag(prior)))[:8]
    return Registered(state[:8], np.where(variance < 1e5, variance, math.inf), explained)


def blurs(sample: _plane.Plane, near: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the blurs for as many events as there are, coarse to fine; the first always."""
    smooth = sample.blurred(sample.counts, BLURS[0]) * near
    crowd = float((smooth * smooth).sum()) / max(float(smooth.sum()), 1e-300)
    bin_area = float(np.prod(sample.width))
    enough = (blur for blur in BLURS[1:] if crowd * 4.0 * math.pi * blur * blur / bin_area >= LEAST_EVENTS)
    return (BLURS[0], *enough)


def events_near(plane: _plane.Plane, box: _outline.Box, reach: float) -> float:
    """Return how many events lie near a box, each counted by how near it is."""
    return float((plane.counts * nearness(plane, box, reach)).sum())


def nearness(plane: _plane.Plane, box: _outline.Box, reach: float) -> NDArray[np.float64]:
    """Return for each bin (n_x, n_y) how near the box it is: 1 inside, falling to 0 at about `reach`."""
    distance = box.distance(plane.centres(0)[:, None], plane.centres(1)[None, :])
    near = np.exp(-0.5 * (distance / (0.4 * reach)) ** 2)
    near[distance > reach] = 0.0
    return near


def _view(
    sample: _plane.Plane,
    reference: _plane.Plane,
    parts: NDArray[np.float64],
    bins: tuple[NDArray[np.intp], NDArray[np.intp]],
    blur: float,
) -> _View:
    """Return both planes blurred."""
    smooth = np.stack([reference.blurred(part, blur) for part in parts])
    slopes = np.array(np.gradient(smooth, *reference.width, axis=(1, 2)))
    area = 4.0 * math.pi * float(np.prod(blur / reference.width))
    rows, columns = bins
    shapes = smooth[:, rows, columns]
    return _View(sample.blurred(sample.counts, blur), shapes, slopes[:, :, rows, columns], area)


def _residual(
    view: _View, window: _Window, sample: _plane.Plane, state: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return root of the sample's density at the displaced bins minus the model's (m,), and its slopes."""
    from scipy.ndimage import map_coordinates

    weights = np.exp(state[8:])
    floor = 0.375 / view.area  # as Anscombe's root has it, for events in one blurred bin
    root = np.sqrt(weights @ view.shapes + floor)
    places = sample.bins(window.spots + window.terms @ state[:8].reshape(4, 2))
    there = map_coordinates(view.smooth, places.T, order=1, mode="constant")
    tilt = (weights @ view.slopes) / (2.0 * root)  # (2, m)
    by_place = (window.terms[:, :, None] * tilt.T[:, None, :]).reshape(len(root), 8)
    by_weight = -(weights[:, None] * view.shapes / (2.0 * root)).T
    return np.sqrt(np.maximum(there, 0.0) + floor) - root, np.hstack([by_place, by_weight])


def _normal(
    residual: NDArray[np.float64], slopes: NDArray[np.float64], near: NDArray[np.float64], area: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return information (p, p), gradient (p,) of half the deviance, and the share explained.

    The variance of a residual is 1 / (4 area) and `area` bins share their noise: each bin carries
    information 4. Residuals larger than counting explains mean that the model is not the truth: information
    is divided by how much larger they are, and those far beyond the rest lose their say.
    """
    noise = 1.0 / (4.0 * area)
    size = residual * residual
    excess = max(float(near @ size / near.sum()) / noise, 1.0)
    trust = near / (1.0 + size / (ODD * ODD * noise * excess))
    excess = max(float(trust @ size / trust.sum()) / noise, 1.0)
    weighted = slopes * (4.0 * trust / excess)[:, None]
    left = math.sqrt(noise * excess)
    structure = math.sqrt(float(near @ (slopes[:, 8:].sum(axis=1) * 2.0) ** 2 / near.sum()))
    return weighted.T @ slopes, weighted.T @ residual, 1.0 / (1.0 + (left / max(structure, 1e-300)) ** 2)
