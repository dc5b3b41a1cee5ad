"""ANALYSIS: keywords that a program added to a data set (FCS 3.0, 3.4); never needed to read its events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import FcsError, Problem
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.text.keywords import Keywords
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.text.parse import parse_text
from cytogate.fcs.text.words import BLANK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.limits import Limits
    from cytogate.fcs.structure.window import Window
    from cytogate.fcs.versions import VersionRules


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
    window: Window, place: Segment, delimiter: bytes, rules: VersionRules, path: str, limits: Limits
) -> tuple[Keywords, tuple[Problem, ...]]:
    """Return the keywords of ANALYSIS and what is odd about it; none, and why, where it cannot be read.

    Raises
    ------
    FcsError
        When the file changes meanwhile.
    """
    findings = Findings(path)
    if not place.lies_in(window.available) or place.length > limits.max_text_bytes:
        message = f"said to lie at {place}, in a data set of {window.available} bytes; left out."
        findings.note("analysis-unreadable", "ANALYSIS", message)
        return Keywords({}), tuple(findings.problems)
    raw = window.segment(place)
    if not raw.strip(BLANK):
        return Keywords({}), ()  # room for keywords to come
    try:
        keywords = parse_text(
            raw, window.start + place.begin, rules, findings, limits, supplemental=True, delimiter=delimiter
        )
        reason = "" if keywords else "no keywords"
    except FcsError as error:
        reason = f"{error.code}: {error.found}"
    if reason:
        findings = Findings(path)
        message = f"{place} cannot be read ({reason}); left out."
        findings.note("analysis-unreadable", "ANALYSIS", message)
        return Keywords({}), tuple(findings.problems)
    return keywords, tuple(
        replace(problem, location=f"{path}: ANALYSIS {problem.location.removeprefix(path + ': ')}")
        for problem in findings.problems
    )
