"""Gate or biology: which part of a change between two samples of a subject is due to gates that moved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.gating.carrying import carried, lengths_of, peaks_of, warps_between
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.uncertainty import thinned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.source import EventSource
    from cytogate.gating.carrying import Axis, Peak
    from cytogate.gating.strategy import GatingStrategy

MOST_EVENTS = 100_000  # of a sample that are compared


@dataclass(frozen=True, slots=True)
class Split:
    """A change in percentage points; ``gate + biology`` is ``change``, to the last bit but one.

    Attributes
    ----------
    change : float
        Percentage in the second sample minus that in the first, each with its own gates.
    gate : float
        What moved gates make of it: they moved otherwise than the cells' peaks did, or did not move though
        the peaks did.
    biology : float
        What is left with gates at the same place relative to the peaks in both samples.
    at_unmoved_gates : float
        For information: the change with gates at the same numbers in both samples. Staining drift is in it.
    """

    change: float
    gate: float
    biology: float
    at_unmoved_gates: float


class Looked:
    """One sample of a subject, read once, to be compared with the others.

    Parameters
    ----------
    source : FcsFile or Events
        The sample; a file of more than 100,000 events is thinned evenly.
    strategy : GatingStrategy
        Its own gates; scales must be those of the other samples (fits of the study).
    name : str
        Of the sample.
    threads : int or None
        As in `cytogate.gate`.
    """

    def __init__(
        self, source: EventSource, strategy: GatingStrategy, name: str, *, threads: int | None = 1
    ) -> None:
        events = thinned(source, MOST_EVENTS)
        self.strategy = strategy
        self.peaks: Mapping[Axis, tuple[Peak, ...]] = peaks_of(events, strategy, name)
        self.lengths: Mapping[Axis, float] = lengths_of(events, strategy)
        self._loaded = LoadedSample(events, strategy, threads=threads)

    def percents(self, strategy: GatingStrategy, pairs: Mapping[str, tuple[str, str]]) -> dict[str, float]:
        """Return the percentage of each (population, denominator); NaN without events."""
        result = self._loaded.regate(strategy)
        out = {}
        for name, (inside, of) in pairs.items():
            total = result.count(of)
            out[name] = 100 * result.count(inside) / total if total else math.nan
        return out


def split_change(first: Looked, second: Looked, pairs: Mapping[str, tuple[str, str]]) -> dict[str, Split]:
    """Split the change of percentages from `first` to `second` into gates and biology.

    Parameters
    ----------
    first, second : Looked
        Two samples of one subject and panel.
    pairs : Mapping
        Any name to (population, denominator), full paths.

    Returns
    -------
    dict
        Name of each pair to its Split; NaN where a sample has no events in the denominator.

    Notes
    -----
    The gates of each sample are carried to the other by the displacement of the peaks of each gate's parent
    population on each axis, which does not depend on how many cells are on each peak; where two populations
    make one peak, it does in part, and biology comes out too small (`cytogate.gating.carrying`). Biology is
    the mean of the change at the first sample's gates and of that at the second's; gate is the rest of the
    change.
    """
    own = first.percents(first.strategy, pairs), second.percents(second.strategy, pairs)
    forth = warps_between(first.peaks, second.peaks, first.lengths)
    back = warps_between(second.peaks, first.peaks, second.lengths)
    carried_forth = second.percents(carried(first.strategy, second.strategy, forth), pairs)
    carried_back = first.percents(carried(second.strategy, first.strategy, back), pairs)
    unmoved_forth = second.percents(carried(first.strategy, second.strategy), pairs)
    unmoved_back = first.percents(carried(second.strategy, first.strategy), pairs)
    out = {}
    for name in pairs:
        before, after = own[0][name], own[1][name]
        change = after - before
        biology = ((carried_forth[name] - before) + (after - carried_back[name])) / 2
        unmoved = ((unmoved_forth[name] - before) + (after - unmoved_back[name])) / 2
        out[name] = Split(change, change - biology, biology, unmoved)
    return out
