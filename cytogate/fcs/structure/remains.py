"""Remains: what is left of DATA that no length proves, read leniently, or refused with what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.structure.claims import DataPlace
from cytogate.fcs.structure.header import DATA_FIELD, HEADER_BYTES
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from cytogate.errors import FcsError
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.claims import Claims
    from cytogate.fcs.structure.window import Window

LENIENT = "--lenient, or reading: {lenient: true} in a study"


@dataclass(frozen=True, slots=True)
class Remains:
    """The whole events of the one place that is left, fewer or more than ``$TOT`` says."""

    begin: int
    n_events: int
    is_cut: bool  # the file ends before DATA does


def remains(claims: Claims, total: int, window: Window) -> Remains | None:
    """Return what can be read of DATA that is cut short or miscounted; None where that is not one place.

    How long DATA is said to be must still fit a whole number of records, or their size were a guess. What
    lies right before its begin must be blank (FCS 3.0, 2.2.11), or the begin were one, too.
    """
    rows, needed = claims.row_bytes, total * claims.row_bytes
    fitting = [place for place in claims.candidates if place.length in (needed, needed + 1)]
    begins: dict[int, int] = {}
    for place in fitting or claims.candidates:
        length = place.length if place.end > place.begin else needed
        if length % rows > 1 or place.begin >= claims.available:
            continue
        if place.end <= place.begin and place.begin + needed <= claims.available:
            continue  # its end is not known, and nothing shows that the file is cut short
        whole = length - length % rows
        begins[place.begin] = max(whole, begins.get(place.begin, whole))
    if len(begins) != 1:
        return None
    begin, length = begins.popitem()
    is_cut = begin + length > claims.available
    count = min(length, claims.available - begin) // rows
    if count == 0 or not claims.lies_free(begin, count * rows) or not _follows_blanks(claims, begin, window):
        return None
    return Remains(begin, count, is_cut)


def _follows_blanks(claims: Claims, begin: int, window: Window) -> bool:
    """Say whether nothing but blanks lies before `begin`, as far back as a segment or an event reaches."""
    ends = [place.end + 1 for place in claims.taken if place.end < begin]
    first = max(HEADER_BYTES, begin - claims.row_bytes, *ends)
    return not window.read(first, begin - first).strip(BLANK)


def salvage(left: Remains, total: int, findings: Findings) -> DataPlace:
    """Return the place of the whole events that are there, with a warning that counts them."""
    if left.is_cut:
        message = f"the file is cut short: {left.n_events} of {total} events are there; these are read."
        findings.note("data-truncated", "DATA", message, "Copy it again from the instrument.")
    else:
        message = f"$TOT says {total} events, DATA holds {left.n_events}; those of DATA are read."
        findings.note("total-mismatch", "$TOT", message)
    return DataPlace(left.begin, left.n_events)


def refusal(claims: Claims, total: int, left: Remains | None, findings: Findings) -> FcsError:
    """Return the error of DATA of `total` events that no place is proven for; `left` is read leniently.

    Its byte offset, counted from the beginning of the file, is where DATA is said to begin, or that of the
    offsets in HEADER where these are at fault.
    """
    needed = total * claims.row_bytes
    expected = f"{needed} bytes of DATA ({total} events of {claims.row_bytes} bytes)"
    field, said = claims.start + DATA_FIELD, claims.said()
    if not claims.candidates:
        return findings.error("data-offsets", "HEADER", field, said, expected)
    if len(claims.proven(needed)) > 1:
        expected = f"one place of {expected}; both could be"
        return findings.error("data-ambiguous", "HEADER", field, said, expected)
    begin = claims.candidates[0].begin
    cut = {
        (place.begin, place.end)
        for place in claims.candidates
        if place.length in (needed, needed + 1) and place.end >= claims.available
    }
    if cut:
        begin, end = min(cut)
        found = f"DATA from {begin} to {end} in a file of {claims.available} bytes"
        if left is not None or len(cut) == 1:
            found = f"{left.n_events if left is not None else 0} of {total} events, {found}"
        expected = f"{total} events ({needed} bytes of DATA)"
        return findings.error("data-truncated", *claims.seen(begin), found, expected, _cut_fix(left))
    if needed > claims.available:
        found = f"{said} in a file of {claims.available} bytes"
        if left is not None:
            found = f"{left.n_events} events, {found}"
        return findings.error("tot-too-large", "$TOT", None, found, expected, _count_fix(left))
    if any(place.length in (needed, needed + 1) for place in claims.candidates):
        found = f"{said} over TEXT {', '.join(map(str, claims.taken))}"
        whose = "HEADER" if claims.header is not None else "$BEGINDATA"
        place = field if claims.header is not None else claims.seen(begin)[1]
        return findings.error("data-overlap", whose, place, found, f"{expected} clear of HEADER and TEXT")
    found = said if left is None else f"{left.n_events} events, {said}"
    return findings.error("data-length", *claims.seen(begin), found, expected, _count_fix(left))


def _cut_fix(left: Remains | None) -> str:
    fix = "The file is cut short: copy it again from the instrument"
    return f"{fix}." if left is None else f"{fix}, or read leniently what is there ({LENIENT})."


def _count_fix(left: Remains | None) -> str:
    if left is None:
        return "The file contradicts itself: export it anew with the instrument's program."
    if left.is_cut:
        fix = "The file is cut short: copy it again from the instrument"
        return f"{fix}; lenient reading gives the {left.n_events} whole events that are there ({LENIENT})."
    fix = "$TOT or the place of DATA is wrong: export the file anew"
    return f"{fix}; lenient reading gives the {left.n_events} events of DATA ({LENIENT})."
