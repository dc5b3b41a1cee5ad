"""A pass over the events of populations: their combination and their compensated values, chunk by chunk."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cytogate.gating.columns import ColumnTable
from cytogate.gating.passes import make_work, over_chunks
from cytogate.kernels.columns import run_columns
from cytogate.kernels.combinations import drop_records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.intensities.combinations import Combinations
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.kernels.columns import Columns, Work


class Tally(Protocol):
    """What one thread collects."""

    def add(self, values: NDArray[np.float64], combinations: NDArray[np.int16], n: int) -> None:
        """Take `n` events: values (n_columns, >= n), combinations (>= n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class MemberPass:
    """Columns of a source, and the populations whose events are looked at.

    Attributes
    ----------
    wanted : (n_columns, 2) int64
        Slot and transform of each column.
    """

    source: EventSource
    combinations: Combinations
    columns: Columns
    wanted: NDArray[np.int64]
    threads: int | None

    @classmethod
    def over(
        cls,
        source: EventSource,
        strategy: GatingStrategy,
        dims: Sequence[Dimension],
        combinations: Combinations,
        threads: int | None,
    ) -> MemberPass:
        """Return the pass over the columns that hold `dims`."""
        table = ColumnTable(source, strategy)
        wanted = np.array([table.axis(dim) for dim in dims], dtype=np.int64).reshape(-1, 2)
        return cls(source, combinations, table.freeze(), wanted, threads)

    @property
    def n_columns(self) -> int:
        """How many columns are read."""
        return len(self.wanted)

    def only(self, places: Sequence[int]) -> MemberPass:
        """Return the pass over some of the columns."""
        return MemberPass(
            self.source, self.combinations, self.columns, self.wanted[list(places)], self.threads
        )

    def run(self, make: Callable[[], Tally]) -> list[Any]:
        """Give all events of the populations to tallies, one a thread; return the tallies.

        Events in none of the populations are left out, or have the combination `combinations.none`.
        """
        spaces = _Spaces(self, make)

        def look(buffer: NDArray[np.uint8], first: int, n: int) -> None:
            space = spaces.mine(n)
            row_bytes = int(self.columns.record[0])
            self.combinations.fill(first, n, space.combinations)
            if self.combinations.none >= 0:
                n = drop_records(buffer, row_bytes, space.combinations, self.combinations.none, n)
            run_columns(buffer, n, self.columns, self.wanted, space.work, 0, space.values)
            space.tally.add(space.values, space.combinations, n)

        over_chunks(self.source, look, threads=self.threads)
        return spaces.tallies

    def sample(self, starts: Sequence[int], n: int, tally: Tally) -> None:
        """Give pieces of `n` events, each from a start that is a multiple of 8, to a tally."""
        row_bytes = self.source.layout.row_bytes
        buffer = np.empty(n * row_bytes, dtype=np.uint8)
        combinations = np.empty(n, dtype=np.int16)
        values, work = np.empty((self.n_columns, n)), make_work(len(self.columns.slots))
        with self.source.reader() as reader:
            for first in starts:
                m = min(n, self.source.n_events - first)
                reader.read_into(first, m, buffer[: m * row_bytes])
                self.combinations.fill(first, m, combinations)
                run_columns(buffer, m, self.columns, self.wanted, work, 0, values)
                tally.add(values, combinations, m)


@dataclass(slots=True, eq=False)
class _Space:
    """Working space and tally of one thread."""

    tally: Tally
    work: Work
    combinations: NDArray[np.int16]
    values: NDArray[np.float64]


@dataclass(slots=True, eq=False)
class _Spaces:
    members: MemberPass
    make: Callable[[], Tally]
    tallies: list[Any] = field(default_factory=list)
    _local: threading.local = field(default_factory=threading.local)

    def mine(self, n: int) -> _Space:
        """Return the calling thread's space, with room for `n` events."""
        space: _Space | None = getattr(self._local, "space", None)
        if space is None:
            space = _Space(
                self.make(),
                make_work(len(self.members.columns.slots)),
                np.empty(0, dtype=np.int16),
                np.empty((self.members.n_columns, 0)),
            )
            self._local.space = space
            self.tallies.append(space.tally)
        if len(space.combinations) < n:
            space.combinations = np.empty(n, dtype=np.int16)
            space.values = np.empty((self.members.n_columns, n))
        return space
