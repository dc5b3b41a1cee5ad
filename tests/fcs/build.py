"""A small independent builder of FCS bytes: every field can be put wrong on purpose."""

from __future__ import annotations

import struct

HEADER = 58
MISSING = object()
_SIDES = ("BEGIN", "END")
_STEXT = ("$BEGINSTEXT", "$ENDSTEXT")


def keywords(
    n_channels, n_events, *, datatype="F", bits=32, byteord="1,2,3,4", ranges=262144, names=None, **more
):
    """Keywords of a plain data set; bits and ranges are one value or one per channel."""
    bits = [bits] * n_channels if isinstance(bits, int) else bits
    ranges = ranges if isinstance(ranges, (list, tuple)) else [ranges] * n_channels
    names = names or ["FSC-A", "SSC-A", *(f"FL{n}-A" for n in range(1, n_channels))][:n_channels]
    words = {
        "$BEGINANALYSIS": "0",
        "$ENDANALYSIS": "0",
        "$BEGINSTEXT": "0",
        "$ENDSTEXT": "0",
        "$BEGINDATA": None,
        "$ENDDATA": None,
        "$BYTEORD": byteord,
        "$DATATYPE": datatype,
        "$MODE": "L",
        "$NEXTDATA": "0",
        "$PAR": str(n_channels),
        "$TOT": str(n_events),
    }
    for n in range(1, n_channels + 1):
        words[f"$P{n}N"] = names[n - 1]
        words[f"$P{n}B"] = str(bits[n - 1])
        words[f"$P{n}R"] = str(ranges[n - 1])
        words[f"$P{n}E"] = "0,0"
    words.update(more)
    return words


def build(
    words,
    data,
    *,
    version="3.1",
    delimiter="/",
    escape=True,
    final_delimiter=True,
    padding=b"",
    lead=b"",
    gap=b"",
    tail=b"",
    header_data=None,
    text_data=None,
    header_text=None,
    header_analysis=None,
    encoding="utf-8",
    supplement=None,
    analysis=b"",
    others=(),
    text_last=False,
):
    """Bytes of one data set: HEADER, `lead`, TEXT, `gap`, DATA, supplemental TEXT, ANALYSIS, OTHERs, `tail`.

    words: a dict or pairs of keyword and value; a value of None is an offset that is filled in. header_data,
    text_data, header_text, header_analysis: functions of (begin, end) that return what HEADER and TEXT say
    instead; MISSING values in TEXT drop the keyword. text_last: TEXT stands behind DATA.
    """
    mark = delimiter.encode("latin-1")
    pairs = list(words.items() if isinstance(words, dict) else words)
    given = lambda begin, end: (begin, end)  # noqa: E731

    def word(text):
        raw = text if isinstance(text, bytes) else str(text).encode(encoding)
        return raw.replace(mark, mark * 2) if escape else raw

    def joined(entries, *, closed=True):
        parts = [word(part) for pair in entries for part in pair]
        return mark + mark.join(parts) + (mark if closed else b"")

    extra = b"" if supplement is None else joined(supplement.items())

    def text_bytes(places):
        entries = []
        for key, value in pairs:
            said = places.get(key) if value is None or (key in _STEXT and extra) else value
            if said is not MISSING:
                entries.append((key, f"{said:010d}" if isinstance(said, int) else said))
        return joined(entries, closed=final_delimiter) + padding

    def places(length):
        first = HEADER + 16 * len(others) + len(lead)
        text = first + (len(data) + len(gap) if text_last else 0)
        begin = first if text_last else first + length + len(gap)
        more = max(text + length, begin + len(data))
        found = {"TEXT": (text, text + length - 1), "DATA": (begin, begin + len(data) - 1)}
        for name, content in [("STEXT", extra), ("ANALYSIS", analysis), *enumerate(others)]:
            found[name] = (more, more + len(content) - 1) if content else (0, 0)
            more += len(content)
        return found

    def said_in_text(found):
        said = {"DATA": (text_data or given)(*found["DATA"]), "STEXT": found["STEXT"]}
        said["ANALYSIS"] = found["ANALYSIS"]
        return {f"${side}{name}": pair[i] for name, pair in said.items() for i, side in enumerate(_SIDES)}

    found = places(len(text_bytes(said_in_text(places(0)))))
    text = text_bytes(said_in_text(found))
    stated = [
        *(header_text or given)(*found["TEXT"]),
        *(header_data or given)(*found["DATA"]),
        *(header_analysis or given)(*found["ANALYSIS"]),
        *(place for i in range(len(others)) for place in found[i]),
    ]
    head = f"FCS{version}    ".encode("latin-1")
    head += b"".join(place if isinstance(place, bytes) else b"%8d" % place for place in stated)
    assert len(head) == HEADER + 16 * len(others)
    middle = data + gap + text if text_last else text + gap + data
    return head + lead + middle + extra + analysis + b"".join(others) + tail


def floats(values, byteord="<", kind="f"):
    """Pack a table of rows as floats."""
    return b"".join(struct.pack(f"{byteord}{len(row)}{kind}", *row) for row in values)


def unsigned(rows, widths, byteord="little"):
    """Pack rows of integers of the given widths in bytes."""
    return b"".join(
        int(value).to_bytes(width, byteord) for row in rows for value, width in zip(row, widths, strict=True)
    )


ROWS = [[1.5, 2.0, -3.25], [100.0, 0.0, 7.0], [4.0, 5.0, 6.0], [1e5, -111.0, 0.125]]


def plain(rows=ROWS, *, more=None, **options):
    """A float file of `rows` with keyword changes `more` (None drops one) and options of `build`."""
    words = keywords(len(rows[0]), len(rows))
    for key, value in (more or {}).items():
        if value is None:
            words.pop(key, None)
        else:
            words[key] = value
    return build(words, floats(rows), **options)
