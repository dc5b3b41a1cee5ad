"""Words: TEXT cut at its delimiters into pairs of keyword and value, in each way that files are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.text.quoted import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

BLANK = b" \0\t\r\n"  # does not count around keywords, values and offsets
BLANKS = BLANK.decode()
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STANDARD_KEYWORD = re.compile(rb"[ \0\t\r\n]*\$[A-Za-z][A-Za-z0-9_]{0,30}[ \0\t\r\n]*")
_LIKELY_KEYWORD = re.compile(rb"\$(?:P[0-9]+[A-Z]+|[A-Z]{3,})")
_NUMBERS = re.compile(rb"[ ]*[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?(?:[ ]*,[ ]*[+-]?[0-9.]+)*[ ]*")

Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to cut TEXT.

    Attributes
    ----------
    pairs : tuple of (bytes, bytes)
        Keywords and values, escaped delimiters made single.
    fault : str
        Why TEXT cannot have been written that way; empty where it can.
    n_padding : int
        Blanks behind the last delimiter.
    junk : bytes
        Other bytes there, which belong to no pair.
    open_ended : bool
        The last value has no delimiter behind it.
    odd_keys : tuple of bytes
        Keywords that would hold a delimiter in a way that no writer means: those of the standard, or two in
        one.
    mended : tuple of bytes
        Keywords whose values hold single delimiters.
    dropped : tuple of bytes
        Words left out, as a single delimiter in a value leaves open what they belong to.
    swallowed : tuple of bytes
        Values that are a keyword of the standard, where no such keyword is read.
    lacking : tuple of str
        Keywords that the events cannot, or should not, be read without.
    """

    pairs: Pairs = ()
    fault: str = ""
    n_padding: int = 0
    junk: bytes = b""
    open_ended: bool = False
    odd_keys: tuple[bytes, ...] = ()
    mended: tuple[bytes, ...] = ()
    dropped: tuple[bytes, ...] = ()
    swallowed: tuple[bytes, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.fault and not self.lacking


@dataclass(frozen=True, slots=True)
class Words:
    """The words of TEXT, with a mark in place of each doubled delimiter.

    Doubled delimiters are taken from the left, as FCS 3.0, 3.2.7 has it: a word may end with a delimiter but
    not begin with one, so ``///`` is an escaped delimiter and then one that ends the word.

    Attributes
    ----------
    words : tuple of bytes
        The words before the last delimiter.
    tail : bytes
        What is behind it.
    has_marks : bool
        Whether any word has marks; without, all are as they are meant.
    """

    delimiter: bytes
    lead: bytes
    mark: bytes
    words: tuple[bytes, ...]
    tail: bytes
    has_marks: bool

    def plain(self, word: bytes) -> bytes:
        """Return a word as it is meant: marks are single delimiters."""
        if self.lead not in word:
            return word
        return word.replace(self.mark, self.delimiter).replace(_doubled(self.lead, self.delimiter), self.lead)

    def escaped(self) -> Reading:
        """Return the reading of the standard: a doubled delimiter is one of the word's own characters."""
        if not self.has_marks:
            return self._paired(self.words, self.tail, ())
        dollar = self.mark + b"$"
        odd = [key for key in self.words[::2] if self.mark in key and (key[:1] == b"$" or dollar in key)]
        return self._paired(self.words, self.tail, tuple(self.plain(key) for key in odd))

    def count_in_keys(self) -> int:
        """Return how many delimiters keywords would hold; with any, `empty_values` differs from `escaped`."""
        if not self.has_marks:
            return 0
        keys = (*self.words[::2], self.tail) if len(self.words) % 2 == 0 else self.words[::2]
        return self.delimiter.join(keys).count(self.mark)

    def empty_values(self) -> Reading:
        """Return the reading in which keywords hold no delimiter, and values may be empty or begin with one.

        Behind a keyword an even number of delimiters ends an empty value (or one of delimiters only); an odd
        number is its end and the beginning of a value.
        """
        runs = re.compile(b"((?:" + re.escape(self.mark) + b")+)")
        out: list[bytes] = []
        size, last = len(self.mark), len(self.words)
        position = 0
        while position < last:
            pieces = runs.split(self.words[position])  # keyword, marks, keyword, marks, ... keyword
            for k in range(0, len(pieces) - 2, 2):
                out.append(pieces[k])
                if pieces[k + 2]:
                    out.append(pieces[k + 1][size:])
            ends_in_marks = len(pieces) > 1 and not pieces[-1]
            if not ends_in_marks:
                out.append(pieces[-1])
            marks = pieces[-2] if ends_in_marks else b""
            position += 1
            if position < last:
                out.append(marks + self.words[position])
                position += 1
            else:
                return self._paired(out, marks + self.tail, ())
        pieces = runs.split(self.tail)
        for k in range(0, len(pieces) - 2, 2):
            out += [pieces[k], pieces[k + 1][size:]]
        return self._paired(out, pieces[-1], ())

    def unescaped(self) -> Reading:
        """Return the reading in which values hold single delimiters, as far as it is certain.

        The keywords of the standard show where pairs begin: three words from one of them to the next are a
        keyword and a value with one delimiter. Of longer odd groups only numbers are certain.
        """
        words = [self.plain(word) for word in self.words]
        if self.tail.strip(BLANK):
            words.append(self.plain(self.tail))
        pairs: list[tuple[bytes, bytes]] = []
        mended, dropped = [], []
        for group in _groups(words):
            is_standard = _STANDARD_KEYWORD.fullmatch(group[0]) is not None
            even = tuple(zip(group[::2], group[1::2], strict=False))
            if len(group) % 2 == 0 and all(key.strip(BLANK) for key, _ in even):
                pairs += even
            elif is_standard and len(group) == 3:
                pairs.append((group[0], self.delimiter.join(group[1:])))
                mended.append(group[0])
            elif is_standard and len(group) > 1 and _NUMBERS.fullmatch(group[1]):
                pairs.append((group[0], group[1]))
                dropped += group[2:]
            else:
                dropped += group
        ends_in_keyword = bool(self.tail.strip(BLANK)) and words[-1] in dropped[-1:]
        return Reading(
            tuple(pairs),
            fault=f"an end within {quoted(words[-1])}" if ends_in_keyword else "",
            open_ended=bool(self.tail.strip(BLANK)),
            mended=tuple(mended),
            dropped=tuple(dropped),
        )

    def _paired(self, words: Iterable[bytes], tail: bytes, odd_keys: tuple[bytes, ...]) -> Reading:
        lead = self.lead
        found = [self.plain(word) if lead in word else word for word in words]
        tail = self.plain(tail)
        junk, open_ended = b"", False
        if tail.strip(BLANK):
            open_ended = len(found) % 2 == 1
            if open_ended:
                found.append(tail)
            else:
                junk = tail
            tail = b""
        pairs = tuple(zip(found[::2], found[1::2], strict=False))
        fault = _fault(found, pairs, junk)
        swallowed = () if fault else _swallowed(pairs)
        return Reading(pairs, fault, len(tail), junk, open_ended, odd_keys, swallowed=swallowed)


def cut(body: bytes, delimiter: bytes) -> Words:
    """Return the words of TEXT behind its first delimiter; linear in time and memory."""
    lead = b"\xff" if delimiter != b"\xff" else b"\xfe"  # bytes that UTF-8 does not have
    mark = lead + (b"|" if delimiter != b"|" else b"!")
    marked = body.replace(lead, _doubled(lead, delimiter)).replace(delimiter * 2, mark)
    *words, tail = marked.split(delimiter)
    return Words(delimiter, lead, mark, tuple(words), tail, has_marks=lead in marked)


def count_single(body: bytes, delimiter: bytes) -> int:
    """Return how many delimiters end a word, when doubled ones end none."""
    return body.count(delimiter) - 2 * body.count(delimiter * 2)


def _doubled(lead: bytes, delimiter: bytes) -> bytes:
    return lead + (b"~" if delimiter != b"~" else b"^")


def _fault(words: list[bytes], pairs: Pairs, junk: bytes) -> str:
    if len(words) % 2:
        return f"an odd number of words ({len(words)}), the last one {quoted(words[-1])}"
    for key, value in pairs:
        if not key.strip(BLANK):
            return f"an empty keyword before the value {quoted(value)}"
    if junk.lstrip(BLANK).startswith(b"$"):
        return f"an end within the keyword {quoted(junk)}"
    return ""


def _swallowed(pairs: Pairs) -> tuple[bytes, ...]:
    suspects = [value for _, value in pairs if value[:1] == b"$" and _LIKELY_KEYWORD.fullmatch(value)]
    if not suspects:
        return ()
    keys = {key.strip(BLANK).upper() for key, _ in pairs}
    return tuple(value for value in suspects if value.strip(BLANK).upper() not in keys)


def _groups(words: list[bytes]) -> Iterable[list[bytes]]:
    """Yield the words from one keyword of the standard to the next."""
    group: list[bytes] = []
    for word in words:
        if group and _STANDARD_KEYWORD.fullmatch(word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group
