"""Which combination of populations each event is in, for work that is done once an event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.kernels.combinations import UNKNOWN, fill_combinations, learn_combinations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEARN_AT_LEAST = 1 << 18  # events; fewer are not worth a second thread


@dataclass(frozen=True, slots=True, eq=False)
class Combinations:
    """The combinations that occur of a few populations.

    Attributes
    ----------
    populations : (n_populations,) int64
        Which rows of the membership bits they are.
    members : (n_populations, n_combinations) bool
        Which combinations make up each population.
    none : int
        The combination of events in none of them; -1 if every event is in one.
    """

    populations: NDArray[np.int64]
    members: NDArray[np.bool_]
    none: int
    _bits: NDArray[np.uint8]
    _steps: NDArray[np.int16]

    def fill(self, first: int, n: int, out: NDArray[np.int16]) -> None:
        """Write the combination of events `first`, a multiple of 8, to `first` + n to `out` (n,)."""
        fill_combinations(self._bits, first, n, self._steps, out)


def combinations_of(
    bits: NDArray[np.uint8], n_events: int, populations: Sequence[int], threads: int, most: int
) -> list[Combinations]:
    """Return the combinations of populations; in several parts where there are more than `most`.

    Parameters
    ----------
    bits : (n_masks, (n_events + 7) // 8) uint8
        Membership, the first event in the highest bit.
    populations : sequence of int
        Rows of `bits`.
    threads : int
        How many share the events.
    most : int
        At least 2, so that one population alone always fits.
    """
    rows = np.array(populations, dtype=np.int64)
    chosen = np.ascontiguousarray(bits[rows])
    tables = _learn(chosen, n_events, threads, most)
    if tables is None:
        half = len(rows) // 2
        return [
            part
            for some in (populations[:half], populations[half:])
            for part in combinations_of(bits, n_events, some, threads, most)
        ]
    members = tables.members(len(rows))
    none = np.flatnonzero(~members.any(axis=0))
    return [Combinations(rows, members, int(none[0]) if len(none) else -1, chosen, tables.steps)]


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """The automaton; arrays as in kernels/combinations.py."""

    steps: NDArray[np.int16]
    known: NDArray[np.int64]
    origins: NDArray[np.int64]

    @classmethod
    def empty(cls, n_populations: int, most: int) -> _Tables:
        levels = max(1, (n_populations + 7) // 8)
        return cls(
            np.full((levels, most, 256), UNKNOWN, dtype=np.int16),
            np.zeros(levels, dtype=np.int64),
            np.zeros((levels, most), dtype=np.int64),
        )

    def learn(self, bits: NDArray[np.uint8], first: int, n: int) -> bool:
        return bool(learn_combinations(bits, first, n, self.steps, self.known, self.origins))

    def members(self, n_populations: int) -> NDArray[np.bool_]:
        """Return (n_populations, n_combinations) bool, from the bytes on the way to each last state."""
        ways = self.ways()
        return np.unpackbits(ways, axis=0, bitorder="little", count=n_populations).view(np.bool_)

    def ways(self) -> NDArray[np.uint8]:
        """Return (n_levels, n_combinations) uint8: membership in eight populations at each level."""
        states = np.arange(self.known[-1])
        ways = np.zeros((len(self.known), len(states)), dtype=np.uint8)
        for level in reversed(range(len(self.known))):
            states, ways[level] = np.divmod(self.origins[level, states], 256)
        return ways


def _learn(bits: NDArray[np.uint8], n_events: int, threads: int, most: int) -> _Tables | None:
    """Return the automaton that knows all combinations of `bits`; None where they are too many."""
    tables = _Tables.empty(len(bits), most)
    shares = max(1, min(threads, n_events // LEARN_AT_LEAST))
    if shares == 1:
        return tables if tables.learn(bits, 0, n_events) else None
    step = -(-n_events // shares // 8) * 8
    parts = [_Tables.empty(len(bits), most) for _ in range(shares)]
    with ThreadPoolExecutor(shares, thread_name_prefix="cytogate") as pool:
        starts = range(0, n_events, step)
        learnt = pool.map(
            lambda part, first: part.learn(bits, first, min(step, n_events - first)), parts, starts
        )
        if not all(learnt):
            return None
    for part in parts:  # one event of each combination, as bits, is all there is to know of a share
        ways = part.ways()
        events = np.unpackbits(ways, axis=0, bitorder="little", count=len(bits))
        if not tables.learn(np.packbits(events, axis=1), 0, ways.shape[1]):
            return None
    return tables
