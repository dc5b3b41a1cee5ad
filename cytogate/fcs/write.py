"""Write an FCS 3.1 file: float32, little endian, whole or not at all."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.compensation.keyword import SPILLOVER_KEYWORDS, format_spillover
from cytogate.errors import FcsError, StoreError
from cytogate.fcs.header import HEADER_BYTES
from cytogate.fcs.layout import MULTIPLY
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.panel import Channel, Panel
from cytogate.platform import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

MAX_HEADER_OFFSET = 99_999_999  # FCS 3.1, 3.1: segments that end beyond are located by TEXT
_BLOCK_EVENTS = 65536
_NO_CRC = b"00000000"
_BLANK = " \0\t\r\n"  # what readers take off around a value
_COMPUTED = frozenset(
    {
        *("$BEGINANALYSIS", "$BEGINDATA", "$BEGINSTEXT", "$ENDANALYSIS", "$ENDDATA", "$ENDSTEXT"),
        *("$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$PAR", "$TOT"),
    }
)
_COMPUTED_PARAMETER = re.compile(r"\$P[0-9]+(B|N|S|DATATYPE)")
_SCALING = re.compile(r"\$P[0-9]+[EG]|\$TIMESTEP")
_DELIMITERS = b"/|\\!~^\x0c\x1e*#"


def write_fcs(
    path: str | os.PathLike[str],
    events: ArrayLike | Any,
    channels: Panel | Iterable[str | Channel] | None = None,
    keywords: Mapping[str, str] | None = None,
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
    channels : Panel or iterable of str or Channel, optional
        Names, labels and ranges; a name without a range gets one from the data.
    keywords : mapping of str to str, optional
        Written as they are, except those that the writer computes (offsets, ``$PAR``, ``$TOT``,
        ``$DATATYPE``, ``$PnB``, ``$PnN``, ``$PnS`` ...). Keywords with empty values are left out, as the
        standard has none; blanks around a value are written, but readers take them off. ``$PnG`` and
        ``$TIMESTEP`` given here are what a reader will apply to the values.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    FcsError
        When the input cannot be written as FCS; nothing is written then.
    StoreError
        When the file cannot be written; nothing is left behind.
    """
    target = Path(path)
    table, panel, entries = _collect(target, events, channels, keywords)
    text = _text_words(target, table, panel, entries)
    head = _header_and_text(target, text, table.size * 4)
    try:
        with write_atomically(target) as file:
            for part in _parts(head, table):
                file.write(part)
    except OSError as error:
        message = f"{target}: cannot be written: {error.strerror or error}. Nothing was changed."
        raise StoreError(message) from error
    return target


def without_scaling(keywords: Mapping[str, str]) -> dict[str, str]:
    """Return the keywords that go with scale values: without ``$PnE``, ``$PnG``, ``$TIMESTEP``.

    Examples
    --------
    >>> without_scaling({"$CYT": "LSRII", "$P1G": "3.67"})
    {'$CYT': 'LSRII'}
    """
    return {key: value for key, value in keywords.items() if not _SCALING.fullmatch(key.upper())}


