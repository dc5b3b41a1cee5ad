"""Judge: what a reader makes of a case, held against the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

RELATIVE = 1e-12  # of scale values; stored ones must be exact


@dataclass(frozen=True)
class Seen:
    """What a reader did.

    Attributes
    ----------
    kind : str
        ``values``, ``refused``, ``crashed``, ``hung`` or ``out of memory``.
    codes : tuple of str
        Of the warnings, or of the error.
    raw, scale : sequence of rows, or None
        None where the reader does not give them.
    message : str
        Of the error.
    """

    kind: str
    codes: tuple = ()
    raw: object = None
    scale: object = None
    message: str = ""


@dataclass(frozen=True)
class Verdict:
    """How good an answer is, and the answer in a few words."""

    rating: str  # ACCEPTABLE, WRONG, or what else happened
    answer: str

    @property
    def is_acceptable(self):
        return self.rating == ACCEPTABLE


ACCEPTABLE, WRONG, UNSAID, UNDUE = "acceptable", "silently wrong", "no warning", "not allowed"


def verdict(case, seen, *, lenient=False, knows_codes=True):
    """Judge what was seen of a case.

    Parameters
    ----------
    knows_codes : bool
        Whether codes of warnings and errors are compared; of a reader with other ones only the kind is.
    """
    answers = case.answers(lenient=lenient)
    if seen.kind == "refused":
        return Verdict(
            ACCEPTABLE if _may_refuse(answers, seen.codes, knows_codes) else UNDUE, _said("refused", seen)
        )
    if seen.kind != "values":
        return Verdict(seen.kind, _said(seen.kind, seen))
    if lenient and {"~" + code for code in seen.codes} & answers:
        return Verdict(ACCEPTABLE, _said("read as it says", seen))
    truth = case.truth(lenient=lenient)
    if truth is None or not _is_true(truth, seen):
        return Verdict(WRONG, _said("other values", seen))
    rating = _rate_warnings(case, answers, seen, knows_codes)
    return Verdict(rating, _said("read", seen))


def _may_refuse(answers, codes, knows_codes):
    refusals = {answer[1:] for answer in answers if answer.startswith("!")}
    return bool(refusals) and ("" in refusals or not knows_codes or bool(refusals & set(codes)))


def _rate_warnings(case, answers, seen, knows_codes):
    warned = {answer[1:] for answer in answers if answer.startswith("+")}
    if "exact" in answers and (not seen.codes or "" in warned):
        return ACCEPTABLE
    if not seen.codes and case.is_valid and not knows_codes:  # the standard asks for values, not for warnings
        return ACCEPTABLE
    if not seen.codes:
        return UNSAID if warned else UNDUE
    if not knows_codes:
        return ACCEPTABLE if warned or "exact" in answers else UNDUE
    fitting = "" in warned or bool(warned & set(seen.codes))
    if case.is_valid:  # no false alarms
        fitting = fitting and ("" in warned or set(seen.codes) <= warned)
    return ACCEPTABLE if fitting else UNDUE


def _said(what, seen):
    return f"{what}: {', '.join(seen.codes)}" if seen.codes else what


def _is_true(truth, seen):
    if seen.raw is not None and not _same(truth.raw(), seen.raw, 0.0):
        return False
    return seen.scale is None or _same(truth.scale(), seen.scale, RELATIVE)


def _same(expected, given, tolerance):
    if len(expected) != len(given):
        return False
    for row, other in zip(expected, given, strict=True):
        if len(row) != len(other):
            return False
        for a, b in zip(row, other, strict=True):
            if a != b and not (math.isnan(a) and math.isnan(b)) and not abs(a - b) <= tolerance * abs(a):
                return False
    return True
