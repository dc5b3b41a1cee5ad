"""The plane of a summary as methods on two axes see it: counts of bins, their places, their smoothed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.methods.summary import Summary

NO_REFERENCE = "There is no reference to compare with; the gate stays where the template has it."


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Counts of bins, row = x.

    Attributes
    ----------
    counts : (n_x, n_y) float64
        Events in each bin; the outermost bins are empty, for what a summary counts there may lie anywhere
        beyond.
    low, width : (2,) float64
        Lower end of both axes and side of a bin, units of the axes.
    """

    counts: NDArray[np.float64]
    low: NDArray[np.float64]
    width: NDArray[np.float64]

    def centres(self, axis: int) -> NDArray[np.float64]:
        """Return the middles of the bins of an axis, scale units."""
        steps = np.arange(self.counts.shape[axis]) + 0.5
        centres: NDArray[np.float64] = self.low[axis] + self.width[axis] * steps
        return centres

    def bins(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) places among the bins; the middle of the first bin is 0."""
        places: NDArray[np.float64] = (points - self.low) / self.width - 0.5
        return places

    def blurred(self, counts: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
        """Return counts after a Gaussian of standard deviation `sigma`, scale units."""
        from scipy.ndimage import gaussian_filter

        smooth: NDArray[np.float64] = gaussian_filter(
            counts, sigma / self.width, mode="constant", truncate=3.0
        )
        return smooth

    def cropped(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> Plane:
        """Return the bins that meet the box from `low` to `high`, each (2,) scale units."""
        shape = np.array(self.counts.shape)
        begin = np.clip(np.floor((low - self.low) / self.width), 0, shape - 1).astype(int)
        end = np.clip(np.ceil((high - self.low) / self.width), begin + 1, shape).astype(int)
        return Plane(
            self.counts[begin[0] : end[0], begin[1] : end[1]], self.low + begin * self.width, self.width
        )

    def coarser(self) -> Plane:
        """Return bins of twice the side; an odd last bin is left out."""
        rows, columns = (size // 2 * 2 for size in self.counts.shape)
        even = self.counts[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2).sum(axis=(1, 3))
        return Plane(even, self.low, 2.0 * self.width)

    def cells(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the places (m, 2) and the counts (m,) of the bins that hold events."""
        row, column = np.nonzero(self.counts)
        places = np.column_stack([self.centres(0)[row], self.centres(1)[column]])
        return places, self.counts[row, column]


def units(summary: Summary) -> NDArray[np.float64]:
    """Return the length (2,) of both axes: 1 for a scale of Gating-ML, the highest value where there is none.

    The span of a scale that holds negative values has a quarter of the length below 0 and 0.03 above it
    (see `cytogate.methods.span`). Methods reckon in these units, so that an axis in data values does.
    """
    spans = summary.spans[:2]
    lengths = [(span.high - span.low) / (1.28 if span.low < 0.0 else 1.0) for span in spans]
    return np.array(lengths)


def plane_of(summary: Summary | None) -> Plane | None:
    """Return the plane of a summary in `units` of its axes, or None where it has none."""
    if summary is None or summary.plane is None or len(summary.spans) != 2:
        return None
    counts = np.zeros(summary.plane.shape)
    counts[1:-1, 1:-1] = summary.plane[1:-1, 1:-1]
    length = units(summary)
    low = np.array([span.low for span in summary.spans]) / length
    high = np.array([span.high for span in summary.spans]) / length
    width = (high - low) / np.array(counts.shape)
    if not (np.isfinite(width).all() and (width > 0).all()):
        return None
    return Plane(counts, low, width)


def planes_of(summary: Summary, reference: Summary | None) -> tuple[Plane, Plane] | None:
    """Return the planes of a sample and of its reference; None where one is missing or their bins differ."""
    sample, model = plane_of(summary), plane_of(reference)
    return None if sample is None or model is None or not alike(sample, model) else (sample, model)


def alike(first: Plane, second: Plane) -> bool:
    """Return whether two planes have the same bins."""
    return (
        first.counts.shape == second.counts.shape
        and np.array_equal(first.low, second.low)
        and np.array_equal(first.width, second.width)
    )


def modes(plane: Plane, density: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Return the places (n, 2) of local maxima of a density, highest first.

    Those lower than `least` times the highest are left out. Each lies at the top of the paraboloid through
    its bin and the four beside it.
    """
    from scipy.ndimage import maximum_filter

    top = float(density.max())
    if not top > 0.0:
        return np.empty((0, 2))
    peaks = (density == maximum_filter(density, 3)) & (density >= least * top)
    peaks[[0, -1], :] = peaks[:, [0, -1]] = False
    row, column = np.nonzero(peaks)
    order = np.lexsort((column, row, -density[row, column]))
    row, column = row[order], column[order]
    places = np.column_stack([row, column]).astype(np.float64)
    for axis, (step_row, step_column) in enumerate(((1, 0), (0, 1))):
        before = density[row - step_row, column - step_column]
        after = density[row + step_row, column + step_column]
        bend = before - 2.0 * density[row, column] + after
        flat = bend >= 0.0
        slope = np.divide(0.5 * (before - after), np.where(flat, -1.0, bend))
        places[:, axis] += np.where(flat, 0.0, np.clip(slope, -0.5, 0.5))
    found: NDArray[np.float64] = plane.low + (places + 0.5) * plane.width
    return found
