"""Names in figures: cut where they would not fit."""

from __future__ import annotations


def shortened(name: str, most: int) -> str:
    """Return a name of at most `most` letters; what is cut off shows as an ellipsis.

    Examples
    --------
    >>> shortened("CD27-IgD-", 12), shortened("Umbilical cord", 10)
    ('CD27-IgD-', 'Umbilical…')
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"
