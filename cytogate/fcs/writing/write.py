"""Write an FCS 3.1 file: float32, little endian, whole or not at all."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.compensation.keyword import is_spillover
from cytogate.errors import StoreError
from cytogate.fcs.channels.panel import DEFAULT_RANGE, Channel, Panel
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.text.numbers import decimal, decimals
from cytogate.fcs.text.words import BLANKS
from cytogate.fcs.writing.compose import header_and_text, refused
from cytogate.fcs.writing.outgoing import Outgoing, beyond, compensated, of_source, refuse_twice
from cytogate.platform import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

    from cytogate.compensation.matrix import CompensationMatrix

_BLOCK_EVENTS = 65536
_NO_CRC = b"00000000"
_COMPUTED = frozenset(
    {
        *("$BEGINANALYSIS", "$BEGINDATA", "$BEGINSTEXT", "$ENDANALYSIS", "$ENDDATA", "$ENDSTEXT"),
        *("$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$PAR", "$TOT"),
    }
)
_COMPUTED_PARAMETER = re.compile(r"\$P[0-9]+(B|N|S|DATATYPE)")
_PARAMETER = re.compile(r"\$P([0-9]{1,9})[A-Z]+")
_WHOLE_RANGES = 1e15  # of $PnR, beyond which digits are not exact


def write_fcs(
    path: str | os.PathLike[str],
    events: ArrayLike | Any,
    channels: Panel | Iterable[str | Channel] | None = None,
    keywords: Mapping[str, str] | None = None,
    *,
    keep: ArrayLike | None = None,
    compensation: CompensationMatrix | None = None,
) -> Path:
    """Write events as an FCS 3.1 file, atomically.

    Parameters
    ----------
    path : str or path-like
        Written in place of any file there, once it is complete.
    events : (n_events, n_channels) array_like, or Events or FcsFile
        Scale values; rounded to float32. NaN and infinities are kept. Events and files bring their channels,
        keywords and spillover along; keywords that would scale the values again (`without_scaling`) are
        left out, and ``$PnR`` of the channels that were scaled is given anew, in scale values.
        ``$ORIGINALITY`` of a file becomes ``DataModified``, or ``NonDataModified`` where all its stored
        values are written as they were.
    channels : Panel or iterable of str or Channel, optional
        Names, labels and ranges; a name without a range gets one from the data.
    keywords : mapping of str to str, optional
        Written as they are, except those that the writer computes (offsets, ``$PAR``, ``$TOT``,
        ``$DATATYPE``, ``$PnB``, ``$PnN``, ``$PnS`` ...). Keywords with empty values are left out, as the
        standard has none; blanks around a value are written, but readers take them off. ``$PnG`` and
        ``$TIMESTEP`` given here are what a reader will apply to the values.
    keep : (n_events,) array_like of bool, optional
        Which events are written, ``result.mask("B")`` say; by default all.
    compensation : CompensationMatrix, optional
        Applied to the events. The channels are then called ``Comp-...``, no spillover keyword is written, and
        so no reader compensates twice.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FcsError
        When the input cannot be written as FCS; nothing is written then.
    CompensationError
        When the events are compensated already, or lack a detector of the matrix.
    StoreError
        When the file cannot be written; nothing is left behind.

    Examples
    --------
    The events of a population, as a file of its own:

    >>> tube = read_fcs("a.fcs")  # doctest: +SKIP
    >>> result = gate(tube, strategy)  # doctest: +SKIP
    >>> write_fcs("a_B.fcs", tube, keep=result.mask("B"))  # doctest: +SKIP
    """
    target = Path(path)
    outgoing = _collect(target, events, channels, keep, compensation)
    entries = outgoing.entries | _given(target, keywords or {}, compensation)
    text = _words(target, outgoing.table, outgoing.panel, entries)
    head = header_and_text(target, text, outgoing.table.size * 4)
    try:
        with write_atomically(target) as file:
            for part in _parts(head, outgoing.table):
                file.write(part)
    except OSError as error:
        why = error.strerror or str(error)
        if not target.absolute().parent.is_dir():
            why = f"the folder {target.parent} does not exist; make it first"
        message = f"{target}: cannot be written: {why}. Nothing was changed."
        raise StoreError(message) from error
    return target


def _collect(
    target: Path, events: Any, channels: Any, keep: ArrayLike | None, compensation: CompensationMatrix | None
) -> Outgoing:
    """Return the events asked for, checked, with their channels and the keywords that they bring."""
    if "\0" in str(target) or not target.name:
        raise refused(target, "path", repr(str(target)), "the name of a file")
    source = None
    if hasattr(events, "layout") and hasattr(events, "events"):
        source, events = events, events.events()
        if compensation is not None:
            refuse_twice(source)
        if channels is None:
            channels = source.channels
    if channels is None:
        raise refused(target, "channels", "none", "one name per column")
    panel = channels if isinstance(channels, Panel) else Panel(channels)
    table = np.asarray(events)
    if table.dtype.kind not in "fiub":
        raise refused(target, "events", f"values of type {table.dtype}", "numbers")
    if table.ndim != 2 or table.shape[1] != len(panel) or len(panel) == 0:
        expected = f"(n_events, {len(panel)}), one column per channel"
        raise refused(target, "events", f"shape {table.shape}", expected)
    if len({name.strip(BLANKS) for name in panel.names}) < len(panel):
        raise refused(
            target, "$PnN", "names that differ in blanks around them alone", "names that readers keep"
        )
    if len(panel) > LIMITS.max_parameters:
        raise refused(target, "$PAR", f"{len(panel)} channels", f"at most {LIMITS.max_parameters}")
    if keep is not None:
        table = table[_mask(target, keep, len(table))]
    outgoing = Outgoing(table, panel, {})
    if source is not None:
        outgoing = of_source(source, table, panel, target)
    if compensation is not None:
        outgoing = compensated(outgoing, compensation, target)
    _check_float32(target, outgoing.table, panel)
    return outgoing


def _mask(target: Path, keep: ArrayLike, n_events: int) -> NDArray[np.bool_]:
    mask = np.asarray(keep)
    if mask.dtype != np.bool_ or mask.shape != (n_events,):
        found = f"{mask.dtype} of shape {mask.shape}"
        raise refused(target, "keep", found, f"bool of shape ({n_events},), one an event")
    return mask


def _check_float32(target: Path, table: NDArray[Any], panel: Panel) -> None:
    if table.dtype.kind != "f" or table.dtype.itemsize <= np.dtype(np.float32).itemsize:
        return  # no integer of 64 bits lies beyond
    largest = np.finfo(np.float32).max
    for column, channel in enumerate(panel):
        values = table[:, column]
        bad = np.flatnonzero(np.isfinite(values) & (np.abs(values) > largest))
        if len(bad):
            found = f"{values[bad[0]]} in event {bad[0]} of {channel.name}"
            raise refused(target, "events", found, f"values up to {largest:.6g}, as float32 holds")


def _given(
    target: Path, keywords: Mapping[str, str], compensation: CompensationMatrix | None
) -> dict[str, str]:
    """Return the keywords of the caller, checked; names in upper case."""
    entries: dict[str, str] = {}
    for key, value in keywords.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise refused(target, repr(key), f"{type(key).__name__}: {type(value).__name__}", "text: text")
        name = key.strip().upper()
        if not name or not (name.isascii() and name.isprintable()):
            raise refused(target, repr(key[:40]), "the name of a keyword", "printable ASCII characters")
        if entries.setdefault(name, value) != value:
            found = f"{entries[name][:40]!r} and {value[:40]!r}"
            raise refused(target, name, found, "one value; keywords differ in more than case")
        if compensation is not None and is_spillover(name) and value.strip(BLANKS):
            fix = "Compensated values have no spillover left: leave the keyword out."
            raise refused(target, name, "a spillover keyword", "none beside compensation=", fix=fix)
    return entries


def _words(target: Path, table: NDArray[Any], panel: Panel, entries: dict[str, str]) -> list[tuple[str, str]]:
    """Return all keywords and values of TEXT but the offsets."""
    words = [
        ("$BYTEORD", "1,2,3,4"),
        ("$DATATYPE", "F"),
        ("$MODE", "L"),
        ("$NEXTDATA", "0"),
        ("$PAR", str(len(panel))),
        ("$TOT", str(len(table))),
    ]
    for n, channel in enumerate(panel, start=1):
        if "," in channel.name or len(channel.name) > LIMITS.max_name_length:
            expected = f"a name without commas, of at most {LIMITS.max_name_length} characters"
            fix = "Give other names with channels=."
            raise refused(target, f"$P{n}N", repr(channel.name[:40]), expected, fix=fix)
        words += [(f"$P{n}N", channel.name), (f"$P{n}B", "32")]
        if channel.label and channel.label.strip(BLANKS):
            words.append((f"$P{n}S", channel.label))
        own_range = entries.pop(f"$P{n}R", "")
        if not _is_above_zero(own_range):
            own_range = _range_text(table[:, n - 1], channel)
        words += [(f"$P{n}R", own_range), (f"$P{n}E", _linear(target, n, entries.pop(f"$P{n}E", "")))]
        words.append((f"$P{n}G", _factor(target, f"$P{n}G", entries.pop(f"$P{n}G", ""))))
        if channel.name.casefold() == "time":
            entries["$TIMESTEP"] = _factor(target, "$TIMESTEP", entries.get("$TIMESTEP", ""))
    for key, value in entries.items():
        if key not in _COMPUTED and _is_of_panel(key, len(panel)) and value.strip(BLANKS):
            words.append((key, value))
    return words


def _is_of_panel(key: str, n_channels: int) -> bool:
    """Whether a keyword is written as given: not one of a channel that the file has not, or computed."""
    parameter = _PARAMETER.fullmatch(key)
    if parameter is None:
        return True
    return 1 <= int(parameter[1]) <= n_channels and not _COMPUTED_PARAMETER.fullmatch(key)


def _is_above_zero(text: str) -> bool:
    number = decimal(text)
    return number is not None and 0.0 < number < math.inf


def _linear(target: Path, n: int, text: str) -> str:
    if text.strip(BLANKS) and decimals(text, 2) != (0.0, 0.0):
        fix = "Values are written on a linear scale: leave it out (without_scaling), or give the file itself."
        raise refused(target, f"$P{n}E", repr(text[:40]), "0,0 for floating-point values", fix=fix)
    return "0,0"


def _factor(target: Path, key: str, text: str) -> str:
    if not text.strip(BLANKS):
        return "1"
    if not _is_above_zero(text):
        raise refused(target, key, repr(text[:40]), "a number above 0")
    return text


def _range_text(values: NDArray[Any], channel: Channel) -> str:
    """Return ``$PnR``, a whole number as FCS 3.1 has it; that of the data where the channel's is no guide."""
    range_ = channel.range
    if not math.isfinite(range_) or range_ <= 0:
        range_ = float(beyond(values))
    elif range_ == DEFAULT_RANGE:
        range_ = max(range_, float(beyond(values)))
    return str(math.ceil(range_)) if range_ < _WHOLE_RANGES else repr(range_)


def _parts(head: bytes, table: NDArray[Any]) -> Iterator[bytes]:
    yield head
    for start in range(0, len(table), _BLOCK_EVENTS):
        yield np.ascontiguousarray(table[start : start + _BLOCK_EVENTS], dtype="<f4").tobytes()
    yield _NO_CRC
