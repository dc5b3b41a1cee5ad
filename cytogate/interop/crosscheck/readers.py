"""The two other readers behind one face: sizes, names, stored values and scales as each of them has them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Scale = tuple[tuple[float, float] | None, float]  # decades and offset or None, gain
LINEAR: Scale = (None, 1.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What another reader holds of a file; `column` gives the stored values of a channel, (n_events,)."""

    n_events: int
    names: tuple[str, ...]
    column: Callable[[int], NDArray[Any]]
    scales: tuple[Scale, ...] | None = None
    options: str = ""
    refusal: str = ""


class Unreadable(Exception):
    """The other reader failed, with what it said last, and before with its defaults."""


def read_with(reader: str, path: str, dataset: int) -> Reading:
    """Read one data set of a file with another program.

    Raises
    ------
    Unreadable
        It failed, in whatever way.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        try:
            return _READERS[reader](path, dataset)
        except Exception as error:  # another program's reader may fail in any way
            heard = [str(entry.message) for entry in said if issubclass(entry.category, UserWarning)]
            raise Unreadable("; ".join([_text(error), *heard[-1:]])) from error


def _flowio(path: str, dataset: int) -> Reading:
    import flowio

    options, refusal = "", ""
    try:
        data = flowio.FlowData(path) if dataset == 0 else None
    except Exception as error:
        data, refusal = None, _text(error)
        if not _has_a_switch(error):
            raise
    if data is None:
        switches = {"ignore_offset_error": True, "ignore_offset_discrepancy": True}
        if dataset == 0:
            data, options = flowio.FlowData(path, nextdata_offset=0, **switches), "its checks switched off"
        else:
            data = flowio.read_multiple_data_sets(path, **switches)[dataset]
            options = "read_multiple_data_sets, its checks switched off"
    if data.events is None:
        message = "it returned no events"
        raise ValueError(message)
    table = np.asarray(data.events).reshape(-1, data.channel_count)
    return Reading(
        len(table),
        tuple(data.pnn_labels),
        lambda channel: table[:, channel],
        tuple(_flowio_scale(data.channels[n]) for n in sorted(data.channels)),
        options,
        refusal,
    )


def _has_a_switch(error: Exception) -> bool:
    """Say whether flowio has an option that lets such a file pass."""
    return type(error).__name__ in ("FCSParsingError", "DataOffsetDiscrepancyError", "MultipleDataSetsError")


def _flowio_scale(channel: dict[str, Any]) -> Scale:
    decades, offset = channel["pne"]
    return (decades, offset) if decades > 0 else None, channel["png"] or 1.0


def _fcsparser(path: str, dataset: int) -> Reading:
    from fcsparser.api import FCSParser

    parser = FCSParser(path, read_data=True, channel_naming="$PnN", data_set=dataset)
    data = parser.data
    names = tuple(map(str, parser.get_channel_names()))
    if data.dtype.names is not None:
        fields = data.dtype.names
        return Reading(len(data), names, lambda channel: data[fields[channel]])
    return Reading(len(data), names, lambda channel: data[:, channel])


_READERS: dict[str, Callable[[str, int], Reading]] = {"flowio": _flowio, "fcsparser": _fcsparser}


def _text(error: BaseException) -> str:
    """Return one short line that says what an error says."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:200]}" if words else type(error).__name__
