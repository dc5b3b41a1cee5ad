"""Segments: where they lie; the place of DATA is accepted only when its length proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.structure.checksum import CRC_BYTES
from cytogate.fcs.structure.claims import Claims, DataPlace, text_claim
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.remains import refusal, salvage
from cytogate.fcs.text.numbers import integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.versions import VersionRules


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


def locate_data(
    header: Segment | None,
    taken: tuple[Segment, ...],
    keywords: Mapping[str, str],
    rules: VersionRules,
    row_bytes: int,
    start: int,
    available: int,
    findings: Findings,
    *,
    lenient: bool,
) -> DataPlace:
    """Return where DATA lies and how many events it holds.

    Parameters
    ----------
    header : Segment or None
        Where HEADER says that DATA lies.
    taken : tuple of Segment
        Where DATA cannot lie: TEXT, and its supplement.
    keywords : mapping of str to str
    rules : VersionRules
    row_bytes : int
        Bytes of one event.
    start, available : int
        Beginning of the data set in the file, and its bytes from there on.

    Raises
    ------
    FcsError
        When no place, or more than one, is proven.
    """
    claims = Claims(header, text_claim(keywords, findings), taken, row_bytes, start, available)
    if claims.text is None and header is not None and rules.text_offsets:
        findings.note(
            "data-offsets-missing", "$BEGINDATA", f"no place of DATA in TEXT; HEADER says {header}."
        )
    total = _total(keywords, rules, findings, lenient=lenient)
    if total is None:
        total = _total_from_length(claims, findings)
    place = _prove(claims, total, findings)
    if place is None and lenient and not _counts_too_few(keywords):
        place = salvage(claims, total, findings)
    if place is None:
        raise refusal(claims, total, findings)
    return place


def _counts_too_few(keywords: Mapping[str, str]) -> bool:
    """Say whether a parameter beyond ``$PAR`` is described: then the size of a record is not known either."""
    following = (integer(keywords.get("$PAR")) or 0) + 1
    return any(f"$P{following}{suffix}" in keywords for suffix in "BR")


def _total(
    keywords: Mapping[str, str], rules: VersionRules, findings: Findings, *, lenient: bool
) -> int | None:
    text = keywords.get("$TOT")
    if text is None:
        if rules.needs_total and not lenient:
            fix = "Lenient reading takes the number from the length of DATA."
            raise findings.error(
                "keyword-missing", "$TOT", None, "no keyword $TOT", "the number of events", fix
            )
        if rules.needs_total:
            findings.note("total-missing", "$TOT", "absent; the length of DATA gives the number of events.")
        return None
    total = integer(text)
    if total is None or total < 0:
        raise findings.error("tot-invalid", "$TOT", None, repr(text[:40]), "a number of events, 0 or more")
    return total


def _total_from_length(claims: Claims, findings: Findings) -> int:
    """Return the one number of events that a candidate's length allows."""
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
    if len(found) != 1:
        expected = f"a whole number of events of {rows} bytes, as $TOT is absent"
        begin = claims.candidates[0].begin if claims.candidates else -1
        raise findings.error("data-length", *claims.seen(begin), claims.said(), expected)
    return found.pop()


def _prove(claims: Claims, total: int, findings: Findings) -> DataPlace | None:
    needed = total * claims.row_bytes
    if total == 0 and all(segment.length <= 1 or segment.end == 0 for segment in claims.candidates):
        return DataPlace(0, 0)
    exact = claims.proven(needed)
    if len(exact) == 1:
        if len(claims.candidates) > 1:
            fits = Segment(exact[0], exact[0] + needed - 1)
            message = f"HEADER says {claims.header}, TEXT says {claims.text}; only {fits} fits the events."
            findings.note("data-offsets-differ", "DATA", message)
        return DataPlace(exact[0], total)
    if exact:
        return None
    past = claims.proven(needed, surplus=1)
    if len(past) == 1:
        message = f"said to be {needed + 1} bytes from {past[0]} on; {total} events are {needed}."
        findings.note("data-end-past", "DATA", message)
        if len(claims.candidates) > 1:
            message = (
                f"HEADER says {claims.header}, TEXT says {claims.text}; {past[0]} is the begin that fits."
            )
            findings.note("data-offsets-differ", "DATA", message)
        return DataPlace(past[0], total)
    wrapped = claims.wrapped(needed)
    if wrapped is not None:
        message = f"HEADER says {claims.header}: the last eight digits of {wrapped}, which fits the events."
        findings.note("header-offsets-wrapped", "HEADER", message)
        return DataPlace(wrapped.begin, total)
    return _begin_only(claims, total, findings)


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
