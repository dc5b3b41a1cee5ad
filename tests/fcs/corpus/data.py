"""DATA as the standard allows it, and descriptions of DATA that it does not."""

from __future__ import annotations

import math

from fcs.build import build
from fcs.corpus.case import Cases
from fcs.corpus.table import Column, Table, floats, integers

CASES = []


def _integers():
    valid = Cases("integers", are_valid=True)
    valid.add("8 bits", integers(((0, 1, 255), 256), ((7, 128, 9), 256), bits=8), "exact")
    eight = Table(
        (Column("A", (0, 255, 128), 8, 256, "I"), Column("B", (3, 2, 1), 8, 256, "I")), datatype="I"
    )
    valid.add("8 bits, two columns", eight, "exact")
    valid.add("16 bits", integers(((0, 65535, 256), 65536), ((1, 2, 3), 1024)), "exact")
    wide = Table((Column("A", (0, 2**32 - 1, 65536), 32, 2**32, "I"),), datatype="I")
    valid.add("32 bits with range 2^32", wide, "exact")
    for order, name in (("1,2,3,4", "little"), ("4,3,2,1", "big")):
        three = Table(
            (
                Column("A", (0, 2**24 - 1, 65793), 24, 2**24, "I"),
                Column("B", (1, 256, 65536), 24, 2**18, "I"),
            ),
            order,
            "I",
        )
        valid.add(f"24 bits, {name} endian", three, "exact")
        values = (2**53 + 1, 2**64 - 1, 0)
        long = Table(
            (Column("A", values, 64, 2**64, "I"), Column("B", (1, 2, 3), 64, 2**54, "I")), order, "I"
        )
        valid.add(f"64 bits with range 2^64, {name} endian", long, "exact | +values-rounded")
        mixed = Table(
            (
                Column("A", (200, 3, 255), 8, 256, "I"),
                Column("B", (1, 65535, 4), 16, 65536, "I"),
                Column("C", (2**20 - 1, 5, 0), 24, 2**20, "I"),
                Column("D", (2**31, 1, 77), 32, 2**32, "I"),
                Column("E", (2**40 + 1, 0, 9), 64, 2**64, "I"),
            ),
            order,
            "I",
        )
        valid.add(f"mixed widths, {name} endian", mixed, "exact")
    valid.add(
        "junk bits above the range",
        integers(((0x8001, 0xFC03, 5), 1024), ((1, 2, 3), 1024)),
        "+bits-beyond-range",
    )
    valid.add("range is no power of two", integers(((999, 1001, 0), 1000), ((2, 900, 3), 1000)), "exact")
    valid.add(
        "range is no power of two, junk above", integers(((1024 + 3, 1001, 0), 1000)), "+bits-beyond-range"
    )
    valid.add("range of one bit", integers(((0, 1, 1), 2)), "exact")
    valid.add("range beyond the width", integers(((0, 40000, 65535), 2**20)), "exact")
    valid.add("range beyond 64 bits", integers(((0, 40000, 65535), 2**70)), "exact")
    return valid.found


def _byte_orders():
    valid = Cases("byte orders", are_valid=True)
    for order, bits in (
        ("1,2", 16),
        ("2,1", 16),
        ("1,2,3", 24),
        ("3,2,1", 24),
        ("1,2,3,4", 32),
        ("4,3,2,1", 32),
        ("3,4,1,2", 32),
        ("2,1,4,3", 32),
        ("1,2,3,4,5,6,7,8", 64),
        ("8,7,6,5,4,3,2,1", 64),
        ("1,2,3,4", 16),
        ("4,3,2,1", 16),
        ("4,3,2,1", 64),
    ):
        top = 2**bits
        columns = (
            Column("A", (0x0102030405060708 % top, 0x1112131415161718 % top, top - 2), bits, top, "I"),
            Column("B", (1, 2, 3), bits, top, "I"),
        )
        allowed = "exact | +byte-order-mixed" if order in ("3,4,1,2", "2,1,4,3") else "exact"
        if bits == 64:  # scale values are of 53 bits
            allowed += " | +values-rounded"
        table = Table(columns, order, "I", version="3.0")
        valid.add(f"{order} of {bits} bits", table.file(), allowed, table)
    table = floats(byteord="4,3,2,1")
    valid.add("4,3,2,1 of floats", table, "exact")
    table = floats(byteord="3,4,1,2", version="3.0")
    valid.add("3,4,1,2 of floats", table.file(), "exact | +byte-order-mixed", table)
    table = floats()
    valid.add("blanks between the numbers", table.file({"$BYTEORD": "1, 2, 3, 4"}), "exact | +", table)
    return valid.found


