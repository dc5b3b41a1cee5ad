"""Mutants: files damaged in ways that know how an FCS file is built, the same ones every time."""

from __future__ import annotations

import random
from dataclasses import dataclass

_FIELDS = [(10 + 8 * i, 18 + 8 * i) for i in range(6)]  # of HEADER
_NUMBERS = (
    *("0", "1", "-1", "2", "7", "8", "10", "16", "24", "31", "33", "64", "65", "99999999", "100000000"),
    *(
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775807",
        "18446744073709551616",
        "1e9",
        "1e400",
    ),
    *(
        "-9223372036854775808",
        "0x10",
        "1_0",
        "4.5",
        "0,5",
        "nan",
        "inf",
        "-inf",
        " 4 ",
        "+4",
        "04",
        "9" * 400,
        "",
    ),
)
_VALUES = (
    *(
        "A",
        "C",
        "D",
        "F",
        "I",
        "L",
        "U",
        "X",
        "*",
        "1,2,3,4",
        "4,3,2,1",
        "3,4,1,2",
        "1,2",
        "2,1",
        "1",
        "1,1,1,1",
    ),
    *(
        "4,1",
        "4,0",
        "0,1",
        "400,1",
        "4,",
        ",1",
        "FL1-A",
        "Time",
        "TIME",
        "time",
        " ",
        "\0",
        "$PAR",
        "\xff\xfe",
        "=1+1",
    ),
    *("2,FSC-A,SSC-A,1,0,0,1", "2,FSC-A,SSC-A,1,nan,0,1", "99999,a", "x" * 3000, "a\r\nb", "Σ"),
)
_KEYS = (
    *("$TOT", "$PAR", "$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$BEGINDATA", "$ENDDATA", "$BEGINSTEXT"),
    *("$ENDSTEXT", "$BEGINANALYSIS", "$ENDANALYSIS", "$TIMESTEP", "$SPILLOVER", "SPILL", "$COMP", "$UNICODE"),
    *(f"$P{n}{suffix}" for n in (1, 2, 3, 4) for suffix in ("B", "E", "G", "N", "R", "S", "DATATYPE")),
    *("$DATE", "$BTIM", "$ETIM", "$VOL", "$BEGINDATETIME", "$CYT", "$P1D", "$P2CALIBRATION"),
)


@dataclass
class _Parts:
    """A file in parts: HEADER, what stands before TEXT, its delimiter and words, and the rest."""

    header: bytearray
    before: bytes
    mark: bytes
    words: list
    rest: bytes

    @classmethod
    def of(cls, content):
        """Take a file apart; None where HEADER names no TEXT."""
        try:
            begin, end = int(content[10:18]), int(content[18:26])
        except ValueError:
            return None
        if not 58 <= begin < end < len(content):
            return None
        text = content[begin : end + 1]
        words = text[1:].split(text[:1])
        return cls(bytearray(content[:58]), content[58:begin], text[:1], words, content[end + 1 :])

    def whole(self, *, keep_places):
        """Put the file together; `keep_places` pads or cuts TEXT so that all behind it stays where it was."""
        text = self.mark + self.mark.join(self.words)
        if keep_places:
            begin, end = int(self.header[10:18]), int(self.header[18:26])
            text = text.ljust(end + 1 - begin)[: end + 1 - begin]
        return bytes(self.header) + self.before + text + self.rest

    def pairs(self):
        """Positions of keywords among the words."""
        return range(0, max(len(self.words) - 1, 0), 2)


def mutant(seeds, number, *, seed=0):
    """Return mutant `number` of some files: one file, damaged in one to four ways.

    Parameters
    ----------
    seeds : sequence of bytes
    number, seed : int
        The same two give the same mutant, everywhere.
    """
    draw = random.Random(f"{seed}:{number}")
    content = draw.choice(seeds)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        if not content:
            break
        content = draw.choice(_DAMAGES)(draw, content, seeds)
    return content


