"""Words in figures: names cut where they would not fit, flags said plainly."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FLAG_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "ok": "",
        "below_lod": "below the limit of detection",
        "below_lloq": "below the limit of quantitation",
        "few_parent": "few events in the denominator",
        "failed": "failed",
    }
)


def shortened(name: str, most: int) -> str:
    """Return a name of at most `most` letters; what is cut off shows as an ellipsis.

    Examples
    --------
    >>> shortened("CD27-IgD-", 12), shortened("Umbilical cord", 10)
    ('CD27-IgD-', 'Umbilical…')
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"


def in_lines(name: str, most: int) -> tuple[str, ...]:
    """Return a name in one line of at most `most` letters, or in two, broken near the middle.

    Examples
    --------
    >>> in_lines("CD27 BV605-A", 30)
    ('CD27 BV605-A',)
    >>> in_lines("Viability LIVE/DEAD Blue UV450-A", 30)
    ('Viability LIVE/DEAD', 'Blue UV450-A')
    """
    if len(name) <= most:
        return (name,)
    spaces = [at for at, letter in enumerate(name) if letter == " "]
    if not spaces:
        return (shortened(name, most),)
    at = min(spaces, key=lambda at: abs(2 * at - len(name)))
    return shortened(name[:at], most), shortened(name[at + 1 :], most)
