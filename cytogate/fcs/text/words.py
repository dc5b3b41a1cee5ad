"""Words: TEXT cut at its delimiters into pairs of keyword and value, in each way that files are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from cytogate.fcs.text.marks import Marks
from cytogate.fcs.text.quoted import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLANK = b" \0\t\r\n"  # does not count around keywords, values and offsets
BLANKS = BLANK.decode()
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STANDARD_KEYWORD = re.compile(rb"[ \0\t\r\n]*\$[A-Za-z][A-Za-z0-9_]{0,30}[ \0\t\r\n]*")
_LIKELY_KEYWORD = re.compile(rb"\$(?:P[0-9]+[A-Z]+|[A-Z]{3,})")
_NUMBERS = re.compile(rb"[ ]*[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?(?:[ ]*,[ ]*[+-]?[0-9.]+)*[ ]*")
_PIECE_BYTES = 2**20  # of TEXT that are cut at once
_MOST_MARKED = 2 * 60  # a mark is two bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to cut TEXT.

    Words are shared between readings, and keep their marks: a TEXT may be large, and only one is kept.

    Attributes
    ----------
    marks : Marks
    words : list of bytes
        Keywords and values in turn, with marks.
    fault : str
        Why TEXT cannot have been written that way; empty where it can.
    n_padding : int
        Blanks behind the last delimiter.
    junk : bytes
        Other bytes there, which belong to no pair.
    open_ended : bool
        The last value has no delimiter behind it.
    odd_key : bytes
        The beginning of the first keyword that would hold a delimiter in a way that no writer means: one of
        the standard, or two in one. Empty where there is none.
    mended : tuple of bytes
        Keywords whose values hold single delimiters.
    dropped : tuple of bytes
        Words (with marks) left out, as a single delimiter in a value leaves open what they belong to.
    lacking : tuple of str
        Keywords that the events cannot, or should not, be read without.
    """

    marks: Marks
    words: list[bytes] = field(default_factory=list)
    fault: str = ""
    n_padding: int = 0
    junk: bytes = b""
    open_ended: bool = False
    odd_key: bytes = b""
    mended: tuple[bytes, ...] = ()
    dropped: tuple[bytes, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.fault and not self.lacking

    def keywords(self) -> Iterator[bytes]:
        """Yield the keywords, escaped delimiters made single."""
        keywords = islice(self.words, 0, None, 2)
        return map(self.marks.plain, keywords) if self.marks.any else keywords

    def marked_values(self) -> Iterator[bytes]:
        """Yield the values with their marks."""
        return islice(self.words, 1, None, 2)

    def take(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield keywords and values, escaped delimiters made single; those that were taken are not kept."""
        words, plain, has_marks = self.words, self.marks.plain, self.marks.any
        for place in range(0, len(words), 2):
            key, value = words[place], words[place + 1]
            words[place] = words[place + 1] = b""
            if has_marks:
                key, value = plain(key), plain(value)
            yield key, value
            del key, value

    def swallowed(self) -> list[bytes]:
        """Return the values that are a keyword of the standard, where no such keyword is read."""
        first = (b"$", self.marks.lead)
        suspects = [
            value
            for value in self.marked_values()
            if value.startswith(first) and _LIKELY_KEYWORD.fullmatch(self.marks.plain(value))
        ]
        if not suspects:
            return []
        absent = {self.marks.plain(value).upper() for value in suspects}
        for key in self.keywords():
            absent.discard(key.strip(BLANK).upper())
        return [value for value in map(self.marks.plain, suspects) if value.upper() in absent]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of TEXT, with a mark in place of each doubled delimiter.

    Attributes
    ----------
    marks : Marks
    words : list of bytes
        The words before the last delimiter.
    tail : bytes
        What is behind it.
    """

    marks: Marks
    words: list[bytes]
    tail: bytes

    def escaped(self) -> Reading:
        """Return the reading of the standard: a doubled delimiter is one of the word's own characters."""
        mark, dollar = self.marks.mark, self.marks.mark + b"$"
        odd = (key for key in self.words[::2] if mark in key and (key[:1] == b"$" or dollar in key))
        return self._paired(self.words.copy(), self.tail, self.marks.plain(next(odd, b"")[:_MOST_MARKED]))

    def count_in_keys(self) -> int:
        """Return how many delimiters keywords would hold; with any, `empty_values` differs from `escaped`."""
        mark = self.marks.mark
        if not self.marks.any:
            return 0
        last = self.tail.count(mark) if len(self.words) % 2 == 0 else 0
        return sum(key.count(mark) for key in self.words[::2]) + last

    def empty_values(self) -> Reading:
        """Return the reading in which keywords hold no delimiter, and values may be empty or begin with one.

        Behind a keyword an even number of delimiters ends an empty value (or one of delimiters only); an odd
        number is its end and the beginning of a value.
        """
        mark = self.marks.mark
        runs = re.compile(b"((?:" + re.escape(mark) + b")+)")
        out: list[bytes] = []
        size, last = len(mark), len(self.words)
        position = 0
        while position < last:
            key = self.words[position]
            pieces = runs.split(key)  # keyword, marks, keyword, marks, ... keyword
            for k in range(0, len(pieces) - 2, 2):
                out.append(pieces[k])
                if pieces[k + 2]:
                    out.append(pieces[k + 1][size:])
            ends_in_marks = key.endswith(mark)
            if not ends_in_marks:
                out.append(pieces[-1])
            marks = pieces[-2] if ends_in_marks else b""
            position += 1
            if position < last:
                out.append(marks + self.words[position])
                position += 1
            else:
                return self._paired(out, marks + self.tail)
        pieces = runs.split(self.tail)
        for k in range(0, len(pieces) - 2, 2):
            out += [pieces[k], pieces[k + 1][size:]]
        return self._paired(out, pieces[-1])

    def unescaped(self) -> Reading:
        """Return the reading in which values hold single delimiters, as far as it is certain.

        The keywords of the standard show where pairs begin: three words from one of them to the next are a
        keyword and a value with one delimiter. Of longer odd groups only numbers are certain.
        """
        words, plain = self.words.copy(), self.marks.plain
        is_open = bool(self.tail.strip(BLANK))
        if is_open:
            words.append(self.tail)
        out: list[bytes] = []
        lost: list[bytes] = []  # of the last group
        mended, dropped = [], []
        for group in _groups(words, plain):
            is_standard = _STANDARD_KEYWORD.fullmatch(plain(group[0])) is not None
            lost = []
            if len(group) % 2 == 0 and all(plain(key).strip(BLANK) for key in group[::2]):
                out += group
            elif is_standard and len(group) == 3:
                out += [group[0], self.marks.mark.join(group[1:])]
                mended.append(plain(group[0]))
            elif is_standard and len(group) > 1 and _NUMBERS.fullmatch(plain(group[1])):
                out += group[:2]
                lost = group[2:]
            else:
                lost = group
            dropped += lost
        return Reading(
            replace(self.marks, any=True),
            out,
            fault=f"an end within {self._shown(words[-1])}" if is_open and lost else "",
            open_ended=is_open,
            mended=tuple(mended),
            dropped=tuple(dropped),
        )

    def _paired(self, words: list[bytes], tail: bytes, odd_key: bytes = b"") -> Reading:
        junk, n_padding, open_ended = b"", 0, False
        behind = self.marks.plain(tail)
        if not behind.strip(BLANK):
            n_padding = len(behind)
        elif len(words) % 2:
            open_ended = True
            words.append(tail)
        else:
            junk = behind
        fault = self._fault(words, junk)
        return Reading(self.marks, words, fault, n_padding, junk, open_ended, odd_key)

    def _fault(self, words: list[bytes], junk: bytes) -> str:
        if len(words) % 2:
            return f"an odd number of words ({len(words)}), the last one {self._shown(words[-1])}"
        keywords = Reading(self.marks, words).keywords()
        empty = next((place for place, key in enumerate(keywords) if not key.strip(BLANK)), None)
        if empty is not None:
            return f"an empty keyword before the value {self._shown(words[2 * empty + 1])}"
        if junk.lstrip(BLANK).startswith(b"$"):
            return f"an end within the keyword {quoted(junk)}"
        return ""

    def _shown(self, word: bytes) -> str:
        return quoted(self.marks.plain(word[:_MOST_MARKED]))


def cut(raw: bytes, begin: int, delimiter: bytes) -> Words:
    """Return the words of TEXT from `begin` on, behind its first delimiter; linear in time and memory."""
    marks = Marks.of(raw, begin, delimiter)
    if len(raw) - begin <= _PIECE_BYTES:
        *words, tail = marks.marked(raw[begin:]).split(delimiter)
        return Words(marks, words, tail)
    words, open_word = [], []
    run = re.compile(re.escape(delimiter) + b"*")
    while begin < len(raw):
        end = begin + _PIECE_BYTES
        end = run.match(raw, end).end() if raw[end - 1 : end] == delimiter else end  # type: ignore[union-attr]
        first, *others = marks.marked(raw[begin:end]).split(delimiter)
        open_word.append(first)
        if others:
            words.append(b"".join(open_word))
            open_word = [others.pop()]
            words += others
        begin = end
    return Words(marks, words, b"".join(open_word))


def count_single(raw: bytes, begin: int, delimiter: bytes) -> int:
    """Return how many delimiters from `begin` on end a word, when doubled ones end none."""
    return raw.count(delimiter, begin) - 2 * raw.count(delimiter * 2, begin)


def _groups(words: list[bytes], plain: Callable[[bytes], bytes]) -> Iterator[list[bytes]]:
    """Yield the words from one keyword of the standard to the next."""
    group: list[bytes] = []
    for word in words:
        if group and _STANDARD_KEYWORD.fullmatch(plain(word)):
            yield group
            group = []
        group.append(word)
    if group:
        yield group
