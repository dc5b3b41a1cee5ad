"""A small independent builder of FCS bytes: every field can be put wrong on purpose."""

from __future__ import annotations

import struct

HEADER = 58
MISSING = object()


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
    gap=b"",
    tail=b"",
    header_data=None,
    text_data=None,
    header_text=None,
    encoding="utf-8",
    supplement=None,
):
    """Bytes of one data set: HEADER, TEXT, `gap`, DATA, `tail`.

    header_data, text_data: functions of (begin, end) that return what HEADER and TEXT say instead; MISSING
    values in TEXT drop the keyword. header_text: the same for TEXT's own place.
    """
    mark = delimiter.encode("latin-1")

    def word(text):
        raw = text if isinstance(text, bytes) else str(text).encode(encoding)
        return raw.replace(mark, mark * 2) if escape else raw

    def text_bytes(begin, end):
        entries = dict(words)
        if "$BEGINDATA" in entries:
            begin, end = (text_data or (lambda b, e: (b, e)))(begin, end)
            for key, value in (("$BEGINDATA", begin), ("$ENDDATA", end)):
                if value is MISSING:
                    del entries[key]
                else:
                    entries[key] = value if isinstance(value, str) else f"{value:010d}"
        parts = [word(part) for pair in entries.items() for part in pair]
        return mark + mark.join(parts) + (mark if final_delimiter else b"") + padding

    length = len(text_bytes(0, 0))
    begin = HEADER + length + len(gap)
    end = begin + len(data) - 1
    text = text_bytes(begin, end)
    places = [*(header_text or (lambda b, e: (b, e)))(HEADER, HEADER + len(text) - 1)]
    places += [*(header_data or (lambda b, e: (b, e)))(begin, end), 0, 0]
    head = f"FCS{version}    ".encode()
    head += b"".join(p if isinstance(p, bytes) else b"%8d" % p for p in places)
    assert len(head) == HEADER
    return head + text + gap + data + tail


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
