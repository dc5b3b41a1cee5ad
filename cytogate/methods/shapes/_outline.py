"""The template's outline: its box, and how it moves without ever becoming a gate that cannot be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_HALF = 1e-6  # scale units; of a box without extent
FARTHEST = 1e6  # of the box's half side: an outline displaced farther loses its form to rounding
FREEDOM = 0.2  # of the box's half side: two such changes together never fold the outline


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """The box round the finite coordinates of an outline; `centre` and `half` are (2,), scale units."""

    centre: NDArray[np.float64]
    half: NDArray[np.float64]

    def of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) places in the box: -1 to 1 from border to border, held there beyond."""
        places: NDArray[np.float64] = np.clip((points - self.centre) / self.half, -1.0, 1.0)
        return places

    def distance(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points are from the box, scale units, 0 inside; `x` and `y` broadcast."""
        right = np.maximum(np.abs(x - self.centre[0]) - self.half[0], 0.0)
        up = np.maximum(np.abs(y - self.centre[1]) - self.half[1], 0.0)
        far: NDArray[np.float64] = np.hypot(right, up)
        return far


def box_of(outline: NDArray[np.float64]) -> Box:
    """Return the box of an outline (n, 2); an axis without finite coordinates has the box 0 to 1."""
    centre, half = np.full(2, 0.5), np.full(2, 0.5)
    for axis in range(2):
        values = outline[:, axis][np.isfinite(outline[:, axis])]
        if len(values):
            low, high = float(values.min()), float(values.max())
            centre[axis], half[axis] = (low + high) / 2, max((high - low) / 2, LEAST_HALF)
    return Box(centre, half)


def basis(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 4): 1, u, v and u v of places (n, 2) in a box: the displacements that a gate may make."""
    u, v = places[:, 0], places[:, 1]
    return np.column_stack([np.ones(len(places)), u, v, u * v])


def moments(outline: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean (2,) and covariance (2, 2) of the area inside an outline, scale units.

    What reaches to infinity is taken to end at the box; an outline without area counts as its box.
    """
    box = box_of(outline)
    ends = np.where(np.isfinite(outline), outline, box.centre + np.where(outline > 0, 1, -1) * box.half)
    points = (ends - box.centre) / box.half
    after = np.roll(points, -1, axis=0)
    cross = points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1]
    area = float(cross.sum()) / 2.0
    mean, covariance = np.zeros(2), np.eye(2) / 3.0
    if abs(area) > 1e-3:
        mean = ((points + after) * cross[:, None]).sum(axis=0) / (6.0 * area)
        second = np.einsum("n,ni,nj->ij", cross, points, points) + np.einsum(
            "n,ni,nj->ij", cross, after, after
        )
        mixed = np.einsum("n,ni,nj->ij", cross, points + after, points + after)
        found = (second + mixed) / (24.0 * area) - np.outer(mean, mean)
        if (np.linalg.eigvalsh(found) > 1e-6).all():  # not so where an outline crosses itself
            covariance = found
        else:
            mean = np.zeros(2)
    return box.centre + mean * box.half, covariance * np.outer(box.half, box.half)


def most(box: Box, limit: float = math.inf) -> NDArray[np.float64]:
    """Return the largest displacements (2, 4) of x and y for the terms of `basis`."""
    farthest = np.minimum(limit, FARTHEST * box.half)
    folding = np.minimum(limit, FREEDOM * box.half)
    bounds: NDArray[np.float64] = np.column_stack([farthest, folding, folding, folding])
    return bounds


def held(position: tuple[float, ...], box: Box, limit: float = math.inf) -> NDArray[np.float64]:
    """Return displacements (2, 4) of x and y for the terms of `basis`, within what keeps an outline whole.

    `position` has the (dx, dy) of each term in turn; those left out are 0, and so is NaN.
    """
    table = np.zeros((2, 4))
    values = np.nan_to_num(np.asarray(position, dtype=np.float64), nan=0.0)
    table.T.flat[: len(values)] = values
    bounds = most(box, limit)
    bounded: NDArray[np.float64] = np.clip(table, -bounds, bounds)
    return bounded


def displaced(outline: NDArray[np.float64], position: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the outline (n, 2) at a position, as `held` has it; what would fold it is held back."""
    box = box_of(outline)
    return moved(outline, held(position, box), box)


def moved(outline: NDArray[np.float64], displacement: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """Return the outline (n, 2) after `displacement` (2, 4); infinite coordinates stay where they are.

    A corner on an edge to infinity moves with the finite corner at the edge's other end, so that the edge
    stays parallel to its axis.
    """
    finite = np.isfinite(outline)
    standing = np.where(finite, outline, box.centre)
    ends = standing.copy()
    count = len(outline)
    for i in np.flatnonzero(finite.sum(axis=1) == 1):
        along = int(np.flatnonzero(~finite[i])[0])  # the axis on which the corner is at infinity
        for other in ((i - 1) % count, (i + 1) % count):
            if finite[other].all() and outline[other, 1 - along] == outline[i, 1 - along]:
                ends[i, along] = outline[other, along]
                break
    change = basis(box.of(ends)) @ displacement.T
    return np.where(finite, standing + change, outline)
