"""Events: a table of scale values that comes from somewhere else than an FCS file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.compensation.keyword import format_spillover, without_spillover
from cytogate.errors import PanelError
from cytogate.fcs.channels.panel import Channel, Panel
from cytogate.fcs.data.layout import FLOAT32, FLOAT64, RecordLayout, packed_layout
from cytogate.fcs.data.readers import ArrayReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from cytogate.compensation.matrix import CompensationMatrix


@dataclass(frozen=True, eq=False)
class Events:
    """Events in memory, to be gated like a file.

    Parameters
    ----------
    values : (n_events, n_channels) array_like
        Scale values. float32 and float64 are kept as they are, without a copy where they are C-contiguous;
        other numbers become float64. Seen read-only from here.
    channels : Panel or iterable of str or Channel
        One per column.
    spillover : CompensationMatrix, optional
        What gates with the compensation ``"FCS"`` use.
    keywords : mapping of str to str, optional
    path : str
        Where the events come from, for messages.

    Raises
    ------
    PanelError
        When values are not a table of numbers with one column per channel.

    Examples
    --------
    >>> e = Events([[1.0, 2.0], [3.0, 4.0]], ["FSC-A", "SSC-A"])
    >>> e.n_events, e.channels.names
    (2, ('FSC-A', 'SSC-A'))
    """

    values: NDArray[Any]
    channels: Panel
    spillover: CompensationMatrix | None
    keywords: Mapping[str, str]
    path: str
    layout: RecordLayout = field(repr=False)

    def __init__(
        self,
        values: ArrayLike,
        channels: Panel | Iterable[str | Channel],
        spillover: CompensationMatrix | None = None,
        keywords: Mapping[str, str] | None = None,
        path: str = "",
    ) -> None:
        panel = channels if isinstance(channels, Panel) else Panel(channels)
        table = _as_table(values, len(panel))
        object.__setattr__(self, "values", table)
        object.__setattr__(self, "channels", panel)
        object.__setattr__(self, "spillover", spillover)
        object.__setattr__(self, "keywords", {key.upper(): text for key, text in (keywords or {}).items()})
        object.__setattr__(self, "path", path)
        width, kind = (4, FLOAT32) if table.dtype == np.float32 else (8, FLOAT64)
        layout = packed_layout(
            np.full(len(panel), width), np.full(len(panel), kind), big_endian=not np.little_endian
        )
        object.__setattr__(self, "layout", layout)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.values)

    def events(self) -> NDArray[np.float64]:
        """Return (n_events, n_channels) float64 scale values, a new array."""
        return self.values.astype(np.float64)

    def column(self, channel: str) -> NDArray[np.float64]:
        """Return (n_events,) float64 scale values of one channel, found by name or label."""
        return self.values[:, self.channels.index(channel)].astype(np.float64)

    def reader(self) -> ArrayReader:
        """Return a reader of the records."""
        return ArrayReader(
            self.values.view(np.uint8).reshape(self.n_events, self.layout.row_bytes), self.path
        )

    def replace_values(self, values: ArrayLike) -> Events:
        """Return the same events with other values, (n, n_channels)."""
        return Events(values, self.channels, self.spillover, self.keywords, self.path)

    def compensated_to(self, values: ArrayLike, matrix: CompensationMatrix) -> Events:
        """Return the same events with values that `matrix` compensated: no spillover is left to apply."""
        keywords = without_spillover(self.keywords, format_spillover(matrix))
        return Events(values, self.channels, None, keywords, self.path)


def _as_table(values: ArrayLike, n_channels: int) -> NDArray[Any]:
    table = np.asarray(values)
    if table.dtype.kind not in "fiub":
        message = f"events: values are {table.dtype}; expected numbers."
        raise PanelError(message)
    if table.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        table = table.astype(np.float64)
    if table.ndim != 2 or table.shape[1] != n_channels:
        message = (
            f"events: values have shape {table.shape}, but there are {n_channels} channels; "
            f"expected (n_events, {n_channels})."
        )
        raise PanelError(message)
    table = np.ascontiguousarray(table).view()
    table.setflags(write=False)
    return table
