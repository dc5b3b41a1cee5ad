"""A check: what it looks at, and what it says of a tube."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cytogate.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.qc.evidence import Evidence
    from cytogate.qc.gated import Gated

Verdict = Literal["ok", "note", "warn", "fail", "not checked"]
VERDICTS: tuple[Verdict, ...] = ("ok", "note", "warn", "fail")  # from good to bad
LOST = (5.0, 20.0, 50.0)  # percent of events found bad from which a tube is worth a note, a warning, fails


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a check.

    Attributes
    ----------
    metric : str
        What was measured: ``"events_percent"``; of one channel ``"drift_percent B710-A"``.
    value : float or None
        None where it could not be measured.
    verdict : str
        ok, note, warn, fail, or "not checked".
    """

    metric: str
    value: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """An interval of the time channel, ``low <= t < high``, with the events of the file in it.

    `first` and `end` are positions in the file, of events that `low` and `high` belong to.
    """

    low: float
    high: float
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class OffScale:
    """Values of a channel outside of which events are off scale: ``low <= x < high`` stays."""

    channel: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of a tube: figures, and events that it finds bad.

    `percent` is the share of all events that it would take out; None of a check that finds no events.
    """

    check: str
    measured: tuple[Measured, ...]
    spans: tuple[TimeSpan, ...] = ()
    off_scale: tuple[OffScale, ...] = ()
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class EventCheck:
    """A check of the events as they were acquired; `removes` says whether it can take events out."""

    run: Callable[[Evidence], Finding]
    removes: bool


@dataclass(frozen=True, slots=True)
class PopulationCheck:
    """A check of what gating found."""

    run: Callable[[Gated], Finding]


checks: Registry[EventCheck | PopulationCheck] = Registry("check", "cytogate.qc.checks")


def removing_checks() -> tuple[str, ...]:
    """Return the names of the checks that can take events out."""
    found = ((name, checks.get(name)) for name in checks.names())
    return tuple(name for name, entry in found if isinstance(entry, EventCheck) and entry.removes)


def verdict_of(value: float, limits: tuple[float, float, float] = LOST) -> Verdict:
    """Return the verdict of a figure: below the first limit ok, from each limit on the next worse one.

    Examples
    --------
    >>> [verdict_of(percent) for percent in (4.9, 5.0, 20.0, 50.1)]
    ['ok', 'note', 'warn', 'fail']
    """
    return VERDICTS[sum(value >= limit for limit in limits)]


def worst(verdicts: tuple[Verdict, ...]) -> Verdict:
    """Return the worst of several verdicts; "not checked" where nothing was."""
    known = [VERDICTS.index(verdict) for verdict in verdicts if verdict in VERDICTS]
    return VERDICTS[max(known)] if known else "not checked"
