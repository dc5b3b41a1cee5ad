"""Scales: their widths and the ranges of axes, estimated once over all files of a study."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.gating.cleaning import stays
from cytogate.gating.sampling import sample_events
from cytogate.gating.template.matching import channels_of, compensation_of
from cytogate.gating.template.parts import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.cleaning import CleaningGate
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import ScaleSpec

EVENTS_PER_FILE = 20_000
NEGATIVE_QUANTILE = 0.05  # of the negative values: r of the width rule
AXIS_QUANTILE = 0.001  # of all values: where a drawn axis begins
MAX_WIDTH = 2.0
MOST_SATURATED = 0.05  # of a file; beyond this the range is not the detector's ceiling

# Negative values are counted by magnitude: 1000 bins a decade from 0.001, so that memory does not grow.
_BINS_PER_DECADE = 1000
_LOWEST_DECADE = -3
_N_BINS = 11 * _BINS_PER_DECADE


class PooledScales:
    """Values of the markers of a template over all files, as counts: memory does not grow with the files."""

    def __init__(self, template: GatingTemplate) -> None:
        self._template = template
        self._pooled: dict[str, _Pool] = {}

    def add(self, seen: Mapping[str, Values]) -> None:
        """Pool the values of a file, as `values_of` returns them."""
        for marker, values in seen.items():
            self._pooled.setdefault(marker, _Pool()).add(values)

    def scales(self) -> dict[str, Mapping[str, Any]]:
        """Return the parameters of each marker's scale, those estimated that the template leaves open."""
        return {
            marker: read_only(_fitted(spec, self._pooled[marker]))
            for marker in sorted(self._pooled)
            if (spec := self._spec(marker)) is not None
        }

    def axes(self) -> dict[str, tuple[float, float]]:
        """Return (low, high) of each marker in data values, for drawing."""
        found = {marker: _axis(self._spec(marker), self._pooled[marker]) for marker in sorted(self._pooled)}
        # a file may give no range that a plot can have
        return {marker: (low, high) for marker, (low, high) in found.items() if low < high < math.inf}

    def _spec(self, marker: str) -> ScaleSpec | None:
        return self._template.scale(marker, is_scatter=self._pooled[marker].kind != "fluorescence")


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The values of one marker in one file.

    Attributes
    ----------
    kind : str
        Of the channel.
    range : float
        Of the channel.
    n : int
        Finite values.
    bins, counts : (m,) int32
        Those that are negative by magnitude: bins that hold any, and how many.
    """

    kind: str
    range: float
    n: int
    bins: NDArray[np.int32]
    counts: NDArray[np.int32]

    @classmethod
    def of(cls, channel: Channel, values: NDArray[np.float64]) -> Values:
        """Return the values of a channel."""
        finite = values[np.isfinite(values)]
        position = (np.log10(-finite[finite < 0]) - _LOWEST_DECADE) * _BINS_PER_DECADE
        bins, counts = np.unique(np.clip(position, 0, _N_BINS - 1).astype(np.int32), return_counts=True)
        return cls(channel.kind, channel.range, len(finite), bins, counts.astype(np.int32))


class _Pool:
    """Counts of the negative values of one marker by magnitude, and of all its values; sums know no order."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()  # of channels, by file
        self.range = -math.inf
        self.n = 0
        self.counts = np.zeros(_N_BINS, np.int64)

    @property
    def kind(self) -> str:
        """Return what most files take the channel for; of equally many, fluorescence or the first by name."""
        return min(self.kinds, key=lambda kind: (-self.kinds[kind], kind != "fluorescence", kind))

    def add(self, values: Values) -> None:
        """Pool the values of a file."""
        self.kinds[values.kind] += 1
        self.n += values.n
        self.counts[values.bins] += values.counts
        self.range = max(self.range, values.range)

    def negative_quantile(self, share: float) -> float | None:
        """Return the `share` quantile of the negative values; None where there are none."""
        n_negative = int(self.counts.sum())
        return self._nth_lowest(share * n_negative) if n_negative else None

    def quantile(self, share: float) -> float:
        """Return the `share` quantile of all values where it is negative, else 0."""
        wanted = share * self.n
        return self._nth_lowest(wanted) if wanted < int(self.counts.sum()) else 0.0

    def _nth_lowest(self, rank: float) -> float:
        lowest_first = np.cumsum(self.counts[::-1])
        at = int(np.searchsorted(lowest_first, rank, side="right"))
        at = min(at, int(np.searchsorted(lowest_first, lowest_first[-1])))
        here = int(self.counts[::-1][at])
        before = int(lowest_first[at]) - here
        within = (rank - before) / here
        position = _N_BINS - at - within
        return -math.pow(10.0, position / _BINS_PER_DECADE + _LOWEST_DECADE)


