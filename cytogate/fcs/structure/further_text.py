"""Further TEXT: its supplement and ANALYSIS, segments of keywords that the events can be read without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import FcsError, Problem
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.text.keywords import Keywords
from cytogate.fcs.text.parse import parse_text

if TYPE_CHECKING:
    from cytogate.fcs.structure.header import Segment
    from cytogate.fcs.structure.window import Window
    from cytogate.fcs.terms import Terms


@dataclass(frozen=True, slots=True)
class FurtherText:
    """Keywords of such a segment and what is odd about them; or `reason`, why it cannot be read."""

    keywords: Keywords
    problems: tuple[Problem, ...] = ()
    reason: str = ""


def read_further_text(
    window: Window, place: Segment, delimiter: bytes, terms: Terms, path: str
) -> FurtherText:
    """Return what a segment holds that lies in the data set; it shares the delimiter of TEXT."""
    findings = Findings(path)
    try:
        keywords = parse_text(
            window.segment(place),
            window.start + place.begin,
            terms,
            findings,
            supplemental=True,
            delimiter=delimiter,
        )
    except FcsError as error:
        return FurtherText(Keywords({}), reason=f"{error.code}: {error.found}")
    if not keywords:
        return FurtherText(keywords, reason="no keywords")
    return FurtherText(keywords, tuple(findings.problems))
