"""Unkeyed: why TEXT has none of the keywords that events cannot be read without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.fcs.text.quoted import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.errors import FcsError
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.text.keywords import Keywords

_FIRST = ("$DATATYPE", "$PAR")
_DAMAGED = "TEXT is damaged, or was written by a program that does not follow the standard."


def refuse_unkeyed(read: Callable[[], bytes], offset: int, keywords: Keywords, findings: Findings) -> None:
    """Refuse TEXT without the first keywords that events need, in the words that fit best.

    Parameters
    ----------
    read : callable
        Returns TEXT; called only where keywords are absent.
    offset : int
        Where it begins in the file.

    Raises
    ------
    FcsError
        When ``$DATATYPE`` or ``$PAR`` is absent.
    """
    lacking = [key for key in _FIRST if key not in keywords]
    if lacking:
        raise _reason(read(), offset, keywords, findings) or findings.error(
            "keyword-missing",
            lacking[0],
            None,
            f"no keyword {lacking[0]}",
            "I, F, D or A" if lacking[0] == "$DATATYPE" else "the number of parameters",
        )


def _reason(raw: bytes, offset: int, keywords: Keywords, findings: Findings) -> FcsError | None:
    expected = "keywords and values between delimiters, such as /$PAR/5/"
    if 2 * max(raw[::2].count(0), raw[1::2].count(0)) > len(raw) // 2:
        found = "characters of two bytes (UTF-16)"
        return findings.error("text-syntax", "TEXT", offset, found, "characters of one byte", _DAMAGED)
    if all(key[1:] in keywords for key in _FIRST):
        found, expected = "keywords without '$', such as DATATYPE and PAR", "$DATATYPE and $PAR"
        return findings.error("keyword-missing", "TEXT", offset, found, expected, _DAMAGED)
    values = {value.upper() for value in keywords.values()}
    if raw[:1] == b"$" or raw[:1].isalnum():
        found = f"{quoted(raw[:16])}, which begins with no delimiter"
        fix = "HEADER names another byte than the first of TEXT, or the first delimiter is missing."
        return findings.error("text-syntax", "TEXT", offset, found, expected, fix)
    if values.intersection(_FIRST):
        found = "keywords in the places of values"
        return findings.error("text-syntax", "TEXT", offset, found, expected, _DAMAGED)
    return None
