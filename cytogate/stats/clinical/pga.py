"""Physician's global assessment: scales brought to 0 to 3, and changes compared to 2 decimals."""

from __future__ import annotations

SCALES = (3, 10, 100)  # points, cm, mm
TOP = 3.0
DECIMALS = 2


def rescale_pga(value: float, *, scale: float) -> float:
    """Return an assessment recorded on 0 to `scale` (10 cm, 100 mm) on the 0-3 scale.

    Examples
    --------
    >>> rescale_pga(50, scale=100)
    1.5
    """
    return value if scale == TOP else TOP * value / scale


def change(before: float, after: float) -> float:
    """Return the change, to 2 decimals: as floats, 1.3 - 1.0 is 0.30000000000000004.

    Examples
    --------
    >>> change(1.0, 1.3), change(1.1, 1.4), change(rescale_pga(33, scale=100), rescale_pga(43, scale=100))
    (0.3, 0.3, 0.3)
    """
    return round(after - before, DECIMALS)


def within(value: float, limit: float, *, border_allowed: bool) -> bool:
    """Return whether a value is below a limit, or at it where that is allowed; to 2 decimals."""
    value, limit = round(value, DECIMALS), round(limit, DECIMALS)
    return value <= limit if border_allowed else value < limit
