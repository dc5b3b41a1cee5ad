"""TEXT segments: the keywords of TEXT and its supplement, and where these lie, put right where provable.

All bytes between segments are blank (FCS 3.0, 2.2.11). So where text goes on behind the end that HEADER says,
or begins before, with the same delimiter, and all of it are keywords, HEADER is wrong: keywords that scale
the events could be lost in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.structure.further_text import read_further_text
from cytogate.fcs.structure.header import HEADER_BYTES, TEXT_FIELD, Segment
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.text.parse import parse_text
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.errors import Problem
    from cytogate.fcs.structure.header import Header
    from cytogate.fcs.structure.window import Window
    from cytogate.fcs.terms import Terms
    from cytogate.fcs.text.keywords import Keywords

_OFFSETS = b"0123456789-"  # of OTHER segments, behind HEADER
_FIRST_LOOK = 2**16  # bytes of a gap that tell whether it is blank


@dataclass(frozen=True, slots=True)
class TextSegments:
    """Keywords, and where they stand.

    Attributes
    ----------
    keywords : Keywords
        Of TEXT, and of its supplement those that TEXT does not have.
    place : Segment
    ends : bytes
        The first and the last bytes of TEXT; all of them where they are few.
    supplemental : Segment or None
        None where there is none, or it cannot be read.
    """

    keywords: Keywords
    place: Segment
    ends: bytes
    supplemental: Segment | None = None

    @property
    def delimiter(self) -> bytes:
        """The delimiter of all segments of keywords of this data set (FCS 3.0, 3.2.5)."""
        return self.keywords.delimiter

    def offset_of(self, keyword: str, window: Window) -> int:
        """Return where in the data set a keyword stands; the beginning of TEXT where it does not."""
        mark, blanks = re.escape(self.delimiter), rb"[ \0\t\r\n]*"
        key = re.escape(keyword.encode("utf-8"))
        found = re.search(mark + blanks + b"(" + key + b")" + blanks + mark, window.segment(self.place), re.I)
        return self.place.begin + (found.start(1) if found else 0)


def read_text(
    window: Window,
    header: Header,
    others: tuple[Segment, ...],
    terms: Terms,
    findings: Findings,
) -> TextSegments:
    """Return the keywords of a data set.

    Raises
    ------
    FcsError
        When TEXT is no pairs of keywords and values, however its place is read.
    """
    if header.text.length > terms.limits.max_text_bytes:
        found, expected = (
            f"TEXT of {header.text.length} bytes",
            f"at most {terms.limits.max_text_bytes} bytes",
        )
        offset = window.start + TEXT_FIELD
        raise findings.error("text-too-large", "HEADER", offset, found, f"{expected} (limits.max_text_bytes)")
    reader = _Reader(window, header, others, terms, findings.path)
    text, noted = reader.read()
    findings.problems += noted
    return _with_supplement(window, text, terms, findings)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads TEXT at the place that HEADER says, and at the one that it should say."""

    window: Window
    header: Header
    others: tuple[Segment, ...]
    terms: Terms
    path: str

    def read(self) -> tuple[TextSegments, list[Problem]]:
        stated = self.header.text
        ends, notes = self._ends(stated), Findings(self.path)
        text: TextSegments | FcsError
        try:
            text = self._parse(stated, ends, notes)
        except FcsError as error:
            text = error.with_traceback(None)  # which would hold the words
        begins = set(self._begins(text))
        for repaired in (self._shorter, self._longer, self._earlier):
            better = repaired(ends, text, begins)
            if better is not None:
                return better
        if isinstance(text, FcsError):
            raise text
        return text, notes.problems

    def _parse(self, place: Segment, ends: bytes, findings: Findings) -> TextSegments:
        """Return keywords; the bytes of a large TEXT are not kept beside them."""
        keywords = parse_text(
            ends if len(ends) == place.length else self.window.segment(place),
            self.window.start + place.begin,
            self.terms,
            findings,
        )
        return TextSegments(keywords, place, ends)

    def _ends(self, place: Segment) -> bytes:
        """Return the first and the last bytes of TEXT."""
        if place.length <= 2 * _FIRST_LOOK:
            return self.window.segment(place)
        read = self.window.read
        return read(place.begin, _FIRST_LOOK) + read(place.end + 1 - _FIRST_LOOK, _FIRST_LOOK)

    def _begins(self, text: TextSegments | FcsError) -> Iterable[int]:
        """Yield where other segments are said to begin, by HEADER and, where it is read, by TEXT."""
        for place in self._places():
            if place is not None:
                yield place.begin
        yield from self._numbers(text, ("$BEGINDATA", "$BEGINANALYSIS", "$BEGINSTEXT", "$NEXTDATA"))

    def _places(self) -> tuple[Segment | None, ...]:
        return self.header.data, self.header.analysis, *self.others

    @staticmethod
    def _numbers(text: TextSegments | FcsError, keys: tuple[str, ...]) -> Iterable[int]:
        """Yield the offsets that TEXT says, where it is read."""
        for key in keys:
            number = None if isinstance(text, FcsError) else integer(text.keywords.get(key))
            if number is not None:
                yield number

    def _shorter(
        self, ends: bytes, text: TextSegments | FcsError, begins: set[int]
    ) -> tuple[TextSegments, list[Problem]] | None:
        """Return TEXT without its last byte, where that is the first one of DATA."""
        stated = self.header.text
        is_begin = self.header.data is not None and self.header.data.begin == stated.end
        is_ended = ends[-2:-1] == ends[:1]
        is_padded = (
            is_begin and ends[-2:-1] in BLANK and ends[-1:] != ends[:1]
        )  # its last delimiter is missing
        if not is_padded and not (is_ended and (stated.end in begins or isinstance(text, FcsError))):
            return None
        notes = Findings(self.path)
        notes.note("text-end-past", "HEADER", f"TEXT ends at {stated.end}, where DATA begins.")
        shorter = self._try(replace(stated, end=stated.end - 1), notes)
        if shorter is None or stated.end not in {*begins, *self._begins(shorter)}:
            return None
        if not is_ended and any(n != stated.end for n in self._numbers(shorter, ("$BEGINDATA",))):
            return None  # no delimiter ends it there, and DATA may begin elsewhere
        return shorter, notes.problems

    def _longer(
        self, ends: bytes, text: TextSegments | FcsError, begins: set[int]
    ) -> tuple[TextSegments, list[Problem]] | None:
        """Return TEXT that goes on into what should be a blank gap behind it."""
        stated, mark = self.header.text, ends[:1]
        bound = min((begin for begin in begins if begin > stated.end), default=self.window.available)
        gap = self.window.read(stated.end + 1, min(bound - stated.end - 1, _FIRST_LOOK))
        if not gap.strip(BLANK):
            return None
        if len(gap) == _FIRST_LOOK:
            most = self.terms.limits.max_text_bytes - stated.length
            gap = self.window.read(stated.end + 1, min(bound - stated.end - 1, most))
        last = gap.rfind(mark)
        if last < 0 or gap[last + 1 :].strip(BLANK) or ends[-1:] == gap[:1] == mark:
            return None
        notes = Findings(self.path)
        end = stated.end + 1 + last
        notes.note("text-end-short", "HEADER", f"TEXT is said to end at {stated.end}, and goes on to {end}.")
        longer = self._try(replace(stated, end=end), notes)
        return (longer, notes.problems) if longer is not None and _adds_words(longer, text) else None

    def _earlier(
        self, ends: bytes, text: TextSegments | FcsError, begins: set[int]
    ) -> tuple[TextSegments, list[Problem]] | None:
        """Return TEXT that begins in what should be a blank gap before it."""
        stated = self.header.text
        said = [place.end for place in self._places() if place is not None]
        said += self._numbers(text, ("$ENDDATA", "$ENDANALYSIS", "$ENDSTEXT"))
        behind = [end + 1 for end in said if end < stated.begin]
        first = max(HEADER_BYTES, *behind, stated.begin - _FIRST_LOOK)
        gap = self.window.read(first, stated.begin - first).lstrip(BLANK + _OFFSETS)
        if gap[:1] != ends[:1] or gap.rstrip(BLANK)[-1:] == ends[:1]:
            return None  # blank, or something else, or keywords that end there: those of another segment
        begin = stated.begin - len(gap)
        notes = Findings(self.path)
        message = f"TEXT is said to begin at {stated.begin}, and begins at {begin}."
        notes.note("text-begin-late", "HEADER", message)
        earlier = self._try(replace(stated, begin=begin), notes)
        return (earlier, notes.problems) if earlier is not None and _adds_words(earlier, text) else None

    def _try(self, place: Segment, findings: Findings) -> TextSegments | None:
        try:
            return self._parse(place, self._ends(place), findings)
        except FcsError:
            return None


