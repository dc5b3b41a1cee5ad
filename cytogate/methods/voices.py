"""Voices: how many samples must have found a cut before the others are placed by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FEWEST = 2  # a single one may have taken a bump for a valley, and nothing contradicts it
LEAST_SHARE = 0.25  # of those asked; where most find nothing, there may be nothing to find


@dataclass(frozen=True, slots=True)
class Voices:
    """Samples that were asked for one cut, and how many of them found it.

    Attributes
    ----------
    said : int
        Samples whose own events say where the cut is.
    asked : int
        Those, and samples that had enough events to say it and did not.
    """

    said: int
    asked: int

    @classmethod
    def of(cls, answers: Iterable[tuple[bool, bool]]) -> Voices:
        """Count (says, was asked) of samples; one that says was asked."""
        pairs = list(answers)
        said = sum(says for says, _ in pairs)
        return cls(said, sum(says or asked for says, asked in pairs))

    @property
    def is_quorum(self) -> bool:
        """Return whether they may place samples that say nothing.

        Examples
        --------
        >>> Voices(1, 1).is_quorum, Voices(2, 8).is_quorum, Voices(2, 9).is_quorum
        (False, True, False)
        """
        return self.said >= max(FEWEST, LEAST_SHARE * self.asked)

    @property
    def silent(self) -> float:
        """Return the share of those asked that found nothing, 0 where nobody was asked."""
        return (self.asked - self.said) / self.asked if self.asked else 0.0

    @property
    def are_few(self) -> bool:
        """Return whether some found the cut, too few for those that were asked in vain."""
        return 0 < self.said < self.asked and not self.is_quorum

    def told(self) -> str:
        """Return them in words."""
        return f"Only {self.said} of {self.asked} samples that were asked found it."
