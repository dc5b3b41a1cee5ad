"""Crossing: a cut that others have placed, where it runs through a peak of the sample's own events.

A sample that says nothing of a cut is placed by the others (or by the template). If its own staining moved,
that place may lie in the middle of a population: the sample cannot say where the cut belongs, but it says
that it is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytogate.methods.density import estimate
from cytogate.methods.peaks import landscape

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary

FEWEST = 50  # events: fewer have no shape that could be crossed
HIGH = 0.75  # of a peak's height: half of a normal peak's events lie within
FOOT = 0.1  # of a peak's height: where it ends
ADJUST = 2.0  # of the bandwidth, as valleys are looked for
DEPTH = 0.1  # of a valley that separates two peaks


def foot_distance(summary: Summary, place: float) -> float | None:
    """Return how far the nearest end of the peak is that a cut runs through; None where it runs through none.

    Parameters
    ----------
    summary : Summary
        Events of the population that is cut, on one axis.
    place : float
        The cut, scale units.

    Returns
    -------
    float or None
        Scale units, to the nearest valley or foot (a tenth of the peak's height) on either side.
    """
    density = estimate(summary, adjust=ADJUST)
    if density.n < FEWEST or not density.x[0] <= place <= density.x[-1]:
        return None
    land = landscape(density, depth=DEPTH)
    at = int(np.argmin(np.abs(density.x - place)))
    ends = [0, *(valley.at for valley in land.valleys), len(density.x) - 1]
    which = int(np.searchsorted(ends[1:-1], at, side="right"))
    low, high = ends[which], ends[which + 1]
    top = float(density.height[land.peaks[which]])
    if density.height[at] < HIGH * top:
        return None
    outside = np.flatnonzero(density.height[low : high + 1] <= FOOT * top) + low
    places = density.x[[low, high, *outside]]
    return float(np.abs(places - density.x[at]).min())
