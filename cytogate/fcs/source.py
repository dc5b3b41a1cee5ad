"""Event source: what gating needs to know of events, whether they lie in a file or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.channels.panel import Panel
    from cytogate.fcs.data.layout import RecordLayout


class BlockReader(Protocol):
    """Hands out records of consecutive events; a context manager; several threads may share one."""

    def read_into(self, start_event: int, n_events: int, buffer: NDArray[np.uint8]) -> None:
        """Fill `buffer` (at least n_events * row_bytes bytes) with the records of events from `start_event`.

        Raises
        ------
        FcsError
            ``changed-while-reading`` when the file gives less than it had when it was opened.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class EventSource(Protocol):
    """Events of one sample: `FcsFile`, `Events`, or anything alike."""

    @property
    def channels(self) -> Panel:
        """The channels, in the order of the records."""

    @property
    def n_events(self) -> int:
        """Number of events."""

    @property
    def spillover(self) -> CompensationMatrix | None:
        """The matrix that came with the events, if one did."""

    @property
    def path(self) -> str:
        """Where the events come from; empty for arrays."""

    @property
    def keywords(self) -> Mapping[str, str]:
        """Keywords of the file, keys in upper case."""

    @property
    def layout(self) -> RecordLayout:
        """How one event lies in a record."""

    def reader(self) -> BlockReader:
        """Return a reader of records, to be used in a with statement."""

    def events(self) -> NDArray[np.float64]:
        """Return (n_events, n_channels) float64 scale values."""
