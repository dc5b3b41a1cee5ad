"""Compensated already: signs that a file's values went through its spillover matrix before it was written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.compensation.keyword import APPLIED_KEYWORD
from cytogate.errors import Problem, listed
from cytogate.fcs.data.layout import UNSIGNED
from cytogate.fcs.data.records import stored_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cytogate.fcs.source import EventSource

WIDE_RANGE = 1024.0  # $PnR of channels on a linear scale
NARROW_VALUES = 10.0  # transformed values (log decades, logicle) stay below
QUANTILE = 0.999
MAX_EVENTS = 20_000
BLOCKS = 20

_COMPENSATED_NAME = re.compile(r"comp[-_ ]|<.+>$", re.I)
_FIX = "Use compensation: none for this file, or the original file."


def already_compensated(source: EventSource) -> Problem | None:
    """Return why the events of a source seem to be compensated already, or None.

    A mark (`marked_compensated`) is one sign. The other is values: where a spillover matrix came with the
    events, but all its detectors hold floating-point values that stay below 10 on a range of 1,024 or more,
    the values were compensated and transformed before. (``APPLY COMPENSATION`` is no sign: instruments write
    it beside raw values.)
    """
    marked = marked_compensated(source)
    if marked is not None:
        return marked
    place = source.path or "events"
    if source.spillover is None or source.n_events == 0:
        return None
    known = set(source.channels.names)
    places = [source.channels.names.index(name) for name in source.spillover.detectors if name in known]
    layout = source.layout
    if not places or any(
        layout.kinds[c] == UNSIGNED or source.channels[c].range < WIDE_RANGE for c in places
    ):
        return None
    highest = 0.0
    for values in _sampled(source, places):
        finite = np.abs(values[np.isfinite(values)])
        if np.count_nonzero(finite >= NARROW_VALUES) > (1 - QUANTILE) * len(finite):
            return None  # one bright detector is enough, and every raw file has one
        highest = max(highest, float(np.quantile(finite, QUANTILE)) if len(finite) else 0.0)
    if not 0.0 < highest < NARROW_VALUES:
        return None
    message = (
        f"values of {len(places)} detectors of the spillover matrix stay below {highest:.3g}, on ranges of "
        f"{source.channels[places[0]].range:g}: they were compensated and transformed before."
    )
    return Problem("compensated-already", place, message, _FIX)


def marked_compensated(source: EventSource) -> Problem | None:
    """Return the mark that the events of a source are compensated already, or None.

    Channels are called ``Comp-...`` or ``<...>``, as FlowJo calls them, or cytogate compensated them and
    said so in a keyword.
    """
    place = source.path or "events"
    named = [name for name in source.channels.names if _COMPENSATED_NAME.match(name)]
    if named:
        message = f"channels are called {listed(named)}: values are compensated already."
        return Problem("compensated-already", place, message, _FIX)
    if APPLIED_KEYWORD in source.keywords:
        message = f"{APPLIED_KEYWORD} says that values are compensated already."
        return Problem("compensated-already", place, message, _FIX)
    return None


def _sampled(source: EventSource, places: list[int]) -> Iterator[NDArray[Any]]:
    """Yield stored values of some channels, of blocks of events spread over the source."""
    layout = source.layout
    size = min(MAX_EVENTS // BLOCKS, source.n_events)
    starts = np.unique(np.linspace(0, source.n_events - size, BLOCKS).astype(int))
    records = np.empty((len(starts), size, layout.row_bytes), np.uint8)
    with source.reader() as reader:
        for block, start in zip(records, starts.tolist(), strict=True):
            reader.read_into(start, size, block.reshape(-1))
    together = records.reshape(-1, layout.row_bytes)
    for c in places:
        yield stored_column(together, layout, c)
