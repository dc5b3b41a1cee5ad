"""Complete blocks: the patients who have every visit, for tests that rank within a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.stats.exact import doubled_ranks
from cytogate.stats.trends._asked import joined, left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.stats.series import Series


@dataclass(frozen=True, slots=True)
class Blocks:
    """Ranks within the patients who have every visit.

    Attributes
    ----------
    ranks : ndarray of int, shape (n_blocks, n_visits)
        Doubled mid-ranks within each patient.
    note : str
        Who and which visits are left out.
    why : str
        Why nothing can be tested; empty where something can.
    """

    ranks: NDArray[np.int64]
    note: str
    why: str


def complete_blocks(series: Series) -> Blocks:
    """Return the patients who have every visit; visits that nobody has are passed over."""
    has = np.isfinite(series.values)
    anybody = has.any(axis=0)
    full = has[:, anybody].all(axis=1) & anybody.any()
    names, visits = np.array(series.subjects, dtype=object), np.array(series.visits, dtype=object)
    note = joined(
        [left_out("with a visit missing", names[~full]), left_out("visits without figures", visits[~anybody])]
    )
    values = series.values[full][:, anybody]
    n, k = values.shape
    ranks = np.array([doubled_ranks(row) for row in values], dtype=np.int64).reshape(n, k)
    why = ""
    if k < 3:
        why = "needs three visits or more"
    elif n < 2:
        why = f"{n} of {len(series.subjects)} subjects have every visit; needs two"
    elif not (ranks != ranks[:, :1]).any():
        why = "no subject's values differ between visits"
    return Blocks(ranks, note, why)
