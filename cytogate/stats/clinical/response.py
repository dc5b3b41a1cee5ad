"""Who responded, and how many: subjects judged by a rule at a visit, and rates with exact intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from cytogate.stats.clinical.carrying import carried_forward
from cytogate.stats.clinical.rules import Rule, is_state, judge
from cytogate.stats.intervals import clopper_pearson, wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.stats.clinical.state import ClinicalState, Response

Missing = Literal["nri", "locf"]  # non-responder imputation, last observation carried forward
History = tuple["ClinicalState", ...]  # one subject's visits


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the subjects that could be judged responded.

    Attributes
    ----------
    responders, evaluable : int
        Those with missing values are evaluable, and non-responders.
    not_evaluable : int
        Subjects that the rule cannot judge, such as with a baseline too low to improve; not in the rate.
    percent : float or None
        None where nobody was evaluable.
    exact, wilson : (float, float) or None
        Clopper-Pearson and Wilson interval, in percent.
    """

    responders: int
    evaluable: int
    not_evaluable: int
    percent: float | None
    exact: tuple[float, float] | None
    wilson: tuple[float, float] | None

    def __str__(self) -> str:
        """Return such as ``5/6 = 83.3 % (35.9 to 99.6)``, with the exact interval."""
        if self.percent is None or self.exact is None:
            return f"{self.responders}/{self.evaluable}"
        low, high = self.exact
        return f"{self.responders}/{self.evaluable} = {self.percent:.1f} % ({low:.1f} to {high:.1f})"


def judge_at(
    rule: Rule,
    history: History,
    *,
    baseline: str,
    at: str,
    week: float | None = None,
    missing: Missing = "nri",
) -> Response:
    """Judge one subject at a visit.

    Parameters
    ----------
    rule : Rule
        Of `rules.rule_of`.
    history : tuple of ClinicalState
        The subject's visits, in any order; empty for a subject without clinical data.
    baseline, at : str
        Visits, by name: a screening visit may be the baseline.
    week : float or None
        Planned week of `at`, for subjects without a row of it.
    missing : str
        nri: what is missing at the visit makes a non-responder. locf: the last value after baseline is
        carried forward first, and the reasons say which; what is missing even so makes a non-responder.
        Baseline values are never carried or imputed.

    Returns
    -------
    Response
    """
    before = next((state for state in history if state.visit == baseline), None)
    after = next((state for state in history if state.visit == at), None)
    carried: tuple[str, ...] = ()
    if missing == "locf":
        after, carried = carried_forward(history, baseline=before, at=at, week=week)
    found = judge(rule, before, after, history=history)
    return replace(found, reasons=(*found.reasons, *carried)) if carried else found


def rate(answers: Iterable[bool | None], *, level: float = 0.95) -> Rate:
    """Return the response rate of yes, no and None (not evaluable) answers.

    Examples
    --------
    >>> str(rate([True, True, True, False, True, True]))
    '5/6 = 83.3 % (35.9 to 99.6)'
    """
    given = list(answers)
    judged = [answer for answer in given if answer is not None]
    yes, n = sum(judged), len(judged)
    if not n:
        return Rate(0, 0, len(given), None, None, None)
    exact, score = (
        (100 * low, 100 * high)
        for low, high in (clopper_pearson(yes, n, level=level), wilson(yes, n, level=level))
    )
    return Rate(yes, n, len(given) - n, 100 * yes / n, exact, score)


def over_visits(
    rule: Rule,
    histories: Mapping[str, History],
    *,
    baseline: str,
    visits: Mapping[str, float | None],
    missing: Missing = "nri",
    level: float = 0.95,
) -> dict[str, tuple[Rate, dict[str, Response]]]:
    """Judge every subject at every visit.

    Parameters
    ----------
    rule : Rule
    histories : mapping of subject to visits
        Every treated subject; one without clinical data has none, and is a non-responder throughout.
    baseline : str
    visits : mapping of visit to planned week
        In the order that is wanted; the baseline is left out of an index of change.
    missing : str
        As `judge_at`.
    level : float
        Of intervals.

    Returns
    -------
    dict of visit to (rate, verdict of each subject)
    """
    found = {}
    for visit, week in visits.items():
        if visit == baseline and not is_state(rule):
            continue
        verdicts = {
            subject: judge_at(rule, history, baseline=baseline, at=visit, week=week, missing=missing)
            for subject, history in histories.items()
        }
        found[visit] = rate((one.responder for one in verdicts.values()), level=level), verdicts
    return found
