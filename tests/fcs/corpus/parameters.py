"""Counts and parameters: $TOT, $PAR and the keywords of each $Pn, missing, contradicting or hostile."""

from __future__ import annotations

from fcs.build import build, keywords
from fcs.corpus.case import Cases
from fcs.corpus.table import Column, Table, floats, integers

PLAIN = floats()
WHOLE = integers(((1, 2, 3, 4), 1024), ((5, 6, 7, 8), 1024), ((9, 10, 11, 12), 1024))


def _counts():
    bad = Cases("$TOT and $PAR")
    for total in ("3", "0", "5"):
        bad.add(
            f"$TOT {total} of 4 events",
            PLAIN.file({"$TOT": total}),
            "!data-length",
            leniently="+total-mismatch",
            left=PLAIN,
        )
    for total in (10**9, 10**12, 10**18, 2**63, 2**64):
        bad.add(
            f"$TOT {total:,}",
            PLAIN.file({"$TOT": str(total)}),
            "!tot-too-large",
            leniently="+total-mismatch | !tot-too-large",
            left=PLAIN,
        )
    for text in ("-5", "abc", "4.5", "1e2", "0x4", "4,0", "9" * 5000, "1_0", "\u0664"):
        bad.add(
            f"$TOT {text[:12]}",
            PLAIN.file({"$TOT": text}),
            "!tot-invalid",
            leniently="!tot-invalid | +",
            left=PLAIN,
        )
    bad.add(
        "$TOT blank",
        PLAIN.file({"$TOT": "  "}),
        "!tot-invalid | !keyword-missing",
        leniently="! | +",
        left=PLAIN,
    )
    bad.add(
        "$TOT missing",
        PLAIN.file({"$TOT": None}),
        "!keyword-missing | +total-missing",
        PLAIN,
        leniently="+total-missing",
    )
    for text in ("0", "-1", "x", "3.5", "9" * 5000, "3;"):
        bad.add(f"$PAR {text[:12]}", WHOLE.file({"$PAR": text}), "!par-invalid")
    bad.add("$PAR 10^9", PLAIN.file({"$PAR": str(10**9)}), "!par-too-large")
    bad.add("$PAR 10^19", PLAIN.file({"$PAR": str(10**19)}), "!par-too-large")
    bad.add("$PAR missing", PLAIN.file({"$PAR": None}), "!keyword-missing")
    bad.add("$PAR 2 over 3 channels", PLAIN.file({"$PAR": "2"}), "!data-length")
    bad.add("$PAR 4 over 3 channels", PLAIN.file({"$PAR": "4", "$TOT": "6"}), "!data-length")
    words = keywords(5, 25) | {"$PAR": "4"}
    content = build(words, bytes(range(250)) * 2)
    bad.add(
        "$PAR 4 over 5 channels, and the bytes divide", content, "!data-length", leniently="!data-length | !"
    )
    words = keywords(5, 20, datatype="I", ranges=2**32)
    data = b"".join(value.to_bytes(4, "little") for value in range(100))
    bad.add(
        "$PAR 5 over 4 channels, and the bytes divide",
        build(words | {"$TOT": "25"}, data),
        "!data-length",
        leniently="!data-length | ~total-mismatch",
    )
    bad.add("$PAR 5 over 3 channels", WHOLE.file({"$PAR": "5"}), "!keyword-missing")
    return bad.found


