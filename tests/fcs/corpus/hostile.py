"""Strings that would harm what shows, writes or opens them; the reader keeps them as they are."""

from __future__ import annotations

from fcs.corpus.case import Cases
from fcs.corpus.table import floats

PLAIN = floats()


def _strings():
    bad = Cases("hostile strings")
    for name, text in (
        ("a script", "<script>alert(1)</script>"),
        ("a closing script in JSON", "</script><img src=x onerror=alert(1)>"),
        ("a formula", '=HYPERLINK("http:\\\\x","y")'),
        ("a path", "..\\..\\etc\\passwd"),
        ("control characters", "a\x1b[31mb\x07c"),
        ("a line end and a heading", "a\r\nb: c"),
        ("right to left", "\u202eA-CSF"),
        ("format directives", "%s%n{0}{x.__class__}"),
        ("an SQL statement", "'; DROP TABLE events; --"),
        ("a name of Windows devices", "CON"),
        ("combining characters", "e\u0301" * 200),
    ):
        more = {"$P1N": text, "$P2S": text, "$FIL": text, "$CYT": text}
        bad.add(
            name,
            PLAIN.file(more),
            "exact | +",
            PLAIN,
            names=(text, "SSC-A", "FL1-A"),
            labels=(None, text, None),
            keywords={"$FIL": text},
        )
    return bad.found


CASES = _strings()