def _fitted(spec: ScaleSpec, values: _Pool) -> dict[str, Any]:
    fitted = spec.to_dict() if spec.kind in ("log", "biex") else {"A": 0.0, **spec.to_dict()}
    if spec.is_estimated:
        lowest = values.negative_quantile(NEGATIVE_QUANTILE)
        fitted["W"] = logicle_width(lowest, top=float(fitted["T"]), decades=float(fitted["M"]))
    return fitted


def logicle_width(lowest: float | None, *, top: float, decades: float) -> float:
    """Return W for a reference value r of the negatives (None: there are none), to four decimals.

    Examples
    --------
    >>> logicle_width(-262.144, top=262144, decades=4.5)
    0.75
    """
    if lowest is None or lowest >= 0:
        return 0.0
    width = (decades - math.log10(top / -lowest)) / 2
    return round(min(max(width, 0.0), MAX_WIDTH, decades / 2), 4)


def _axis(spec: ScaleSpec | None, values: _Pool) -> tuple[float, float]:
    high = values.range if spec is None else spec.top
    if spec is not None and spec.kind == "log":
        return (high / 10.0 ** float(spec.parameters["M"]), high)
    if values.kind != "fluorescence":
        return (0.0, high)
    return (min(values.quantile(AXIS_QUANTILE), 0.0), high)


def values_of(
    template: GatingTemplate, source: EventSource, cleaning: Sequence[CleaningGate] = ()
) -> dict[str, Values]:
    """Return the values of each marker of a template: of at most 20,000 events, spread evenly over the file.

    Parameters
    ----------
    cleaning : sequence of CleaningGate
        The events that they take out are left out.

    Raises
    ------
    CytogateError, OSError
        The file cannot be used.
    """
    channels = channels_of(template, source)
    matrix = compensation_of(template, source)
    names = [channel.name for channel in channels.values()]
    columns = list(dict.fromkeys([*names, *(matrix.detectors if matrix is not None else ())]))
    cleaned = [dim.channel for entry in cleaning for dim in entry.gate.dims]
    read = list(dict.fromkeys([*columns, *cleaned]))
    values = sample_events(source, read, n_events=EVENTS_PER_FILE)
    values = values[stays(cleaning, values, read), : len(columns)]
    values = values[~_saturated(values, [source.channels[name] for name in columns])]
    if matrix is not None:
        values = matrix.apply(values, columns)
    return {
        marker: Values.of(channel, values[:, columns.index(channel.name)])
        for marker, channel in channels.items()
    }


def _saturated(values: NDArray[np.float64], channels: list[Channel]) -> NDArray[np.bool_]:
    """Return which events a detector could not measure: compensation makes all their colours wrong.

    A channel is passed over where ``$PnR`` says nothing about its values (amplified or divided ones) or is no
    ceiling, since more than a few events lie beyond it.
    """
    out = np.zeros(len(values), np.bool_)
    for column, channel in enumerate(channels):
        if channel.log is None and channel.gain == 1.0 and channel.kind in {"fluorescence", "scatter"}:
            beyond = values[:, column] >= channel.range - 1.0
            if len(beyond) and beyond.mean() <= MOST_SATURATED:
                out |= beyond
    return out
