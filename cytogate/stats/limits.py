"""Limits of detection and quantitation by counted events: how far a percentage can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Flag = Literal["ok", "below_lod", "below_lloq", "few_parent", "failed"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Fewest events for a figure to count.

    Attributes
    ----------
    lod_events : int
        Below it a population is not told from noise.
    lloq_events : int
        Below it a population is there, and its size uncertain.
    min_parent : int
        Below it no share of that parent is reported as quantitative.
    """

    lod_events: int = 20
    lloq_events: int = 50
    min_parent: int = 100


def flag(count: int | None, parent: int | None, limits: Limits = Limits()) -> Flag:
    """Return how far ``count / parent`` can be trusted; the parent is judged first.

    ``None`` stands for a count that could not be made: ``"failed"``.

    Examples
    --------
    >>> flag(19, 1000), flag(20, 1000), flag(50, 1000), flag(50, 99)
    ('below_lod', 'below_lloq', 'ok', 'few_parent')
    """
    if count is None or parent is None:
        return "failed"
    if parent < limits.min_parent:
        return "few_parent"
    if count < limits.lod_events:
        return "below_lod"
    if count < limits.lloq_events:
        return "below_lloq"
    return "ok"
