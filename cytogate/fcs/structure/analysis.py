"""ANALYSIS: keywords that a program added to a data set (FCS 3.0, 3.4); never needed to read its events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.structure.further_text import read_further_text
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.text.keywords import Keywords
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.errors import Problem
    from cytogate.fcs.structure.window import Window
    from cytogate.fcs.terms import Terms


def locate_analysis(
    header: Segment | None, keywords: Mapping[str, str], text: Segment, available: int
) -> Segment | None:
    """Return where ANALYSIS lies: where TEXT says, else HEADER, whichever is inside the data set first.

    None where neither says anything (0,0 or 0,-1); a place outside where both point there. What points at
    TEXT itself is no ANALYSIS.
    """
    begin, end = integer(keywords.get("$BEGINANALYSIS")), integer(keywords.get("$ENDANALYSIS"))
    in_text = Segment(begin, end) if begin and end else None
    said = [place for place in (in_text, header) if place is not None and place.begin > 0 and place.end > 0]
    inside = [
        place
        for place in said
        if place.lies_in(available) and (place.begin > text.end or place.end < text.begin)
    ]
    return next(iter(inside or said), None)


def read_analysis(
    window: Window, place: Segment, delimiter: bytes, terms: Terms, path: str
) -> tuple[Keywords, tuple[Problem, ...]]:
    """Return the keywords of ANALYSIS and what is odd about it; none, and why, where it cannot be read.

    Raises
    ------
    FcsError
        When the file changes meanwhile.
    """
    if not place.lies_in(window.available) or place.length > terms.limits.max_text_bytes:
        message = f"said to lie at {place}, in a data set of {window.available} bytes; left out."
        return Keywords({}), _unreadable(path, message)
    if not window.segment(place).strip(BLANK):
        return Keywords({}), ()  # room for keywords to come
    found = read_further_text(window, place, delimiter, terms, path)
    if found.reason:
        return Keywords({}), _unreadable(path, f"{place} cannot be read ({found.reason}); left out.")
    return found.keywords, tuple(
        replace(problem, location=f"{path}: ANALYSIS {problem.location.removeprefix(path + ': ')}")
        for problem in found.problems
    )


def _unreadable(path: str, message: str) -> tuple[Problem, ...]:
    findings = Findings(path)
    findings.note("analysis-unreadable", "ANALYSIS", message)
    return tuple(findings.problems)
