"""Witness: what another reader found in a file, and where that differs from what is read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Subject = Literal["events", "channels", "name", "values", "scale"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that another reader sees otherwise.

    Attributes
    ----------
    subject : {"events", "channels", "name", "values", "scale"}
        Number of events, number of channels, name of a channel, its stored values, or the scale (log, gain)
        that is applied to them.
    channel : str
        Name of the channel here; empty for sizes.
    ours, theirs : str
        What each has; for values, those of the first event that differs.
    n_events : int or None
        Of values: how many events differ.
    largest : float or None
        Of values: the largest difference.
    rule : str
        Code of the rule of the standard that decides; empty where none is known.
    is_proven : bool
        Whether breaking that rule gives exactly their values; else it is the likely one.
    """

    subject: Subject
    channel: str
    ours: str
    theirs: str
    n_events: int | None = None
    largest: float | None = None
    rule: str = ""
    is_proven: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """What another reader found.

    Attributes
    ----------
    reader, version : str
        The other program.
    n_events, n_channels : int or None
        The size it found; None when it failed.
    differences : tuple of Difference
    options : str
        Options without which it refuses the file; empty when it reads it by default.
    refusal : str
        What it says without those options.
    problem : str
        Why it failed; empty when it did not. That it failed says nothing about the file.
    rules : tuple of str
        Codes of the rules that bear on its failure or its refusal.
    """

    reader: str
    version: str
    n_events: int | None = None
    n_channels: int | None = None
    differences: tuple[Difference, ...] = ()
    options: str = ""
    refusal: str = ""
    problem: str = ""
    rules: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool | None:
        """Whether it found the same sizes, names, stored values and scales; None when it failed."""
        return None if self.problem else not self.differences

    @property
    def largest_difference(self) -> float | None:
        """Largest difference of stored values; 0 when they are the same, None where none can be had."""
        if self.problem or any(entry.subject in ("events", "channels") for entry in self.differences):
            return None
        return max((entry.largest or 0.0 for entry in self.differences), default=0.0)
