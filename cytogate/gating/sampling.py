"""A bounded sample of a file's events, spread evenly over it and the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource

RUN_EVENTS = 500  # consecutive events of one read


def sample_events(source: EventSource, channels: Sequence[str], *, n_events: int) -> NDArray[np.float64]:
    """Return scale values of at most `n_events` events.

    Parameters
    ----------
    source : EventSource
        A file or events in memory.
    channels : sequence of str
        Names of the columns wanted.
    n_events : int
        Most events to return. A file with more gives runs of 500 events at even distances: acquisition order
        is time, so every part of the measurement is seen. No randomness.

    Returns
    -------
    (n_sampled, n_channels) float64
    """
    from cytogate.kernels.unpack import unpack_column

    layout = source.layout
    places = [source.channels.index(name) for name in channels]
    total = source.n_events
    starts, length = [0], total
    if total > n_events:
        n_runs = max(n_events // RUN_EVENTS, 1)
        length = min(RUN_EVENTS, n_events)
        starts = [run * (total - length) // max(n_runs - 1, 1) for run in range(n_runs)]
    out = np.empty((len(starts) * length, len(places)), np.float64)
    column = np.empty(length, np.float64)
    buffer = np.empty(max(length * layout.row_bytes, 1), np.uint8)
    with source.reader() as reader:
        for run, start in enumerate(starts):
            reader.read_into(start, length, buffer)
            for at, place in enumerate(places):
                unpack_column(
                    buffer,
                    length,
                    layout.row_bytes,
                    layout.offsets[place],
                    layout.widths[place],
                    layout.kinds[place],
                    layout.big_endian,
                    layout.masks[place],
                    layout.scale_kinds[place],
                    layout.scale_a[place],
                    layout.scale_b[place],
                    column,
                )
                out[run * length : (run + 1) * length, at] = column
    return out
