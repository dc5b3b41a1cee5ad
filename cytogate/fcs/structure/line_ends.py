"""Line ends: tell a file that was copied as text, with a carriage return put before every line feed.

Such a copy is longer than its segments say, and what lies behind the first line feed has moved: DATA still
has the right length, and every value is another one. Transfers in text mode do this (FTP, some mail).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.header import Segment
    from cytogate.fcs.structure.window import Window

_SAMPLE = 2**16
_ENOUGH = 3  # line feeds among values, all behind a carriage return: by chance, one in 256**3


def check_line_ends(window: Window, data: Segment, last: int, findings: Findings) -> None:
    """Refuse a data set whose line ends were changed.

    Parameters
    ----------
    window : Window
        The data set.
    data : Segment
        Where DATA is said to lie.
    last : int
        Last byte of all its segments.

    Raises
    ------
    FcsError
        When bytes are too many, and all line feeds have a carriage return before them.
    """
    surplus = window.available - last - 1
    if window.available <= _SAMPLE:
        sample = window.read(0, window.available)
        changed = sample.count(b"\n") == surplus
    else:
        sample = window.read(data.begin, _SAMPLE)
        changed = _ENOUGH <= sample.count(b"\n") <= surplus
    if changed and sample.count(b"\r\n") == sample.count(b"\n"):
        found = f"{surplus} bytes too many, and a carriage return before every line feed"
        fix = "The file was copied as text: copy it again, in binary mode."
        raise findings.error(
            "line-ends-changed", "DATA", window.start + data.begin, found, "bytes as they were written", fix
        )
