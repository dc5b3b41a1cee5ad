"""Advice: what a person at the bench can do about each warning, or that there is nothing to do."""

from __future__ import annotations

_OWN_MATRIX = "Compensate with a matrix of your own (compensation: in the template)"

ADVICE: dict[str, str] = {
    "header-offsets-blank": "Nothing to do: TEXT says where the events lie, and they fit.",
    "header-offsets-unreadable": "Nothing to do: TEXT says where the events lie, and they fit.",
    "header-version-blanks": "Nothing to do: these bytes mean nothing.",
    "data-offsets-differ": "Nothing to do: only one place fits the events. Other programs may err.",
    "data-offsets-missing": "Nothing to do: HEADER says where the events lie, and they fit.",
    "data-end-past": "Nothing to do: a habit of several instruments; the events fit without the byte.",
    "data-end-missing": "Compare the number of events with that of the instrument.",
    "byte-order-mixed": "Nothing to do: bytes are put in order. Other programs may read other numbers.",
    "more-data-sets": "Read the others one by one: --dataset 1 is the second (dataset=1 in Python).",
    "data-set-unlinked": "Were two files put behind each other? Read them one by one.",
    "data-end-uncertain": "Compare the number of events with that of the instrument.",
    "next-data-unreadable": "If the file should hold further data sets, copy it again; else nothing to do.",
    "bits-beyond-range": (
        "Instruments of Beckman Coulter keep other things in these bits: nothing to do. "
        "Else compare minimum and maximum of these channels with what the instrument shows."
    ),
    "values-not-finite": "Look which channel it is: these events are missing from every gate on it.",
    "values-rounded": "Nothing to do for gating; use raw() where every digit counts.",
    "ascii-decimal": "Nothing to do: the numbers are read as they are written.",
    "data-truncated": "Copy the file again from the instrument; percentages of what is left may be biased.",
    "total-mismatch": "Compare the number of events with that of the instrument, and copy the file again.",
    "header-offsets-wrapped": "Nothing to do: the file is too long for HEADER, and TEXT has the numbers.",
    "text-end-short": "Nothing to do: all keywords are read.",
    "text-begin-late": "Nothing to do: all keywords are read.",
    "segments-overlap": "Compare the number of events with that of the instrument.",
    "next-data-absolute": "Nothing to do: the next data set is found.",
    "analysis-unreadable": "Nothing to do for gating: what lacks are results that the instrument stored.",
    "checksum-differs": "Copy the file again: it was changed or damaged after it was written.",
    "text-end-past": "Nothing to do: all keywords are read.",
    "text-no-final-delimiter": "Nothing to do: all keywords are read.",
    "text-padded": "Nothing to do: a habit of several instruments.",
    "text-junk": "Nothing to do: all keywords are read.",
    "text-begins-early": "Nothing to do: all keywords are read.",
    "text-empty-values": "Nothing to do: a habit of many instruments. Other programs may refuse the file.",
    "text-delimiter-first": "Look at the keywords that are named, with --keywords.",
    "text-ambiguous": "Look at the keywords that are named, with --keywords: one may hold two.",
    "text-delimiter-in-value": "Look at the keyword that is named, with --keywords: it may hold two.",
    "text-keyword-in-value": "Look at the keyword that is named, with --keywords: it may hold two.",
    "text-delimiter-unescaped": "Look at the keyword that is named, with --keywords: a word may be lost.",
    "text-blanks": "Nothing to do: the keywords are found without the blanks.",
    "text-latin1": "Look at labels with letters such as é or µ, which may be wrong; numbers are right.",
    "text-unicode-unclear": "Look at the value of the keyword, with --keywords; numbers are not affected.",
    "text-duplicate-keyword": "Look at the keyword that is named: was the file edited by another program?",
    "supplemental-text-differs": "Look at the keyword that is named: was the file edited by another program?",
    "supplemental-text-ignored": "Nothing to do: what is needed to read the events stands in TEXT.",
    "keywords-missing": "Nothing to do: the events do not depend on them.",
    "total-missing": "Compare the number of events with that of the instrument.",
    "parameter-bits-missing": "Nothing to do: the type gives the width.",
    "parameter-bits-stored-wider": "Nothing to do: the length of DATA proves how values are stored.",
    "parameter-range-unreadable": "Nothing to do: ranges of floating-point values change none of them.",
    "parameters-beyond-count": "Compare the channels with those of the instrument: more are described.",
    "parameter-type-ignored": "Nothing to do: before FCS 3.2 one type holds for the whole file.",
    "channel-name-comma": "Nothing to do, unless the channel needs compensation, which cannot name it.",
    "channel-unnamed": "Use the name that is shown (P3 is the third channel) in templates.",
    "channel-name-duplicate": "Use the names that are shown, FL1 (P3) say, in templates.",
    "log-on-float-ignored": "Nothing to do: floating-point values are linear already.",
    "log-offset-zero": "Nothing to do: the standard means 1 by it. Other programs may give zeros.",
    "log-scale-missing": "Look whether log amplifiers were used: then these values are not linear.",
    "log-scale-unreadable": "Look whether log amplifiers were used: then these values are not linear.",
    "log-decades-zero": "Nothing to do: without decades the scale is linear.",
    "decimal-comma": "Look whether the number that is shown is the right one.",
    "log-on-time-ignored": "Nothing to do: time is never on a log scale.",
    "gain-unreadable": "Values are as stored: do not compare them with files that state a gain.",
    "gain-with-log-ignored": "Nothing to do: a log scale has no gain.",
    "gain-on-float-ignored": "Nothing to do: from FCS 3.2 on, floating-point values hold their gain already.",
    "time-gain-ignored": "Nothing to do: many instruments write it, and it does not apply to time.",
    "timestep-unreadable": "Do not take values of time for seconds; their order is right.",
    "acquisition-date-form": "Nothing to do: the date has one reading.",
    "acquisition-date-unreadable": "Look at $DATE with --keywords, and give the date in your sample sheet.",
    "acquisition-time-form": "Nothing to do: seconds are right, fractions of them may not be.",
    "acquisition-time-unreadable": "Look at $BTIM and $ETIM with --keywords; events are not affected.",
    "acquisition-over-midnight": "Look whether the tube was run over midnight; if not, a clock was changed.",
    "acquisition-volume-unreadable": "Look at $VOL with --keywords; counts per microlitre need the volume.",
    "acquisition-volume-unit": "Compare the volume with the instrument before you count per microlitre.",
    "spillover-count": f"{_OWN_MATRIX}.",
    "spillover-length": f"{_OWN_MATRIX}; look at the keyword with --keywords.",
    "spillover-decimal-commas": f"{_OWN_MATRIX}, or export again with decimal points.",
    "spillover-name-commas": f"{_OWN_MATRIX}, or name the channels without commas on the instrument.",
    "spillover-coefficient": f"{_OWN_MATRIX}; look at the keyword with --keywords.",
    "spillover-not-finite": f"{_OWN_MATRIX}.",
    "spillover-numbered": f"{_OWN_MATRIX}; the message says which channels the numbers would be.",
    "spillover-labels": f"{_OWN_MATRIX}, with names of channels instead of markers.",
    "spillover-unknown-detector": f"{_OWN_MATRIX}. Was a channel renamed, or left out of an export?",
    "spillover-duplicate-detector": f"{_OWN_MATRIX}.",
    "spillover-diagonal-zero": f"{_OWN_MATRIX}, or correct the keyword.",
    "spillover-zero": f"If the file was to be compensated: {_OWN_MATRIX[0].lower()}{_OWN_MATRIX[1:]}.",
    "spillover-unusable": f"{_OWN_MATRIX}, computed from single stains; two detectors may see the same.",
    "spillover-percent": f"{_OWN_MATRIX}, computed from single stains.",
    "spillover-conflict": f"Look which of the two is right. {_OWN_MATRIX} if the wrong one is used.",
    "spillover-name-spelling": "Nothing to do: there is one channel that each name can mean.",
    "spillover-condition": "Look at the largest coefficients: two detectors see nearly the same.",
    "spillover-diagonal": "Look at the matrix: are two names exchanged, or are the values percentages?",
    "spillover-negative": "Look at the matrix: negative values come from unmixing, or from a slip by hand.",
}


def advice_on(code: str) -> str:
    """Return what to do about a warning; nothing where it says so itself.

    Examples
    --------
    >>> advice_on("text-padded")
    'Nothing to do: a habit of several instruments.'
    """
    return ADVICE.get(code, "")
