"""Segments: where DATA lies, accepted only when its length proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.header import HEADER_BYTES, Segment
from cytogate.fcs.numbers import integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.errors import FcsError
    from cytogate.fcs.header import Header
    from cytogate.fcs.repairs import Findings
    from cytogate.fcs.versions import VersionRules

LENIENT = "--lenient, or reading: {lenient: true} in a study"
CRC_BYTES = 8  # FCS 3.0, 3.6: the checksum that may follow the last segment


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where the events are: first byte, counted from the beginning of the data set, and how many.

    `is_proven` says that the length of DATA, as it is said, is ``$TOT`` times the bytes of a record.
    """

    begin: int
    n_events: int
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class _Claims:
    """What the file says about DATA, and what it is checked against."""

    header: Segment | None
    text: Segment | None
    in_text: Segment  # the TEXT segment
    row_bytes: int
    available: int  # bytes of the file from the beginning of the data set

    @property
    def candidates(self) -> list[Segment]:
        return [segment for segment in dict.fromkeys((self.text, self.header)) if segment is not None]

    def lies_free(self, begin: int, length: int) -> bool:
        """Say whether a stretch is inside the file and clear of HEADER and TEXT."""
        if begin < HEADER_BYTES or begin + length > self.available:
            return False
        return begin > self.in_text.end or begin + length <= self.in_text.begin

    def proven(self, length: int, surplus: int = 0) -> list[int]:
        """Return the begins of candidates of exactly `length` + `surplus` bytes."""
        begins = [
            segment.begin
            for segment in self.candidates
            if segment.length == length + surplus and self.lies_free(segment.begin, length)
        ]
        return list(dict.fromkeys(begins))


def locate_data(
    header: Header,
    keywords: Mapping[str, str],
    rules: VersionRules,
    row_bytes: int,
    available: int,
    findings: Findings,
    *,
    lenient: bool,
) -> DataPlace:
    """Return where DATA lies and how many events it holds.

    Raises
    ------
    FcsError
        When no place, or more than one, is proven.
    """
    claims = _Claims(header.data, _text_claim(keywords, findings), header.text, row_bytes, available)
    if claims.text is None and header.data is not None and rules.text_offsets:
        findings.note(
            "data-offsets-missing", "$BEGINDATA", f"no place of DATA in TEXT; HEADER says {header.data}."
        )
    total = _total(keywords, rules, findings, lenient=lenient)
    if total is None:
        total = _total_from_length(claims, findings)
    place = _prove(claims, total, findings)
    if place is None and lenient:
        place = _salvage(claims, total, findings)
    if place is None:
        raise _refusal(claims, total, findings)
    return place


def _text_claim(keywords: Mapping[str, str], findings: Findings) -> Segment | None:
    begin_text, end_text = keywords.get("$BEGINDATA"), keywords.get("$ENDDATA")
    if begin_text is None or end_text is None:
        return None
    begin, end = integer(begin_text), integer(end_text)
    if begin is None or end is None:
        found = f"{begin_text[:40]!r} and {end_text[:40]!r}"
        findings.note(
            "data-offsets-missing", "$BEGINDATA", f"offsets of DATA are {found}, which are no numbers."
        )
        return None
    return Segment(begin, end) if (begin, end) != (0, 0) else None


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


def _total_from_length(claims: _Claims, findings: Findings) -> int:
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
        said = ", ".join(f"{segment} ({segment.length} bytes)" for segment in claims.candidates) or "no place"
        expected = f"a whole number of events of {rows} bytes, as $TOT is absent"
        raise findings.error("data-length", "DATA", None, said, expected)
    return found.pop()


def _prove(claims: _Claims, total: int, findings: Findings) -> DataPlace | None:
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
    return _begin_only(claims, total, findings)


def _begin_only(claims: _Claims, total: int, findings: Findings) -> DataPlace | None:
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


@dataclass(frozen=True, slots=True)
class _Remains:
    """The whole events of the one place that is left, fewer or more than ``$TOT`` says."""

    begin: int
    n_events: int
    is_cut: bool  # the file ends before DATA does
    is_proven: bool  # DATA is said to be as long as ``$TOT`` events


def _remains(claims: _Claims, total: int) -> _Remains | None:
    """Return what can be read of DATA that is cut short or miscounted; None where that is not one place.

    How long DATA is said to be must still fit a whole number of records, or their size were a guess.
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
        begins[place.begin] = max(length - length % rows, begins.get(place.begin, 0))
    if len(begins) != 1:
        return None
    begin, length = begins.popitem()
    is_cut = begin + length > claims.available
    count = min(length, claims.available - begin) // rows
    if count == 0 or not claims.lies_free(begin, count * rows):
        return None
    return _Remains(begin, count, is_cut, length == needed)


def _salvage(claims: _Claims, total: int, findings: Findings) -> DataPlace | None:
    """Return the place of the whole events that are there, with a warning that counts them."""
    left = _remains(claims, total)
    if left is None:
        return None
    if left.is_cut:
        message = f"the file is cut short: {left.n_events} of {total} events are there; these are read."
        findings.note("data-truncated", "DATA", message, "Copy it again from the instrument.")
    else:
        message = f"$TOT says {total} events, DATA holds {left.n_events}; those of DATA are read."
        findings.note("total-mismatch", "$TOT", message)
    return DataPlace(left.begin, left.n_events, left.is_proven)


def _refusal(claims: _Claims, total: int, findings: Findings) -> FcsError:
    needed = total * claims.row_bytes
    expected = f"{needed} bytes of DATA ({total} events of {claims.row_bytes} bytes)"
    if not claims.candidates:
        return findings.error("data-offsets", "DATA", None, "no place of DATA in HEADER or TEXT", expected)
    offset = claims.candidates[0].begin
    places = {"HEADER": claims.header, "TEXT": claims.text}
    said = ", ".join(
        f"{name} {place} ({place.length} bytes)" for name, place in places.items() if place is not None
    )
    if len(claims.proven(needed)) > 1:
        return findings.error(
            "data-ambiguous", "DATA", offset, said, f"one place of {expected}; both could be"
        )
    left = _remains(claims, total)
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
        return findings.error("data-truncated", "DATA", offset, found, expected, _cut_fix(left))
    if needed > claims.available:
        found = f"{said} in a file of {claims.available} bytes"
        if left is not None:
            found = f"{left.n_events} events, {found}"
        return findings.error("tot-too-large", "$TOT", offset, found, expected, _count_fix(left))
    if any(place.length in (needed, needed + 1) for place in claims.candidates):
        found = f"{said} over TEXT {claims.in_text}"
        return findings.error("data-overlap", "DATA", offset, found, f"{expected} clear of HEADER and TEXT")
    found = said if left is None else f"{left.n_events} events, {said}"
    return findings.error("data-length", "DATA", offset, found, expected, _count_fix(left))


def _cut_fix(left: _Remains | None) -> str:
    fix = "The file is cut short: copy it again from the instrument"
    return f"{fix}." if left is None else f"{fix}, or read leniently what is there ({LENIENT})."


def _count_fix(left: _Remains | None) -> str:
    if left is None:
        return "Copy the file again from the instrument, or export it anew."
    whose = "the whole events that are there" if left.is_cut else f"the {left.n_events} events of DATA"
    return f"Copy it again from the instrument; lenient reading gives {whose} ({LENIENT})."
