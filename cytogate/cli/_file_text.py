"""What is in one FCS file, in words and a table for a person at a terminal."""

from __future__ import annotations

import math
import re
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cytogate.cli._output import columns_of, fitted, numbered, shown, some, table, wrapped
from cytogate.cli._witness_text import witness_lines
from cytogate.fcs.repairs.advice import advice_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Entry = dict[str, Any]

_NAMES = 12  # columns before the text of a line, indent included
_NAME = 20  # columns that a name or a marker has where it needs them
_FIRST_TO_GO = ("lost bits", "infinite", "NaN", "stored", "range", "kind")  # warnings tell of the first three
_TYPES = {"float": "float", "double": "double", "integer": "int"}
_ORDERS = {"1,2,3,4": "little endian", "4,3,2,1": "big endian", "1,2": "little endian", "2,1": "big endian"}
_STANDING = (
    ("missing", "keywords required, but absent"),
    ("deprecated", "deprecated keywords"),
    ("forbidden", "keywords of another version of FCS"),
    ("unknown", "keywords that no version of FCS knows"),
)


def text(report: Entry, *, width: int, keywords: bool) -> str:
    """Return what is shown of one file, in lines of at most `width` columns where names allow it."""
    lines = [shown(report["file"])]
    for name, value in _header(report):
        lines += _fact(name, value, width)
    lines += ["", _channels(report["channels"], width), ""]
    lines += [line for entry in grouped(report["warnings"], report["file"]) for line in wrapped(entry, width)]
    notes = grouped(report["acquisition"]["problems"], report["file"], "note")
    lines += [line for entry in notes for line in wrapped(entry, width)]
    lines += [line for entry in report.get("cross_check", ()) for line in witness_lines(entry, width)]
    if keywords:
        for title, name in (("TEXT", "keywords"), ("ANALYSIS", "analysis")):
            if report[name]:
                lines += ["", f"keywords of {title}", *_keywords(report[name])]
    return "\n".join(lines).rstrip()


def _header(report: Entry) -> Iterator[tuple[str, str]]:
    n = report["n_datasets"]
    sets = f", data set {report['dataset']} of {n} (numbered from 0)" if n > 1 else ""
    events = f"{report['n_events']:,} event{'' if report['n_events'] == 1 else 's'}"
    size = f"{events} x {numbered(report['n_channels'], 'channel')}"
    yield "version", f"FCS {report['version']}, {size}, {_bytes(report['bytes'])}{sets}"
    yield "acquired", _acquired(report["acquisition"])
    if instrument := _instrument(report["acquisition"]):
        yield "cytometer", instrument
    yield "data", _data(report)
    yield "segments", _segments(report["segments"])
    if "checksum" in report:
        yield "checksum", _checksum(report["checksum"])
    yield from _spillover(report)
    for name, what in _STANDING:
        if found := report["standing"][name]:
            yield "standard", f"{what}: {some(_by_kind(found))}"


