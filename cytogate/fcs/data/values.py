"""Values of whole files: a table of scale values, and what the values of each channel reach."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.fcs.data.layout import AS_STORED, DIVIDE, LOG, MULTIPLY
from cytogate.fcs.data.ranges import share_ranges
from cytogate.fcs.data.records import is_plain, masked_table, uniform_dtype
from cytogate.platform import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.data.readers import RecordSource

BLOCK_BYTES = 2**18  # records and their float64 values stay in the cache
MOST_WITHOUT_KERNELS = 2**26  # bytes of records that numpy looks through sooner than kernels are loaded
MIN_BYTES_A_THREAD = 2**22  # below, starting a thread costs more than it spares


@dataclass(frozen=True, slots=True, eq=False)
class ValueSummary:
    """What the values of each channel reach; all arrays are (n_channels,) and read-only.

    Attributes
    ----------
    minimum, maximum : float64
        Least and greatest finite scale value; NaN where there is none.
    n_nan, n_infinite : int64
        Events whose value is not a number, or infinite.
    n_lost_bits : int64
        Events of an integer channel with bits beyond ``$PnR``, which the mask takes away.
    n_rounded : int64
        Events with an integer above 2**53 that float64 cannot hold; `FcsFile.raw` gives it exactly.
    """

    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    n_nan: NDArray[np.int64]
    n_infinite: NDArray[np.int64]
    n_lost_bits: NDArray[np.int64]
    n_rounded: NDArray[np.int64]

    def __post_init__(self) -> None:
        for one in fields(self):
            getattr(self, one.name).setflags(write=False)


def scale_table(source: RecordSource) -> NDArray[np.float64]:
    """Return (n_events, n_channels) float64 scale values of a source, decoded in blocks by all processors."""
    layout = source.layout
    out = np.empty((source.n_events, layout.n_channels))
    dtype = uniform_dtype(layout)
    unpacked = [c for c in range(layout.n_channels) if dtype is None or layout.scale_kinds[c] != AS_STORED]

    def run(records: NDArray[np.uint8], first: int) -> None:
        n = len(records)
        rows = out[first : first + n]
        if dtype is not None:
            with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, too
                rows[:] = masked_table(records, layout, dtype)
        if unpacked:
            scratch = np.empty((len(unpacked), n))
            for place, c in enumerate(unpacked):
                _unpack(records, layout, c, scratch[place])
            rows[:, unpacked if dtype is not None else slice(None)] = scratch.T

    over_blocks(source, run)
    return out


def summarise(source: RecordSource) -> ValueSummary:
    """Return what the values of each channel reach, by one pass over the records.

    numpy answers for small files without odd values or log scales, as loading kernels would take longer.
    """
    layout, c = source.layout, source.layout.n_channels
    none = np.zeros((c, 4), np.int64)
    small = source.n_events * layout.row_bytes <= MOST_WITHOUT_KERNELS

    def run(records: NDArray[np.uint8], _first: int) -> tuple[NDArray[Any], ...]:
        reach = _plain_reach(records, layout) if small else None
        if reach is not None:
            return *reach, none
        from cytogate.kernels.summary import summarise_columns

        lowest, highest = np.full(c, np.inf), np.full(c, -np.inf)
        counts = np.zeros((c, 4), np.int64)
        summarise_columns(
            records.reshape(-1), len(records), layout.row_bytes, layout.offsets, layout.widths, layout.kinds,
            layout.big_endian, layout.masks, layout.scale_kinds, layout.scale_a, layout.scale_b,
            np.empty(len(records)), lowest, highest, counts,
        )  # fmt: skip
        return lowest, highest, counts

    found = over_blocks(source, run)
    lowest, highest, counts = np.full(c, np.inf), np.full(c, -np.inf), np.zeros((c, 4), np.int64)
    for low, high, count in found:
        lowest, highest, counts = np.minimum(lowest, low), np.maximum(highest, high), counts + count
    empty = lowest > highest
    lowest[empty] = highest[empty] = np.nan
    return ValueSummary(lowest, highest, *counts.T.copy())


def _plain_reach(records: NDArray[np.uint8], layout: RecordLayout) -> NDArray[np.float64] | None:
    """Return (2, n_channels) least and greatest scale values; None where some may be odd, or a scale is log.

    Division and multiplication keep the order of values, so it is enough to scale these two.
    """
    dtype, kinds = uniform_dtype(layout), layout.scale_kinds
    if dtype is None or (kinds == LOG).any() or not is_plain(records, layout):
        return None
    values = records.view(dtype)
    reach = np.array([values.min(axis=0), values.max(axis=0)], np.float64)
    divided, multiplied = kinds == DIVIDE, kinds == MULTIPLY
    with np.errstate(over="ignore"):
        reach[:, divided] /= layout.scale_a[divided]
        reach[:, multiplied] *= layout.scale_a[multiplied]
    return reach if np.isfinite(reach).all() else None


def over_blocks(source: RecordSource, run: Callable[[NDArray[np.uint8], int], Any]) -> list[Any]:
    """Call ``run(records, first_event)`` for blocks of records, shared by threads; return answers in order.

    records : (n, row_bytes) uint8
        Valid during the call alone.
    """
    row_bytes = source.layout.row_bytes
    step = max(1, min(BLOCK_BYTES // row_bytes, source.n_events))
    n_bytes = source.n_events * row_bytes
    buffers: list[NDArray[np.uint8]] = []  # one for each thread, lent again

    with source.reader() as reader:

        def read_and_run(first: int, n: int) -> Any:
            try:
                buffer = buffers.pop()
            except IndexError:
                buffer = np.empty(step * row_bytes, np.uint8)
            chunk = buffer[: n * row_bytes]
            reader.read_into(first, n, chunk)
            answer = run(chunk.reshape(n, row_bytes), first)
            buffers.append(buffer)
            return answer

        n_threads = min(usable_cpus(), -(-source.n_events // step), n_bytes // MIN_BYTES_A_THREAD)
        return share_ranges(source.n_events, step, read_and_run, n_threads)


def _unpack(records: NDArray[np.uint8], layout: RecordLayout, c: int, out: NDArray[np.float64]) -> None:
    from cytogate.kernels.unpack import unpack_column

    unpack_column(
        records.reshape(-1), len(records), layout.row_bytes, layout.offsets[c], layout.widths[c],
        layout.kinds[c], layout.big_endian, layout.masks[c], layout.scale_kinds[c], layout.scale_a[c],
        layout.scale_b[c], out,
    )  # fmt: skip
