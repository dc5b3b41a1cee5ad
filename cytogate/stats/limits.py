"""Limits of detection and quantitation by counted events: how far a percentage can be trusted."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from statistics import fmean, stdev
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ONE_SIDED = 1.645  # standard deviations that 95 % of a normal distribution stay below
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
    mfi_events : int
        Below it no intensity of the population is reported.
    """

    lod_events: int = 20
    lloq_events: int = 50
    min_parent: int = 100
    mfi_events: int = 25

    def lod_percent(self, parent: int) -> float:
        """Return the limit of detection as a percentage of a parent; infinite without events.

        Examples
        --------
        >>> Limits().lod_percent(4_000), Limits().lloq_percent(4_000)
        (0.5, 1.25)
        """
        return _percent(self.lod_events, parent)

    def lloq_percent(self, parent: int) -> float:
        """Return the limit of quantitation as a percentage of a parent; infinite without events."""
        return _percent(self.lloq_events, parent)


def _percent(events: int, parent: int) -> float:
    return 100 * events / parent if parent else math.inf


@dataclass(frozen=True, slots=True)
class BlankLimits:
    """Limits of a population by tubes that hold none of it, percent of its denominator.

    Attributes
    ----------
    lob : float
        Limit of blank: what a tube without the population stays below, 95 of 100 times.
    lod : float
        Limit of detection: what is told from blank as often.
    """

    lob: float
    lod: float


def limits_of_blanks(blank: Sequence[float], low: Sequence[float] = ()) -> BlankLimits:
    """Return the limits of blank and of detection (CLSI EP17, H62): means and SDs times 1.645.

    Parameters
    ----------
    blank : sequence of float
        Percentages of the population in two or more tubes that hold none of it, such as FMO tubes.
    low : sequence of float
        In two or more tubes that hold little of it; without any the blanks' SD stands for theirs.

    Raises
    ------
    ValueError
        Fewer than two blanks, or a single low one.

    Examples
    --------
    >>> found = limits_of_blanks([0.02, 0.04, 0.03], [0.10, 0.14])
    >>> round(found.lob, 4), round(found.lod, 4)
    (0.0464, 0.093)
    """
    if len(blank) < 2 or len(low) == 1:
        message = f"Limits need two or more tubes of a kind, not {len(blank)} blank and {len(low)} low ones."
        raise ValueError(message)
    lob = fmean(blank) + ONE_SIDED * stdev(blank)
    return BlankLimits(lob, lob + ONE_SIDED * stdev(low or blank))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a flag means for statistics.

    Attributes
    ----------
    kept : bool
        Whether the figure goes into tests and models.
    words : str
        What is said of such figures beside a result; empty for those without a flaw.
    """

    kept: bool
    words: str


# Few events are kept as counted: on the logit scale they have half an event more, and never become 0.
STANDINGS: Mapping[Flag, Standing] = MappingProxyType(
    {
        "ok": Standing(kept=True, words=""),
        "below_lloq": Standing(kept=True, words="below the limit of quantitation, kept as counted"),
        "below_lod": Standing(kept=True, words="below the limit of detection, kept as counted"),
        "few_parent": Standing(kept=False, words="with too few events in the denominator, left out"),
        "failed": Standing(kept=False, words="of tubes that could not be gated, left out"),
    }
)


def flag(
    count: int | None,
    parent: int | None,
    limits: Limits = Limits(),
    *,
    between: Sequence[int | None] = (),
    blank: BlankLimits | None = None,
) -> Flag:
    """Return how far ``count / parent`` can be trusted; the parent is judged first.

    Parameters
    ----------
    count, parent : int or None
        ``None`` stands for a count that could not be made: ``"failed"``.
    limits : Limits
    between : sequence of int or None
        Counts of the populations between denominator and population, from the top: where one of them is a
        share of too few events, so is what lies below it.
    blank : BlankLimits or None
        A share below this limit of detection is not told from noise either, however many events it has.

    Examples
    --------
    >>> flag(19, 1000), flag(20, 1000), flag(50, 1000), flag(50, 99)
    ('below_lod', 'below_lloq', 'ok', 'few_parent')
    >>> flag(60, 5000, between=[90, 70]), flag(60, 5000, between=[90])
    ('few_parent', 'ok')
    """
    parents = [parent, *between[:-1]]
    if count is None or any(entry is None for entry in (*parents, *between)):
        return "failed"
    if any(entry is not None and entry < limits.min_parent for entry in parents):
        return "few_parent"
    if count < limits.lod_events or (blank is not None and parent and 100 * count / parent < blank.lod):
        return "below_lod"
    if count < limits.lloq_events:
        return "below_lloq"
    return "ok"


def kept(flagged: Flag) -> bool:
    """Return whether a figure with this flag goes into statistics."""
    return STANDINGS[flagged].kept


def said_of(flags: Iterable[Flag]) -> str:
    """Return what stands beside a result of figures with these flags; "" where all are fine.

    Examples
    --------
    >>> said_of(["ok", "below_lod", "ok"])
    '1 of 3 values below the limit of detection, kept as counted'
    """
    counted = Counter(flags)
    parts = [
        f"{counted[entry]} {standing.words}"
        for entry, standing in STANDINGS.items()
        if counted[entry] and standing.words
    ]
    if not parts:
        return ""
    first, *others = parts
    number, _, words = first.partition(" ")
    return "; ".join([f"{number} of {counted.total()} values {words}", *others])


def too_few_for_intensity(n: int, limits: Limits = Limits()) -> str:
    """Return why no intensity of n events is reported, or "" where one is.

    Examples
    --------
    >>> too_few_for_intensity(24), too_few_for_intensity(25)
    ('24 events, fewer than 25: no intensity is reported', '')
    """
    if n >= limits.mfi_events:
        return ""
    return f"{n} events, fewer than {limits.mfi_events}: no intensity is reported"
