"""The response rate of a study as rows among its comparisons, with both ways to treat missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.stats.clinical.response import judge_at, rate
from cytogate.study.concluding.responses import histories, visit_weeks

if TYPE_CHECKING:
    from cytogate.stats.clinical.response import Missing
    from cytogate.study.planning.plan import Plan

Row = dict[str, Any]
RESPONSE = "response"
_SAID: dict[Missing, str] = {
    "nri": "what is missing makes a non-responder",
    "locf": "the last observation is carried forward",
}


def way_of(note: str) -> str:
    """Return how missing values were treated, by the note of a row of the rate: NRI, LOCF, or "".

    Examples
    --------
    >>> way_of("what is missing makes a non-responder; 1 not evaluable"), way_of("")
    ('NRI', '')
    """
    return next((missing.upper() for missing, said in _SAID.items() if note.startswith(said)), "")


def rate_rows(plan: Plan) -> list[Row]:
    """Return exact and Wilson intervals of the rate, by the way of the study first; none without a rule."""
    wanted = plan.study.response
    if wanted is None:
        return []
    rows = []
    for missing in sorted(_SAID, key=lambda way: way != wanted.missing):
        verdicts = [
            judge_at(
                wanted.asked,
                history,
                baseline=plan.study.baseline or "",
                at=wanted.at,
                week=visit_weeks(plan).get(wanted.at),
                missing=missing,
            )
            for history in histories(plan).values()
        ]
        found = rate(verdict.responder for verdict in verdicts)
        said = [_SAID[missing], "" if missing == wanted.missing else "sensitivity analysis"]
        said += [f"{found.not_evaluable} not evaluable"] if found.not_evaluable else []
        said += [] if found.evaluable else ["nobody could be judged"]
        for test, interval in (("Clopper-Pearson", found.exact), ("Wilson", found.wilson)):
            low, high = interval or (None, None)
            rows.append(
                {
                    "subset": RESPONSE,
                    "measure": RESPONSE,
                    "contrast": f"{wanted.rule} at {wanted.at}",
                    "group": "all treated",
                    "test": test,
                    "estimate": found.percent,
                    "ci_low": low,
                    "ci_high": high,
                    "unit": "%",
                    "effect": None,
                    "effect_name": "",
                    "n": found.evaluable,
                    "p": None,
                    "p_floor": None,
                    "note": "; ".join(filter(None, said)),
                    "q": None,
                    "family": "",
                }
            )
    return rows
