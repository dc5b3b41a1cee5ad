"""Pull a threshold on a scale back to data values, exactly, so that events need no transform."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.transforms.base import Transform


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
    return float(t) if transform is None else _pulled(transform, float(t))


def last_below(transform: Transform | None, t: float) -> float:
    """Return the largest float64 `x` with ``transform.forward(x) < t``; NaN for none.

    Parameters
    ----------
    transform : Transform or None
        None leaves `t` as it is.
    t : float
        A position on the scale; infinity is an open end, though a scale may put finite values there.

    Returns
    -------
    float
        A data value; infinity where every value is mapped below `t`.
    """
    if t == math.inf:
        return math.inf
    top = pull_back(transform, t)
    if math.isnan(top):  # a scale with an end
        return math.inf
    return math.nan if top == -math.inf else math.nextafter(top, -math.inf)


@lru_cache(maxsize=4096)
def _pulled(transform: Transform, t: float) -> float:
    from cytogate.kernels.raster_index import pull_back_scalar

    return float(pull_back_scalar(transform.kernel_code, transform.parameters, t))
