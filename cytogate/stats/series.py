"""A measure of all subjects at all visits: what every test of a trend is asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Scale = Literal["logit", "log", "linear"]
Kind = Literal["percent", "absolute", "intensity", "ratio", "composition", "analyte", "score"]
RELATIVE: tuple[Kind, ...] = ("ratio", "composition")  # 2 to 1 is as far from 1 to 1 as 1 to 2: logs only
CONTINUITY = 0.5  # events added to either side of a share, so that none and all have a logit


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One measure, as a matrix of subjects and visits.

    Attributes
    ----------
    name : str
        Of the subset, analyte or clinical variable, as in the study file.
    kind : str
        percent (of a denominator), absolute (cells per uL), intensity (MFI), ratio (of two subsets),
        composition (a part over the geometric mean of all), analyte, or score.
    unit : str
        Of `values`: ``%``, ``cells/uL``, ``ng/mL``, ``points`` ...
    scale : str
        What models take it on: ``logit`` of shares, ``log`` (natural) of what is positive, ``linear`` scores.
    subjects, visits : tuple of str
        The rows and columns; visits in order of `weeks`.
    weeks : tuple of float
        Planned weeks of the visits.
    values : ndarray, shape (n_subjects, n_visits)
        In `unit`; NaN where there is no figure that can be used.
    counts, totals : ndarray or None
        Events of the population and of its denominator, where a share was counted; NaN as in `values`.
    floor : ndarray or None
        Half the least value that can be told from nothing, where values may be 0 on a log scale.
    note : str
        What readers must know of it: visits that are missing, values below the limits.
    """

    name: str
    kind: Kind
    unit: str
    scale: Scale
    subjects: tuple[str, ...]
    visits: tuple[str, ...]
    weeks: tuple[float, ...]
    values: NDArray[np.float64]
    counts: NDArray[np.float64] | None = None
    totals: NDArray[np.float64] | None = None
    floor: float | None = None
    note: str = ""

    def on_scale(self) -> NDArray[np.float64]:
        """Return the values on the scale that models take, shape (n_subjects, n_visits).

        A share is ``ln((k + 1/2) / (n - k + 1/2))`` of its counts, so that 0 and n events stay finite;
        without counts the percentage is taken as it is, and 0 or 100 are missing. On a log scale what is not
        positive becomes `floor`, or is missing where there is none.
        """
        if self.scale == "linear":
            return self.values.copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.scale == "log":
                least = np.nan if self.floor is None else self.floor
                out = np.log(
                    np.where(self.values > 0, self.values, np.where(np.isnan(self.values), np.nan, least))
                )
            elif self.counts is None or self.totals is None:
                share = self.values / 100
                out = np.log(share / (1 - share))
            else:
                inside, outside = self.counts + CONTINUITY, self.totals - self.counts + CONTINUITY
                out = np.log(inside / outside)
        out[~np.isfinite(out) | np.isnan(self.values)] = np.nan
        return out

    def back(self, change: float) -> float:
        """Return a difference on the scale as readers know it: a factor (of odds or value), or itself."""
        with np.errstate(over="ignore"):  # of an interval from two subjects: infinite says it well
            return float(change) if self.scale == "linear" else float(np.exp(change))

    def of(self, subjects: Sequence[str]) -> Series:
        """Return the rows of some subjects, in that order; those it does not know are passed over."""
        rows = [self.subjects.index(subject) for subject in subjects if subject in self.subjects]

        def taken(matrix: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
            return None if matrix is None else matrix[rows]

        return replace(
            self,
            subjects=tuple(self.subjects[row] for row in rows),
            values=self.values[rows],
            counts=taken(self.counts),
            totals=taken(self.totals),
        )

    def column(self, visit: str) -> int | None:
        """Return the column of a visit, None where the series has none."""
        return self.visits.index(visit) if visit in self.visits else None
