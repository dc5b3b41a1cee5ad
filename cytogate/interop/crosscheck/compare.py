"""Compare what another reader holds of a file with what is read here, block by block, and find the cause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.fcs.data.records import stored_column
from cytogate.fcs.read import read_fcs
from cytogate.fcs.structure.header import HEADER_BYTES
from cytogate.interop.crosscheck.readers import LINEAR, Unreadable, read_with
from cytogate.interop.crosscheck.rule import Rule, Subject
from cytogate.interop.crosscheck.rules import RULES
from cytogate.interop.crosscheck.witness import Difference, Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cytogate.fcs.file import FcsFile
    from cytogate.interop.crosscheck.readers import Reading, Scale

BLOCK_BYTES = 2**22


def compare(reader: str, path: str, dataset: int, *, lenient: bool) -> Witness:
    """Read a file with another program and say where that differs from what is read here.

    Parameters
    ----------
    reader : {"flowio", "fcsparser"}
    path, dataset, lenient
        As `read_fcs` takes them.
    """
    version = metadata.version(reader)
    subject = subject_of(read_fcs(path, dataset, lenient))
    try:
        theirs = read_with(reader, path, dataset)
    except Unreadable as error:
        return Witness(reader, version, problem=str(error), rules=bearing(subject, reader, str(error)))
    return Witness(
        reader,
        version,
        theirs.n_events,
        len(theirs.names),
        tuple(_differences(reader, subject, theirs)),
        theirs.options,
        theirs.refusal,
        rules=bearing(subject, reader, theirs.refusal) if theirs.refusal else (),
    )


def bearing(subject: Subject, reader: str, complaint: str = "") -> tuple[str, ...]:
    """Return the rules that this reader is known to break, that bear on a file, and that fit what it says.

    Those that name the complaint go before those that fit any.
    """
    rules = [rule for rule in RULES.values() if reader in rule.readers and rule.about != "scale"]
    rules = [rule for rule in rules if rule.bears_on(subject)]
    named = [r.code for r in rules if r.complaint and re.search(r.complaint, complaint, re.IGNORECASE)]
    return tuple(named or [rule.code for rule in rules if not rule.complaint])


def _likely(subject: Subject, reader: str, *kinds: str) -> str:
    """Return the first rule about one of these kinds of thing, in their order, that bears on a file."""
    bears = [r for r in RULES.values() if reader in r.readers and r.about in kinds and r.bears_on(subject)]
    return min(bears, key=lambda rule: kinds.index(rule.about)).code if bears else ""


def subject_of(file: FcsFile) -> Subject:
    """Return the file with its TEXT as it stands there: that of its first data set, where it has several."""
    try:
        with open(file.path, "rb") as stream:  # noqa: PTH123 - a path as the user wrote it
            head = stream.read(HEADER_BYTES)
            begin, end = int(head[10:18]), int(head[18:26])
            stream.seek(begin)
            text = stream.read(min(max(end - begin + 1, 0), BLOCK_BYTES))
    except (OSError, ValueError):
        text = b""
    return Subject(file, text)


def _differences(reader: str, subject: Subject, theirs: Reading) -> Iterator[Difference]:
    file = subject.file
    likely = _likely(subject, reader, "place", "text", "bytes")
    if theirs.n_events != file.n_events:
        yield Difference("events", "", str(file.n_events), str(theirs.n_events), rule=likely)
    if len(theirs.names) != len(file.channels):
        yield Difference("channels", "", str(len(file.channels)), str(len(theirs.names)), rule=likely)
    if theirs.n_events != file.n_events or len(theirs.names) != len(file.channels):
        return
    for channel, name in zip(file.channels, theirs.names, strict=True):
        ours = channel.original_name or channel.name
        if name != ours:
            rule = next((code for code in _NAMING if RULES[code].bears_on(subject)), "")
            yield Difference("name", channel.name, ours, name, rule=rule)
    yield from _values(reader, subject, theirs)
    if theirs.scales is not None:
        yield from _scales(subject, theirs.scales)


_NAMING = (
    "unique-names",
    "names-optional",
    "escaped-delimiter",
    "empty-values",
    "supplemental-text",
    "encoding",
)


@dataclass(slots=True)
class _Column:
    """What is known of one channel so far."""

    suspects: list[Rule]
    n_differ: int = 0
    largest: float = 0.0
    first: tuple[str, str] = ("", "")


def _values(reader: str, subject: Subject, theirs: Reading) -> Iterator[Difference]:
    """Compare all stored values, a block of events at a time; only what they hold is held as a whole."""
    file, layout = subject.file, subject.file.layout
    suspects = [rule for rule in RULES.values() if rule.misread is not None and rule.bears_on(subject)]
    found = [_Column(list(suspects)) for _ in file.channels]
    step = max(1, BLOCK_BYTES // layout.row_bytes)
    with file.reader() as records_of:
        for start in range(0, file.n_events, step):
            n = min(step, file.n_events - start)
            buffer = np.empty(n * layout.row_bytes, np.uint8)
            records_of.read_into(start, n, buffer)
            records = buffer.reshape(n, layout.row_bytes)
            for c, column in enumerate(found):
                values = theirs.column(c)[start : start + n]
                _look(column, stored_column(records, layout, c), values)
                column.suspects = [
                    rule for rule in column.suspects if _explains(rule, records, file, c, values)
                ]
    for channel, column in zip(file.channels, found, strict=True):
        if column.n_differ:
            proven = column.suspects[0].code if column.suspects else ""
            yield Difference(
                "values",
                channel.name,
                *column.first,
                column.n_differ,
                column.largest,
                proven or _likely(subject, reader, "place", "bytes", "text"),
                is_proven=bool(column.suspects),
            )


def _look(column: _Column, ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    """Count the events that differ; NaN and infinities in the same place agree."""
    differ = ~same(ours, theirs)
    if not differ.any():
        return
    if not column.n_differ:
        first = int(np.argmax(differ))
        column.first = str(ours[first]), str(theirs[first])
    column.n_differ += int(np.count_nonzero(differ))
    column.largest = max(column.largest, largest_difference(ours[differ], theirs[differ]))


def same(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where two columns hold the same values, NaN beside NaN counted as the same."""
    equal: NDArray[np.bool_] = np.asarray(ours == theirs)
    if ours.dtype.kind == "f" and theirs.dtype.kind == "f":
        equal |= np.isnan(ours) & np.isnan(theirs)
    return equal


