"""HEADER and the places of segments, as they may be and as they should not."""

from __future__ import annotations

from fcs.build import MISSING, build, keywords
from fcs.corpus.case import Cases
from fcs.corpus.table import floats, integers

PLAIN = floats()
_END = "!data-offsets | !data-length | !data-truncated | !data-ambiguous | !data-overlap"


def shifted(begin, end):
    """A function that moves a place."""
    return lambda b, e: (b + begin, e + end)


def _segments():
    valid = Cases("segments", are_valid=True)
    add = lambda name, allowed="exact", **how: valid.add(name, PLAIN.file(**how), allowed, PLAIN)  # noqa: E731
    add("TEXT behind DATA", text_last=True)
    add("blanks between HEADER and TEXT", lead=b" " * 198)
    add("blanks between TEXT and DATA", gap=b" " * 500)
    add("blanks behind DATA", tail=b" " * 100)
    add("a checksum behind DATA", tail=b"00000000")
    add("places of DATA in TEXT only", header_data=lambda b, e: (0, 0))
    add("blank places of ANALYSIS", header_analysis=lambda b, e: (b" " * 8, b" " * 8))
    add("numbers with leading zeros", header_text=lambda b, e: (b"%08d" % b, b"%08d" % e))
    words = PLAIN.words() | {"$BEGINANALYSIS": None, "$ENDANALYSIS": None}
    data = PLAIN.data()
    valid.add("ANALYSIS", build(words, data, analysis=b"/GATE1/7.5/NOTE/a//b/"), "exact", PLAIN)
    valid.add(
        "ANALYSIS in HEADER only", build(PLAIN.words(), data, analysis=b"/GATE1/7.5/"), "exact | +", PLAIN
    )
    add("one OTHER segment", others=(b"vendor bytes",))
    add("two OTHER segments", others=(b"vendor bytes", b"\0\1\2\3" * 9))
    stext = {"$P1S": "CD3", "NOTE": "in the supplement"}
    valid.add(
        "supplemental TEXT",
        PLAIN.file(supplement=stext),
        "exact",
        PLAIN,
        labels=("CD3", None, None),
        keywords={"NOTE": "in the supplement"},
    )
    spill = {"$SPILLOVER": "2,SSC-A,FL1-A,1,0.1,0.2,1"}
    valid.add(
        "supplemental TEXT with the spillover matrix",
        PLAIN.file(supplement=spill),
        "exact",
        PLAIN,
        spillover=((1, 0.1), (0.2, 1)),
    )
    whole = integers(version="2.0")
    valid.add("TEXT behind DATA in 2.0", whole.file(text_last=True), "exact", whole)
    return valid.found


