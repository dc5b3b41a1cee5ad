"""The part of a tube that cleaning left: what a volume, or beads counted before it, have to be taken times.

Cells and beads are evenly spread in the fluid. The part of all events that passed at times which were kept is
the part of the volume that passed then, however the flow went; the part of the time is not, for a clog takes
much time and lets little through. Events off scale went one by one, whenever they passed: no factor
brings those of one population back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.study.sample.values import SampleResult

LEAST_KEPT = 0.5  # of the events: what is left of less speaks for no tube (the check's "fail")
MOST_OFF_SCALE = 0.05  # of the events that were left: a count that lacks more is not told (its "note")
TOLD_OFF_SCALE = 0.01  # of them: less is within the error of any count
TOLD_KEPT = 0.999  # of the events: nearly all

CLEANING = "cleaning"  # check whose rows tell it


@dataclass(frozen=True, slots=True)
class KeptPart:
    """What is left of a tube, as fractions.

    Attributes
    ----------
    events : float
        Of all events, those at times that were kept.
    time : float
        Of the time.
    off_scale : float
        Of the events at times that were kept, those that were taken out by their values.
    """

    events: float = 1.0
    time: float = 1.0
    off_scale: float = 0.0

    @property
    def refused(self) -> str:
        """Why no count is told of the whole tube; empty where one may be."""
        if self.events < LEAST_KEPT:
            return f"cleaning left {self.events:.0%} of events: too little of the tube for a concentration"
        if self.off_scale > MOST_OFF_SCALE:
            return f"cleaning took out {self.off_scale:.1%} of events as off scale: what they were is unknown"
        return ""

    @property
    def of_values(self) -> KeptPart:
        """The part beside which only values count: of cells and beads that were cleaned by the same times."""
        return KeptPart(off_scale=self.off_scale)

    def note(self, what: str) -> str:
        """Return what stands beside a count whose `what` ("volume", "beads") was taken times `events`."""
        said = []
        if self.events < TOLD_KEPT:
            said.append(
                f"cleaning left {self.events:.1%} of events ({self.time:.1%} of the time): of the {what} "
                "as much was taken"
            )
        if self.off_scale >= TOLD_OFF_SCALE:
            said.append(
                f"{self.off_scale:.1%} of events were off scale and went: the count may be off by as much"
            )
        return "; ".join(said)


def kept_part(result: SampleResult) -> KeptPart:
    """Return what cleaning left of a tube, by the rows of its checks."""
    told = {row["metric"]: row["value"] for row in result.qc if row["check"] == CLEANING}
    events = 1 - (told.get("removed_by_time_percent") or 0.0) / 100
    time = 1 - (told.get("time_removed_percent") or 0.0) / 100
    left = 1 - (told.get("removed_percent") or 0.0) / 100
    return KeptPart(events, time, max(0.0, 1 - left / events) if events > 0.0 else 0.0)
