"""Visits as labs write them: W4, week 12, V2, D28, baseline; and the week that they are."""

from __future__ import annotations

import re

_NUMBERED = re.compile(
    r"(?:(?P<week>w|wk|week)|(?P<day>d|day)|(?P<month>m|mo|mon|month)|(?P<other>v|visit|t|tp|timepoint|c|cycle))"
    r"[ _-]?(?P<number>\d{1,3})",
    re.IGNORECASE,
)
_START = re.compile(r"baseline|base|bl|pre|predose|pre-dose|screening|scr|screen", re.IGNORECASE)
_LATER = re.compile(
    r"post|eos|eot|end|followup|follow-up|fu\d?|unscheduled|uns|relapse|flare\d?", re.IGNORECASE
)


def is_visit(text: str) -> bool:
    """Return whether a part of a name is a visit.

    Examples
    --------
    >>> [is_visit(text) for text in ("W4", "week 12", "BL", "D28", "Bcell")]
    [True, True, True, True, False]
    """
    return any(pattern.fullmatch(text.strip()) for pattern in (_NUMBERED, _START, _LATER))


def week_of_visit(text: str) -> str:
    """Return the week that a visit names, as the sheet has it; "" where its name does not tell it.

    Examples
    --------
    >>> [week_of_visit(text) for text in ("W04", "D28", "D10", "BL", "V2", "M0")]
    ['4', '4', '', '0', '', '0']
    """
    text = text.strip()
    if _START.fullmatch(text):
        return "" if text.lower().startswith("scr") else "0"
    match = _NUMBERED.fullmatch(text)
    if match is None:
        return ""
    number = int(match["number"])
    if match["week"]:
        return str(number)
    if match["day"]:
        return str(number // 7) if number % 7 == 0 else ""
    return "0" if match["month"] and not number else ""