def _offsets():
    bad = Cases("offsets and HEADER")

    def add(name, allowed, *, leniently=None, left=None, more=None, table=PLAIN, **how):
        bad.add(name, PLAIN.file(more, **how), allowed, table, leniently=leniently, left=left)

    past = shifted(0, 1)
    add("DATA ends one byte late", "+data-end-past", header_data=past, text_data=past)
    add(
        "DATA ends one byte late, more bytes there",
        "+data-end-past",
        header_data=past,
        text_data=past,
        tail=b"00000000",
    )
    for who in ("header_data", "text_data"):
        where = who[:6].replace("_", " ").replace("text d", "TEXT").replace("header", "HEADER")
        for name, shift in (
            ("both one off", (1, 1)),
            ("begin one off", (-1, 0)),
            ("begin and end far off", (49, 49)),
            ("end one late", (0, 1)),
            ("end one early", (0, -1)),
            ("end 0 bytes", (0, -48)),
        ):
            add(f"{where}: {name}", "+data-offsets-differ", **{who: shifted(*shift)})
    add("HEADER: end 99999999", "+data-offsets-differ", header_data=lambda b, e: (b, 99999999))
    add(
        "HEADER: last 8 digits of a bigger end",
        "+data-offsets-differ",
        header_data=lambda b, e: (b, 81286288),
    )
    add("HEADER: begin set, end 0", "+data-offsets-differ", header_data=lambda b, e: (b, 0))
    add("TEXT: end equals begin", "+data-offsets-differ", text_data=lambda b, e: (b, b))
    add("TEXT: no offsets of DATA", "+data-offsets-missing", text_data=lambda b, e: (MISSING, MISSING))
    add("TEXT: only $BEGINDATA", "+data-offsets-missing", text_data=lambda b, e: (b, MISSING))
    add("TEXT: offsets 0", "exact | +", text_data=lambda b, e: (0, 0))
    add("TEXT: offsets are words", "+data-offsets-missing", text_data=lambda b, e: ("x", "y"))
    add(
        "TEXT: offsets in hexadecimal",
        "+data-offsets-missing",
        text_data=lambda b, e: (f"{b:#010x}", f"{e:#010x}"),
    )
    add("TEXT: offsets below 0", "+data-offsets-differ", text_data=lambda b, e: (-b, -e))
    add(
        "TEXT: offsets of 10^18",
        "+data-offsets-differ",
        text_data=lambda b, e: (str(10**18), str(10**18 + 47)),
    )
    add(
        "TEXT: offsets of 5,000 digits",
        "+data-offsets-missing | +data-offsets-differ",
        text_data=lambda b, e: ("9" * 5000, "9" * 5000),
    )
    far = 100_000_000
    content = PLAIN.file(text_data=lambda b, e: (b + far, e + far))
    bad.add(
        "HEADER: last 8 digits of a place beyond 99,999,999",  # where NULs lie
        content,
        "+header-offsets-wrapped",
        PLAIN,
        hole=(len(content) - len(PLAIN.data()), far),
    )
    both = lambda how: {"header_data": how, "text_data": how}  # noqa: E731
    add("both places could be", "!data-ambiguous", table=None, header_data=shifted(4, 4), tail=b"    ")
    add(
        "neither place fits", "!data-length", table=None, header_data=shifted(0, -5), text_data=shifted(0, -3)
    )
    add("both: end equals begin", "+data-end-missing | !data-length", **both(lambda b, e: (b, b)))
    add(
        "both: end equals begin, more bytes there",
        "!data-length",
        table=None,
        tail=b"x" * 20,
        **both(lambda b, e: (b, b)),
    )
    add("no place anywhere", "!data-offsets", table=None, **both(lambda b, e: (0, 0)))
    add(
        "HEADER: blank, TEXT: none",
        "!data-offsets",
        table=None,
        header_data=lambda b, e: (b" " * 8, b" " * 8),
        text_data=lambda b, e: (MISSING, MISSING),
    )
    add(
        "DATA begins beyond the file",
        "!data-truncated",
        table=None,
        **both(lambda b, e: (b + 10**6, e + 10**6)),
    )
    add("DATA lies over TEXT", "!data-overlap", table=None, **both(shifted(-20, -20)))
    add("DATA lies over HEADER", "!data-overlap", table=None, **both(lambda b, e: (0, 47)))
    add("DATA begins below 0", _END, table=None, **both(lambda b, e: (-5, 42)))
    add("DATA ends before it begins", "!data-length", table=None, **both(lambda b, e: (e, b)))
    add(
        "HEADER: blank places of DATA", "+header-offsets-blank", header_data=lambda b, e: (b" " * 8, b" " * 8)
    )
    add(
        "HEADER: NULs for places of DATA",
        "+header-offsets-blank",
        header_data=lambda b, e: (bytes(8), bytes(8)),
    )
    add(
        "HEADER: letters for places of DATA",
        "+header-offsets-unreadable",
        header_data=lambda b, e: (b"abc     ", b"    12.5"),
    )
    add("HEADER: ANALYSIS 0,-1", "exact | +", header_analysis=lambda b, e: (0, -1))
    add("HEADER: ANALYSIS beyond the file", "exact | +", header_analysis=lambda b, e: (900000, 900100))
    add("HEADER: ANALYSIS in letters", "exact | +", header_analysis=lambda b, e: (b"analysis", b"--------"))
    add(
        "numbers to the left of their fields",
        "exact | +",
        header_text=lambda b, e: (b"%-8d" % b, b"%-8d" % e),
    )
    add(
        "numbers padded with NULs",
        "exact | +",
        header_text=lambda b, e: (b"%d" % b + bytes(6), (b"%d" % e).ljust(8, b"\0")),
    )
    add("TEXT ends on the first byte of DATA", "+text-end-past", header_text=shifted(0, 1))
    add(
        "TEXT ends in blanks on the first byte of DATA",
        "+text-no-final-delimiter",
        final_delimiter=False,
        padding=b"   ",
        header_text=shifted(0, 1),
    )
    add("TEXT is said to run into DATA", "!", table=None, header_text=shifted(0, 13))
    for name, place in (
        ("blank begin", lambda b, e: (b" " * 8, e)),
        ("places 0", lambda b, e: (0, 0)),
        ("end before begin", lambda b, e: (b, b - 10)),
        ("begin inside HEADER", lambda b, e: (10, e)),
        ("begin with an underscore", lambda b, e: (b"  5_8   ", e)),
        ("begin in letters", lambda b, e: (b"xxxxxxxx", e)),
        ("begin below 0", lambda b, e: (-58, e)),
        ("end is no number", lambda b, e: (b, b"1e3     ")),
    ):
        add(f"TEXT: {name}", "!text-offsets", table=None, header_text=place)
    add("TEXT: end beyond the file", "!text-truncated", table=None, header_text=lambda b, e: (b, 10**6))
    add("TEXT: begin one late", "!", table=None, header_text=shifted(1, 0))
    add("TEXT: begin one early", "! | +", lead=b" ", header_text=shifted(-1, 0))
    add("TEXT: ends in its middle", "! | +", header_text=shifted(0, -200))
    version = PLAIN.file()
    bad.add(
        "bytes 6 to 9 are not blank", version[:6] + b"abcd" + version[10:], "+header-version-blanks", PLAIN
    )
    return bad.found