def _collect(
    target: Path, events: Any, channels: Any, keywords: Mapping[str, str] | None
) -> tuple[NDArray[Any], Panel, dict[str, str]]:
    entries: dict[str, str] = {}
    source = None
    if hasattr(events, "layout") and hasattr(events, "events"):
        source, events = events, events.events()
        entries = without_scaling(source.keywords)
        if channels is None:
            channels = source.channels
        if source.spillover is not None and not any(key in entries for key in SPILLOVER_KEYWORDS):
            entries["$SPILLOVER"] = format_spillover(source.spillover)
    if channels is None:
        raise _refused(target, "channels", "none", "one name per column")
    panel = channels if isinstance(channels, Panel) else Panel(channels)
    table = np.asarray(events)
    if table.dtype.kind not in "fiub":
        raise _refused(target, "events", f"values of type {table.dtype}", "numbers")
    if table.ndim != 2 or table.shape[1] != len(panel) or len(panel) == 0:
        expected = f"(n_events, {len(panel)}), one column per channel"
        raise _refused(target, "events", f"shape {table.shape}", expected)
    if len(panel) > LIMITS.max_parameters:
        raise _refused(target, "$PAR", f"{len(panel)} channels", f"at most {LIMITS.max_parameters}")
    _check_float32(target, table, panel)
    panel = _in_scale_values(panel, table, source, entries)
    for key, value in (keywords or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise _refused(target, repr(key), f"{type(key).__name__}: {type(value).__name__}", "text: text")
        entries[key.strip().upper()] = value
    return table, panel, entries


def _in_scale_values(panel: Panel, table: NDArray[Any], source: Any, entries: dict[str, str]) -> Panel:
    """Return the panel with ranges in scale values, as the table is; drops each ``$PnR`` in stored values."""
    channels = list(panel)
    for column, channel in enumerate(panel):
        stored, step = channel, 1.0
        if source is not None:
            stored = source.channels[column]
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
                full = float(max(math.ceil(full), _beyond(table[:, column])))
            channels[column] = replace(channel, range=full)
    return Panel(channels)


def _beyond(values: NDArray[Any]) -> int:
    """Return the smallest whole number above all finite values, at least 1."""
    finite = values[np.isfinite(values)]
    return max(1, math.floor(finite.max()) + 1) if len(finite) else 1


def _check_float32(target: Path, table: NDArray[Any], panel: Panel) -> None:
    if table.dtype == np.float32:
        return
    largest = np.finfo(np.float32).max
    for column, channel in enumerate(panel):
        values = table[:, column]
        bad = np.flatnonzero(np.isfinite(values) & (np.abs(values.astype(np.float64)) > largest))
        if len(bad):
            found = f"{values[bad[0]]} in event {bad[0]} of {channel.name}"
            raise _refused(target, "events", found, f"values up to {largest:.6g}, as float32 holds")


def _text_words(
    target: Path, table: NDArray[Any], panel: Panel, entries: dict[str, str]
) -> list[tuple[str, str]]:
    words = [
        ("$BYTEORD", "1,2,3,4"),
        ("$DATATYPE", "F"),
        ("$MODE", "L"),
        ("$NEXTDATA", "0"),
        ("$PAR", str(len(panel))),
        ("$TOT", str(len(table))),
    ]
    for n, channel in enumerate(panel, start=1):
        if "," in channel.name:
            raise _refused(target, f"$P{n}N", repr(channel.name), "a name without commas")
        words += [(f"$P{n}N", channel.name), (f"$P{n}B", "32")]
        if channel.label and channel.label.strip(_BLANK):
            words.append((f"$P{n}S", channel.label))
        words.append((f"$P{n}R", entries.pop(f"$P{n}R", "") or _range_text(table[:, n - 1], channel)))
        words.append((f"$P{n}E", entries.pop(f"$P{n}E", "") or "0,0"))
        words.append((f"$P{n}G", entries.pop(f"$P{n}G", "") or "1"))
        if channel.name.casefold() == "time":
            entries.setdefault("$TIMESTEP", "1")
    for key, value in entries.items():
        if key not in _COMPUTED and not _COMPUTED_PARAMETER.fullmatch(key) and value.strip(_BLANK):
            words.append((key, value))
    for key, value in words:
        if not key or not (key.isascii() and key.isprintable()):
            raise _refused(target, repr(key), "the name of a keyword", "printable ASCII characters")
        if not value.strip(_BLANK):
            raise _refused(target, key, "an empty value", "some text")
    return words


def _range_text(values: NDArray[Any], channel: Channel) -> str:
    range_ = channel.range
    if range_ == Channel.__dataclass_fields__["range"].default:
        range_ = max(range_, float(_beyond(values)))
    if math.isinf(range_):
        return "inf"
    return str(int(range_)) if range_ == int(range_) else repr(range_)


def _header_and_text(target: Path, words: list[tuple[str, str]], data_bytes: int) -> bytes:
    """Return HEADER and TEXT; the places of DATA are part of the TEXT whose length moves them."""
    encoded = [(key.encode("ascii"), _utf8(target, key, value)) for key, value in words]
    delimiter = _choose_delimiter(target, encoded)
    body = b"".join(_word(target, part, delimiter) for pair in encoded for part in pair)
    zeros = ("$BEGINANALYSIS", "$ENDANALYSIS", "$BEGINSTEXT", "$ENDSTEXT")
    body += b"".join(key.encode() + delimiter + b"0" + delimiter for key in zeros)
    digits = len(str(HEADER_BYTES + len(body) + 100 + data_bytes))
    fixed = len(b"$BEGINDATA$ENDDATA") + 5 * len(delimiter) + 2 * digits
    begin = HEADER_BYTES + fixed + len(body)
    end = begin + data_bytes - 1
    if data_bytes == 0:
        begin_text, end_text = 0, 0
    else:
        begin_text, end_text = begin, end
    offsets = b"%s$BEGINDATA%s%s%s$ENDDATA%s%s%s" % (
        delimiter,
        delimiter,
        str(begin_text).zfill(digits).encode(),
        delimiter,
        delimiter,
        str(end_text).zfill(digits).encode(),
        delimiter,
    )
    text = offsets + body
    text_end = HEADER_BYTES + len(text) - 1
    if text_end > MAX_HEADER_OFFSET or len(text) > LIMITS.max_text_bytes:
        raise _refused(target, "TEXT", f"{len(text)} bytes of keywords", f"at most {LIMITS.max_text_bytes}")
    if end_text > MAX_HEADER_OFFSET:
        begin_text, end_text = 0, 0
    places = (HEADER_BYTES, text_end, begin_text, end_text, 0, 0)
    header = "FCS3.1    " + "".join(f"{place:>8d}" for place in places)
    return header.encode("ascii") + text


def _choose_delimiter(target: Path, words: list[tuple[bytes, bytes]]) -> bytes:
    """Return a delimiter that no word holds; else one that none begins with, to be escaped."""
    together = b"".join(part for pair in words for part in pair)
    candidates = [bytes([byte]) for byte in _DELIMITERS]
    for delimiter in candidates:
        if delimiter not in together:
            return delimiter
    for delimiter in candidates:
        if not any(part.startswith(delimiter) for pair in words for part in pair):
            return delimiter
    raise _refused(
        target, "TEXT", "keywords that begin with every delimiter", "one delimiter that none begins with"
    )


def _utf8(target: Path, key: str, value: str) -> bytes:
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"{value[error.start]!r} at character {error.start} of {value[:40]!r}"
        raise _refused(target, key, found, "text that UTF-8 can hold") from error


def _word(target: Path, part: bytes, delimiter: bytes) -> bytes:
    if b"\0" in part:
        raise _refused(target, "TEXT", f"a NUL byte in {part[:40]!r}", "text without NUL bytes")
    return part.replace(delimiter, delimiter * 2) + delimiter


def _parts(head: bytes, table: NDArray[Any]) -> Iterator[bytes]:
    yield head
    for start in range(0, len(table), _BLOCK_EVENTS):
        yield np.ascontiguousarray(table[start : start + _BLOCK_EVENTS], dtype="<f4").tobytes()
    yield _NO_CRC


def _refused(target: Path, field: str, found: str, expected: str) -> FcsError:
    return FcsError("cannot-write", str(target), field, None, found, expected)
