"""Doubts about clinical tables."""

from __future__ import annotations

from cytogate.stats.clinical.state import ClinicalState
from cytogate.study.sheets.clinical_sheet import ClinicalVisit
from cytogate.study.sheets.doubts import clinical_doubts


def visit(name: str, week: float | None, subject: str = "P1", **grades: str) -> ClinicalVisit:
    return ClinicalVisit(subject, ClinicalState(name, week, bilag=grades))


def test_a_second_visit_at_the_week_of_baseline_is_doubted():
    rows = [visit("Screening", 0), visit("W0", 0), visit("W4", 4), visit("W0", 0, "P2")]
    found = clinical_doubts(rows, "W0", "clinical.csv")
    assert [problem.code for problem in found] == ["baseline-twice"]
    assert "two baselines, 'W0' and 'Screening', at one week; 'W0' is used" in found[0].message


def test_visits_without_a_week_or_a_named_baseline_are_no_two_baselines():
    rows = [visit("Screening", None), visit("W0", None)]
    assert clinical_doubts(rows, "W0", "clinical.csv") == []
    assert clinical_doubts([visit("A", 0), visit("B", 0)], None, "clinical.csv") == []


def test_a_system_that_was_involved_cannot_never_have_been():
    rows = [visit("W4", 4, renal="E"), visit("W0", 0, renal="B"), visit("W0", 0, "P2", renal="E")]
    found = clinical_doubts(rows, "W0", "clinical.csv")
    assert [problem.code for problem in found] == ["grade-contradicts"]
    assert "renal is E (never involved) at W4 after B at W0" in found[0].message


def test_a_system_may_become_involved():
    rows = [visit("W0", 0, renal="E"), visit("W4", 4, renal="A"), visit("W8", 8, renal="D")]
    assert clinical_doubts(rows, "W0", "clinical.csv") == []