def largest_difference(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """Return the largest difference of values that are not the same; infinite where one is not a number."""
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    return float(np.max(np.where(np.isnan(size), np.inf, size), initial=np.finfo(float).tiny))


def _explains(rule: Rule, records: NDArray[np.uint8], file: FcsFile, c: int, theirs: NDArray[Any]) -> bool:
    if rule.misread is None:
        return False
    seen = rule.misread(records, file, c)
    return seen is not None and bool(same(seen, theirs).all())


def _scales(subject: Subject, theirs: tuple[Scale, ...]) -> Iterator[Difference]:
    """Compare which log scale and gain is applied; time is left to its step."""
    for channel, (log, gain) in zip(subject.file.channels, theirs, strict=True):
        ours: Scale = (channel.log, channel.gain)
        if (log, gain) != ours:
            codes = ("float-log", "gain") if log != channel.log else ("gain",)
            rule = next((code for code in codes if RULES[code].bears_on(subject)), "")
            yield Difference("scale", channel.name, in_words(ours), in_words((log, gain)), rule=rule)


def in_words(scale: Scale) -> str:
    """Return what a scale does.

    Examples
    --------
    >>> in_words((None, 1.0)), in_words(((4.0, 1.0), 1.0)), in_words((None, 2.0))
    ('linear', '4 decades from 1', 'divided by 2')
    """
    if scale == LINEAR:
        return "linear"
    log, gain = scale
    words = [] if log is None else [f"{log[0]:g} decades from {log[1]:g}"]
    if gain != 1.0:
        words.append(f"divided by {gain:g}")
    return ", ".join(words)