def _adds_words(better: TextSegments, text: TextSegments | FcsError) -> bool:
    """Say whether the keywords that a longer TEXT has more are words, not bytes of something else."""
    known = () if isinstance(text, FcsError) else text.keywords
    return all(key.isprintable() and key.isascii() for key in better.keywords if key not in known)


def _with_supplement(window: Window, text: TextSegments, terms: Terms, findings: Findings) -> TextSegments:
    """Add the keywords of supplemental TEXT, where there is one; those of TEXT count first."""
    said = [text.keywords.get(key, "").strip() for key in ("$BEGINSTEXT", "$ENDSTEXT")]
    begin, end = map(integer, said)
    if not begin or not end or end <= begin:
        is_odd = end not in (0, begin, begin - 1) if begin else begin is None and said[0]
        if is_odd:
            message = f"begin {said[0][:40]!r} and end {said[1][:40]!r} are no place; ignored."
            findings.note("supplemental-text-ignored", "$BEGINSTEXT", message)
        return text
    place = Segment(begin, end)
    if begin <= text.place.end and end >= text.place.begin:
        findings.note("supplemental-text-ignored", "$BEGINSTEXT", f"{place} is TEXT itself; ignored.")
        return text
    if not place.lies_in(window.available) or place.length > terms.limits.max_text_bytes:
        findings.note("supplemental-text-ignored", "$BEGINSTEXT", f"{place} is not inside the file; ignored.")
        return text
    more = read_further_text(window, place, text.delimiter, terms, findings.path)
    if more.reason:
        message = f"{place} cannot be read ({more.reason}); ignored."
        findings.note("supplemental-text-ignored", "$BEGINSTEXT", message)
        return text
    findings.problems += more.problems
    differing = [key for key, value in more.keywords.items() if text.keywords.get(key, value) != value]
    if differing:
        others = f" (and {len(differing) - 1} others)" if len(differing) > 1 else ""
        message = f"supplemental TEXT has another value of {differing[0]}{others}; that of TEXT counts."
        findings.note("supplemental-text-differs", differing[0], message)
    return replace(text, keywords=text.keywords.with_more(more.keywords), supplemental=place)
