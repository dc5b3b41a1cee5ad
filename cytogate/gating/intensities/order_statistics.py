"""Values of given rank in many populations and columns at once: exact, without sorting, in flat memory.

A sample of the events says between which buckets each rank must lie. One pass over the events counts them
by combination of populations and bucket, and notes down the values of those few buckets; the value of the
rank is then selected among them. Where a sample misled, `narrowing` finds the value in further passes. The
result is a value of the data whatever the sample, the chunks and the threads were.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gating.intensities.narrowing import Target, narrow_down
from cytogate.kernels.quantiles import (
    GATHER,
    HALF,
    NOT_FINITE,
    ROW,
    STEPS,
    assign_places,
    count_cells,
    find_ranks,
    first_key,
    mark_cells,
    place_found,
    select_targets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from cytogate.gating.intensities.member_pass import MemberPass

    RanksOf = Callable[[NDArray[np.int64]], NDArray[np.int64]]

NOTED = 3_000_000  # values noted down at once: 12 bytes each
CELL_ROWS = 1024  # columns x combinations at once: 16 KB each for every thread
PIECE = 1024  # events of a piece of the sample
PIECES = (32, 256)  # least and most; in between, one event of SPARSE
SPARSE = 32
FIRST_LOOK = 64  # events of a piece that choose the axis of a column
SURE = 4.5  # standard deviations that a rank may lie away from where the sample has it
TOP = 128  # a column's axis reaches from zero to so many times the 90th percentile of |x|


@dataclass(frozen=True, slots=True, eq=False)
class RankValues:
    """What was found.

    Attributes
    ----------
    n : (n_columns, n_populations) int64
        Events whose value is finite.
    values : (n_columns, n_populations, n_ranks) float64
        The values of the ranks; NaN where a population has no finite value.
    """

    n: NDArray[np.int64]
    values: NDArray[np.float64]


def rank_values(members: MemberPass, ranks_of: RanksOf) -> RankValues:
    """Return the values of ranks, for all columns and populations of a pass.

    Parameters
    ----------
    members : MemberPass
        Columns and populations.
    ranks_of : callable
        From numbers of values, an array of any shape, to the ranks wanted, with one more axis at the end;
        what it gives for none is not used.
    """
    n_combinations = members.combinations.members.shape[1]
    at_once = max(1, CELL_ROWS // max(1, n_combinations))
    parts = [
        found
        for first in range(0, members.n_columns, at_once)
        for found in _some_columns(
            members.only(range(first, min(first + at_once, members.n_columns))), ranks_of, NOTED
        )
    ]
    return RankValues(
        np.concatenate([part.n for part in parts]), np.concatenate([part.values for part in parts])
    )


def _some_columns(members: MemberPass, ranks_of: RanksOf, noted: int) -> Iterator[RankValues]:
    """Yield what is found, for as many columns at a time as the values to be noted down allow."""
    offsets, marks, expected = _foresee(members, ranks_of)
    marks[expected > noted] = False  # of a column that alone is too much, nothing is noted
    expected[expected > noted] = 0
    first = 0
    while first < members.n_columns:
        after = first + 1
        while after < members.n_columns and expected[first : after + 1].sum() <= noted:
            after += 1
        part = slice(first, after)
        yield _find(members.only(range(first, after)), ranks_of, offsets[part], marks[part], noted)
        first = after


# --- the sample --------------------------------------------------------------------------------------------


def _foresee(
    members: MemberPass, ranks_of: RanksOf
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return the offset of each column, the cells worth noting, and how many values of each they may hold."""
    n_events = members.source.n_events
    pieces = min(max(PIECES[0], n_events // (SPARSE * PIECE)), PIECES[1])
    complete = n_events <= pieces * PIECE
    step = PIECE if complete else n_events // pieces // 8 * 8
    starts = range(0, n_events, step)[:pieces]
    glance = _Glance([])
    members.sample(starts, FIRST_LOOK, glance)
    offsets = glance.offsets(members.n_columns)
    among = members.combinations.members
    counts = np.zeros((members.n_columns, among.shape[1], ROW), dtype=np.uint32)
    tally = CellTally(offsets, counts, noting=None)
    members.sample(starts, PIECE, tally)
    n = _finite(counts) @ among.T
    ranks = ranks_of(n)
    last = np.maximum(n, 1)[:, :, None] - 1
    away = np.zeros(ranks.shape, dtype=np.int64)
    if not complete:
        part = np.clip(ranks / np.maximum(last, 1), 0.0, 1.0)
        away = (SURE * np.sqrt(n[:, :, None] * part * (1 - part))).astype(np.int64) + 3
    ends = np.concatenate([ranks - away, ranks + away], axis=2)
    buckets, below = np.empty(ends.shape, dtype=np.int64), np.empty(ends.shape, dtype=np.int64)
    find_ranks(counts, among, np.clip(ends, 0, last), buckets, below)
    if not complete:  # what lies beyond the least and the greatest of a sample is not known
        buckets[ends < 0], buckets[ends > last] = 0, 2 * HALF - 1
    low, high = np.split(buckets, 2, axis=2)
    marks, held = np.zeros(counts.shape, dtype=np.bool_), np.zeros(len(counts), dtype=np.int64)
    mark_cells(counts, among, low, high, marks, held)
    looked = min(n_events, len(starts) * PIECE)
    expected = held.astype(np.float64) * (n_events / max(1, looked))
    return offsets, marks, expected


@dataclass(slots=True, eq=False)
class _Glance:
    """Some values of each column."""

    seen: list[NDArray[np.float64]]

    def add(self, values: NDArray[np.float64], combinations: NDArray[np.int16], n: int) -> None:
        self.seen.append(values[:, :n].copy())

    def offsets(self, n_columns: int) -> NDArray[np.float64]:
        """Return where the axis of each column turns logarithmic: a part of its 90th percentile of |x|."""
        out = np.ones(n_columns)
        for column, values in enumerate(np.concatenate(self.seen, axis=1) if self.seen else ()):
            sizes = np.sort(np.abs(values[np.isfinite(values) & (values != 0)]))
            if len(sizes):
                octaves = HALF // STEPS - int(np.log2(TOP))
                out[column] = np.clip(sizes[len(sizes) * 9 // 10] * 2.0**-octaves, 1e-300, 1e300)
        return out


# --- the pass ----------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Noting:
    """How many values all threads have noted down; beyond `most` they stop and forget them."""

    most: int
    so_far: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def full(self, more: int) -> bool:
        with self.lock:
            self.so_far += more
            return self.so_far > self.most


@dataclass(slots=True, eq=False)
class CellTally:
    """Events by column, combination and bucket, and the values of the cells that are marked in `counts`."""

    column_offsets: NDArray[np.float64]
    counts: NDArray[np.uint32]
    noting: _Noting | None
    found: list[NDArray[np.float64]] = field(default_factory=list)
    places: list[NDArray[np.int32]] = field(default_factory=list)
    _room: tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]] | None = None

    def add(self, values: NDArray[np.float64], combinations: NDArray[np.int16], n: int) -> None:
        """Count `n` events."""
        if self._room is None or len(self._room[2]) < n:
            most = n * len(values)
            self._room = np.empty(most), np.empty(most, dtype=np.int32), np.empty(n, dtype=np.int32)
        found, places, room = self._room
        m = count_cells(values, combinations, n, self.column_offsets, self.counts, found, places, room)
        if self.noting is None:
            return
        if self.noting.full(m):
            self.counts &= ~GATHER
            self.found, self.places = [], []
        elif m:
            self.found.append(found[:m].copy())
            self.places.append(places[:m].copy())


def _find(
    members: MemberPass,
    ranks_of: RanksOf,
    offsets: NDArray[np.float64],
    marks: NDArray[np.bool_],
    noted: int,
) -> RankValues:
    noting = _Noting(noted)
    tallies: list[CellTally] = members.run(
        lambda: CellTally(offsets, np.where(marks, GATHER, np.uint32(0)), noting)
    )
    counts = np.zeros(marks.shape, dtype=np.uint32) if not tallies else tallies[0].counts
    for tally in tallies:
        tally.counts &= ~GATHER
        if tally.counts is not counts:
            counts += tally.counts
            tally.counts = counts
    if noting.so_far > noted:
        marks = np.zeros_like(marks)
    among = members.combinations.members
    n = _finite(counts) @ among.T
    ranks = ranks_of(n)
    buckets, below = np.empty(ranks.shape, dtype=np.int64), np.empty(ranks.shape, dtype=np.int64)
    find_ranks(counts, among, ranks, buckets, below)
    place = np.nonzero(np.broadcast_to(n[:, :, None] > 0, ranks.shape))
    targets = np.column_stack([place[0], place[1], buckets[place], (ranks - below)[place]])
    values = np.full(ranks.shape, np.nan)
    values[place] = _select(members, offsets, counts, marks, tallies, targets, noted)
    return RankValues(n, values)


def _select(
    members: MemberPass,
    offsets: NDArray[np.float64],
    counts: NDArray[np.uint32],
    marks: NDArray[np.bool_],
    tallies: Sequence[CellTally],
    targets: NDArray[np.int64],
    noted: int,
) -> NDArray[np.float64]:
    """Return the value of each target (column, population, bucket, rank within the bucket)."""
    among = members.combinations.members
    starts = np.full(counts.shape, -1, dtype=np.int32)
    sizes = np.empty(len(targets), dtype=np.int64)
    placed = np.empty(assign_places(targets, among, counts, marks, starts, sizes))
    for tally in tallies:
        for found, places in zip(tally.found, tally.places, strict=True):
            place_found(found, places, starts.reshape(-1), placed)
        tally.found, tally.places = [], []
    values = np.empty(len(targets))
    select_targets(targets, sizes, among, counts, starts, placed, values)
    open_ones = np.flatnonzero(sizes < 0)
    left = []
    for column, population, bucket, rank in targets[open_ones].tolist():
        low, high = (int(first_key(at, offsets[column])) for at in (bucket, bucket + 1))
        size = int(counts[column, among[population], bucket].sum(dtype=np.int64))
        left.append(Target(column, population, low, high - 1, rank, size))
    values[open_ones] = narrow_down(members, left, noted)
    return values


def _finite(counts: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return (n_columns, n_combinations): events whose value is finite."""
    events = counts[0].sum(axis=1, dtype=np.int64)  # of each combination, the same in every column
    finite: NDArray[np.int64] = events - counts[:, :, NOT_FINITE]
    return finite
