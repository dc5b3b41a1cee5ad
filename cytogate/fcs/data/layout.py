"""Record layout: how one event lies in a file, and how stored values become scale values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNSIGNED, FLOAT32, FLOAT64 = 0, 1, 2  # kinds
AS_STORED, DIVIDE, LOG, MULTIPLY = 0, 1, 2, 3  # scale kinds
NO_MASK = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True, eq=False)
class RecordLayout:
    """How one event lies in a file; all arrays have one entry per channel and are read-only.

    Attributes
    ----------
    row_bytes : int
        Bytes of one event.
    offsets, widths : (n_channels,) int64
        First byte and number of bytes of each value in the event.
    kinds : (n_channels,) int64
        0 unsigned integer, 1 float32, 2 float64.
    big_endian : bool
        Byte order of all values. (Readers hand out mixed orders such as 3,4,1,2 as little-endian.)
    masks : (n_channels,) uint64
        Bits of an integer that count; all ones where there is no mask.
    scale_kinds : (n_channels,) int64
        0 as stored, 1 divided by `a`, 2 ``b * 10 ** (a * x)``, 3 multiplied by `a`.
    scale_a, scale_b : (n_channels,) float64
    """

    row_bytes: int
    offsets: NDArray[np.int64]
    widths: NDArray[np.int64]
    kinds: NDArray[np.int64]
    big_endian: bool
    masks: NDArray[np.uint64]
    scale_kinds: NDArray[np.int64]
    scale_a: NDArray[np.float64]
    scale_b: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, dtype in _ARRAYS.items():
            array = np.array(getattr(self, name), dtype=dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.offsets)


_ARRAYS = {
    "offsets": np.int64,
    "widths": np.int64,
    "kinds": np.int64,
    "masks": np.uint64,
    "scale_kinds": np.int64,
    "scale_a": np.float64,
    "scale_b": np.float64,
}


def packed_layout(widths: NDArray[np.int64], kinds: NDArray[np.int64], *, big_endian: bool) -> RecordLayout:
    """Return the layout of values that lie one after the other, unmasked and unscaled."""
    n = len(widths)
    ends = np.cumsum(widths)
    return RecordLayout(
        row_bytes=int(widths.sum()),
        offsets=ends - widths,
        widths=widths,
        kinds=kinds,
        big_endian=big_endian,
        masks=np.full(n, NO_MASK),
        scale_kinds=np.zeros(n, np.int64),
        scale_a=np.ones(n),
        scale_b=np.ones(n),
    )
