"""Misreadings: what values a reader sees that breaks a rule, so that the rule can be proven to be the cause.

Each takes (n, row_bytes) uint8 records, the file and a channel, and gives (n,) values, or None where the
channel does not have the feature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.fcs.data.layout import UNSIGNED
from cytogate.fcs.data.records import unmasked_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.fcs.file import FcsFile

BYTE_COUNTS = (1, 2, 4, 8)  # of the integers that computers have
FLOAT_BITS = 53  # that float64 holds of an integer


def _is_integer(file: FcsFile, channel: int) -> bool:
    return bool(file.layout.kinds[channel] == UNSIGNED)


def _masked(values: NDArray[Any], file: FcsFile, channel: int) -> NDArray[Any]:
    values &= file.layout.masks[channel].astype(values.dtype)
    return values


def without_mask(records: NDArray[np.uint8], file: FcsFile, channel: int) -> NDArray[Any] | None:
    """Return all bits of the integers."""
    return unmasked_column(records, file.layout, channel) if _is_integer(file, channel) else None


def mask_as_float(records: NDArray[np.uint8], file: FcsFile, channel: int) -> NDArray[Any] | None:
    """Return integers masked with a number that went through float64: of more than 53 bits, the next one."""
    mask = int(file.layout.masks[channel])
    if not _is_integer(file, channel) or mask.bit_length() <= FLOAT_BITS or mask.bit_length() == 64:
        return None
    values = unmasked_column(records, file.layout, channel)
    values &= np.uint64(float(mask))
    return values


def padded_in_front(records: NDArray[np.uint8], file: FcsFile, channel: int) -> NDArray[Any] | None:
    """Return integers whose bytes are filled up in front: of little-endian ones, the wrong side."""
    width = int(file.layout.widths[channel])
    if not _is_integer(file, channel) or width in BYTE_COUNTS:
        return None
    wide = next(count for count in BYTE_COUNTS if count > width)
    begin = int(file.layout.offsets[channel])
    padded = np.zeros((len(records), wide), np.uint8)
    padded[:, wide - width :] = records[:, begin : begin + width]
    values = padded.view(f"{'>' if file.layout.big_endian else '<'}u{wide}").ravel().astype(f"u{wide}")
    if len(set(file.layout.widths.tolist())) == 1:  # else a range that fills the width masks nothing there
        values &= values.dtype.type(256**width - 1)
    return _masked(values, file, channel)


def little_endian(records: NDArray[np.uint8], file: FcsFile, channel: int) -> NDArray[Any] | None:
    """Return values read in the order of this machine, of a file whose bytes lie in another one."""
    order = file.keywords.get("$BYTEORD", "").replace(" ", "").split(",")
    width, begin = int(file.layout.widths[channel]), int(file.layout.offsets[channel])
    if len(order) != width or not all(entry.isdigit() and 1 <= int(entry) <= width for entry in order):
        return None
    # The reader hands out little-endian records: byte k of the file has the weight that `order` gives it.
    place = [int(entry) - 1 for entry in order]
    kind = "f" if not _is_integer(file, channel) else "u"
    stored = np.ascontiguousarray(records[:, begin : begin + width][:, place])
    values = stored.view(f"<{kind}{width}").ravel()
    return _masked(values, file, channel) if kind == "u" else values


def general_type(records: NDArray[np.uint8], file: FcsFile, channel: int) -> NDArray[Any] | None:
    """Return values read as ``$DATATYPE`` where ``$PnDATATYPE`` says another type of the same width."""
    kind = {"I": "u", "F": "f", "D": "f"}.get(file.keywords.get("$DATATYPE", "").upper())
    width, begin = int(file.layout.widths[channel]), int(file.layout.offsets[channel])
    if kind is None or (kind == "f" and width not in (4, 8)) or width not in BYTE_COUNTS:
        return None
    stored = np.ascontiguousarray(records[:, begin : begin + width])
    return stored.view(f"{'>' if file.layout.big_endian else '<'}{kind}{width}").ravel()
