"""Event source: what gating needs to know of events, whether they lie in a file or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from cytogate.fcs.data.readers import RecordSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.channels.panel import Panel


@runtime_checkable
class EventSource(RecordSource, Protocol):
    """Events of one sample: `FcsFile`, `Events`, or anything alike."""

    @property
    def channels(self) -> Panel:
        """The channels, in the order of the records."""

    @property
    def spillover(self) -> CompensationMatrix | None:
        """The matrix that came with the events, if one did."""

    @property
    def path(self) -> str:
        """Where the events come from; empty for arrays."""

    @property
    def keywords(self) -> Mapping[str, str]:
        """Keywords of the file, keys in upper case."""

    def events(self) -> NDArray[np.float64]:
        """Return (n_events, n_channels) float64 scale values."""
