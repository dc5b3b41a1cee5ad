"""Unpack: one channel of a block of records as float64 scale values."""

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import kernel, part

# n = events of the block; kind: 0 unsigned integer, 1 float32, 2 float64
# scale_kind: 0 as stored, 1 x / a, 2 b * 10 ** (a * x), 3 x * a
# Values need not be aligned, so they are put together from bytes; the compiler makes one load of it.
# Places are unsigned: with a sign, every byte would be asked whether it counts from the end.

ONE, TWO, THREE, FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


@part
def _little4(buffer, place):
    return np.uint32(
        (np.uint32(buffer[place + THREE]) << np.uint32(24))
        | (np.uint32(buffer[place + TWO]) << np.uint32(16))
        | (np.uint32(buffer[place + ONE]) << np.uint32(8))
        | np.uint32(buffer[place])
    )


@part
def _big4(buffer, place):
    return np.uint32(
        (np.uint32(buffer[place]) << np.uint32(24))
        | (np.uint32(buffer[place + ONE]) << np.uint32(16))
        | (np.uint32(buffer[place + TWO]) << np.uint32(8))
        | np.uint32(buffer[place + THREE])
    )


@part
def _little8(buffer, place):
    return (np.uint64(_little4(buffer, place + FOUR)) << np.uint64(32)) | np.uint64(_little4(buffer, place))


@part
def _big8(buffer, place):
    return (np.uint64(_big4(buffer, place)) << np.uint64(32)) | np.uint64(_big4(buffer, place + FOUR))


@part
def _any_width(buffer, place, width, big_endian):
    value = np.uint64(0)
    for i in range(width):
        byte = buffer[place + (np.uint64(i) if big_endian else width - ONE - np.uint64(i))]
        value = (value << np.uint64(8)) | np.uint64(byte)
    return value


@part
def _unpack_float32(buffer, n, step, place, big_endian, out):
    if big_endian:
        for i in range(n):
            out[i] = np.uint32(_big4(buffer, place)).view(np.float32)
            place += step
    else:
        for i in range(n):
            out[i] = np.uint32(_little4(buffer, place)).view(np.float32)
            place += step


@part
def _unpack_float64(buffer, n, step, place, big_endian, out):
    if big_endian:
        for i in range(n):
            out[i] = np.uint64(_big8(buffer, place)).view(np.float64)
            place += step
    else:
        for i in range(n):
            out[i] = np.uint64(_little8(buffer, place)).view(np.float64)
            place += step


@part
def _unpack_unsigned(buffer, n, step, place, width, big_endian, mask, out):
    if width == 2:
        high = np.uint64(0) if big_endian else ONE
        mask32 = np.uint32(mask & np.uint64(0xFFFF))
        for i in range(n):
            value = (np.uint32(buffer[place + high]) << np.uint32(8)) | np.uint32(buffer[place + ONE - high])
            out[i] = np.float64(value & mask32)
            place += step
    elif width == 4 and big_endian:
        mask32 = np.uint32(mask & np.uint64(0xFFFFFFFF))
        for i in range(n):
            out[i] = np.float64(_big4(buffer, place) & mask32)
            place += step
    elif width == 4:
        mask32 = np.uint32(mask & np.uint64(0xFFFFFFFF))
        for i in range(n):
            out[i] = np.float64(_little4(buffer, place) & mask32)
            place += step
    else:
        for i in range(n):
            out[i] = np.float64(_any_width(buffer, place, np.uint64(width), big_endian) & mask)
            place += step


@kernel
def unpack_column(
    buffer, n, row_bytes, offset, width, kind, big_endian, mask, scale_kind, scale_a, scale_b, out
):
    """Write the scale values of one channel into `out`.

    Parameters
    ----------
    buffer : (>= n * row_bytes,) uint8
        Records of `n` events.
    row_bytes, offset, width, kind, big_endian, mask, scale_kind, scale_a, scale_b
        One channel's entries of a `RecordLayout`.
    out : (>= n,) float64
        Takes the values.
    """
    step, place = np.uint64(row_bytes), np.uint64(offset)
    if kind == 1:
        _unpack_float32(buffer, n, step, place, big_endian, out)
    elif kind == 2:
        _unpack_float64(buffer, n, step, place, big_endian, out)
    else:
        _unpack_unsigned(buffer, n, step, place, width, big_endian, mask, out)
    if scale_kind == 1:
        for i in range(n):
            out[i] = out[i] / scale_a
    elif scale_kind == 2:
        for i in range(n):
            out[i] = scale_b * 10.0 ** (scale_a * out[i])
    elif scale_kind == 3:
        for i in range(n):
            out[i] = out[i] * scale_a


@part
def unpack_rows(
    buffer, rows, m, n, row_bytes, offset, width, kind, big_endian, mask, scale_kind, scale_a, scale_b, out
):
    """Write the values of the first `m` of `rows` into `out`, each at its row: those of `unpack_column`.

    rows (>= m,): numbers of records in the buffer, which begin at `offset` as in `unpack_column`; a negative
    `m` stands for all of `n` records.
    """
    if m < 0:
        unpack_column(
            buffer, n, row_bytes, offset, width, kind, big_endian, mask, scale_kind, scale_a, scale_b, out
        )
    elif kind == 1 and scale_kind == 0 and not big_endian:  # nearly all files
        for k in range(m):
            place = np.uint64(offset + rows[k] * row_bytes)
            out[rows[k]] = np.uint32(_little4(buffer, place)).view(np.float32)
    else:
        for k in range(m):
            i = rows[k]
            unpack_column(
                buffer, 1, row_bytes, offset + i * row_bytes, width, kind, big_endian, mask, scale_kind,
                scale_a, scale_b, out[i : i + 1],
            )  # fmt: skip
