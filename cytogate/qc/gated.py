"""Gated: what the checks of populations look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.gating.result import GatingResult


@dataclass(frozen=True, slots=True)
class Gated:
    """One gated tube.

    Attributes
    ----------
    result : GatingResult
        What gating found, after cleaning if any was done.
    wholes : tuple of str
        Populations that endpoints are percentages of, full paths; ``("/",)`` where there are none.
    """

    result: GatingResult
    wholes: tuple[str, ...]
