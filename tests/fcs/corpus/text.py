"""TEXT: delimiters, escapes and encodings as they may be, and syntax that is broken."""

from __future__ import annotations

from fcs.build import build
from fcs.corpus.case import Cases
from fcs.corpus.table import Table, floats, integers

PLAIN = floats()
_NAMES = ("FSC-A", "SSC-A", "FL1-A")
_DELIMITERS = {
    "/": "slash",
    "|": "bar",
    "\\": "backslash",
    "!": "exclamation mark",
    "*": "asterisk",
    "^": "caret",
    ".": "point",
    "\x0c": "form feed",
    "\x1e": "record separator",
    "\t": "tabulator",
    "\r": "carriage return",
    "\n": "line feed",
    "~": "tilde",
    "\x01": "byte 1",
}


def _delimiters():
    valid = Cases("delimiters", are_valid=True)
    for mark, name in _DELIMITERS.items():
        more = {"$P1S": f"Live{mark}Dead", "NOTE": f"a{mark}b{mark}c"}
        valid.add(
            name,
            PLAIN.file(more, delimiter=mark),
            "exact",
            PLAIN,
            labels=(f"Live{mark}Dead", None, None),
            keywords={"NOTE": f"a{mark}b{mark}c"},
        )
    return valid.found


def _words():
    valid = Cases("TEXT", are_valid=True)

    def add(name, more, allowed="exact", *, table=PLAIN, keywords=None, **how):
        valid.add(
            name, table.file(more, **how), allowed, table, keywords=more if keywords is None else keywords
        )

    add("escape at the end of a value", {"NOTE": "ends with /", "NEXT": "x"})
    add("escape at the end of TEXT", {"NOTE": "ends with /"})
    add("escape in a keyword", {"A/B": "x", "NEXT": "y"}, "exact | +text-ambiguous")
    add("two escapes in a row", {"NOTE": "a//b", "NEXT": "y"})
    add("dollar signs in values", {"NOTE": "costs $5", "$OP": "$me$"})
    add("a dollar sign behind an escape", {"NOTE": "costs/$5"}, "exact | +text-delimiter-in-value")
    lower = Table(PLAIN.columns)
    words = {key.lower(): value for key, value in lower.words().items() if value is not None}
    words |= {"$BEGINDATA": None, "$ENDDATA": None}
    valid.add("keywords in lower case", build(words, lower.data()), "exact", lower, names=_NAMES)
    mixed = {key.title(): value for key, value in words.items() if value is not None}
    mixed |= {"$BEGINDATA": None, "$ENDDATA": None}
    valid.add("keywords in mixed case", build(mixed, lower.data()), "exact", lower, names=_NAMES)
    add("UTF-8 values", {"$OP": "Mürrill Σ 免疫", "$P1S": "IFN-γ"})
    add("latin-1 values", {"$OP": "M\xfcller"}, "exact | +text-latin1", encoding="latin-1")
    add("a byte that is no UTF-8", {"NOTE": b"\xaa"}, "exact | +text-latin1", keywords={"NOTE": "\xaa"})
    add("line ends in values", {"NOTE": "one\r\ntwo\nthree"})
    add("blanks in values and keywords", {"MY NOTE": "one two  three"})
    add("blanks around values", {"NOTE": "  one  "}, "exact | +", keywords={"NOTE": "one"})
    add("numbers with leading zeros", {"$TOT": "0000000004", "$PAR": "03"}, keywords={})
    add("numbers with blanks", {"$TOT": "   4", "$PAR": "3 "}, "exact | +", keywords={})
    add("a value of 100,000 characters", {"NOTE": "x" * 100_000})
    add("3,000 keywords", {f"NOTE {i}": str(i) for i in range(3000)})
    add("an equals sign and quotes in values", {"NOTE": "a=\"b\" 'c' & <d>"})
    add("$-keywords that no version knows", {"$NOVELTY": "1", "$P1ZZZ": "2"}, "exact | +")
    shuffled = dict(sorted(PLAIN.words().items(), key=lambda pair: pair[0][::-1]))
    valid.add("keywords in any order", build(shuffled, PLAIN.data()), "exact", PLAIN, names=_NAMES)
    return valid.found


