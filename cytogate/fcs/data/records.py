"""Records: stored values out of a block of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.fcs.data.layout import AS_STORED, FLOAT32, FLOAT64, LOG, NO_MASK, UNSIGNED, RecordLayout

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTE_COUNTS = (1, 2, 4, 8)
EXACT = 2**53  # float64 holds every integer up to here
_LOG_DECADES = 200  # and an offset of 10**100 at most: within float64


def stored_dtype(layout: RecordLayout) -> np.dtype[Any]:
    """Return the type of a table of stored values.

    Unsigned of the widest width when all are integers, the float when all are of one, else float64.
    """
    kinds = set(layout.kinds.tolist())
    if kinds == {UNSIGNED}:
        return column_dtype(UNSIGNED, int(layout.widths.max()))
    return np.dtype(np.float32) if kinds == {FLOAT32} else np.dtype(np.float64)


def column_dtype(kind: int, width: int) -> np.dtype[Any]:
    """Return the native type that holds stored values of one channel exactly."""
    if kind == UNSIGNED:
        return np.dtype(f"u{next(count for count in _BYTE_COUNTS if count >= width)}")
    return np.dtype(np.float32 if kind == FLOAT32 else np.float64)


def stored_table(records: NDArray[np.uint8], layout: RecordLayout) -> NDArray[Any]:
    """Return (n_events, n_channels) stored values, integers masked.

    Parameters
    ----------
    records : (n_events, row_bytes) uint8
    """
    dtype, uniform = stored_dtype(layout), uniform_dtype(layout)
    if uniform is not None:
        return masked_table(records, layout, uniform).astype(dtype, copy=False)
    out = np.empty((len(records), layout.n_channels), dtype)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, too
        for channel in range(layout.n_channels):
            out[:, channel] = stored_column(records, layout, channel)
    return out


def stored_column(records: NDArray[np.uint8], layout: RecordLayout, channel: int) -> NDArray[Any]:
    """Return (n_events,) stored values of one channel, exact, integers masked."""
    column = unmasked_column(records, layout, channel)
    if layout.kinds[channel] == UNSIGNED:
        column &= layout.masks[channel].astype(column.dtype)
    return column


def unmasked_column(records: NDArray[np.uint8], layout: RecordLayout, channel: int) -> NDArray[Any]:
    """Return (n_events,) values of one channel with all their bits, in native byte order, a new array."""
    begin, width = int(layout.offsets[channel]), int(layout.widths[channel])
    dtype = column_dtype(int(layout.kinds[channel]), width)
    padded = np.zeros((len(records), dtype.itemsize), np.uint8)
    start = dtype.itemsize - width if layout.big_endian else 0
    padded[:, start : start + width] = records[:, begin : begin + width]
    return (
        padded.view(dtype.newbyteorder(">" if layout.big_endian else "<")).reshape(len(records)).astype(dtype)
    )


def uniform_dtype(layout: RecordLayout) -> np.dtype[Any] | None:
    """Return the type of all values, in the byte order of the file; None where numpy has no one for all."""
    dtype = stored_dtype(layout)
    if len(set(layout.kinds.tolist())) != 1 or (layout.widths != dtype.itemsize).any():
        return None
    return dtype.newbyteorder(">" if layout.big_endian else "<")


def masked_table(records: NDArray[np.uint8], layout: RecordLayout, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return (n_events, n_channels) stored values of the one type that `uniform_dtype` found, masked.

    They may be a view of the records, in the byte order of the file.
    """
    table: NDArray[Any] = records.view(dtype)
    if dtype.kind == "u" and _masks(layout).any():
        table = table & layout.masks.astype(dtype.newbyteorder("="))
    return table


def is_plain(records: NDArray[np.uint8], layout: RecordLayout) -> bool:
    """Say whether all values are finite, lose no bits to their mask, and are exact as float64.

    numpy answers, so that opening a file and asking for its warnings loads no kernels.
    """
    dtype = uniform_dtype(layout)
    if dtype is not None and dtype.kind == "f" and not layout.scale_kinds[layout.kinds == FLOAT64].any():
        return bool(np.isfinite(records.view(dtype)).all())
    if dtype is not None and dtype.kind == "u":
        most = records.view(dtype).max(axis=0, initial=0).astype(np.uint64)
        return all(int(most[c]) <= _most(layout, c) for c in range(layout.n_channels))
    return all(_is_plain(unmasked_column(records, layout, c), layout, c) for c in _doubtful(layout))


def _masks(layout: RecordLayout) -> NDArray[np.bool_]:
    """Say of which channels the mask can take bits away."""
    full = _full(layout)
    cut: NDArray[np.bool_] = (layout.masks & full) != full
    return cut


def _full(layout: RecordLayout) -> NDArray[np.uint64]:
    """Return all bits that the values of each channel have."""
    bits: NDArray[np.uint64] = NO_MASK >> (64 - 8 * layout.widths).astype(np.uint64)
    return bits


def _doubtful(layout: RecordLayout) -> list[int]:
    """Return the channels whose values may be odd: floats, masked integers, and those above 2**53."""
    doubtful = (layout.kinds != UNSIGNED) | _masks(layout) | (_full(layout) > EXACT)
    return [int(c) for c in np.flatnonzero(doubtful)]


def _is_plain(values: NDArray[Any], layout: RecordLayout, channel: int) -> bool:
    if layout.kinds[channel] == FLOAT64 and layout.scale_kinds[channel] != AS_STORED:
        # far from where a factor leaves float64
        return bool((np.abs(values) <= _most(layout, channel)).all())
    if layout.kinds[channel] != UNSIGNED:
        return bool(np.isfinite(values).all())
    return not values.size or int(values.max()) <= _most(layout, channel)


def _most(layout: RecordLayout, channel: int) -> int:
    """Return the largest number that loses no bits, is exact, and is finite as a scale value."""
    most = min(int(layout.masks[channel]), EXACT)
    if layout.scale_kinds[channel] == LOG:  # $PnE allows 10**100 at $PnR itself
        most = min(most, int(_LOG_DECADES / layout.scale_a[channel]))
    return most
