"""Values of tables as plain Python ones: everything missing (NaN, NA, NaT) is None."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def plain(value: Any) -> Any:
    """Return a str, int, float or bool for a cell; None when it is missing.

    Examples
    --------
    >>> plain(float("nan")) is None, plain(3), plain("x")
    (True, 3, 'x')
    """
    if value is None or isinstance(value, str):
        return value
    item = getattr(value, "item", None)
    found = item() if callable(item) else value
    if isinstance(found, bool | int):
        return found
    if isinstance(found, float):
        return found if math.isfinite(found) else None
    text = str(found)
    return None if text in {"<NA>", "NaT", "nan"} else text


def text(value: Any) -> str:
    """Return a cell as text; empty when it is missing.

    Examples
    --------
    >>> text(None), text(3204.0), text("DATA")
    ('', '3204', 'DATA')
    """
    found = plain(value)
    if found is None:
        return ""
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)


def joined(names: Sequence[str]) -> str:
    """Return all names as a sentence has them.

    Examples
    --------
    >>> joined(["DN"]), joined(["DN", "SWM", "USM"]), joined([])
    ('DN', 'DN, SWM and USM', '')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