def _floats():
    valid = Cases("floats", are_valid=True)
    valid.add("F, little endian", floats(), "exact")
    valid.add("D, little endian", floats(datatype="D"), "exact")
    valid.add("D, big endian", floats(datatype="D", byteord="4,3,2,1"), "exact")
    odd = ((math.nan, 1.0, 2.0), (math.inf, -math.inf, 0.0), (1.0, 2.0, 3.0))
    valid.add("NaN and infinities are kept", floats(rows=odd), "exact | +values-not-finite")
    valid.add("NaN in D", floats(rows=odd, datatype="D"), "exact | +values-not-finite")
    for order in ("1,2,3,4", "4,3,2,1"):
        for kind, pattern in (("F", 0x7F800001), ("D", 0x7FF0000000000001)):
            nans = floats(rows=((math.nan, 1.0, 2.0),), datatype=kind, byteord=order)
            size = 8 if kind == "D" else 4
            signalling = pattern.to_bytes(size, "little" if order == "1,2,3,4" else "big")
            content = nans.file(data=signalling + nans.data()[size:])
            valid.add(f"a signalling NaN, {kind} {order}", content, "exact | +values-not-finite", nans)
    beyond = ((-500.5, 1e9, 300000.0), (-1e-3, 262144.0, 3e38))
    valid.add("below 0 and above the range", floats(rows=beyond), "exact")
    tiny = ((5e-324, 1.7e308, -0.0), (2.0**-1074, 1.0, 2.0))
    valid.add("D at its ends", floats(rows=tiny, datatype="D"), "exact")
    table = Table((Column("A", (1.0, 2.5), range=2**64), Column("B", (-1.0, 5e6), range=1)))
    valid.add("ranges 2^64 and 1", table, "exact")
    mixed = Table(
        (
            Column("FL1-A", (1.5, -2.5, 3.25)),
            Column("Time", (1, 2**31, 70000), 32, 2**32, "I"),
            Column("FL2-A", (1.1, 2.2, -3.3), 64, kind="D"),
            Column("Index", (1, 65535, 1024), 16, 65536, "I"),
        ),
        version="3.2",
    )
    valid.add("$PnDATATYPE mixes F, I and D", mixed, "exact", group="$PnDATATYPE")
    swapped = Table(mixed.columns, "4,3,2,1", version="3.2")
    valid.add("$PnDATATYPE mixes, big endian", swapped, "exact", group="$PnDATATYPE")
    own = Table(
        (Column("A", (1, 2000), 16, 1024, "I"), Column("B", (1.5, 2.5), 32)), datatype="I", version="3.2"
    )
    valid.add("$PnDATATYPE F among I, with a mask", own, "+bits-beyond-range", group="$PnDATATYPE")
    return valid.found


def _ascii():
    valid = Cases("ASCII", are_valid=True)
    columns = (
        Column("A", (0, 12, 1023), 4, 1024, "A"),
        Column("B", (99999, 1, 20), 5, 100000, "A"),
    )
    fixed = Table(columns, datatype="A", version="3.0")
    valid.add("fixed widths", fixed.file(), "exact | +", fixed)
    zeros = b"".join(b"%04d%05d" % row for row in fixed.raw())
    valid.add("fixed widths, leading zeros", fixed.file(data=zeros), "exact | +", fixed)
    free = Table(
        tuple(Column(c.name, c.values, "*", c.range, "A") for c in columns), datatype="A", version="3.0"
    )
    for name, mark in (("blanks", b" "), ("commas", b","), ("tabs", b"\t"), ("line ends", b"\r\n")):
        text = mark.join(b"%d" % value for row in free.raw() for value in row)
        valid.add(f"delimited by {name}", free.file(data=text), "exact | +", free)
    text = b"\r\n".join(b"%d,  %d" % row for row in free.raw()) + b"\r\n"
    valid.add("delimited by runs", free.file(data=text), "exact | +", free)
    return valid.found