def _broken():
    bad = Cases("TEXT syntax")

    def add(name, allowed, more=None, *, table=PLAIN, more_words=None, **how):
        bad.add(name, PLAIN.file(more, **how), allowed, table, **(more_words or {}))

    literal = {"escape": False}
    add(
        "an empty value before a needed keyword",
        "+text-empty-values",
        {"$P1S": "", "$P2S": "CD3"},
        more_words={"labels": (None, "CD3", None), "keywords": {"$P2S": "CD3"}},
        **literal,
    )
    blank = {"$P1S": "", **PLAIN.words()}
    bad.add(
        "an empty value at the beginning",
        build(blank, PLAIN.data(), escape=False),
        "+text-empty-values",
        PLAIN,
    )
    add(
        "an empty value at the end",
        "+text-empty-values | +text-no-final-delimiter | +",
        {"NOTE": ""},
        **literal,
    )
    add(
        "an empty value between others, both readings hold",
        "exact | +",
        {"OPERATOR": "", "NOTE": "x"},
        **literal,
    )
    add("two empty values", "+text-empty-values | +", {"$P1S": "", "NOTE": "", "$P2S": "CD3"}, **literal)
    add("empty values of all labels", "+text-empty-values", {"$P1S": "", "$P2S": "", "$P3S": ""}, **literal)
    needed = PLAIN.words() | {"$P3R": "", "$P3E": "0,0"}
    bad.add("an empty $P3R", build(needed, PLAIN.data(), escape=False), "+ | !", PLAIN)
    add("a delimiter in a value, not escaped", "!text-syntax | +", {"NOTE": "a/b"}, **literal)
    add("two delimiters in a value, not escaped", "exact | + | !", {"NOTE": "a/b/c"}, **literal)
    first = {"NOTE": "a/b", **PLAIN.words()}
    bad.add(
        "a delimiter in the first value, not escaped",
        build(first, PLAIN.data(), escape=False),
        "!text-syntax | +",
        PLAIN,
    )
    add(
        "no final delimiter",
        "+text-no-final-delimiter",
        {"LAST": "Time"},
        final_delimiter=False,
        more_words={"keywords": {"LAST": "Time"}},
    )
    add("a keyword without a value at the end", "!text-syntax | +", {"LAST": "Time/EXTRA"}, **literal)
    add("blanks behind the last delimiter", "exact | +text-padded", padding=b"     ")
    add("NULs behind the last delimiter", "+text-padded", padding=bytes(7))
    add("line ends behind the last delimiter", "+text-padded", padding=b"\r\n")
    add(
        "blanks around a keyword", "+text-blanks", {" $CYT ": "LSR"}, more_words={"keywords": {"$CYT": "LSR"}}
    )
    spaced = {f" {key}": value for key, value in PLAIN.words().items() if value is not None}
    spaced |= {"$BEGINDATA": None, "$ENDDATA": None}
    bad.add("blanks before every keyword", build(spaced, PLAIN.data()), "+text-blanks", PLAIN, names=_NAMES)
    add("a keyword twice, same value", "+text-duplicate-keyword | exact", {"$tot": "4"})
    add("$TOT twice, other value", "+text-duplicate-keyword | !", {"$tot": "9"})
    add("$PAR twice, other value", "+text-duplicate-keyword | !", {"$par": "2"})
    add("$P1N twice, other value", "+text-duplicate-keyword | !", {"$p1n": "Other"})
    add("an empty keyword", "exact | + | !", {"": "x", "NEXT": "y"}, **literal)
    add("NULs inside a value", "exact | + | !", {"NOTE": "a\0b"})
    for name, mark in (("NUL", "\0"), ("127", "\x7f"), ("255", "\xff")):
        add(f"delimiter {name}", "!text-delimiter", table=None, delimiter=mark)
    whole = PLAIN.file()
    begin, end = 58, whole.index(b"/$BEGINANALYSIS") + 300
    bad.add(
        "another delimiter in the middle of TEXT",
        whole[:begin] + whole[begin:end].replace(b"/$P1", b"|$P1") + whole[end:],
        "! | +",
        PLAIN,
    )
    bad.add("TEXT of blanks", whole[:58] + b" " * (len(whole) - 58 - 48) + whole[-48:], "!", None)
    bad.add(
        "TEXT of one delimiter again and again",
        whole[:58] + b"/" * (len(whole) - 58 - 48) + whole[-48:],
        "!",
        None,
    )
    bad.add("TEXT in UTF-16", _utf16(whole), "!", None)
    bad.add(
        "no delimiter but the first", whole[:59] + whole[59:-48].replace(b"/", b" ") + whole[-48:], "!", None
    )
    ints = integers(((1, 2, 3), 1024))
    for key in ("$PAR", "$BYTEORD", "$DATATYPE"):
        bad.add(
            f"{key} without its dollar sign",
            ints.file({key: None, key[1:]: ints.words()[key]}),
            "!keyword-missing",
        )
    return bad.found


def _utf16(whole):
    """The same TEXT in another encoding; HEADER says its new length."""
    text = whole[58:-48].decode().encode("utf-16-le")
    data = 58 + len(text)
    places = b"".join(b"%8d" % place for place in (58, data - 1, data, data + 47, 0, 0))
    return whole[:10] + places + text + whole[-48:]


CASES = [*_delimiters(), *_words(), *_broken()]