def _widths():
    bad = Cases("$PnX")
    for text in ("0", "-8", "65", "128", "1000000000", "x", "*", "16", "64", "9" * 5000):
        bad.add(f"$P2B {text[:12]} of F", PLAIN.file({"$P2B": text}), "!bits-invalid")
    for text in ("0", "-16", "65", "1000000000", "x", "16.5"):
        bad.add(f"$P2B {text} of I", WHOLE.file({"$P2B": text}), "!bits-invalid")
    bad.add(
        "$P2B 32 of I over 16 bits",
        WHOLE.file({"$P2B": "32"}),
        "!data-length",
        leniently="!data-length | ~total-mismatch",
    )
    bad.add("$P2B missing of F", PLAIN.file({"$P2B": None}), "+parameter-bits-missing", PLAIN)
    bad.add("$P2B missing of I", WHOLE.file({"$P2B": None}), "!keyword-missing")
    ten = Table(tuple(Column(f"A{i}", (i, 1023, 7), 10, 1024, "I") for i in range(3)), datatype="I")
    bad.add("$PnB 10 stored in 16 bits", ten.file(), "+parameter-bits-stored-wider | !bits-packed", ten)
    bad.add("$PnB 10, packed", ten.file(data=bytes(12)), "!", leniently="!")
    twelve = Table((Column("A", (1, 4095, 77, 0), 12, 4096, "I"),), datatype="I")
    bad.add("$PnB 12 stored in 16 bits", twelve.file(), "+parameter-bits-stored-wider | !bits-packed", twelve)
    twenty = (Column("A", (1, 2**20 - 1, 77), 20, 2**20, "I"), Column("B", (9, 8, 7), 16, 1024, "I"))
    words = Table(twenty, datatype="I")
    meant = Table((Column("A", twenty[0].values, 32, 2**20, "I"), twenty[1]), datatype="I")
    bad.add("$PnB 20 stored in 32 bits", words.file(data=meant.data()), "+parameter-bits-stored-wider", meant)
    return bad.found


def _ranges():
    bad = Cases("$PnX")
    two = Table((Column("A", (40000, 2, 65535), 16, 65536, "I"),), datatype="I")
    for text in ("NA", "0", "-1", "nan", "1,024"):
        bad.add(f"$P1R {text} of I", two.file({"$P1R": text}), "!range-unreadable")
        allowed = "exact | +" if text in ("0", "-1") else "+parameter-range-unreadable"
        bad.add(f"$P1R {text} of F", PLAIN.file({"$P1R": text}), allowed, PLAIN)
    bad.add("$P1R missing of I", two.file({"$P1R": None}), "!keyword-missing")
    bad.add("$P1R missing of F", PLAIN.file({"$P1R": None}), "+parameter-range-unreadable", PLAIN)
    accuri = Table((Column("FSC-A", (20_000_000, 16_777_216, 5), 32, 16_777_216, "I"),), datatype="I")
    bad.add("values above $PnR", accuri.file(), "+bits-beyond-range", accuri)
    decimal = Table((Column("A", (1000, 2, 0xF003), 16, "1024.0", "I"),), datatype="I")
    bad.add("$P1R 1024.0 of I", decimal.file(), "+bits-beyond-range", decimal)
    endless = Table((Column("A", (1000, 2, 0xF003), 16, "inf", "I"),), datatype="I")
    bad.add("$P1R inf of I", endless.file(), "exact | + | !range-unreadable", two_of(endless))
    bad.add("$P1R inf under a log scale", endless.file({"$P1E": "4,1"}), "!range-unreadable")
    bad.add(
        "$P1R of 5,000 digits of I",
        two.file({"$P1R": "9" * 5000}),
        "exact | + | !range-unreadable",
        two,
        leniently="exact | + | !",
    )
    bad.add(
        "$P3 missing altogether, of F",
        PLAIN.file(dict.fromkeys(("$P3N", "$P3B", "$P3R", "$P3E"))),
        "+parameter-bits-missing",
        PLAIN,
    )
    bad.add(
        "$P3 missing altogether, of I",
        WHOLE.file(dict.fromkeys(("$P3N", "$P3B", "$P3R", "$P3E"))),
        "!keyword-missing",
    )
    return bad.found


def two_of(table):
    """The same stored values, none of them masked."""
    return Table(tuple(Column(c.name, c.values, c.bits, 2**c.bits, "I") for c in table.columns), datatype="I")


