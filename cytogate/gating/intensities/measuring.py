"""Intensities: statistics of populations on channels, all of them from one pass over the events.

Values are compensated and linear; those that are not finite are left out. Every result is exact for the
events it is of: order statistics are values of the data (or lie between two neighbours), sums are exact and
rounded once. So nothing depends on the order of the events, on chunks or on threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from cytogate.errors import CytogateError, GatingError, Problem
from cytogate.gating.intensities.combinations import combinations_of
from cytogate.gating.intensities.exact_sums import SumTally, merged
from cytogate.gating.intensities.member_pass import MemberPass
from cytogate.gating.intensities.order_statistics import rank_values
from cytogate.gating.measures.base import Ranked, Summed, find_measure
from cytogate.gating.passes import read_columns
from cytogate.gating.tree import ROOT
from cytogate.platform import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from cytogate.gating.measures.base import Measure
    from cytogate.gating.result import GatingResult

T = TypeVar("T")

MOST = 256  # combinations of populations at once; populations that make more are measured in parts
SUM_CELLS = 8192  # columns x combinations whose sums are held at once: 0.5 KB each for every thread
VALUES_AT_ONCE = 4_000_000  # values held for measures that want them all: 32 MB


@dataclass(frozen=True, slots=True, eq=False)
class Intensities:
    """Statistics of populations on channels.

    Attributes
    ----------
    populations, channels, statistics : tuple of str
        Full paths (``"/"`` is the root), ``$PnN`` and names of measures: the axes of `values`, in order.
    values : (n_populations, n_channels, n_statistics) float64
        In channel units; NaN where a statistic is not defined.
    n : (n_populations, n_channels) int64
        Events that counted: those whose value is finite.
    """

    populations: tuple[str, ...]
    channels: tuple[str, ...]
    statistics: tuple[str, ...]
    values: NDArray[np.float64]
    n: NDArray[np.int64]


def measure(
    result: GatingResult,
    statistics: Iterable[str],
    channels: Iterable[str] | None = None,
    populations: Iterable[str] | None = None,
    threads: int | None = None,
) -> Intensities:
    """Return statistics of populations on channels; see `GatingResult.intensities`."""
    wanted = _Wanted.of(result, statistics, channels, populations)
    shape = (len(wanted.rows), len(wanted.channels))
    values = np.full((*shape, len(wanted.measures)), np.nan)
    n = np.zeros(shape, dtype=np.int64)
    if all(shape):
        _at_once(result, wanted, threads, values, n)
        _one_by_one(result, wanted, threads, values, n)
    return Intensities(wanted.populations, wanted.channels, tuple(wanted.measures), values, n)


# --- what is asked for -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    populations: tuple[str, ...]
    rows: tuple[int, ...]  # of the membership bits
    channels: tuple[str, ...]
    measures: dict[str, Measure]

    @classmethod
    def of(
        cls,
        result: GatingResult,
        statistics: Iterable[str],
        channels: Iterable[str] | None,
        populations: Iterable[str] | None,
    ) -> _Wanted:
        panel, position = result.source.channels, result.strategy.position
        if channels is None:
            channels = [channel.name for channel in panel if channel.kind == "fluorescence"]
        paths = result.populations if populations is None else populations
        errors: list[tuple[str, CytogateError]] = []
        names = _each("channels", channels, lambda name: panel[name].name, errors)
        rows = _each("populations", paths, lambda name: 0 if name == ROOT else position(name) + 1, errors)
        found = _each("statistics", statistics, find_measure, errors)
        if len(errors) == 1:
            raise errors[0][1]
        if errors:
            problems = [Problem("intensity-unknown", place, str(error)) for place, error in errors]
            title = "The intensities asked for cannot be had:"
            raise GatingError(title, problems)
        different = tuple(dict.fromkeys(rows.values()))
        return cls(
            populations=tuple(result.populations[row - 1] if row else ROOT for row in different),
            rows=different,
            channels=tuple(dict.fromkeys(names.values())),
            measures=found,
        )

    @property
    def ranked(self) -> dict[int, Ranked]:
        """The measures of ranks, by position."""
        known = enumerate(self.measures.values())
        return {place: entry for place, entry in known if isinstance(entry, Ranked)}

    @property
    def summed(self) -> dict[int, Summed]:
        """The measures of sums, by position."""
        known = enumerate(self.measures.values())
        return {place: entry for place, entry in known if isinstance(entry, Summed)}

    @property
    def others(self) -> dict[int, Measure]:
        """The measures that want the values, by position."""
        done = {**self.ranked, **self.summed}
        return {place: entry for place, entry in enumerate(self.measures.values()) if place not in done}


def _each(
    place: str, names: Iterable[str], find: Callable[[str], T], errors: list[tuple[str, CytogateError]]
) -> dict[str, T]:
    """Return what each name means; what means nothing goes to `errors`."""
    found = {}
    for name in [names] if isinstance(names, str) else names:
        try:
            found[name] = find(name)
        except CytogateError as error:
            errors.append((place, error))
    return found


# --- measures of ranks and sums ----------------------------------------------------------------------------


def _at_once(
    result: GatingResult,
    wanted: _Wanted,
    threads: int | None,
    values: NDArray[np.float64],
    n: NDArray[np.int64],
) -> None:
    ranked, summed = wanted.ranked, wanted.summed
    if not ranked and not summed:
        return
    source, strategy = result.source, result.strategy
    dims = [result.compensated(channel) for channel in wanted.channels]
    place_of = {row: place for place, row in enumerate(wanted.rows)}
    sharing = usable_cpus() if threads is None else threads
    for combinations in combinations_of(result.bits, source.n_events, wanted.rows, sharing, MOST):
        members = MemberPass.over(source, strategy, dims, combinations, threads)
        places = [place_of[row] for row in combinations.populations.tolist()]
        if ranked:
            _fill_ranked(members, ranked, places, values, n)
        for logarithms in (False, True):
            some = {at: entry for at, entry in summed.items() if entry.logarithms == logarithms}
            if some:
                _fill_summed(members, some, places, values, n, logarithms=logarithms)


def _fill_ranked(
    members: MemberPass,
    some: dict[int, Ranked],
    places: Sequence[int],
    values: NDArray[np.float64],
    n: NDArray[np.int64],
) -> None:
    def ranks_of(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        known = {
            size: [rank for entry in some.values() for rank in entry.ranks(max(1, size))]
            for size in set(sizes.ravel().tolist())
        }
        return np.array([known[size] for size in sizes.ravel().tolist()], dtype=np.int64).reshape(
            *sizes.shape, -1
        )

    found = rank_values(members, ranks_of)
    n[places] = found.n.T
    for column, by_population in enumerate(found.n.tolist()):
        for place, size, there in zip(places, by_population, found.values[column].tolist(), strict=True):
            first = 0
            for at, entry in some.items() if size else ():
                after = first + len(entry.ranks(size))
                values[place, column, at] = entry.of_ranks(tuple(there[first:after]), size)
                first = after


def _fill_summed(
    members: MemberPass,
    some: dict[int, Summed],
    places: Sequence[int],
    values: NDArray[np.float64],
    n: NDArray[np.int64],
    *,
    logarithms: bool,
) -> None:
    among = members.combinations.members
    at_once = max(1, SUM_CELLS // max(1, among.shape[1]))
    for first in range(0, members.n_columns, at_once):
        part = range(first, min(first + at_once, members.n_columns))
        make = partial(SumTally.empty, len(part), among.shape[1], logarithms=logarithms)
        tally = merged(members.only(part).run(make), make())
        for column in part:
            for place, member in zip(places, among, strict=True):
                total, added, without = tally.total(column - first, member)
                n[place, column] = added + without
                for at, entry in some.items() if added + without else ():
                    values[place, column, at] = entry.of_sum(total, added + without, without)


# --- measures that want the values -------------------------------------------------------------------------


def _one_by_one(
    result: GatingResult,
    wanted: _Wanted,
    threads: int | None,
    values: NDArray[np.float64],
    n: NDArray[np.int64],
) -> None:
    others = wanted.others
    if not others:
        return
    n_events = result.source.n_events
    inside = [np.flatnonzero(np.unpackbits(result.bits[row], count=n_events)) for row in wanted.rows]
    dims = [result.compensated(channel) for channel in wanted.channels]
    at_once = max(1, VALUES_AT_ONCE // max(1, n_events))
    for first in range(0, len(dims), at_once):
        columns = read_columns(result.source, result.strategy, dims[first : first + at_once], threads=threads)
        for column, all_values in enumerate(columns, start=first):
            for place, events in enumerate(inside):
                some = all_values[events]
                some = some[np.isfinite(some)]
                n[place, column] = len(some)
                for at, entry in others.items():
                    values[place, column, at] = entry.compute(some)
