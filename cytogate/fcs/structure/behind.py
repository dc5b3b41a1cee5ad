"""Behind: what lies behind the segments of a data set that nothing in it names, and events could be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytogate.fcs.structure.checksum import CRC_BYTES
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from cytogate.fcs.structure.datasets import DataSet
    from cytogate.fcs.structure.segments import Segments
    from cytogate.fcs.structure.window import Window

_LOOK = 2**12
# HEADER of another data set, perhaps behind a checksum and blanks.
_HEADER = re.compile(rb"(?:[0-9A-Fa-f ]{8})?[ \0\t\r\n]*(FCS[234]\.[0-9][ ]{4}[ 0-9]{16})")


def look_behind(found: DataSet, window: Window, segments: Segments, row_bytes: int) -> None:
    """Warn of events that nothing names: a data set behind the last one, or records behind DATA.

    Parameters
    ----------
    found : DataSet
    window : Window
        Its bytes.
    segments : Segments
        Where they are read.
    row_bytes : int
        Bytes of one event; 0 where they differ.
    """
    end = segments.end(window.available)
    header = _HEADER.match(window.read(end, _LOOK))
    if header and not integer(found.keywords.get("$NEXTDATA")):
        message = (
            f"a data set begins at byte {window.start + end + header.start(1)}, and $NEXTDATA does not name "
            "it; it is not read."
        )
        fix = "Were two files put behind each other? Read them one by one."
        found.findings.note("data-set-unlinked", "$NEXTDATA", message, fix)
    if segments.data is None or "$TOT" in found.keywords or not row_bytes or header:
        return
    first = segments.data.end + 1
    others = (segments.text, segments.supplemental, segments.analysis, *segments.others)
    begins = [place.begin for place in others if place is not None and place.begin >= first]
    room = min([window.available, *begins]) - first
    n_unused = next((rest // row_bytes for rest in (room, room - CRC_BYTES) if not rest % row_bytes), 0)
    bytes_there = window.read(first, min(room, _LOOK))
    if n_unused > 0 and room != CRC_BYTES and bytes_there.strip(BLANK):
        message = (
            f"the {room} bytes behind DATA have room for {n_unused} more events of {row_bytes} bytes, and "
            "without $TOT nothing says that they are none."
        )
        found.findings.note(
            "data-end-uncertain", "DATA", message, "Compare the number of events with the export."
        )