def _logs():
    bad = Cases("$PnX")
    plain = Column("FL1-A", (0, 1, 512, 1023), 16, 1024, "I")
    linear = Table((plain,), datatype="I")
    zero = Table((Column("FL1-A", plain.values, 16, 1024, "I", log="4,0"),), datatype="I")
    bad.add("$P1E 4,0", zero.file(), "+log-offset-zero", zero)
    one = linear.file({"$P1E": "0,1"})
    bad.add("$P1E 0,1", one, "exact | +", linear)
    for text in ("4", "4;1", "4,x", "-4,1", "4,-1", "inf,1", "nan,1", "4,0,1", "4.0.1,1"):
        bad.add(
            f"$P1E {text} of I",
            linear.file({"$P1E": text}),
            "!log-scale-unreadable",
            leniently="+log-scale-unreadable",
            left=linear,
        )
    bad.add(
        "$P1E 4000,1 overflows",
        linear.file({"$P1E": "4000,1"}),
        "!log-scale-unreadable",
        leniently="+log-scale-unreadable",
        left=linear,
    )
    bad.add("$P1E missing of I", linear.file({"$P1E": None}), "+log-scale-missing | !", linear)
    for text in ("5.22472,100", "4,1", "4,0"):
        bad.add(f"$P1E {text} of F", PLAIN.file({"$P1E": text}), "+log-on-float-ignored", PLAIN)
    bad.add("$P1E x of F", PLAIN.file({"$P1E": "x"}), "exact | +", PLAIN)
    for text in ("0", "-2", "x", "nan", "inf", "1e400", "1e-310"):
        bad.add(f"$P1G {text}", linear.file({"$P1G": text}), "+gain-unreadable", linear)
    logged = Table((Column("FL1-A", plain.values, 16, 1024, "I", log="4,1"),), datatype="I")
    bad.add("$P1G 4 beside a log scale", logged.file({"$P1G": "4"}), "+gain-with-log-ignored", logged)
    for text, log in (("4,0,0,0", "4,0"), ("4,0,0,1", "4,0.1")):
        meant = Table((Column("FL1-A", plain.values, 16, 1024, "I", log=log),), datatype="I")
        bad.add(
            f"$P1E {text} of I", linear.file({"$P1E": text}), "+decimal-comma | !log-scale-unreadable", meant
        )
    halved = Table((Column("FL1-A", plain.values, 16, 1024, "I", gain="0.5"),), datatype="I")
    bad.add("$P1G 0,5", linear.file({"$P1G": "0,5"}), "+decimal-comma", halved)
    timed = Table((Column("Time", (1, 2, 3), 16, 65536, "I"),), datatype="I")
    for text in ("0", "-1", "x", "nan", "1,000", "1e308"):
        bad.add(f"$TIMESTEP {text}", timed.file({"$TIMESTEP": text}), "+timestep-unreadable", timed)
    ticks = Table(timed.columns, datatype="I", timestep="0.01")
    bad.add("$TIMESTEP 0,01", timed.file({"$TIMESTEP": "0,01"}), "+decimal-comma", ticks)
    return bad.found


def _names():
    bad = Cases("$PnX")
    bad.add(
        "$P2N missing", PLAIN.file({"$P2N": None}), "+channel-unnamed", PLAIN, names=("FSC-A", "P2", "FL1-A")
    )
    bad.add(
        "$P2N blank", PLAIN.file({"$P2N": " "}), "+channel-unnamed", PLAIN, names=("FSC-A", "P2", "FL1-A")
    )
    bad.add("$P2N as $P1N", PLAIN.file({"$P2N": "FSC-A"}), "+channel-name-duplicate", PLAIN)
    bad.add(
        "$P2N is what a doubled name becomes",
        PLAIN.file({"$P1N": "A", "$P2N": "A", "$P3N": "A_2"}),
        "+channel-name-duplicate",
        PLAIN,
    )
    bad.add(
        "$P3N is what a missing name becomes",
        PLAIN.file({"$P1N": None, "$P3N": "P1"}),
        "+channel-unnamed",
        PLAIN,
    )
    bad.add(
        "$P2N with a comma", PLAIN.file({"$P2N": "A,B"}), "exact | +", PLAIN, names=("FSC-A", "A,B", "FL1-A")
    )
    bad.add("$P2N of 5,000 characters", PLAIN.file({"$P2N": "x" * 5000}), "!name-too-long | exact | +", PLAIN)
    return bad.found


CASES = [*_counts(), *_widths(), *_ranges(), *_logs(), *_names()]
