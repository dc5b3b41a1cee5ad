"""The spillover keyword: matrices that are used, and those that leave events readable but are turned down."""

from __future__ import annotations

from fcs.corpus.case import Cases
from fcs.corpus.table import floats

PLAIN = floats()
GOOD = "2,SSC-A,FL1-A,1,0.1,0.25,1"


def _used():
    valid = Cases("spillover", are_valid=True)
    matrix = ((1, 0.1), (0.25, 1))
    for key in ("$SPILLOVER", "SPILL", "$SPILL", "SPILLOVER"):
        valid.add(key, PLAIN.file({key: GOOD}), "exact", PLAIN, spillover=matrix)
    swapped = "2,FL1-A,SSC-A,1,0.25,0.1,1"
    valid.add(
        "detectors in another order",
        PLAIN.file({"$SPILLOVER": swapped}),
        "exact",
        PLAIN,
        spillover=((1, 0.25), (0.1, 1)),
    )
    small = "1,FL1-A,1"
    valid.add("one detector", PLAIN.file({"$SPILLOVER": small}), "exact", PLAIN, spillover=((1,),))
    numbers = "2,SSC-A,FL1-A,1.0,1e-1,2.5E-1,1.00"
    valid.add("numbers with exponents", PLAIN.file({"$SPILLOVER": numbers}), "exact", PLAIN, spillover=matrix)
    same = {"$SPILLOVER": GOOD, "SPILL": GOOD}
    valid.add("two keywords, one matrix", PLAIN.file(same), "exact", PLAIN, spillover=matrix)
    return valid.found


def _turned_down():
    bad = Cases("spillover")
    for name, text, code in (
        ("decimal commas", "2,SSC-A,FL1-A,1,0,1,0,25,1", "spillover-length | spillover-decimal-commas"),
        (
            "1,000,0,000",
            "2,SSC-A,FL1-A,1,000,0,000,0,000,1,000",
            "spillover-length | spillover-decimal-commas",
        ),
        ("a number too few", "2,SSC-A,FL1-A,1,0.1,0.25", "spillover-length"),
        ("a number too many", GOOD + ",1", "spillover-length"),
        ("a count too large", "3,SSC-A,FL1-A,1,0.1,0.25,1", "spillover-length"),
        ("a count of 10^9", "1000000000,SSC-A,FL1-A,1,0.1,0.25,1", "spillover-count"),
        ("no count", "SSC-A,FL1-A,1,0.1,0.25,1", "spillover-count"),
        ("a count of 0", "0", "spillover-count"),
        ("a count below 0", "-2,SSC-A,FL1-A,1,0.1,0.25,1", "spillover-count"),
        ("channel numbers", "2,2,3,1,0.1,0.25,1", "spillover-numbered"),
        ("unknown detectors", "2,SSC-A,APC-A,1,0.1,0.25,1", "spillover-unknown-detector"),
        ("NaN", "2,SSC-A,FL1-A,1,nan,0.25,1", "spillover-coefficient | spillover-not-finite"),
        ("infinity", "2,SSC-A,FL1-A,1,inf,0.25,1", "spillover-coefficient | spillover-not-finite"),
        ("a word", "2,SSC-A,FL1-A,1,x,0.25,1", "spillover-coefficient"),
        ("an overflow", "2,SSC-A,FL1-A,1,1e999,0.25,1", "spillover-unusable | spillover-not-finite"),
        ("a singular matrix", "2,SSC-A,FL1-A,1,1,1,1", "spillover-unusable"),
        ("nothing but 0", "2,SSC-A,FL1-A,0,0,0,0", "spillover-zero"),
        ("0 on the diagonal", "2,SSC-A,FL1-A,0,0.1,0.25,0", "spillover-diagonal-zero"),
        ("0 once on the diagonal", "2,SSC-A,FL1-A,1,0.1,0.25,0", "spillover-diagonal-zero"),
        (
            "a detector twice",
            "2,SSC-A,SSC-A,1,0.1,0.25,1",
            "spillover-unusable | spillover-duplicate-detector",
        ),
        ("points and semicolons", "2;SSC-A;FL1-A;1;0.1;0.25;1", "spillover-count"),
    ):
        bad.add(name, PLAIN.file({"$SPILLOVER": text}), "+", PLAIN, spillover=code)
    both = {"$SPILLOVER": GOOD, "SPILL": "2,SSC-A,FL1-A,1,0.3,0.25,1"}
    bad.add(
        "SPILL differs from $SPILLOVER",
        PLAIN.file(both),
        "+spillover-conflict",
        PLAIN,
        spillover=((1, 0.1), (0.25, 1)),
    )
    half = {"$SPILLOVER": "2,SSC-A", "SPILL": GOOD}
    bad.add(
        "$SPILLOVER is broken, SPILL is not",
        PLAIN.file(half),
        "+spillover-length",
        PLAIN,
        spillover="spillover-length",
    )
    old = {"$DFC1TO2": "5.2", "$DFC2TO1": "1"}
    bad.add(
        "the percentages of FCS 2.0",
        PLAIN.file(old),
        "+spillover-percent",
        PLAIN,
        spillover="spillover-percent",
    )
    return bad.found


CASES = [*_used(), *_turned_down()]
