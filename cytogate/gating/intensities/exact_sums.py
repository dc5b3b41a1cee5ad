"""Exact sums of values, or of their logarithms, in many populations and columns at once."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cytogate.kernels.exact_sum import LIMBS, UNIT, add_exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LIMB_BITS = 32


@dataclass(slots=True, eq=False)
class SumTally:
    """Sums by column and combination of populations, as kernels/exact_sum.py keeps them.

    Attributes
    ----------
    logarithms : bool
        Whether logarithms are added in place of values.
    sums : (n_columns, n_combinations, LIMBS) int64
    counts : (n_columns, n_combinations, 2) int64
        Values added; finite values without a logarithm.
    """

    logarithms: bool
    sums: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, n_columns: int, n_combinations: int, *, logarithms: bool) -> SumTally:
        """Return the tally of nothing."""
        shape = (n_columns, n_combinations)
        return cls(
            logarithms, np.zeros((*shape, LIMBS), dtype=np.int64), np.zeros((*shape, 2), dtype=np.int64)
        )

    def add(self, values: NDArray[np.float64], combinations: NDArray[np.int16], n: int) -> None:
        """Add `n` events."""
        add_exactly(values, combinations, n, self.logarithms, self.sums, self.counts)

    def total(self, column: int, member: NDArray[np.bool_]) -> tuple[Fraction, int, int]:
        """Return the exact sum over a population, values added, and values without a logarithm."""
        limbs = self.sums[column, member].tolist()
        units = sum(limb << (LIMB_BITS * place) for row in limbs for place, limb in enumerate(row) if limb)
        added, without = self.counts[column, member].sum(axis=0).tolist()
        return Fraction(units, 1 << -UNIT), added, without


def merged(tallies: Sequence[SumTally], empty: SumTally) -> SumTally:
    """Return one tally of several; `empty` is changed into it."""
    for tally in tallies:
        empty.sums += tally.sums
        empty.counts += tally.counts
    return empty
