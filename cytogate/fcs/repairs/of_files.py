"""Repairs of HEADER, segments, DATA and data sets."""

from __future__ import annotations

from cytogate.fcs.repairs.repair import Repair

FILE_REPAIRS = (
    Repair(
        "header-offsets-blank",
        "offsets of DATA in HEADER are blank; those of TEXT are used",
        seen=("FCSFiles.jl: parse_header", "fireflow: allow_negative"),
    ),
    Repair(
        "header-offsets-unreadable",
        "offsets of HEADER are no numbers, as FCS 3.0, 3.1 has them; those of TEXT are used",
        seen=("fireflow: allow_negative",),
    ),
    Repair("header-version-blanks", "bytes 6 to 9 of HEADER are not blank, as FCS 3.0, 3.1 has them"),
    Repair(
        "data-offsets-differ",
        "HEADER and TEXT name different places of DATA; exactly one is proven",
        seen=(
            *("flowCore#51", "flowCore#71", "flowCore#180", "FlowKit#65", "FlowKit#136", "FlowIO#22"),
            *("cytofkit#6", "cytofkit#89", "flowCore PR#25", "fireflow: squish_offsets"),
        ),
    ),
    Repair(
        "data-offsets-missing",
        "TEXT does not say where DATA lies; HEADER does",
        seen=("flowCore PR#25", "citrus#72", "spade#101"),
    ),
    Repair(
        "data-end-past",
        "DATA is said to end one byte too late",
        seen=("FlowKit#66", "FlowKit#65", "FlowIO: ignore_offset_error"),
    ),
    Repair(
        "data-end-missing",
        "only the beginning of DATA is known, and the events fill the file from there",
        seen=("FlowIO#25",),
    ),
    Repair(
        "byte-order-mixed",
        "$BYTEORD is neither little nor big endian",
        seen=("flowCore#47", "openCyto#94"),
    ),
    Repair(
        "more-data-sets",
        "the file holds more data sets than the one read",
        seen=("fcsparser#1", "fcsparser#24", "fcsparser PR#77", "flowCore#147"),
    ),
    Repair(
        "data-set-unlinked",
        "a data set lies behind the last one that $NEXTDATA (FCS 3.0, 3.2.20) names; it is not read",
    ),
    Repair(
        "data-end-uncertain",
        "DATA without $TOT (which FCS 3.0, 3.2.18 requires) end before bytes that could be whole events",
    ),
    Repair(
        "next-data-unreadable",
        "$NEXTDATA points at no data set",
        seen=("fcsparser PR#2", "flowCore#71"),
    ),
    Repair(
        "bits-beyond-range",
        "integers have bits above $PnR; they are masked away",
        seen=("fcsparser#19", "FlowCal#216", "flowCore#249"),
        later=True,
    ),
    Repair(
        "values-not-finite",
        "values are NaN or infinite; they are kept, and are in no gate",
        seen=("flowCore#194",),
        later=True,
    ),
    Repair(
        "values-rounded",
        "integers above 2**53 are rounded as scale values, raw values are exact (FCS 3.0, 3.2.20: $PnB)",
        later=True,
    ),
    Repair(
        "ascii-decimal",
        "ASCII data hold signs, decimals or exponents, which FCS 3.0, 3.2.20 has not; read as float64",
    ),
    Repair(
        "data-truncated",
        "the file ends before the last event; the whole events there are read",
        lenient=True,
        seen=("fcsparser#23",),
    ),
    Repair(
        "total-mismatch",
        "$TOT is not what DATA holds; the events there are read",
        lenient=True,
        seen=("flowCore#108", "flowCore#179", "flowCore#271"),
    ),
    Repair(
        "header-offsets-wrapped",
        "HEADER has the last eight digits of where DATA lie, which are all that it can hold",
        seen=("fireflow: squish_offsets", "cytofkit#89"),
    ),
    Repair(
        "text-end-short",
        "TEXT goes on behind the end that HEADER says, which FCS 3.0, 2.2.11 wants blank",
        seen=("fireflow: text_correction",),
    ),
    Repair(
        "text-begin-late", "TEXT begins before the place that HEADER says, which FCS 3.0, 2.2.11 wants blank"
    ),
    Repair(
        "segments-overlap",
        "ANALYSIS or OTHER is said to share bytes with DATA (FCS 3.0, 3.1.1); they are read as events",
    ),
    Repair(
        "next-data-absolute",
        "$NEXTDATA counts from the beginning of the file, not of the data set (FCS 3.0, 2.2.13)",
    ),
    Repair(
        "analysis-unreadable",
        "ANALYSIS lies nowhere, or holds no keywords (FCS 3.0, 3.4.1); it is left out",
        later=True,
    ),
    Repair(
        "checksum-differs",
        "the checksum behind the last segment (FCS 3.0, 3.5.0) is not that of the bytes",
        later=True,
    ),
)