def _bytes(count: int) -> str:
    """Return a size in the unit that reads best.

    Examples
    --------
    >>> _bytes(912), _bytes(4_321_000)
    ('912 bytes', '4.3 MB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def _acquired(found: Entry) -> str:
    begin, end = (datetime.fromisoformat(found[key]) if found[key] else None for key in ("begin", "end"))
    parts = []
    if begin is not None:
        when = f"{begin:%Y-%m-%d %H:%M:%S}"
        same_day = end is not None and end.date() == begin.date()
        parts.append(
            when if end is None else f"{when} to {end:{'%H:%M:%S' if same_day else '%Y-%m-%d %H:%M:%S'}}"
        )
    elif end is not None:
        parts.append(f"until {end:%Y-%m-%d %H:%M:%S}")
    elif found["date"]:
        parts.append(found["date"])
    else:
        parts += [f"{key} {value}" for key, value in found["stated"].items()]
    if found["seconds"] is not None:
        parts.append(f"{found['seconds']:.6g} s")
    if found["microlitres"] is not None:
        parts.append(f"{found['microlitres']:.4g} µl")
    return ", ".join(parts) or "not said"


def _instrument(found: Entry) -> str:
    number = f"serial number {found['serial_number']}" if found["serial_number"] else ""
    by = f"operated by {found['operator']}" if found["operator"] else ""
    return ", ".join(filter(None, (found["cytometer"], number, by)))


def _data(report: Entry) -> str:
    order = report["byte_order"].replace(" ", "")
    types = list(dict.fromkeys(_stored(entry) for entry in report["channels"]))
    words = types[0] if len(types) == 1 else f"mixed types ({', '.join(types)})"
    if report["data_type"].upper() == "A":
        words = "numbers written as text"
    return f"{words}, {_ORDERS.get(order, f'byte order {order}')}, {report['event_bytes']} bytes an event"


def _stored(channel: Entry) -> str:
    return f"{_TYPES[channel['type']]} {channel['bits']}"


def _segments(places: Entry) -> str:
    names = (
        ("TEXT", "text"),
        ("supplemental TEXT", "supplemental"),
        ("DATA", "data"),
        ("ANALYSIS", "analysis"),
    )
    found = [(name, places[key]) for name, key in names] + [("OTHER", place) for place in places["others"]]
    said = [f"{name} {place['begin']}-{place['end']}" for name, place in found if place is not None]
    return ", ".join(said)


def _checksum(found: Entry) -> str:
    if found["stated"] is None:
        return f"none stated (computed: {found['computed']})"
    return f"{found['stated']}, {'right' if found['agrees'] else 'WRONG: the file was changed or damaged'}"


def _spillover(report: Entry) -> Iterator[tuple[str, str]]:
    found = report["spillover"]
    if found is None:
        codes = [entry["code"] for entry in report["warnings"] if entry["code"].startswith("spillover-")]
        why = (
            "in percent, not applied"
            if codes[:1] == ["spillover-percent"]
            else "there, but it cannot be used"
        )
        yield "spillover", f"{why} [{codes[0]}]" if codes else "none"
        return
    rows, columns = len(found["fluorochromes"]), len(found["detectors"])
    condition = found["condition_number"]
    number = "infinite" if math.isinf(condition) else f"{condition:.3g}"
    yield "spillover", f"{rows} x {columns} in {found['keyword']}, condition number {number}"
    yield "", f"detectors: {', '.join(found['detectors'])}"
    largest = [f"{entry['value']:.3g} of {entry['from']} in {entry['into']}" for entry in found["largest"]]
    yield "", f"largest: {'; '.join(largest)}" if largest else "all zero: acquired without compensation"


def _by_kind(names: Sequence[str]) -> list[str]:
    """Return keywords, those of several parameters as one.

    Examples
    --------
    >>> _by_kind(["$CYT", "$P1G", "$P2G"])
    ['$CYT', '$PnG (2)']
    """
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(re.sub(r"[0-9]+", "n", name), []).append(name)
    return [same[0] if len(same) == 1 else f"{kind} ({len(same)})" for kind, same in kinds.items()]


def _fact(name: str, value: str, width: int) -> list[str]:
    indent = " " * (_NAMES + 2)
    return textwrap.wrap(
        shown(value),
        width,
        initial_indent=f"  {name:<{_NAMES}}",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _channels(entries: Sequence[Entry], width: int) -> str:
    header = ["n", "name", "marker", "kind", "stored", "range", "scale"]
    columns = [
        [entry["number"] for entry in entries],
        [entry["name"] for entry in entries],
        [entry["label"] for entry in entries],
        [entry["kind"] for entry in entries],
        [_stored(entry) for entry in entries],
        [_number(entry["range"]) for entry in entries],
        [_scale(entry) for entry in entries],
    ]
    right = ["n", "range"]
    if entries and "minimum" in entries[0]:
        for key, name in (("minimum", "minimum"), ("maximum", "maximum")):
            header.append(name)
            right.append(name)
            columns.append([_number(entry[key]) for entry in entries])
        for key, name in (("n_nan", "NaN"), ("n_infinite", "infinite"), ("n_lost_bits", "lost bits")):
            if any(entry[key] for entry in entries):
                header.append(name)
                right.append(name)
                columns.append([entry[key] for entry in entries])
    plain = [name for name, column in zip(header, columns, strict=True) if _says_nothing(name, column)]
    kept = [place for place, name in enumerate(header) if name not in plain]
    kept, left_out = _fitting(header, columns, kept, width)
    rows = [[columns[place][n] for place in kept] for n in range(len(entries))]
    lines = table([header[place] for place in kept], rows, right=right, width=width)
    if left_out:
        said = f"Not shown in {width} columns: {', '.join(left_out)}."
        lines += "\n" + "\n".join(wrapped(said, width))
    return lines


def _fitting(
    header: Sequence[str], columns: Sequence[Sequence[object]], kept: list[int], width: int
) -> tuple[list[int], list[str]]:
    """Leave out whole columns, the least telling first, where names and markers would be cut to pieces."""

    def needed(place: int) -> int:
        widest = max(columns_of(shown(str(cell))) for cell in (header[place], *columns[place]))
        return min(widest, _NAME) if header[place] in ("name", "marker") else widest

    left_out = []
    for name in _FIRST_TO_GO:
        if sum(map(needed, kept)) + 2 * (len(kept) - 1) <= width:
            break
        found = [place for place in kept if header[place] == name]
        left_out += [header[place] for place in found]
        kept = [place for place in kept if place not in found]
    return kept, left_out


def _says_nothing(name: str, column: Sequence[object]) -> bool:
    """Return whether a column is the same for all channels, and said elsewhere or not worth saying."""
    if name == "marker":
        return not any(column)
    return (name == "stored" and len(set(column)) == 1) or (name == "scale" and set(column) == {"linear"})


def _scale(entry: Entry) -> str:
    if entry["log"] is not None:
        decades, offset = entry["log"]
        return f"log {decades:g} from {offset:g}"
    return "linear" if entry["gain"] == 1.0 else f"gain {entry['gain']:g}"


def _number(value: float) -> str:
    """Return a value with six digits, and whole numbers in full where they have up to ten.

    Examples
    --------
    >>> [_number(value) for value in (262144.0, -110.123456, 16777215.5, 2.0**64, math.nan)]
    ['262144', '-110.123', '16777216', '1.84467e+19', '–']
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "none"
    if value == 0 or 1e5 <= abs(value) < 1e10 or (value == int(value) and abs(value) < 1e10):
        return f"{value:.0f}"
    return f"{value:.6g}"


def grouped(warnings: Iterable[Entry], file: str, word: str = "warning") -> Iterator[str]:
    """Yield one text for each kind of warning: the first in full, the others by where they are."""
    kinds: dict[str, list[Entry]] = {}
    for entry in warnings:
        kinds.setdefault(entry["code"], []).append(entry)
    for code, entries in kinds.items():
        first, *others = entries
        place = _place(first, file)
        if first["message"].startswith(place):
            place = ""
        mark = ", lenient" if first.get("lenient") else ""
        said = f"{word} [{code}{mark}] {f'{place}: ' if place else ''}{first['message']}"
        if others:
            said += f" The same of {some([_place(entry, file) for entry in others])}."
        yield shown(f"{said} {first['fix'] or advice_on(code)}".strip())


def _place(entry: Entry, file: str) -> str:
    return str(entry["location"]).removeprefix(file).removeprefix(": ")


def _keywords(found: dict[str, str]) -> Iterator[str]:
    longest = max(map(len, found))
    for key, value in found.items():
        yield f"  {fitted(shown(key), min(longest, 32))}  {shown(value)}"
