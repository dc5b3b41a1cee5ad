"""Byte order: little, big, or a mixed order that records are brought out of when they are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cytogate.fcs.repairs.findings import Findings


@dataclass(frozen=True, slots=True)
class ByteOrder:
    """Byte order of the values of a file.

    Attributes
    ----------
    big_endian : bool
    mixed : tuple of int
        For orders such as 3,4,1,2: where in a stored value its bytes lie, from the lowest on; else empty.
        Records are handed out with their bytes put right, so `big_endian` is False then.
    """

    big_endian: bool
    mixed: tuple[int, ...] = ()


def read_byte_order(keywords: Mapping[str, str], findings: Findings) -> ByteOrder:
    """Return what ``$BYTEORD`` says; refuse what is not a permutation of 1,2,... of at least two bytes.

    Orders that only rise or fall say which end of a value comes first, whatever its width: FCS 3.1 has no
    others, and instruments write 1,2 beside values of 32 bits. Any other order holds for values of as many
    bytes, and for single bytes; what it would mean for others, the standard does not say.
    """
    text = keywords.get("$BYTEORD")
    if text is None:
        raise findings.error("keyword-missing", "$BYTEORD", None, "no keyword $BYTEORD", "1,2,3,4 or 4,3,2,1")
    plain = re.sub(r"\s", "", text)
    ranks = [int(part) for part in plain.split(",")] if re.fullmatch(r"[1-8](,[1-8]){1,7}", plain) else []
    if not ranks or sorted(ranks) != list(range(1, len(ranks) + 1)):
        raise findings.error("byte-order-unknown", "$BYTEORD", None, repr(text[:40]), "1,2,3,4 or 4,3,2,1")
    if ranks == sorted(ranks):
        return ByteOrder(big_endian=False)
    if ranks == sorted(ranks, reverse=True):
        return ByteOrder(big_endian=True)
    findings.note("byte-order-mixed", "$BYTEORD", f"{text!r}: bytes are put in order as they are read.")
    return ByteOrder(big_endian=False, mixed=tuple(ranks.index(rank) for rank in range(1, len(ranks) + 1)))


def record_permutation(
    order: ByteOrder, widths: Sequence[int], findings: Findings
) -> NDArray[np.intp] | None:
    """Return where each byte of a record comes from, for a mixed order; None for plain ones."""
    if not order.mixed:
        return None
    places: list[int] = []
    for n, width in enumerate(widths, start=1):
        if width not in (1, len(order.mixed)):
            expected = f"{8 * len(order.mixed)} bits, as $BYTEORD orders {len(order.mixed)} bytes"
            raise findings.error("byte-order-width", f"$P{n}B", None, f"{8 * width} bits", expected)
        begin = len(places)
        places += [begin] if width == 1 else [begin + place for place in order.mixed]
    return np.array(places, np.intp)
