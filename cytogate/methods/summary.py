"""Summary: what a gating method looks at, small enough to keep for every sample of a study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import GatingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

BINS = 1024  # of one axis; a multiple of BINS_2D, so that a bin of the plane is a run of bins of an axis
BINS_2D = 128  # a side
RESERVOIR = 20_000  # events at most

# SplitMix64 (Steele, Lea, Flood 2014): a counter in even steps, stirred; different counters, different keys.
STEP = np.uint64(0x9E3779B97F4A7C15)
STIR_1, STIR_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Span:
    """How far the histogram of an axis goes, in scale units.

    The scale alone decides it, so that histograms of different samples add up. Events beyond it are counted
    in the outermost bins.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not -np.inf < self.low < self.high < np.inf:
            message = f"span {self.low:g} to {self.high:g}: finite ends are expected, the lower one first."
            raise GatingError(message)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """Events of one population on one or two axes, on the gate's scale.

    Summaries add up (`total`): that of several samples is the one that all their events together would have,
    whatever the order. Arrays are read-only.

    Attributes
    ----------
    spans : tuple of Span
        One for each axis.
    counts : tuple of (BINS,) int64
        Histogram of each axis, of all `n` events. What lies beyond a span, infinities too, is in its
        outermost bins.
    plane : (BINS_2D, BINS_2D) int64 or None
        Histogram of both axes, row = x; None for one axis.
    events : (m, n_axes) float64
        Reservoir: at most 20,000 events, those with the lowest keys, sorted by key; finite positions only.
    keys : (m,) uint64
        Hash of each event's index and of its sample's name: the same events are chosen however the file is
        read, and the reservoir of a sum is that of all events together.
    n : int
        All events of the population that have a place on every axis; infinities have one.
    n_nan : int
        Events without a place (NaN) on one of the axes: they are left out of all else.
    """

    spans: tuple[Span, ...]
    counts: tuple[NDArray[np.int64], ...]
    plane: NDArray[np.int64] | None
    events: NDArray[np.float64]
    keys: NDArray[np.uint64]
    n: int
    n_nan: int = 0

    def __post_init__(self) -> None:
        for array in (*self.counts, self.plane, self.events, self.keys):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def of(
        cls, values: ArrayLike, spans: Sequence[Span], *, indices: ArrayLike | None = None, name: str = ""
    ) -> Summary:
        """Return the summary of positions.

        Parameters
        ----------
        values : (n, n_axes) array-like, or (n,) for one axis
            Scale units.
        spans : sequence of Span
            One for each axis.
        indices : (n,) array-like of int, optional
            Of the events in their file, counted from 0; by default the rows of `values`.
        name : str
            Of the sample, so that different samples choose different events.

        Examples
        --------
        >>> summary = Summary.of([0.1, 0.1, 0.9, float("nan")], [Span(0.0, 1.0)])
        >>> summary.n, summary.n_nan, int(summary.counts[0].sum())
        (3, 1, 3)
        """
        table = np.asarray(values, dtype=np.float64).reshape(-1, len(spans))
        numbers = np.arange(len(table)) if indices is None else np.asarray(indices)
        placed = ~np.isnan(table).any(axis=1)
        kept = placed & np.isfinite(table).all(axis=1)
        bins = [bins_of(table[placed, axis], span) for axis, span in enumerate(spans)]
        keys, events = lowest(keys_of(numbers[kept], name), table[kept], RESERVOIR)
        return cls(
            spans=tuple(spans),
            counts=tuple(np.bincount(found, minlength=BINS).astype(np.int64) for found in bins),
            plane=_plane(*bins) if len(bins) == 2 else None,
            events=events,
            keys=keys,
            n=int(placed.sum()),
            n_nan=int(len(table) - placed.sum()),
        )

    @classmethod
    def empty(cls, spans: Sequence[Span]) -> Summary:
        """Return the summary of no events."""
        return cls.of(np.empty((0, len(spans))), spans)

    @classmethod
    def total(cls, summaries: Iterable[Summary]) -> Summary:
        """Return the summary of all events together; the order does not matter.

        Raises
        ------
        GatingError
            There is no summary, or their spans differ: bins of different axes do not add up.
        """
        parts = list(summaries)
        different = list(dict.fromkeys(part.spans for part in parts))
        if len(different) != 1:
            message = f"Summaries of one span add up; found {len(different)} different: {different[:3]}."
            raise GatingError(message)
        planes = [part.plane for part in parts if part.plane is not None]
        keys, events = lowest(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.events for part in parts]),
            RESERVOIR,
        )
        return cls(
            spans=different[0],
            counts=tuple(np.sum(axis, axis=0) for axis in zip(*(part.counts for part in parts), strict=True)),
            plane=np.sum(planes, axis=0) if planes else None,
            events=events,
            keys=keys,
            n=sum(part.n for part in parts),
            n_nan=sum(part.n_nan for part in parts),
        )

    def axis(self, which: int) -> Summary:
        """Return the summary on one of the axes: of the events that have a place on both."""
        return Summary(
            spans=(self.spans[which],),
            counts=(self.counts[which],),
            plane=None,
            events=self.events[:, [which]],
            keys=self.keys,
            n=self.n,
            n_nan=self.n_nan,
        )

    def without_events(self) -> Summary:
        """Return the histograms alone, which are small."""
        return replace(self, events=self.events[:0].copy(), keys=self.keys[:0].copy())

    def centres(self, which: int = 0) -> NDArray[np.float64]:
        """Return (BINS,) middles of the bins of an axis."""
        span = self.spans[which]
        edges = np.linspace(span.low, span.high, BINS + 1)
        return (edges[:-1] + edges[1:]) / 2


def salt_of(name: str) -> np.uint64:
    """Return where the counter of a sample's events begins."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def keys_of(indices: ArrayLike, name: str) -> NDArray[np.uint64]:
    """Return the key of each event of a sample, (n,) uint64; `indices` (n,) count from 0."""
    counter = salt_of(name) + np.asarray(indices).astype(np.uint64) * STEP
    stirred = (counter ^ (counter >> np.uint64(30))) * STIR_1
    stirred = (stirred ^ (stirred >> np.uint64(27))) * STIR_2
    return np.asarray(stirred ^ (stirred >> np.uint64(31)))


def bins_of(values: NDArray[np.float64], span: Span) -> NDArray[np.int64]:
    """Return the bin of each value (n,), infinite or not but never NaN; those beyond lie in the outermost."""
    held = np.clip(values, span.low, span.high)  # what lies far beyond would overflow
    position = (held - span.low) / (span.high - span.low) * BINS
    return np.minimum(position, BINS - 1).astype(np.int64)


def lowest(
    keys: NDArray[np.uint64], events: NDArray[np.float64], most: int
) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Return the `most` lowest keys (m,), sorted, and their events (m, n_axes).

    Equal keys, of samples given twice or once in a sky, are sorted by position, so that no order matters.
    """
    if len(keys) > most:
        kept = keys <= np.partition(keys, most - 1)[most - 1]
        keys, events = keys[kept], events[kept]
    order = np.argsort(keys)
    if (np.diff(keys[order]) == 0).any():
        order = np.lexsort((*events.T[::-1], keys))
    order = order[:most]
    return keys[order], events[order] + 0.0  # there is one zero


def _plane(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    coarse = BINS // BINS_2D
    cells = x // coarse * BINS_2D + y // coarse
    return np.bincount(cells, minlength=BINS_2D * BINS_2D).reshape(BINS_2D, BINS_2D).astype(np.int64)