def _files():
    bad = Cases("file level")
    whole = PLAIN.file()
    add = lambda name, content, allowed, **more: bad.add(name, content, allowed, **more)  # noqa: E731
    add("empty", b"", "!file-empty")
    for name, content in (
        ("an HTML page", b"<!DOCTYPE html><html></html>"),
        ("an XML file", b'<?xml version="1.0"?><Workspace>'),
        ("a TIFF image", b"II*\0abcdefgh" * 9),
        ("a text table", b"Time,FSC-A\n1,2\n" * 9),
        ("a ZIP archive", b"PK\x03\x04abcd" * 20),
        ("500 NULs", bytes(500)),
        ("HEADER in lower case", whole.replace(b"FCS3.1", b"fcs3.1", 1)),
        ("an AppleDouble file", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(60)),
        ("a line feed before HEADER", b"\n" + whole),
        ("a byte order mark before HEADER", b"\xef\xbb\xbf" + whole),
    ):
        add(name, content, "!not-fcs")
    for version in (b"FCS1.0", b"FCS3.3", b"FCS4.0", b"FCS\xff\xff\xff", b"FCS3,1"):
        add(f"version {version[3:].decode('latin-1')}", version + whole[6:], "!version-unknown")
    for size in (3, 6, 30, 57):
        add(f"cut after {size} bytes", whole[:size], "!header-truncated | !not-fcs")
    add("cut after HEADER", whole[:58], "!text-truncated")
    add("cut in TEXT", whole[:200], "!text-truncated")
    add("cut before DATA", whole[:-48], "!data-truncated")
    for cut, left in ((1, 3), (12, 3), (13, 2), (36, 1)):
        add(
            f"{cut} bytes of DATA cut off",
            whole[:-cut],
            "!data-truncated",
            leniently="+data-truncated",
            left=PLAIN.first(left),
        )
    bad.add("more bytes behind DATA", whole + b"x" * 1000, "exact | +", PLAIN)
    lines = build(keywords(3, 4, NOTE="a\nb"), PLAIN.data(), gap=b"\n\n").replace(b"\n", b"\r\n")
    add("copied as text, with line ends changed", lines, "!line-ends-changed")
    grown = PLAIN.file({"$COM": "a\nb\n"}, tail=b"00000000").replace(b"a\nb\n", b"a\r\nb\r\n")
    add("copied as text, TEXT has grown", grown, "!line-ends-changed")
    grown = PLAIN.file({"$COM": "a\nb\n"}, gap=b" " * 40).replace(b"a\nb\n", b"a\r\nb\r\n")
    add("copied as text, TEXT has grown into blanks", grown, "!line-ends-changed")
    old = floats(version="2.0")
    late = old.file({"$TOT": "4"}, header_data=shifted(4, 4))
    add("2.0: DATA begins 4 bytes late", late, "!data-truncated")
    late = old.file({"$TOT": "4"}, header_data=shifted(12, 0))
    add("2.0: DATA begins an event late", late, "!data-length")
    short = old.file(header_data=shifted(0, -12))
    bad.add("2.0 without $TOT: DATA ends an event early", short, "+data-end-uncertain", old.first(3))
    many = floats(rows=tuple((i + 0.1, i / 7, -i * 3.3) for i in range(8000)))
    copied = many.file().replace(b"\n", b"\r\n")
    add("many events copied as text", copied, "!line-ends-changed")
    bad.add("many events, more bytes behind DATA", many.file(tail=b"\r\n" * 200), "exact | +", many)
    add("nothing but NULs behind HEADER", whole[:58] + bytes(len(whole) - 58), "!text-delimiter")
    return bad.found


CASES = [*_segments(), *_offsets(), *_files()]
