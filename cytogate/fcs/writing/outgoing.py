"""Outgoing events: what of a file's channels and keywords still holds when its events are written anew."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.compensation.keyword import (
    SPILLOVER_KEYWORDS,
    format_spillover,
    without_spillover,
)
from cytogate.errors import CompensationError, PanelError
from cytogate.fcs.channels.panel import Panel
from cytogate.fcs.compensated import already_compensated, marked_compensated
from cytogate.fcs.data.layout import AS_STORED, FLOAT32, MULTIPLY
from cytogate.fcs.writing.compose import refused
from cytogate.versions import installed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.source import EventSource

COMPENSATED_PREFIX = "Comp-"  # as FlowJo calls channels of compensated values
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SCALING = re.compile(r"\$P[0-9]+[EG]|\$TIMESTEP")
_STALE = frozenset({"$UNICODE"})  # FCS 3.0: the code page of TEXT, which is UTF-8 from here


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be written: (n_events, n_channels) values, their channels, and keywords in upper case."""

    table: NDArray[Any]
    panel: Panel
    entries: dict[str, str]


def without_scaling(keywords: Mapping[str, str]) -> dict[str, str]:
    """Return the keywords that go with scale values: without ``$PnE``, ``$PnG``, ``$TIMESTEP``.

    Examples
    --------
    >>> without_scaling({"$CYT": "LSRII", "$P1G": "3.67"})
    {'$CYT': 'LSRII'}
    """
    return {key: value for key, value in keywords.items() if not _SCALING.fullmatch(key.upper())}


def of_source(source: EventSource, table: NDArray[Any], panel: Panel, target: Path) -> Outgoing:
    """Return the events of a file, or some of them, with the keywords of it that still hold.

    Keywords that would scale the values again are left out, ``$PnR`` of scaled channels is given in scale
    values, ``$FIL`` names the new file, and ``$ORIGINALITY``, ``$LAST_MODIFIED`` and ``$LAST_MODIFIER`` say
    what was done. A spillover matrix that was applied before does not go along.
    """
    entries = {key.upper(): value for key, value in without_scaling(source.keywords).items()}
    entries = {key: value.replace("\0", " ") for key, value in entries.items() if key not in _STALE}
    if marked_compensated(source) is not None:
        entries = without_spillover(entries)
    elif source.spillover is not None and not any(key in entries for key in SPILLOVER_KEYWORDS):
        entries["$SPILLOVER"] = format_spillover(source.spillover)
    if "$FIL" in entries:
        entries["$FIL"] = target.name
    entries |= _originality(source, table)
    return Outgoing(table, _in_scale_values(panel, table, source, entries), entries)


def compensated(outgoing: Outgoing, matrix: CompensationMatrix, target: Path) -> Outgoing:
    """Return compensated events, so marked that no reader compensates them again.

    Their channels are called ``Comp-...``, as FlowJo does; no spillover keyword goes along, and a keyword of
    cytogate's own holds the matrix.
    """
    if not matrix.square:
        found = f"a matrix of {len(matrix.detectors)} detectors and {len(matrix.fluorochromes)} fluorochromes"
        fix = "Unmix with matrix.apply, and write what it returns with channels of your own."
        raise refused(target, "compensation", found, "as many fluorochromes as detectors", fix=fix)
    names = {name: _own_name(name, outgoing.panel) for name in (*matrix.detectors, *matrix.fluorochromes)}
    fitted = matrix.renamed(names) if any(old != new for old, new in names.items()) else matrix
    table = fitted.apply(outgoing.table, outgoing.panel.names)
    channels = [
        replace(channel, name=COMPENSATED_PREFIX + channel.name)
        if channel.name in fitted.targets
        else channel
        for channel in outgoing.panel
    ]
    entries = without_spillover(outgoing.entries, format_spillover(fitted))
    if "$ORIGINALITY" in entries:
        entries["$ORIGINALITY"] = "DataModified"
    return Outgoing(table, Panel(channels), entries)


def refuse_twice(source: EventSource) -> None:
    """Refuse to compensate the events of a source that are compensated already."""
    done = already_compensated(source)
    if done is not None:
        message = f"{done} Writing them compensated would compensate them once more."
        raise CompensationError(message, problems=[done])


def _own_name(name: str, panel: Panel) -> str:
    try:
        return panel[name].name
    except PanelError:  # what the panel lacks is named when the matrix is applied
        return name


def _originality(source: EventSource, table: NDArray[Any]) -> dict[str, str]:
    """Return ``$ORIGINALITY`` of FCS 3.1 and its companions; events in memory have no such history."""
    before = source.keywords.get("$ORIGINALITY", "")
    if not hasattr(source, "raw") and not before:
        return {}
    is_same = (
        hasattr(source, "raw")
        and len(table) == source.n_events
        and bool((source.layout.scale_kinds == AS_STORED).all())
        and (bool((source.layout.kinds == FLOAT32).all()) or _fits_float32(table))
    )
    state = "DataModified"
    if is_same:
        state = before if before in ("Appended", "DataModified") else "NonDataModified"
    now = datetime.now()  # the standard has local time, without a zone
    when = (
        f"{now.day:02d}-{_MONTHS[now.month - 1]}-{now.year:04d} {now:%H:%M:%S}.{now.microsecond // 10000:02d}"
    )
    who = f"cytogate {installed('cytogate')}"
    return {"$ORIGINALITY": state, "$LAST_MODIFIED": when, "$LAST_MODIFIER": who}


def _fits_float32(table: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.array_equal(table.astype(np.float32), table, equal_nan=True))


def _in_scale_values(panel: Panel, table: NDArray[Any], source: Any, entries: dict[str, str]) -> Panel:
    """Return the panel with ranges in scale values, as the table is; drops each ``$PnR`` in stored values."""
    channels = list(panel)
    for column, channel in enumerate(panel):
        stored, step = source.channels[column], 1.0
        if source.layout.scale_kinds[column] == MULTIPLY:
            step = source.layout.scale_a[column]
        if stored.log is None and stored.gain == 1.0 and step == 1.0:
            continue
        entries.pop(f"$P{column + 1}R", None)
        if channel == stored:
            full = stored.range / stored.gain * step
            if stored.log is not None:
                full = stored.log[1] * 10.0 ** stored.log[0]
            if math.isfinite(full):
                full = float(max(math.ceil(full), beyond(table[:, column])))
            channels[column] = replace(channel, range=full)
    return Panel(channels)


def beyond(values: NDArray[Any]) -> int:
    """Return the smallest whole number above all finite values, at least 1."""
    finite = values[np.isfinite(values)]
    return max(1, math.floor(finite.max()) + 1) if len(finite) else 1
