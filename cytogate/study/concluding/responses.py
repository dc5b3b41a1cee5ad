"""Who of a study responded, by its rule: for the manifest and for every visit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cytogate.stats.clinical.response import judge_at, over_visits, rate
from cytogate.stats.clinical.rules import is_index
from cytogate.stats.clinical.sri import NOTES, SriProfile

if TYPE_CHECKING:
    from cytogate.stats.clinical.response import History, Rate
    from cytogate.stats.clinical.rules import Rule
    from cytogate.stats.clinical.state import ClinicalState, Response
    from cytogate.study.planning.plan import Plan


def histories(plan: Plan) -> dict[str, History]:
    """Return the clinical visits of each subject of the sheet, then of those of the clinical table alone."""
    found: dict[str, list[ClinicalState]] = {
        row.subject: [] for row in plan.rows if row.role == "sample" and row.subject
    }
    for visit in plan.clinical:
        found.setdefault(visit.subject, []).append(visit.state)
    return {subject: tuple(states) for subject, states in found.items()}


def visit_weeks(plan: Plan) -> dict[str, float | None]:
    """Return the week of each visit of the clinical table, by week."""
    weeks: dict[str, float | None] = {}
    for visit in plan.clinical:
        if weeks.get(visit.state.visit) is None:
            weeks[visit.state.visit] = visit.state.week
    return dict(sorted(weeks.items(), key=lambda pair: float("inf") if pair[1] is None else pair[1]))


def response(plan: Plan) -> dict[str, Any] | None:
    """Return who responded and why, clause by clause, and the rate; None where none is asked for."""
    wanted = plan.study.response
    if wanted is None:
        return None
    rule = wanted.asked
    week = visit_weeks(plan).get(wanted.at)
    verdicts = {
        subject: judge_at(
            rule,
            history,
            baseline=plan.study.baseline or "",
            at=wanted.at,
            week=week,
            missing=wanted.missing,
        )
        for subject, history in histories(plan).items()
    }
    return {
        "rule": wanted.rule,
        "profile": wanted.profile if is_index(wanted.rule) else "",
        "at": wanted.at,
        "missing": wanted.missing,
        "instrument": wanted.instrument,
        "clauses": asdict(rule),
        "notes": _notes(wanted.profile, rule),
        "rate": asdict(rate(verdict.responder for verdict in verdicts.values())),
        "subjects": {
            subject: {
                "responder": verdict.responder,
                "reasons": list(verdict.reasons),
                "clauses": dict(verdict.clauses),
            }
            for subject, verdict in verdicts.items()
        },
    }


def _notes(profile: str, rule: Rule) -> list[str]:
    """Return what readers must be told of the rule."""
    notes = []
    if isinstance(rule, SriProfile) and rule.max_new_b is None and profile in NOTES:
        notes.append(NOTES[profile])
    return notes


def responses_over_visits(plan: Plan) -> dict[str, tuple[Rate, dict[str, Response]]]:
    """Return the rate and every verdict at each visit of the clinical table; empty without a rule."""
    wanted = plan.study.response
    if wanted is None:
        return {}
    return over_visits(
        wanted.asked,
        histories(plan),
        baseline=plan.study.baseline or "",
        visits=visit_weeks(plan),
        missing=wanted.missing,
    )
