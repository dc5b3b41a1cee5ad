"""A series and its partner (SLEDAI, an analyte) side by side: the same subjects and visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series


def beside(series: Series, partner: Series, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the partner's `values` in rows and columns of `series`; NaN where it has none."""
    out = np.full(series.values.shape, np.nan)
    rows = {name: row for row, name in enumerate(partner.subjects)}
    columns = {name: column for column, name in enumerate(partner.visits)}
    for row, subject in enumerate(series.subjects):
        for column, visit in enumerate(series.visits):
            if subject in rows and visit in columns:
                out[row, column] = values[rows[subject], columns[visit]]
    return out


def change_scale(series: Series) -> tuple[NDArray[np.float64], str]:
    """Return values whose differences readers compare, and their words.

    Percentages and scores as they are; concentrations, intensities and ratios as logarithms.
    """
    if series.kind in ("percent", "score") or series.scale == "linear":
        return series.values, "difference"
    return series.on_scale(), "factor"
