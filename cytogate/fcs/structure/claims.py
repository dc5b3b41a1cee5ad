"""Claims: what HEADER and TEXT say about the place of DATA, and what of it the number of events proves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytogate.fcs.structure.header import DATA_FIELD, HEADER_BYTES, Segment
from cytogate.fcs.text.numbers import integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.structure.datasets import DataSet

_WRAP = 10**8  # an offset has eight digits in HEADER (FCS 3.0, 3.1.1)


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where the events are: first byte, counted from the beginning of the data set, and how many."""

    begin: int
    n_events: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What the file says about DATA, and what it is checked against.

    Attributes
    ----------
    header, text : Segment or None
        What HEADER and TEXT say; None where they say nothing.
    taken : tuple of Segment
        Where DATA cannot lie: TEXT, first of all.
    row_bytes : int
        Bytes of one event.
    start, available : int
        Beginning of the data set in the file, and the bytes from there to its end or the next data set.
    """

    header: Segment | None
    text: Segment | None
    taken: tuple[Segment, ...]
    row_bytes: int
    start: int
    available: int
    candidates: list[Segment] = field(init=False)

    def __post_init__(self) -> None:
        header = None if self.is_cut_short else self.header
        said = [segment for segment in dict.fromkeys((self.text, header)) if segment is not None]
        object.__setattr__(self, "candidates", said)

    @property
    def is_cut_short(self) -> bool:
        """Whether HEADER says the last eight digits of what TEXT says, which are all that it can hold.

        Then it names no place, though events may lie at those digits, too.
        """
        header, text = self.header, self.text
        if header is None or text is None or text.end < _WRAP or text.begin < 0:
            return False
        return (header.begin, header.end) == (text.begin % _WRAP, text.end % _WRAP)

    def seen(self, begin: int) -> tuple[str, int | None]:
        """Return the field and the byte of an error about DATA that is said to begin at `begin`.

        Outside the file that is no place to look at, and where it is said is: ``$BEGINDATA``, or HEADER.
        """
        if 0 <= begin <= self.available:
            return "DATA", self.start + begin
        if self.text is not None and self.text.begin == begin:
            return "$BEGINDATA", None
        return "HEADER", self.start + DATA_FIELD

    def lies_free(self, begin: int, length: int) -> bool:
        """Say whether a stretch is inside the file and clear of HEADER and TEXT."""
        if begin < HEADER_BYTES or begin + length > self.available:
            return False
        return all(begin > other.end or begin + length <= other.begin for other in self.taken)

    def proven(self, length: int, surplus: int = 0) -> list[int]:
        """Return the begins of candidates of exactly `length` + `surplus` bytes."""
        begins = [
            segment.begin
            for segment in self.candidates
            if segment.length == length + surplus and self.lies_free(segment.begin, length)
        ]
        return list(dict.fromkeys(begins))

    def wrapped(self, length: int) -> Segment | None:
        """Return the place of `length` bytes whose end has the last eight digits that HEADER says."""
        if self.header is None or self.header.begin < 0 or self.is_cut_short:
            return None
        end = self.header.begin + length - 1
        if end < _WRAP or end % _WRAP != self.header.end or not self.lies_free(self.header.begin, length):
            return None
        return Segment(self.header.begin, end)

    def said(self) -> str:
        """Return what HEADER and TEXT say, in words."""
        places = {"HEADER": self.header, "TEXT": self.text}
        words = [
            f"{name} {place} ({place.length} bytes)" for name, place in places.items() if place is not None
        ]
        return ", ".join(words) or "no place of DATA in HEADER or TEXT"


def claims_of(found: DataSet, row_bytes: int) -> Claims:
    """Return what a data set says about its DATA, of events of `row_bytes` bytes; 0 where they differ."""
    text = _text_claim(found.keywords)
    return Claims(found.header.data, text, found.taken, row_bytes, found.start, found.available)


def _text_claim(keywords: Mapping[str, str]) -> Segment | None:
    """Return where ``$BEGINDATA`` and ``$ENDDATA`` say that DATA lies; 0,0 is no place."""
    begin, end = integer(keywords.get("$BEGINDATA")), integer(keywords.get("$ENDDATA"))
    if begin is None or end is None or (begin, end) == (0, 0):
        return None
    return Segment(begin, end)
