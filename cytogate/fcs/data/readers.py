"""Readers: records of consecutive events, out of a file by positioned reads, or out of an array in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from cytogate.errors import FcsError

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.storage import Handle, Storage


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


class RecordSource(Protocol):
    """Whatever has records of events: a file, or a table in memory."""

    @property
    def n_events(self) -> int:
        """Number of events."""

    @property
    def layout(self) -> RecordLayout:
        """How one event lies in a record."""

    def reader(self) -> BlockReader:
        """Return a reader of records, to be used in a with statement."""


class FileReader:
    """Reads records of consecutive events from a file; several threads may share one."""

    def __init__(
        self,
        storage: Storage,
        path: str,
        begin: int,
        n_events: int,
        row_bytes: int,
        permutation: NDArray[np.intp] | None,
    ) -> None:
        self._storage = storage
        self._path = path
        self._begin = begin
        self._n_events = n_events
        self._row_bytes = row_bytes
        self._permutation = permutation
        self._handle: Handle | None = None

    def read_into(self, start_event: int, n_events: int, buffer: NDArray[np.uint8]) -> None:
        """Fill `buffer` with the records of `n_events` events from `start_event`."""
        if not 0 <= start_event <= start_event + n_events <= self._n_events:
            found = f"events {start_event} to {start_event + n_events}"
            raise FcsError("event-range", self._path, "DATA", None, found, f"0 to {self._n_events}")
        if self._handle is None:
            raise FcsError(
                "reader-closed", self._path, "DATA", None, "a closed reader", "use in a with statement"
            )
        chunk = buffer[: n_events * self._row_bytes]
        self._handle.read_into(self._begin + start_event * self._row_bytes, chunk)
        if self._permutation is not None:
            records = chunk.reshape(n_events, self._row_bytes)
            records[:] = records[:, self._permutation]

    def __enter__(self) -> Self:
        self._handle = self._storage.open().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.__exit__(kind, error, trace)


class ArrayReader:
    """Reads records out of an array in memory."""

    def __init__(self, records: NDArray[np.uint8], path: str) -> None:
        self._records = records
        self._path = path

    def read_into(self, start_event: int, n_events: int, buffer: NDArray[np.uint8]) -> None:
        """Fill `buffer` with the records of `n_events` events from `start_event`."""
        if not 0 <= start_event <= start_event + n_events <= len(self._records):
            found = f"events {start_event} to {start_event + n_events}"
            raise FcsError("event-range", self._path, "events", None, found, f"0 to {len(self._records)}")
        chunk = self._records[start_event : start_event + n_events]
        buffer[: chunk.size] = chunk.reshape(-1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
