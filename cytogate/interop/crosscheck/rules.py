"""Rules of the standard on which readers differ, as data: what each says, and which files it bears on.

A rule with `misread` also tells what a reader sees that does not keep it: where that is exactly what the
other reader has, the rule is proven to be the cause. Sections are those of the FCS standard named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.fcs.data.layout import NO_MASK, UNSIGNED
from cytogate.interop.crosscheck.misread import (
    BYTE_COUNTS,
    FLOAT_BITS,
    general_type,
    little_endian,
    mask_as_float,
    padded_in_front,
    without_mask,
)
from cytogate.interop.crosscheck.rule import Rule, Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.fcs.file import FcsFile

_ORDERS = ("1,2,3,4", "4,3,2,1", "1,2", "2,1")


def _warned(*codes: str) -> Callable[[Subject], bool]:
    return lambda subject: not subject.codes.isdisjoint(codes)


def _lacks(keyword: str) -> Callable[[Subject], bool]:
    return lambda subject: subject.lacks(keyword)


def _widths(file: FcsFile) -> set[int]:
    layout = file.layout
    return {int(w) for w, kind in zip(layout.widths, layout.kinds, strict=True) if kind == UNSIGNED}


def _has_supplement(subject: Subject) -> bool:
    begin = subject.file.keywords.get("$BEGINSTEXT", "0").strip()
    return begin.strip("0") != "" and "supplemental-text-ignored" not in subject.codes


def _has_escapes(subject: Subject) -> bool:
    return subject.text[:1] * 2 in subject.text[1:-1] and "text-empty-values" not in subject.codes


def _has_lower_case(subject: Subject) -> bool:
    words = subject.text[1:].split(subject.text[:1]) if subject.text else []
    return any(word.startswith(b"$") and word != word.upper() for word in words[::2])


def _has_masks(subject: Subject) -> bool:
    layout = subject.file.layout
    entries = zip(layout.masks.tolist(), layout.widths.tolist(), layout.kinds.tolist(), strict=True)
    return any(kind == UNSIGNED and mask & (full := 256**width - 1) != full for mask, width, kind in entries)


_ALL = (
    Rule(
        "bit-mask",
        "FCS 3.0, 3.2.20 $PnR",
        "Bits of an integer above $PnR do not count; where $PnR is no power of two, the next one holds.",
        _has_masks,
        misread=without_mask,
    ),
    Rule(
        "long-mask",
        "FCS 3.0, 3.2.20 $PnR",
        "All bits below $PnR count, also where float64 cannot hold that number.",
        lambda subject: any(
            2**FLOAT_BITS < mask < int(NO_MASK) for mask in subject.file.layout.masks.tolist()
        ),
        readers=("fcsparser",),
        misread=mask_as_float,
    ),
    Rule(
        "padding",
        "FCS 3.0, 3.2.20 $BYTEORD",
        "An integer of 3, 5, 6 or 7 bytes lies in $BYTEORD order; little-endian ones are filled up behind.",
        lambda subject: not _widths(subject.file) <= set(BYTE_COUNTS),
        misread=padded_in_front,
    ),
    Rule(
        "byte-order",
        "FCS 3.0, 3.2.20 $BYTEORD",
        "$BYTEORD may name any order of the bytes before FCS 3.1, and it is not the order of the machine.",
        lambda subject: subject.file.keywords.get("$BYTEORD") not in _ORDERS,
        misread=little_endian,
    ),
    Rule(
        "parameter-types",
        "FCS 3.2, TEXT segment, $PnDATATYPE",
        "$PnDATATYPE goes before $DATATYPE.",
        lambda subject: (
            subject.file.version == "3.2"
            and any(
                f"$P{n}DATATYPE" in subject.file.keywords for n in range(1, len(subject.file.channels) + 1)
            )
        ),
        misread=general_type,
    ),
    Rule(
        "integer-width",
        "FCS 3.0, 3.2.20 $PnB",
        "Integers may have any whole number of bytes, and each parameter its own.",
        lambda subject: len(_widths(subject.file)) > 1 or not _widths(subject.file) <= {1, 2, 4},
        complaint=r"bit width|bit size|no events|reshape|IndexError|itemsize|not understood",
    ),
    Rule(
        "bits-in-bytes",
        "FCS 3.0, 3.2.20 $PnB",
        "$PnB is a multiple of 8 in practice; the length of DATA shows in how many bytes a value lies.",
        _warned("parameter-bits-stored-wider"),
    ),
    Rule(
        "ascii-data",
        "FCS 3.0, 3.2.20 $DATATYPE",
        "DATA may hold numbers written as text, deprecated since FCS 3.1.",
        lambda subject: subject.file.keywords.get("$DATATYPE", "").upper() == "A",
        complaint=r"'A'|not yet supported|bad char|typecode|struct",
    ),
    Rule(
        "last-byte",
        "FCS 3.0, 3.1.1",
        "A segment ends on its last byte, not behind it; $TOT proves where.",
        _warned("data-end-past", "data-end-missing"),
        readers=("flowio",),
        about="place",
        complaint=r"off by 1|correct byte offsets",
    ),
    Rule(
        "two-places",
        "FCS 3.0, 3.1.1 and 3.2.4",
        "HEADER and TEXT name one place of DATA; where they differ, the one that holds $TOT events is right.",
        _warned("data-offsets-differ", "data-offsets-missing"),
        about="place",
        complaint=r"discrepancy|begindata|enddata|BEGINDATA|ENDDATA",
    ),
    Rule(
        "place-in-text",
        "FCS 3.0, 3.1.1 and 3.2.4",
        "Where HEADER names no place of DATA, $BEGINDATA and $ENDDATA do.",
        _warned("header-offsets-blank", "header-offsets-unreadable"),
        about="place",
        complaint=r"invalid literal for int",
    ),
    Rule(
        "total-optional",
        "FCS 2.0, TEXT segment, $TOT",
        "$TOT is not required in FCS 2.0: the length of DATA gives the number of events.",
        _lacks("$TOT"),
        about="place",
        complaint=r"KeyError: '\$?tot'",
    ),
    Rule(
        "whole-events",
        "FCS 3.0, 3.2.20 $TOT",
        "$TOT is the number of events in DATA; here it is not, and the whole events there are were read.",
        _warned("data-truncated", "total-mismatch"),
        about="place",
        complaint=r"greater than file size|corrupted|reshape|EOFError|buffer",
    ),
    Rule(
        "names-optional",
        "FCS 3.0, 3.2.19 $PnN",
        "$PnN is required from FCS 3.1 on only.",
        _warned("channel-unnamed"),
        about="text",
    ),
    Rule(
        "unique-names",
        "FCS 3.1, TEXT segment, $PnN",
        "$PnN is unique in a file; where it is not, the parameter number tells the channels apart.",
        _warned("channel-name-duplicate"),
        about="text",
    ),
    Rule(
        "next-data",
        "FCS 3.0, 3.2.20 $NEXTDATA",
        "A file may hold several data sets; $NEXTDATA leads from one to the next.",
        lambda subject: subject.file.n_datasets > 1 or subject.file.dataset > 0,
        readers=("flowio",),
        about="place",
        complaint=r"multiple data sets",
    ),
    Rule(
        "next-data-zero",
        "FCS 3.0, 3.2.20 $NEXTDATA",
        "$NEXTDATA 0, or none, says that this is the last data set; one that leads nowhere says the same.",
        lambda subject: subject.lacks("$NEXTDATA") or "next-data-unreadable" in subject.codes,
        about="text",
        complaint=r"KeyError: '\$?nextdata'|multiple data sets",
    ),
    Rule(
        "mode-optional",
        "FCS 3.2, TEXT segment, $MODE",
        "Without $MODE, DATA is a list of events.",
        _lacks("$MODE"),
        about="text",
        complaint=r"KeyError: '\$?mode'|Mode not implemented",
    ),
    Rule(
        "supplemental-text",
        "FCS 3.0, 3.2.4",
        "Keywords of supplemental TEXT count like those of TEXT.",
        _has_supplement,
        about="text",
    ),
    Rule(
        "escaped-delimiter",
        "FCS 3.0, 3.2.7",
        "A delimiter inside a keyword or value is written twice.",
        _has_escapes,
        about="text",
    ),
    Rule(
        "empty-values",
        "FCS 3.0, 3.2.7",
        "Values are not empty; where a file has empty ones, doubled delimiters cannot be escapes.",
        _warned("text-empty-values"),
        about="text",
    ),
    Rule(
        "keyword-case",
        "FCS 3.0, 3.2",
        "Keywords mean the same in upper and lower case.",
        _has_lower_case,
        readers=("fcsparser",),
        about="text",
        complaint=r"KeyError",
    ),
    Rule(
        "encoding",
        "FCS 3.0, 3.2",
        "Values are UTF-8 from FCS 3.1 on; other bytes are kept here as latin-1.",
        _warned("text-latin1"),
        about="text",
    ),
    Rule(
        "float-log",
        "FCS 3.1, TEXT segment, $PnE",
        "$PnE of floating-point data is 0,0: they are linear, and nothing is to be raised to a power.",
        _warned("log-on-float-ignored", "log-on-time-ignored"),
        about="scale",
    ),
    Rule(
        "gain",
        "FCS 3.1 and 3.2, TEXT segment, $PnG",
        "$PnG divides linear values only, from FCS 3.2 on those of integers only, and never time.",
        _warned("gain-with-log-ignored", "gain-on-float-ignored", "time-gain-ignored", "gain-unreadable"),
        about="scale",
    ),
    Rule(
        "big-endian",
        "",
        "fcsparser up to 0.2.4 calls a method that numpy 2 does not have, and so reads no big-endian file.",
        lambda subject: subject.file.keywords.get("$BYTEORD") in ("4,3,2,1", "2,1"),
        readers=("fcsparser",),
        about="text",
        complaint=r"newbyteorder",
    ),
    Rule(
        "compressed",
        "",
        "The standard knows no compressed files; gzip is unpacked here, not by the others.",
        lambda subject: subject.file.path.lower().endswith(".gz"),
        about="text",
    ),
)
RULES: dict[str, Rule] = {rule.code: rule for rule in _ALL}