def _descriptions():
    bad = Cases("data description")
    plain, whole = floats(), integers(((1, 2, 3), 1024))
    for text in ("1,1,2,3", "little", "0,1,2,3", "4,3,2,1,9", "1;2;3;4", "1,2,3,4,5,6,7,8,9", "-1,2,3,4"):
        bad.add(f"$BYTEORD {text}", plain.file({"$BYTEORD": text}), "!byte-order-unknown")
    bad.add("$BYTEORD 1 on floats", plain.file({"$BYTEORD": "1"}), "!byte-order-unknown")
    bad.add("$BYTEORD blank", plain.file({"$BYTEORD": " "}), "!byte-order-unknown | !keyword-missing")
    bad.add("$BYTEORD 1,2 on floats of 32 bits", plain.file({"$BYTEORD": "1,2"}), "exact | +", plain)
    bad.add("$BYTEORD 3,4,1,2 on 16 bits", whole.file({"$BYTEORD": "3,4,1,2"}), "!byte-order-width")
    for key in ("$BYTEORD", "$DATATYPE"):
        bad.add(f"{key} missing", plain.file({key: None}), "!keyword-missing")
    for text in ("X", "FF", "1", "float"):
        bad.add(f"$DATATYPE {text}", plain.file({"$DATATYPE": text}), "!datatype-unknown")
    bad.add("$DATATYPE f", plain.file({"$DATATYPE": "f"}), "exact | + | !datatype-unknown", plain)
    bad.add("$DATATYPE D over 32 bits", plain.file({"$DATATYPE": "D"}), "!bits-invalid")
    bad.add("$DATATYPE A over binary values", whole.file({"$DATATYPE": "A"}), "!")
    for mode in "CUH":
        bad.add(f"$MODE {mode}", plain.file({"$MODE": mode}), "!mode-not-list")
    bad.add("$MODE l", plain.file({"$MODE": "l"}), "exact | + | !mode-not-list", plain)
    bad.add("$MODE missing", plain.file({"$MODE": None}), "+keywords-missing", plain)
    new = Table(plain.columns, version="3.2")
    bad.add("$P1DATATYPE X", new.file({"$P1DATATYPE": "X"}), "!datatype-unknown")
    bad.add("$P1DATATYPE A", new.file({"$P1DATATYPE": "A"}), "!")
    bad.add("$P1DATATYPE D over 32 bits", new.file({"$P1DATATYPE": "D"}), "!bits-invalid")
    bad.add("$P1DATATYPE before FCS 3.2", plain.file({"$P1DATATYPE": "I"}), "exact | + | !", plain)
    columns = (Column("A", (1, 2, 3), 4, 1024, "A"), Column("B", (4, 5, 6), 4, 1024, "A"))
    fixed = Table(columns, datatype="A", version="3.0")
    bad.add("ASCII of letters", fixed.file(data=b"   1   4   2 abc   3   6"), "!")
    bad.add("ASCII cut short", fixed.file()[:-3], "!", leniently="! | +", left=fixed.first(2))
    free = Table(
        tuple(Column(c.name, c.values, "*", 1024, "A") for c in columns), datatype="A", version="3.0"
    )
    bad.add(
        "ASCII with a number too few",
        free.file(data=b"1 4 2 5 3"),
        "!data-length",
    )
    bad.add("ASCII with a number too many", free.file(data=b"1 4 2 5 3 6 7"), "!data-length")
    bad.add("ASCII with an event too many", free.file(data=b"1 4 2 5 3 6 7 8"), "!data-length")
    bad.add("ASCII with a huge number", free.file(data=b"1 4 2 5 3 " + b"9" * 400), "!")
    mixed = {"$P1B": "*", "$P2B": "4"}
    bad.add("ASCII, one width * and one not", free.file(mixed, data=b"1    4 2    5 3    6"), "! | +", free)
    return bad.found


def _sizes():
    valid = Cases("sizes", are_valid=True)
    none = Table(tuple(Column(name, ()) for name in ("A", "B")))
    valid.add("no events", none.file(), "exact", none)
    valid.add(
        "no events, places 0",
        none.file(header_data=lambda b, e: (0, 0), text_data=lambda b, e: (0, 0)),
        "exact | +",
        none,
    )
    valid.add("no events of integers", integers(((), 1024)), "exact")
    valid.add("one event", floats(rows=((1.0, 2.0, 3.0),)), "exact")
    valid.add("one channel", Table((Column("A", (1.0, 2.0)),)), "exact")
    for n in (60, 300):
        valid.add(
            f"{n} channels", Table(tuple(Column(f"P{i}-A", (float(i), -i / 4)) for i in range(n))), "exact"
        )
    valid.add("30,000 events", integers((tuple(i % 1024 for i in range(30000)), 1024)), "exact")
    table = floats()
    words = table.words()
    content = build(
        words,
        table.data(),
        header_data=lambda b, e: (0, 0),
        text_data=lambda b, e: (b + 100_000_000, e + 100_000_000),
    )
    hole = (len(content) - len(table.data()), 100_000_000)
    valid.add("DATA beyond 99,999,999 bytes", content, "exact", table, hole=hole, group="segments")
    return valid.found


def _versions():
    valid = Cases("versions", are_valid=True)
    for version in ("2.0", "3.0", "3.1", "3.2"):
        table = floats(version=version)
        valid.add(f"FCS {version}", table.file(), "exact", table)
    old = integers(((1, 2, 1023), 1024), version="2.0")
    valid.add("2.0 of integers", old.file(), "exact", old)
    nameless = old.file({"$P1N": None})
    valid.add("2.0 without $PnN", nameless, "exact | +channel-unnamed", old)
    valid.add("2.0 without $PnE", old.file({"$P1E": None}), "exact", old)
    new = floats(version="3.2")
    valid.add("3.2 without $NEXTDATA", new.file({"$NEXTDATA": None}), "exact | +keywords-missing", new)
    valid.add("3.2 with $MODE", new.file({"$MODE": "L"}), "exact | +", new)
    return valid.found


CASES += [*_versions(), *_integers(), *_byte_orders(), *_floats(), *_ascii(), *_sizes(), *_descriptions()]
