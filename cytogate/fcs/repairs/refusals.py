"""Refusals: what each code of a file that is not read means, and what a person at the bench can do."""

from __future__ import annotations

_EXPORT = "Export the file again from the instrument's program"
_HUGE = "No such file is known: it is damaged, or no FCS file. If it is right, raise the limit in Python."

REFUSALS: dict[str, tuple[str, str]] = {
    "ascii-invalid": ("a value written as text is no number", f"{_EXPORT}, as binary numbers."),
    "ascii-too-large": ("values written as text take too much memory", f"{_EXPORT}, as binary numbers."),
    "bits-invalid": ("$PnB is no width of values of this type", f"{_EXPORT}: its keywords are damaged."),
    "bits-packed": ("values are packed without gaps between bytes", f"{_EXPORT}, in whole bytes."),
    "byte-order-unknown": (
        "$BYTEORD is no order of bytes",
        f"{_EXPORT}: in another order, numbers are others.",
    ),
    "byte-order-width": ("$BYTEORD does not fit the width of the values", f"{_EXPORT}."),
    "changed-while-reading": ("the file changed since it was opened", "Open it again when it is complete."),
    "data-ambiguous": (
        "HEADER and TEXT name two places of DATA, and the events fit both",
        f"{_EXPORT}: one of the places gives plausible, wrong numbers, and nothing says which.",
    ),
    "data-length": (
        "DATA is longer or shorter than the events that are said to be in it",
        "Copy the file again from the instrument, or export it anew.",
    ),
    "data-offsets": ("no place of DATA is stated that can be read", f"{_EXPORT}."),
    "data-overlap": ("DATA lies over HEADER or TEXT", f"{_EXPORT}: the places in the file are damaged."),
    "data-truncated": ("the file ends before its last event", "Copy the file again from the instrument."),
    "dataset-missing": ("the file has no data set of this number", "The first is --dataset 0."),
    "datatype-ascii": ("numbers written as text stand beside binary ones", f"{_EXPORT}."),
    "datatype-unknown": ("$DATATYPE is no type of values", f"{_EXPORT}: its keywords are damaged."),
    "event-range": (
        "events were asked for that are not in the file",
        "Ask for events from 0 to their number.",
    ),
    "file-empty": ("the file has no bytes", "Copy it again from the instrument."),
    "file-missing": ("there is no such file", "Look at its name and folder."),
    "file-not-regular": ("it is a folder or a device, not a file", "Name a file."),
    "file-too-large": ("a compressed or remote file is larger than the limit", "Unpack or copy it first."),
    "file-unreadable": (
        "the system does not let the file be read",
        "Look at permissions and the connection.",
    ),
    "gzip-damaged": ("the compressed file is cut short or damaged", "Copy it again from the instrument."),
    "header-truncated": ("the file ends within HEADER", "Copy it again from the instrument."),
    "keyword-missing": (
        "a keyword is absent that values depend on",
        f"{_EXPORT}: without this keyword the numbers cannot be known.",
    ),
    "keyword-too-long": ("a keyword is longer than the limit", _HUGE),
    "line-ends-changed": ("the file was copied as text", "Copy it again, in binary mode."),
    "log-scale-unreadable": ("$PnE of integers is no scale", f"{_EXPORT}: its keywords are damaged."),
    "mode-not-list": ("the file holds histograms, not events", "Export the list of events."),
    "name-too-long": ("the name of a channel is longer than the limit", _HUGE),
    "network-failed": ("the server did not give the file", "Try again; look at the URL and the connection."),
    "next-data-unreadable": ("the next data set cannot be read", "Copy the file again from the instrument."),
    "not-fcs": ("the file does not begin as FCS files do", "Look whether it is the right file."),
    "not-unpacked": ("a compressed file of a kind that is not unpacked", "Unpack it first."),
    "other-missing": ("there is no OTHER segment of this number", "Look at the segments of the file."),
    "par-invalid": ("$PAR is no number of channels", f"{_EXPORT}: its keywords are damaged."),
    "par-too-large": ("$PAR is above the limit", _HUGE),
    "path-not-text": ("the name of the file is no text", "Rename it."),
    "range-unreadable": ("$PnR of integers is no range", f"{_EXPORT}: without it, values cannot be known."),
    "text-delimiter": (
        "TEXT does not begin with a delimiter",
        "Copy the file again: it is damaged at its begin.",
    ),
    "text-offsets": (
        "HEADER does not say where TEXT lies",
        "Copy the file again: it is damaged at its begin.",
    ),
    "text-syntax": ("TEXT is no pairs of keyword and value in any reading", f"{_EXPORT}: TEXT is damaged."),
    "text-too-large": ("TEXT is above the limit", _HUGE),
    "text-truncated": ("the file ends within TEXT", "Copy it again from the instrument."),
    "too-many-keywords": ("there are more keywords than the limit", _HUGE),
    "tot-invalid": ("$TOT is no number of events", f"{_EXPORT}: its keywords are damaged."),
    "tot-too-large": (
        "$TOT is more events than the file can hold",
        "Copy the file again from the instrument.",
    ),
    "version-unknown": ("the version is not 2.0 to 3.2", f"{_EXPORT}, as FCS 3.0 or 3.1."),
}


def advice_on_refusal(code: str) -> str:
    """Return what to do about a file that is refused; nothing where the code is not known.

    Examples
    --------
    >>> advice_on_refusal("file-empty")
    'Copy it again from the instrument.'
    """
    return REFUSALS.get(code, ("", ""))[1]
