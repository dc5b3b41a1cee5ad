"""Segments: where they lie; the place of DATA is accepted only when its length proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.structure.checksum import CRC_BYTES
from cytogate.fcs.structure.claims import Claims, DataPlace, claims_of
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.remains import LENIENT, refusal, remains, salvage
from cytogate.fcs.text.numbers import integer

if TYPE_CHECKING:
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.datasets import DataSet
    from cytogate.fcs.structure.window import Window


@dataclass(frozen=True, slots=True)
class Segments:
    """Where the segments of a data set lie, as they are read.

    Bytes are counted from the beginning of the data set, as everywhere in FCS.

    Attributes
    ----------
    text : Segment
    supplemental : Segment or None
        TEXT with further keywords; None where there is none, or it cannot be read.
    data : Segment or None
        None where there are no events.
    analysis : Segment or None
        What the file says of ANALYSIS, whether it can be read or not.
    others : tuple of Segment
        User-defined segments.
    delimiter : bytes
        That of all segments of keywords.
    """

    text: Segment
    supplemental: Segment | None
    data: Segment | None
    analysis: Segment | None
    others: tuple[Segment, ...]
    delimiter: bytes

    def end(self, available: int) -> int:
        """Return the byte behind the last segment, of those that lie before byte `available`."""
        places = (self.text, self.supplemental, self.data, self.analysis, *self.others)
        return max(place.end + 1 for place in places if place is not None and place.lies_in(available))


def locate_data(found: DataSet, window: Window, row_bytes: int, *, size_known: bool) -> DataPlace:
    """Return where DATA lies and how many events it holds.

    Parameters
    ----------
    found : DataSet
    row_bytes : int
        Bytes of one event.
    window : Window
        Its bytes.
    size_known : bool
        Keywords state all of a record. Where not, the length of DATA must prove its size, leniently too.

    Raises
    ------
    FcsError
        When no place, or more than one, is proven.
    """
    findings = found.findings
    claims = claims_of(found, row_bytes)
    note_claims(claims, found)
    total = read_total(found)
    if total is None:
        total = _total_from_length(claims, found, size_known=size_known)
    place = _prove(claims, total, window, findings)
    if place is None:
        left = remains(claims, total, window) if size_known else None
        if left is None or not found.terms.lenient:
            raise refusal(claims, total, left, findings)
        place = salvage(left, total, findings)
    return place


def note_claims(claims: Claims, found: DataSet) -> None:
    """Warn of places of DATA that are no numbers, are not said where they must be, or are cut short."""
    header, keywords, findings = claims.header, found.keywords, found.findings
    said = [keywords.get(key) for key in ("$BEGINDATA", "$ENDDATA")]
    begin, end = said
    if begin is not None and end is not None and None in (integer(begin), integer(end)):
        message = f"offsets of DATA are {begin[:40]!r} and {end[:40]!r}, which are no numbers."
        findings.note("data-offsets-missing", "$BEGINDATA", message)
    if claims.is_cut_short:
        message = f"HEADER says {header}: the last eight digits of {claims.text}, which TEXT says."
        findings.note("header-offsets-wrapped", "HEADER", message)
    if claims.text is None and header is not None and found.terms.rules.text_offsets:
        message = f"no place of DATA in TEXT; HEADER says {header}."
        findings.note("data-offsets-missing", "$BEGINDATA", message)


def note_overlap(found: DataSet, segments: Segments) -> None:
    """Warn of segments that are said to lie where DATA lies."""
    data = segments.data
    if data is None:
        return
    for place in (segments.analysis, *segments.others):
        if place is None or not place.lies_in(found.available):
            continue
        if place.begin <= data.end and place.end >= data.begin:
            message = f"ANALYSIS or OTHER is said to lie at {place}, and DATA at {data}; DATA counts."
            found.findings.note("segments-overlap", "DATA", message)
            return


def read_total(found: DataSet) -> int | None:
    """Return ``$TOT``; None where it is absent."""
    text = found.keywords.get("$TOT")
    if text is None:
        return None
    total = integer(text)
    if total is None or total < 0:
        expected = "a number of events, 0 or more"
        raise found.findings.error("tot-invalid", "$TOT", None, repr(text[:40]), expected)
    return total


def excuse_total(found: DataSet, *, can_tell: bool) -> None:
    """Refuse or warn where ``$TOT`` is absent and must not be; `can_tell` says that DATA gives the number."""
    if not found.terms.rules.needs_total:
        return
    if not found.terms.lenient:
        fix = f"Lenient reading takes the number from the length of DATA ({LENIENT})." if can_tell else ""
        expected = "the number of events"
        raise found.findings.error("keyword-missing", "$TOT", None, "no keyword $TOT", expected, fix)
    message = "absent; the length of DATA gives the number of events."
    found.findings.note("total-missing", "$TOT", message)


def _total_from_length(claims: Claims, found: DataSet, *, size_known: bool) -> int:
    """Return the one number of events that a candidate's length allows, where ``$TOT`` is absent."""
    totals = _lengths(claims) if size_known else set()
    excuse_total(found, can_tell=len(totals) == 1)
    if len(totals) != 1:
        expected = f"a whole number of events of {claims.row_bytes} bytes, as $TOT is absent"
        begin = claims.candidates[0].begin if claims.candidates else -1
        raise found.findings.error("data-length", *claims.seen(begin), claims.said(), expected)
    return totals.pop()


