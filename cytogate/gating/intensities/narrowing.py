"""Ranks that lie where no values were noted down: their intervals are narrowed by passes over the events.

An interval of keys (numbers in the order of the float64 values, kernels/quantiles.py) that holds few values
has them noted down; one that holds many is counted in bins, and the bin of the rank is the next interval.
Twelve bits are settled a pass, so that six passes settle any value, whatever the data are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.kernels.quantiles import BINS, narrow, select_rank, value_of_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.gating.intensities.member_pass import MemberPass

AT_ONCE = 64  # targets of a pass
BLOCK = 16_384  # events looked at together: at most so many are noted down for each target
GREATEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Target:
    """A rank to be found.

    Attributes
    ----------
    column, population : int
        Of the pass.
    low, high : int
        Least and greatest key that the value may have.
    rank : int
        Rank among the population's values of this interval, from 0.
    size : int
        How many these are.
    """

    column: int
    population: int
    low: int
    high: int
    rank: int
    size: int


def narrow_down(members: MemberPass, targets: Sequence[Target], noted: int) -> NDArray[np.float64]:
    """Return the value of each target; at most `noted` values are held at once."""
    values = np.empty(len(targets))
    left = dict(enumerate(targets))
    while left:
        chosen, noting = _choose(left, noted)
        tally = _pass(members, [left[place] for place in chosen], noting)
        for number, place in enumerate(chosen):
            target = left[place]
            if noting[number]:
                values[place] = select_rank(tally.values_of(number), target.rank)
                del left[place]
                continue
            target = tally.narrowed(number, target)
            left[place] = target
            if target.low == target.high:
                values[place] = value_of_key(target.low)
                del left[place]
    return values


def _choose(left: dict[int, Target], noted: int) -> tuple[list[int], list[bool]]:
    """Return the targets of a pass, and of which of them values are noted down."""
    chosen: list[int] = []
    noting: list[bool] = []
    held = 0
    for place, target in left.items():
        if target.size > noted:
            chosen.append(place)
            noting.append(False)
        elif held + target.size <= noted:
            chosen.append(place)
            noting.append(True)
            held += target.size
        if len(chosen) == AT_ONCE:
            break
    return chosen, noting


def _shift(target: Target) -> int:
    return max(0, (target.high - target.low).bit_length() - (BINS.bit_length() - 1))


def _pass(members: MemberPass, targets: Sequence[Target], noting: Sequence[bool]) -> _Tally:
    needed = sorted({target.column for target in targets})
    members = members.only(needed)
    targets = [replace(target, column=needed.index(target.column)) for target in targets]
    shifts = [-1 if note else _shift(target) for target, note in zip(targets, noting, strict=True)]
    tallies: list[_Tally] = members.run(lambda: _Tally.of(targets, shifts, members.combinations.members))
    total = _Tally.of(targets, shifts, members.combinations.members)
    for tally in tallies:
        total.counts += tally.counts
        total.ends[:, 0] = np.minimum(total.ends[:, 0], tally.ends[:, 0])
        total.ends[:, 1] = np.maximum(total.ends[:, 1], tally.ends[:, 1])
        total.found += tally.found
        total.which += tally.which
    return total


@dataclass(slots=True, eq=False)
class _Tally:
    columns: NDArray[np.int64]
    populations: NDArray[np.int64]
    intervals: NDArray[np.int64]
    shifts: NDArray[np.int64]
    among: NDArray[np.bool_]
    counts: NDArray[np.int64]
    ends: NDArray[np.int64]
    found: list[NDArray[np.float64]] = field(default_factory=list)
    which: list[NDArray[np.int64]] = field(default_factory=list)
    _room: tuple[NDArray[np.float64], NDArray[np.int64]] | None = None

    @classmethod
    def of(cls, targets: Sequence[Target], shifts: Sequence[int], among: NDArray[np.bool_]) -> _Tally:
        return cls(
            np.array([target.column for target in targets], dtype=np.int64),
            np.array([target.population for target in targets], dtype=np.int64),
            np.array([(target.low, target.high) for target in targets], dtype=np.int64),
            np.array(shifts, dtype=np.int64),
            among,
            np.zeros((len(targets), BINS), dtype=np.int64),
            np.tile(np.array([GREATEST, -GREATEST], dtype=np.int64), (len(targets), 1)),
        )

    def add(self, values: NDArray[np.float64], combinations: NDArray[np.int16], n: int) -> None:
        for first in range(0, n, BLOCK):
            after = min(first + BLOCK, n)
            self._add_block(values[:, first:after], combinations[first:after], after - first)

    def _add_block(self, values: NDArray[np.float64], combinations: NDArray[np.int16], n: int) -> None:
        if self._room is None:
            most = BLOCK * len(self.columns)
            self._room = np.empty(most), np.empty(most, dtype=np.int64)
        found, which = self._room
        m = narrow(
            values,
            combinations,
            n,
            self.columns,
            self.populations,
            self.among,
            self.intervals,
            self.shifts,
            self.counts,
            self.ends,
            found,
            which,
        )
        if m:
            self.found.append(found[:m].copy())
            self.which.append(which[:m].copy())

    def values_of(self, number: int) -> NDArray[np.float64]:
        """Return the values noted down for a target."""
        return np.concatenate(
            [found[which == number] for found, which in zip(self.found, self.which, strict=True)]
        )

    def narrowed(self, number: int, target: Target) -> Target:
        """Return the target with the interval of its bin, not wider than the values met."""
        upto = np.cumsum(self.counts[number])
        place = int(np.searchsorted(upto, target.rank, side="right"))
        below = int(upto[place - 1]) if place else 0
        shift = int(self.shifts[number])
        least, greatest = self.ends[number].tolist()
        return replace(
            target,
            low=max(target.low + (place << shift), least),
            high=min(target.low + ((place + 1) << shift) - 1, target.high, greatest),
            rank=target.rank - below,
            size=int(self.counts[number, place]),
        )
