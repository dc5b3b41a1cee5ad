"""Watch: one pass over a file that keeps what the checks of events need, whatever the size of the file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.gates.dimension import UNCOMPENSATED, Dimension
from cytogate.gating.columns import ColumnTable
from cytogate.gating.passes import Workspaces, over_chunks
from cytogate.gating.result import compensated_dimension
from cytogate.kernels.beyond import TILE, count_beyond
from cytogate.kernels.columns import run_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy
    from cytogate.kernels.columns import Columns

SAMPLE = 32_768  # events whose values are kept, evenly spread over the file
TIME_EVERY = 16  # events; their times are kept
CONVERTER = (
    1024.0  # range from which on a channel is one of an analogue-digital converter, from 0 to range - 1
)
ASINH_PARTS = 1748.0  # of a channel's range: 150 on the common scale to 262,144, as a logicle's linear part


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one pass over a file saw.

    Attributes
    ----------
    n_events : int
        Of the file.
    time_channel : str or None
        Name of the channel; None where the file has none.
    times : (ceil(n_events / 16),) float64
        Time of every 16th event, in units of the channel; empty without a time channel.
    last_time : float
        Of the last event.
    channels : tuple of str
        Of which values are kept: areas of scatter, and fluorescence, compensated as the strategy does.
    values : (n_channels, n_sampled) float64
        Compensated linear values of every `apart`-th event of the file.
    detected : (n_channels, n_sampled) float64
        The same, not compensated.
    compensated : (n_channels,) bool
        Whether a matrix holds the channel.
    apart : int
        Events from one that is sampled to the next.
    cofactors : (n_channels,) float64
        Of each channel's asinh scale.
    ranged : tuple of str
        Channels whose ranges were looked at.
    low, top : (n_ranged,) float64
        Values below `low`, and from `top` on, are off scale.
    beyond : (n_ranged, 2) int64
        Events below, and at or above.
    n_beyond : int
        Events off scale on any channel.
    """

    n_events: int
    time_channel: str | None
    times: NDArray[np.float64]
    last_time: float
    channels: tuple[str, ...]
    values: NDArray[np.float64]
    detected: NDArray[np.float64]
    compensated: NDArray[np.bool_]
    apart: int
    cofactors: NDArray[np.float64]
    ranged: tuple[str, ...]
    low: NDArray[np.float64]
    top: NDArray[np.float64]
    beyond: NDArray[np.int64]
    n_beyond: int

    def time_at(self, event: int) -> float:
        """Return the time of an event; between two whose times are known, that of the earlier one."""
        return self.last_time if event >= self.n_events else float(self.times[event // TIME_EVERY])


def watch(source: EventSource, strategy: GatingStrategy, *, threads: int | None = None) -> Seen:
    """Look at all events of a file once.

    Parameters
    ----------
    source : FcsFile or Events
        Read in blocks; what is kept does not grow with the file, but for a time every 16 events.
    strategy : GatingStrategy
        Its matrix compensates the channels that no gate names, too.
    threads : int, optional
        How many threads share the file; the result does not depend on it.

    Raises
    ------
    CytogateError
        As `cytogate.gate`.
    """
    n_events = source.n_events
    apart = max(1, math.ceil(n_events / SAMPLE))
    measured = [channel for channel in source.channels if _is_followed(channel)]
    dims = [compensated_dimension(channel.name, source, strategy) for channel in measured]
    plain = [Dimension(channel.name) for channel in measured]
    followed = _Columns(source, strategy, [*dims, *plain], apart)
    time = next((channel.name for channel in source.channels if channel.kind == "time"), None)
    timed = _Columns(
        source, strategy, [] if time is None else [compensated_dimension(time, source, strategy)], TIME_EVERY
    )
    ends = _Columns(source, strategy, timed.dims, 1, room=1)
    ranges = _Ranges(source)

    def run(buffer: NDArray[np.uint8], first: int, n: int) -> tuple[NDArray[np.int64], int]:
        followed.take(buffer, first, n)
        timed.take(buffer, first, n)
        if first + n == n_events:
            ends.take(buffer[(n - 1) * source.layout.row_bytes :], 0, 1)
        return ranges.count(buffer, n)

    counted = over_chunks(source, run, threads=threads)
    return Seen(
        n_events=n_events,
        time_channel=time,
        times=timed.out[0] if time is not None else np.zeros(0),
        last_time=float(ends.out[0, 0]) if time is not None and n_events else math.nan,
        channels=tuple(channel.name for channel in measured),
        values=followed.out[: len(dims)],
        detected=followed.out[len(dims) :],
        compensated=np.array([dim.compensation != UNCOMPENSATED for dim in dims], dtype=np.bool_),
        apart=apart,
        cofactors=np.array([_finite_range(channel) / ASINH_PARTS for channel in measured]),
        ranged=ranges.names,
        low=ranges.low,
        top=ranges.top,
        beyond=sum((counts for counts, _ in counted), np.zeros((len(ranges.names), 2), dtype=np.int64)),
        n_beyond=sum(total for _, total in counted),
    )


def _is_followed(channel: Channel) -> bool:
    if channel.kind == "scatter":
        return channel.name.upper().endswith("-A") or "-" not in channel.name
    return channel.kind == "fluorescence"


def _finite_range(channel: Channel) -> float:
    known = channel.range / channel.gain if channel.gain > 0 else channel.range
    return known if 0.0 < known < math.inf else 262_144.0


class _Columns:
    """Columns of every `apart`-th event of a source."""

    def __init__(
        self,
        source: EventSource,
        strategy: GatingStrategy,
        dims: Sequence[Dimension],
        apart: int,
        room: int | None = None,
    ) -> None:
        table = ColumnTable(source, strategy)
        self.dims = tuple(dims)
        self._wanted = np.array([(table.slot(dim), -1) for dim in dims], dtype=np.int64).reshape(-1, 2)
        self._columns: Columns = table.freeze()
        self._spaces = Workspaces(len(self._columns.slots))
        self._apart, self._row_bytes = apart, source.layout.row_bytes
        self.out = np.empty((len(dims), math.ceil(source.n_events / apart) if room is None else room))

    def take(self, buffer: NDArray[np.uint8], first: int, n: int) -> None:
        """Write the columns of a chunk that begins at event `first`."""
        if not self.dims:
            return
        start = -first % self._apart
        records = buffer[: n * self._row_bytes].reshape(n, self._row_bytes)[start :: self._apart]
        if len(records):
            work = self._spaces.borrow()
            place = (first + start) // self._apart
            run_columns(
                np.ascontiguousarray(records).reshape(-1),
                len(records),
                self._columns,
                self._wanted,
                work,
                place,
                self.out,
            )
            self._spaces.give_back(work)


class _Ranges:
    """Which values of which channels are off scale, and how many events have them.

    A detector ends at the range of its channel (less one step, where that is an integer of a converter);
    scatter that is negative is none. Time and derived channels have no range.
    """

    def __init__(self, source: EventSource) -> None:
        layout = source.layout
        places = [
            at for at, channel in enumerate(source.channels) if channel.kind in {"scatter", "fluorescence"}
        ]
        channels = [source.channels[at] for at in places]
        self.names = tuple(channel.name for channel in channels)
        self.low = np.array([0.0 if channel.kind == "scatter" else -math.inf for channel in channels])
        self.top = np.array([_top(channel) for channel in channels])
        self._places = (
            layout.row_bytes, layout.offsets[places], layout.widths[places], layout.kinds[places],
            layout.big_endian, layout.masks[places], layout.scale_kinds[places], layout.scale_a[places],
            layout.scale_b[places],
        )  # fmt: skip

    def count(self, buffer: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int64], int]:
        """Return (n_channels, 2) events below and above in a chunk, and how many are on any channel."""
        counts = np.zeros((len(self.names), 2), dtype=np.int64)
        scratch, flags = np.empty(TILE), np.empty(TILE, dtype=np.uint8)
        return counts, int(count_beyond(buffer, n, *self._places, self.low, self.top, scratch, flags, counts))


def _top(channel: Channel) -> float:
    """Return the scale value from which on a channel shows nothing more."""
    top = channel.range - 1.0 if channel.range >= CONVERTER else channel.range
    if not 0.0 < top < math.inf:
        return math.inf
    if channel.log is not None:
        decades, offset = channel.log
        return float((offset or 1.0) * 10.0 ** (decades * top / channel.range))
    return top / channel.gain
