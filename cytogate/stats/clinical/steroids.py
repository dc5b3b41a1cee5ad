"""Doses of steroids as prednisone equivalents."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# mg of prednisone that act like 1 mg of the steroid.
EQUIVALENTS: Mapping[str, float] = MappingProxyType(
    {
        "prednisone": 1.0,
        "prednisolone": 1.0,
        "methylprednisolone": 1.25,
        "dexamethasone": 6.67,
        "hydrocortisone": 0.25,
    }
)


def prednisone_equivalent(doses: Mapping[str, float]) -> float | None:
    """Return the dose of prednisone that acts like all steroids together; None where none was recorded.

    Parameters
    ----------
    doses : mapping of steroid to dose
        mg a day. A steroid left out beside a recorded one was not taken.

    Raises
    ------
    KeyError
        A steroid is not one of `EQUIVALENTS`.

    Examples
    --------
    >>> prednisone_equivalent({"prednisone": 5, "methylprednisolone": 4})
    10.0
    """
    if not doses:
        return None
    return round(sum(EQUIVALENTS[steroid] * dose for steroid, dose in doses.items()), 6)
