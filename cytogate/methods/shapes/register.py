"""Register: the gate of a template's plot carried to a sample's by smooth registration of their densities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytogate.gates.polygon import PolygonGate
from cytogate.methods.base import (
    FEW_EVENTS,
    NO_LANDMARK,
    NOT_CONVERGED,
    OUT_OF_BOUNDS,
    Found,
    shape_methods,
)
from cytogate.methods.shapes import _outline, _plane, _registration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.methods.summary import Summary

LEAST_EVENTS = 50  # of the sample near the gate
LEAST_REFERENCE = 200  # of the reference
LEAST_EXPLAINED = 0.6  # of the density's structure; less, and the two plots do not show the same populations


@shape_methods.register("register")
@dataclass(frozen=True, slots=True)
class Register:
    """The outline warped as the sample's density is against the reference's.

    The reference's plane is taken apart into populations, each of which may weigh as much as it likes in the
    sample; one displacement, bilinear over the outline's box, carries their sum to the sample's plane. It is
    fitted to the roots of the densities, blurred coarse to fine. So a changed proportion of populations moves
    nothing. Source: ElastiGate (doi 10.1002/cyto.b.22210) for the idea of gates carried by registration; the
    model of free weights is our own.

    The position has 8 numbers, scale units: (dx, dy) of the middle of the box, then what is added from the
    middle to its right border, to its top border, and to its corners.

    Parameters
    ----------
    limit : float
        Largest displacement of the middle along each axis, as part of the axis: 0.1 is 0.45 decades of a
        logicle scale of 4.5 decades.
    reach : float
        How far round the outline's box events count, as part of the axis.
    """

    looks_at: ClassVar[str] = "sample"

    limit: float = 0.1
    reach: float = 0.2

    def find(self, summary: Summary, outline: NDArray[np.float64], reference: Summary | None) -> Found:
        """Return the displacement of the sample against the reference."""
        still = self.unmoved(outline)
        planes = _plane.planes_of(summary, reference)
        if planes is None:
            return Found.fell_back(still, NO_LANDMARK, summary.n, _plane.NO_REFERENCE)
        sample, model = planes
        units = _plane.units(summary)
        box = _outline.box_of(outline / units)
        near = [_registration.events_near(plane, box, self.reach) for plane in (sample, model)]
        if near[0] < LEAST_EVENTS:
            return Found.fell_back(still, FEW_EVENTS, summary.n, f"{near[0]:.0f} events near the gate.")
        if near[1] < LEAST_REFERENCE:
            note = f"The reference has {near[1]:.0f} events near the gate."
            return Found.fell_back(still, NO_LANDMARK, summary.n, note)
        got = _registration.registered(sample, model, box, limit=self.limit, reach=self.reach)
        dx, dy = got.displacement[:2].tolist()
        if got.explained < LEAST_EXPLAINED:
            note = f"The reference explains {got.explained:.0%} of what the plot looks like near the gate."
            return Found.fell_back(still, NOT_CONVERGED, summary.n, note)
        if max(abs(dx), abs(dy)) >= 0.999 * self.limit:
            note = (
                f"The plot looks displaced by ({dx:+.3f}, {dy:+.3f}), as far as the gate may go or farther."
            )
            return Found.fell_back(still, OUT_OF_BOUNDS, summary.n, note)
        unsure = math.sqrt(float(got.variance[:2].max()))
        confidence = got.explained * max(0.0, 1.0 - unsure / self.limit)
        each = np.tile(units, 4)
        position, variance = got.displacement * each, got.variance * each**2
        return Found(tuple(position.tolist()), tuple(variance.tolist()), confidence, summary.n)

    def place(
        self, dims: tuple[Dimension, Dimension], outline: NDArray[np.float64], position: tuple[float, ...]
    ) -> PolygonGate:
        """Return the displaced outline; what would fold it is held back."""
        return PolygonGate(dims, _outline.displaced(outline, position))

    def unmoved(self, outline: NDArray[np.float64]) -> tuple[float, ...]:
        """Return no displacement."""
        return (0.0,) * 8
