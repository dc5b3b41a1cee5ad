"""Marks: what stands for doubled delimiters while TEXT is cut at single ones."""

from __future__ import annotations

from dataclasses import dataclass

_LEADS = b"\xff\xfe\xc0\xc1"  # bytes that UTF-8 does not have


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in words for a doubled delimiter, and for the byte that this begins with.

    Doubled delimiters are taken from the left, as FCS 3.0, 3.2.7 has it: a word may end with a delimiter but
    not begin with one, so ``///`` is an escaped delimiter and then one that ends the word.

    Attributes
    ----------
    lead, mark : bytes
        The first byte of a mark, and all of it.
    any : bool
        Whether there is something that marks stand for.
    """

    delimiter: bytes
    lead: bytes
    mark: bytes
    any: bool

    @classmethod
    def of(cls, raw: bytes, begin: int, delimiter: bytes) -> Marks:
        """Return marks for a text: of bytes that it has not, or few of, as these are written as two."""
        leads = (bytes((lead,)) for lead in _LEADS if lead != delimiter[0])
        lead = min(leads, key=raw.count) if _LEADS[:1] in raw else _LEADS[:1]
        is_any = raw.find(delimiter * 2, begin) >= 0 or lead in raw
        return cls(delimiter, lead, lead + (b"|" if delimiter != b"|" else b"!"), is_any)

    @property
    def doubled_lead(self) -> bytes:
        """What stands for the byte that marks begin with."""
        return self.lead + (b"~" if self.delimiter != b"~" else b"^")

    def marked(self, piece: bytes) -> bytes:
        """Return bytes of TEXT with marks."""
        return piece.replace(self.lead, self.doubled_lead).replace(self.delimiter * 2, self.mark)

    def plain(self, word: bytes) -> bytes:
        """Return a word as it is meant: marks are single delimiters."""
        if self.lead not in word:
            return word
        return word.replace(self.mark, self.delimiter).replace(self.doubled_lead, self.lead)
