"""Several data sets in a file, and segments beside TEXT and DATA."""

from __future__ import annotations

from fcs.build import build
from fcs.corpus.case import Cases
from fcs.corpus.table import floats, integers

FIRST = floats()
SECOND = integers(((1, 2, 3), 1024), ((4, 5, 6), 1024))
THIRD = floats(rows=((9.0, 8.0, 7.0),), datatype="D")


def linked(*tables, last="0"):
    """Data sets behind each other, each pointing at the next; the last says `last`."""
    parts = []
    for i, table in enumerate(tables):
        step = len(table.file({"$NEXTDATA": "00000000"}))
        said = f"{step:08d}" if i < len(tables) - 1 else last
        parts.append(table.file({"$NEXTDATA": said}))
    return b"".join(parts)


def _several():
    valid = Cases("data sets", are_valid=True)
    two, three = linked(FIRST, SECOND), linked(FIRST, SECOND, THIRD)
    more = "exact | +more-data-sets"
    valid.add("the first of two", two, "+more-data-sets", FIRST)
    valid.add("the second of two", two, more, SECOND, dataset=1)
    valid.add("the first of three", three, "+more-data-sets", FIRST)
    valid.add("the second of three", three, more, SECOND, dataset=1)
    valid.add("the third of three", three, more, THIRD, dataset=2)
    old = floats(version="2.0")
    valid.add("2.0, then 3.1", linked(old, SECOND), more, SECOND, dataset=1)
    behind = FIRST.file({"$NEXTDATA": "00002000"}).ljust(2000)
    valid.add("blanks between two", behind + SECOND.file(), more, SECOND, dataset=1)
    many = linked(*[FIRST] * 39)
    valid.add("the last of 39", many, more, FIRST, dataset=38)
    return valid.found


def _broken():
    bad = Cases("data sets")
    for text in ("99999999", "-1", "57", "x", "1e3", str(10**18), "9" * 5000):
        bad.add(f"$NEXTDATA {text[:12]}", FIRST.file({"$NEXTDATA": text}), "+next-data-unreadable", FIRST)
    bad.add(
        "$NEXTDATA into DATA",
        FIRST.file({"$NEXTDATA": "700"}, tail=bytes(200)),
        "+next-data-unreadable",
        FIRST,
    )
    bad.add("$NEXTDATA blank", FIRST.file({"$NEXTDATA": " "}), "exact | +", FIRST)
    bad.add("$NEXTDATA missing", FIRST.file({"$NEXTDATA": None}), "+keywords-missing", FIRST)
    bad.add("two files glued", FIRST.file() + SECOND.file(), "+data-set-unlinked", FIRST)
    summed = FIRST.file(tail=b"00000000") + SECOND.file()
    bad.add("two files glued, with a checksum between", summed, "+data-set-unlinked", FIRST)
    bad.add("a data set that is not there", linked(FIRST, SECOND), "!dataset-missing", dataset=2)
    bad.add("data set -1", FIRST.file(), "!dataset-missing", dataset=-1)
    bad.add("the second is damaged, the first is read", linked(FIRST, SECOND)[:-4], "+", FIRST)
    bad.add(
        "the second is damaged and read",
        linked(FIRST, SECOND)[:-4],
        "!data-truncated",
        None,
        leniently="+data-truncated",
        left=SECOND.first(2),
        dataset=1,
    )
    words = FIRST.words() | {"$NEXTDATA": "00000000"}
    step = len(build(words, FIRST.data()))
    lacking = SECOND.file({"$P2B": None, "$P2R": None, "$P2N": None})
    glued = build(words | {"$NEXTDATA": f"{step:08d}"}, FIRST.data()) + lacking
    bad.add("the second lacks keywords that the first has", glued, "!keyword-missing", dataset=1)
    return bad.found


def _others():
    bad = Cases("other segments")

    def add(name, allowed, more, table=FIRST, **how):
        bad.add(name, FIRST.file(more, **how), allowed, table, keywords={"$TOT": "4"})

    ignored = "+supplemental-text-ignored"
    add("supplemental TEXT is TEXT", ignored, {"$BEGINSTEXT": "58", "$ENDSTEXT": "300"})
    add("supplemental TEXT overlaps TEXT", ignored, {"$BEGINSTEXT": "300", "$ENDSTEXT": "99999"})
    add("supplemental TEXT beyond the file", ignored, {"$BEGINSTEXT": "99999", "$ENDSTEXT": "999999"})
    add("supplemental TEXT ends before it begins", ignored, {"$BEGINSTEXT": "900", "$ENDSTEXT": "800"})
    add("supplemental TEXT in letters", "exact | +", {"$BEGINSTEXT": "x", "$ENDSTEXT": "y"})
    add("supplemental TEXT of 10^18 bytes", ignored, {"$BEGINSTEXT": "800", "$ENDSTEXT": str(10**18)})
    at = {"$BEGINSTEXT": "0000001000", "$ENDSTEXT": "0000001006"}
    broken = FIRST.file(at).ljust(1000) + b"/a/b/c/"
    bad.add("supplemental TEXT with an odd number of words", broken, ignored, FIRST)
    again = FIRST.file(supplement={"$TOT": "9", "$PAR": "2", "$P1N": "Other"})
    bad.add(
        "supplemental TEXT says TEXT's keywords again",
        again,
        "+supplemental-text-differs",
        FIRST,
        names=("FSC-A", "SSC-A", "FL1-A"),
    )
    places = {"$BEGINANALYSIS": "900", "$ENDANALYSIS": "99999"}
    add("ANALYSIS beyond the file", "exact | +", places)
    add("ANALYSIS is no text", "exact | +", None, analysis=b"\xff\0\xfe\1")
    add("ANALYSIS in letters", "exact | +", {"$BEGINANALYSIS": "x", "$ENDANALYSIS": "y"})
    add("a wrong checksum", "exact | +", None, tail=b"    FFFF")
    add("OTHER beyond the file", "exact | +", None, lead=b"  900000  900100" + b" " * 16)
    add("OTHER in letters", "exact | +", None, lead=b"no offsets here.")
    return bad.found


CASES = [*_several(), *_broken(), *_others()]
