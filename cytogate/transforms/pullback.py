"""Pull a threshold on a scale back to data values, exactly, so that events need no transform."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.transforms.base import Transform

_LOWEST = -0x7FF0_0000_0000_0000  # minus infinity
_HIGHEST = 0x7FF0_0000_0000_0000  # infinity


def pull_back(transform: Transform | None, t: float) -> float:
    """Return the smallest float64 `x` with ``transform.forward(x) >= t``.

    A transform is monotone, so ``x >= pull_back(transform, t)`` and ``transform.forward(x) >= t`` are one and
    the same question for every float64 `x`, to the last bit, NaN included.

    Parameters
    ----------
    transform : Transform or None
        None leaves `t` as it is.
    t : float
        A position on the scale; infinities allowed.

    Returns
    -------
    float
        A data value; NaN, which no event reaches, where no value is mapped to `t` or above.
    """
    if transform is None:
        return t
    if not transform.forward(math.inf) >= t:
        return math.nan
    below, at = _LOWEST - 1, _HIGHEST  # forward(at) >= t throughout, forward(below) < t
    while at - below > 1:
        middle = (below + at) // 2
        if transform.forward(_value(middle)) >= t:
            at = middle
        else:
            below = middle
    return _value(at)


def _value(rank: int) -> float:
    """Return the float64 of a rank: 0 is zero, 1 the smallest positive number, -1 its negative."""
    magnitude: float = struct.unpack("<d", struct.pack("<q", abs(rank)))[0]
    return -magnitude if rank < 0 else magnitude
