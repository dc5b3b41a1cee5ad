"""In whom a subset changed: each patient's change with an interval, and whether it is told from none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import shared_decimals, signed_text
from cytogate.report import facts
from cytogate.report.plain import plain, text
from cytogate.stats.intervals import difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.report.changes import Change
    from cytogate.report.section import RunLike

ROSE, FELL, OPEN, FEW, NONE = "rose", "fell", "not clear", "too few events", "no interval"


@dataclass(frozen=True, slots=True)
class Told:
    """The change of one subset in one patient, percentage points, and what can be said of it."""

    subject: str
    change: float
    low: float | None
    high: float | None
    outcome: str

    @property
    def words(self) -> str:
        """Return the change as a table shows it."""
        return signed_text(self.change, self._places)

    @property
    def interval(self) -> str:
        """Return the interval as a table shows it; empty without one."""
        if self.low is None or self.high is None:
            return ""
        return f"{signed_text(self.low, self._places)} to {signed_text(self.high, self._places)}"

    @property
    def _places(self) -> int:
        return shared_decimals(self.change, self.low, self.high)


def in_whom(run: RunLike, change: Change) -> tuple[Told, ...]:
    """Return the change of each patient with both visits, in the order of the patients.

    The interval is that of a difference (`cytogate.stats.intervals.difference`) of the visits' intervals
    with gates, or of counting alone where a gate was not found by data. A visit of several tubes has none.
    """
    visits = _visits(run, change.subset.name)
    told = []
    for pair in change.pairs:
        ends = [visits.get((pair.subject, visit)) for visit in (change.start, change.end)]
        moved = pair.after - pair.before
        first, second = ends
        if first is None or second is None:
            told.append(Told(pair.subject, moved, None, None, NONE))
            continue
        low, high = difference(_around(pair.before, first), _around(pair.after, second))
        outcome = ROSE if low > 0 else FELL if high < 0 else OPEN
        told.append(Told(pair.subject, moved, low, high, outcome if all(pair.quantitative) else FEW))
    return tuple(told)


def _visits(run: RunLike, subset: str) -> dict[tuple[str, str], tuple[float, float] | None]:
    """Return the interval of each patient and visit, percents; None of a visit with several tubes."""
    found: dict[tuple[str, str], tuple[float, float] | None] = {}
    for row in facts.rows_of(run, subset).to_dict("records"):
        if plain(row["percent"]) is None:
            continue
        key = (text(row["subject"]), text(row["visit"]))
        low, high = _end(row, "low"), _end(row, "high")
        found[key] = None if key in found or low is None or high is None else (low, high)
    return found


def _around(value: float, ends: tuple[float, float]) -> tuple[float, float, float]:
    """Return a value in its interval, which rounding may put a little beside it."""
    return value, min(ends[0], value), max(ends[1], value)


def _end(row: Mapping[Any, Any], side: str) -> float | None:
    gate, counted = plain(row.get(f"gate_ci_{side}")), plain(row.get(f"ci_{side}"))
    return None if gate is None and counted is None else float(counted if gate is None else gate)