def _number(draw, old):
    """Another number for one that stands there: hostile, or near it."""
    text = old.decode("latin-1").strip()
    if draw.random() < 0.6 and text.isascii() and text.lstrip("-").isdigit() and len(text) < 19:
        near = int(text) + draw.choice((-48, -8, -4, -2, -1, 1, 2, 4, 8, 12, 48, 100))
        return str(draw.choice((near, near, int(text) * 2, int(text) // 2, -int(text))))
    return draw.choice(_NUMBERS)


def _encoded(text):
    return text.encode("latin-1", "ignore") if isinstance(text, str) else text


def _header_field(draw, content, seeds):
    begin, end = draw.choice(_FIELDS)
    text = _encoded(_number(draw, content[begin:end]))[:8]
    padded = text.rjust(8) if draw.random() < 0.8 else text.ljust(8, draw.choice((b" ", b"\0", b"x")))
    return content[:begin] + padded + content[end:]


def _header_swap(draw, content, seeds):
    (a, b), (c, d) = sorted(draw.sample(_FIELDS, 2))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _version(draw, content, seeds):
    return (
        draw.choice((b"FCS2.0", b"FCS3.0", b"FCS3.1", b"FCS3.2", b"FCS1.0", b"FCS9.9", b"fcs3.1"))
        + content[6:]
    )


def _in_text(change):
    """A damage of the words of TEXT, with all behind it left in place or moved."""

    def damage(draw, content, seeds):
        parts = _Parts.of(content)
        if parts is None or len(parts.words) < 4:
            return _bits(draw, content, seeds)
        change(draw, parts)
        return parts.whole(keep_places=draw.random() < 0.7)

    return damage


@_in_text
def _value_number(draw, parts):
    numeric = [i for i in parts.pairs() if parts.words[i + 1].strip().isdigit()] or list(parts.pairs())
    at = draw.choice(numeric) + 1
    old = parts.words[at]
    new = _encoded(_number(draw, old))
    parts.words[at] = new.rjust(len(old), draw.choice((b" ", b"0"))) if draw.random() < 0.5 else new


@_in_text
def _value_any(draw, parts):
    known = [i for i in parts.pairs() if parts.words[i].startswith(b"$")] or list(parts.pairs())
    parts.words[draw.choice(known) + 1] = _encoded(draw.choice(_VALUES + _NUMBERS))


@_in_text
def _key_added(draw, parts):
    at = draw.choice(parts.pairs())
    value = draw.choice(_VALUES + _NUMBERS)
    parts.words[at:at] = [_encoded(draw.choice(_KEYS)), _encoded(value)]


@_in_text
def _key_removed(draw, parts):
    at = draw.choice(parts.pairs())
    del parts.words[at : at + draw.choice((1, 2, 2, 2))]


@_in_text
def _key_doubled(draw, parts):
    at, to = draw.choice(parts.pairs()), draw.choice(parts.pairs())
    pair = list(parts.words[at : at + 2])
    if draw.random() < 0.5:
        pair[1] = _encoded(_number(draw, pair[1]))
    parts.words[to:to] = pair


@_in_text
def _keys_reordered(draw, parts):
    pairs = [parts.words[i : i + 2] for i in parts.pairs()]
    draw.shuffle(pairs)
    parts.words[: 2 * len(pairs)] = [word for pair in pairs for word in pair]


@_in_text
def _values_swapped(draw, parts):
    a, b = draw.choice(parts.pairs()) + 1, draw.choice(parts.pairs()) + 1
    parts.words[a], parts.words[b] = parts.words[b], parts.words[a]


@_in_text
def _key_case(draw, parts):
    at = draw.choice(parts.pairs())
    change = draw.choice((bytes.lower, bytes.title, lambda key: b" " + key, lambda key: key.lstrip(b"$")))
    parts.words[at] = change(parts.words[at])


@_in_text
def _delimiter(draw, parts):
    if draw.random() < 0.4:
        parts.mark = bytes([draw.choice((0, 1, 10, 12, 32, 36, 44, 49, 92, 124, 126, 127, 255))])
    else:
        at = draw.randrange(len(parts.words))
        parts.words[at] += parts.mark * draw.choice((1, 1, 2, 3))


def _cut(draw, content, seeds):
    return content[: draw.randrange(len(content))] if draw.random() < 0.5 else content[: -draw.randint(1, 64)]


def _longer(draw, content, seeds):
    tail = draw.choice((b"\0", b" ", b"x", b"00000000", b"\r\n", b"FCS3.1    "))
    return content + tail * draw.choice((1, 2, 8, 100))


def _bits(draw, content, seeds):
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _block(draw, content, seeds):
    at, size = draw.randrange(len(content)), draw.choice((1, 1, 2, 4, 8, 64, 256))
    block = content[at : at + size]
    new = draw.choice((b"", block * 2, bytes(len(block)), b" " * len(block), block[::-1], b"/" * len(block)))
    return content[:at] + new + content[at + size :]


def _splice(draw, content, seeds):
    other = draw.choice(seeds)
    if draw.random() < 0.3:
        return content + other  # glued
    cut = draw.randrange(len(content))
    return content[:cut] + other[draw.randrange(len(other)) if other else 0 :]


def _text_mode(draw, content, seeds):
    return draw.choice(
        (content.replace(b"\n", b"\r\n"), content.replace(b"\r\n", b"\n"), content.replace(b"\0", b""))
    )


_DAMAGES = (
    *(_header_field, _header_field, _header_swap, _version),
    *(_value_number, _value_number, _value_number, _value_any, _value_any, _key_added, _key_added),
    *(_key_removed, _key_doubled, _keys_reordered, _values_swapped, _key_case, _delimiter),
    *(_cut, _longer, _bits, _bits, _block, _splice, _text_mode),
)
