"""Shift: a fixed gate moved by how far the landmarks around it have moved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import FEW_EVENTS, NO_LANDMARK, OUT_OF_BOUNDS, Found, shape_methods
from cytogate.methods.shapes import _outline, _plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.methods.summary import Summary

LEAST_EVENTS = 100  # near the gate
LEAST_PEAK = 0.05  # of the highest: lower ones are noise
SAME = 0.03  # scale units: modes closer than this after the shift are the same landmark
REPLICATES = 16  # of the bootstrap
FLOOR = 0.001  # scale units: what the bins leave open


@shape_methods.register("shift")
@dataclass(frozen=True, slots=True)
class Shift:
    """The outline moved by the mean displacement of the modes of the density near it.

    A mode of the reference and one of the sample are the same landmark where one shift brings as many of them
    together as possible. The shift is the mean of their displacements, each weighted by the root of its
    height in the reference. The position is (dx, dy), scale units.

    Parameters
    ----------
    limit : float
        Largest displacement along each axis, as part of the axis; a quarter of a decade of a scale of 4.5
        decades unless given. Landmarks that moved farther leave the gate where it is, with a note.
    reach : float
        How far round the outline's box modes count, as part of the axis.
    """

    looks_at: ClassVar[str] = "sample"

    limit: float = 0.25 / 4.5
    reach: float = 0.2

    def find(self, summary: Summary, outline: NDArray[np.float64], reference: Summary | None) -> Found:
        """Return the shift of the sample's landmarks against the reference's."""
        still = self.unmoved(outline)
        planes = _plane.planes_of(summary, reference)
        if planes is None:
            return Found.fell_back(still, NO_LANDMARK, summary.n, _plane.NO_REFERENCE)
        margin = self.reach + 2.0 * self.limit
        units = _plane.units(summary)
        box = _outline.box_of(outline / units)
        corners = box.centre - box.half - margin, box.centre + box.half + margin
        sample, model = (plane.cropped(*corners) for plane in planes)
        events = float(sample.counts.sum())
        if events < LEAST_EVENTS:
            return Found.fell_back(still, FEW_EVENTS, summary.n, f"{events:.0f} events near the gate.")
        # fewer events need a wider view to show the same modes
        blur = min(max(0.02 * (events / 10_000) ** (-1 / 6), 0.015), 0.05)
        landmarks, weights = _landmarks(model, box, self.reach, blur)
        seen = _plane.modes(sample, sample.blurred(sample.counts, blur), LEAST_PEAK)
        shift, matched = _aligned(landmarks, weights, seen, 2.0 * self.limit)
        if not matched.any():
            note = "No peak of this plot is where one of the reference could have moved to."
            return Found.fell_back(still, NO_LANDMARK, summary.n, note)
        if float(np.abs(shift).max()) > self.limit:
            note = f"The landmarks moved by ({shift[0]:+.3f}, {shift[1]:+.3f}), farther than the gate may go."
            return Found.fell_back(still, OUT_OF_BOUNDS, summary.n, note)
        variance = _variance(sample, landmarks[matched] + shift, weights[matched], blur)
        confidence = float(weights[matched].sum() / weights.sum())
        position, variance = shift * units, variance * units**2
        return Found(tuple(position.tolist()), tuple(variance.tolist()), confidence, summary.n)

    def place(
        self, dims: tuple[Dimension, Dimension], outline: NDArray[np.float64], position: tuple[float, ...]
    ) -> PolygonGate:
        """Return the shifted outline."""
        return PolygonGate(dims, _outline.displaced(outline, position))

    def unmoved(self, outline: NDArray[np.float64]) -> tuple[float, ...]:
        """Return no shift."""
        return (0.0, 0.0)


def _landmarks(
    model: _plane.Plane, box: _outline.Box, reach: float, blur: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the reference's modes near a box (n, 2) and their weights (n,)."""
    density = model.blurred(model.counts, blur)
    found = _plane.modes(model, density, LEAST_PEAK)
    found = found[box.distance(found[:, 0], found[:, 1]) <= reach]
    bins = np.clip(np.rint(model.bins(found)).astype(int), 0, np.array(density.shape) - 1)
    return found, np.sqrt(density[bins[:, 0], bins[:, 1]])


def _aligned(
    landmarks: NDArray[np.float64], weights: NDArray[np.float64], seen: NDArray[np.float64], most: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the shift (2,) that brings most landmarks onto modes, and which it does (n,)."""
    matched = np.zeros(len(landmarks), dtype=np.bool_)
    moves = (seen[None, :, :] - landmarks[:, None, :]).reshape(-1, 2)
    moves = moves[np.abs(moves).max(axis=1) <= most] if len(moves) else moves
    if not len(moves):
        return np.zeros(2), matched
    gaps = landmarks[None, :, None, :] + moves[:, None, None, :] - seen[None, None, :, :]
    near = np.exp(-0.5 * (np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=2) / SAME) ** 2)
    # of two shifts as good as each other, the shorter
    score = (near * weights).sum(axis=1) - 0.01 * weights.sum() * (np.hypot(*moves.T) / most)
    first = moves[int(np.argmax(score))]
    gaps = seen[None, :, :] - landmarks[:, None, :] - first
    far = np.hypot(gaps[..., 0], gaps[..., 1])
    nearest = far.argmin(axis=1)
    matched = far.min(axis=1) <= SAME
    shift = np.average(seen[nearest[matched]] - landmarks[matched], axis=0, weights=weights[matched])
    return shift, matched


def _variance(
    sample: _plane.Plane, modes: NDArray[np.float64], weights: NDArray[np.float64], blur: float
) -> NDArray[np.float64]:
    """Return the variance (2,) of the mean place of modes when the bins' counts are drawn again."""
    generator = np.random.Generator(np.random.PCG64(0))  # the same draws for every sample
    means = []
    for _ in range(REPLICATES):
        again = generator.poisson(sample.counts).astype(np.float64)
        seen = _plane.modes(sample, sample.blurred(again, blur), 0.5 * LEAST_PEAK)
        if not len(seen):
            continue
        gaps = seen[None, :, :] - modes[:, None, :]
        nearest = np.hypot(gaps[..., 0], gaps[..., 1]).argmin(axis=1)
        off = np.clip(seen[nearest] - modes, -2.0 * SAME, 2.0 * SAME)
        means.append(np.average(off, axis=0, weights=weights))
    if len(means) < REPLICATES // 2:
        return np.full(2, math.inf)
    spread: NDArray[np.float64] = np.var(means, axis=0, ddof=1) + FLOOR**2
    return spread
