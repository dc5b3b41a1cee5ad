"""Evidence: what the checks of events look at, each part worked out once, when a check first asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cytogate.qc.clock import clock_of
from cytogate.qc.flow import flow_of
from cytogate.qc.trajectories import trajectories

if TYPE_CHECKING:
    from cytogate.qc.clock import Clock
    from cytogate.qc.flow import Flow
    from cytogate.qc.trajectories import Trajectories
    from cytogate.qc.watch import Seen


class Evidence:
    """What was seen of a tube, and what follows from it.

    Parameters
    ----------
    seen : Seen
        Of one pass over the file.
    """

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    @cached_property
    def clock(self) -> Clock:
        """What the time channel is good for."""
        return clock_of(self.seen)

    @cached_property
    def flow(self) -> Flow | None:
        """The flow, where the clock runs and there are enough events."""
        return flow_of(self.seen) if self.clock == "runs" else None

    @cached_property
    def compensated(self) -> Trajectories | None:
        """Medians of compensated values over the file; None where there are too few events."""
        return trajectories(self.seen, self.seen.values)

    @cached_property
    def detected(self) -> Trajectories | None:
        """Medians of values as they were detected: a gain that changes moves all cells by the same part."""
        return trajectories(self.seen, self.seen.detected)