def _lengths(claims: Claims) -> set[int]:
    """Return the numbers of events that the lengths of candidates allow."""
    rows = claims.row_bytes
    found = {
        segment.length // rows
        for segment in claims.candidates
        if segment.length >= 0
        and segment.length % rows == 0
        and claims.lies_free(segment.begin, segment.length)
    }
    if not found:
        found = {
            segment.length // rows
            for segment in claims.candidates
            if segment.length > 1
            and segment.length % rows == 1
            and claims.lies_free(segment.begin, segment.length - 1)
        }
    if not found:  # DATA is cut short: the number that it was to hold
        found = {
            segment.length // rows
            for segment in claims.candidates
            if segment.length > 1 and segment.length % rows == 0 and segment.end >= claims.available
        }
    return found


def _prove(claims: Claims, total: int, window: Window, findings: Findings) -> DataPlace | None:
    needed = total * claims.row_bytes
    if total == 0 and all(segment.length <= 1 or segment.end == 0 for segment in claims.candidates):
        return DataPlace(0, 0)
    exact = claims.proven(needed)
    if len(exact) == 1:
        (begin,) = exact
        if len(claims.candidates) > 1:
            fits = Segment(begin, begin + needed - 1)
            message = f"HEADER says {claims.header}, TEXT says {claims.text}; only {fits} fits the events."
            findings.note("data-offsets-differ", "DATA", message)
        return DataPlace(begin, total)
    if exact:
        return None
    past = claims.proven(needed, surplus=1)
    if len(past) == 1:
        (begin,) = past
        _refuse_early_begin(claims, begin, needed, window, findings)
        message = f"said to be {needed + 1} bytes from {begin} on; {total} events are {needed}."
        findings.note("data-end-past", "DATA", message)
        if len(claims.candidates) > 1:
            message = f"HEADER says {claims.header}, TEXT says {claims.text}; {begin} is the begin that fits."
            findings.note("data-offsets-differ", "DATA", message)
        return DataPlace(begin, total)
    wrapped = claims.wrapped(needed)
    if wrapped is not None:
        message = f"HEADER says {claims.header}: the last eight digits of {wrapped}, which fits the events."
        findings.note("header-offsets-wrapped", "HEADER", message)
        return DataPlace(wrapped.begin, total)
    return _begin_only(claims, total, findings)


def _refuse_early_begin(claims: Claims, begin: int, needed: int, window: Window, findings: Findings) -> None:
    """Refuse DATA said to be one byte too long where that may be the first: a blank of the gap before."""
    if begin + needed < claims.available and window.read(begin, 1) == b" ":
        found = f"one byte too many from {begin} to {begin + needed}, the first one blank"
        expected = "a begin or an end of DATA that fits; either could be wrong by one"
        raise findings.error("data-ambiguous", *claims.seen(begin), found, expected)


def _begin_only(claims: Claims, total: int, findings: Findings) -> DataPlace | None:
    """Prove a place whose end is useless: all begins agree, and the events fill the file from there."""
    begins = {segment.begin for segment in claims.candidates}
    if len(begins) != 1 or any(segment.end > segment.begin for segment in claims.candidates):
        return None
    begin, needed = begins.pop(), total * claims.row_bytes
    if claims.lies_free(begin, needed) and claims.available - begin - needed in (0, 1, CRC_BYTES):
        message = f"only its begin {begin} is known; {total} events fill the file from there."
        findings.note("data-end-missing", "DATA", message)
        return DataPlace(begin, total)
    return None
