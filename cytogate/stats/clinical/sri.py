"""Systemic lupus responder index (SRI-k): a rule of clauses, each a parameter, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, nearest
from cytogate.stats.clinical import clauses
from cytogate.stats.clinical.sledai import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.stats.clinical.clauses import Outcome
    from cytogate.stats.clinical.state import ClinicalState, Response


@dataclass(frozen=True, slots=True)
class SriProfile:
    """The clauses of the rule.

    Attributes
    ----------
    name : str
    improvement : int
        Points by which SLEDAI must fall (4 for SRI-4).
    max_new_a, max_new_b : int or None
        Most BILAG systems that may become A, or B from C, D or E; None leaves the clause out.
    pga_worsening : float or None
        Increase of the PGA that counts as worsening, on the 0-3 scale; None leaves the clause out.
    pga_border_allowed : bool
        Whether an increase of exactly `pga_worsening` is still no worsening.
    max_prednisone : float or None
        Highest dose in mg a day from week `prednisone_by_week` on; None leaves the clause out.
    prednisone_by_week : float
        At earlier visits the dose is not judged.
    medication : bool
        Whether a recorded violation makes a non-responder.
    instrument : str
        Version of SLEDAI, one of `INSTRUMENTS`; words only, as all have the same weights.
    """

    name: str
    improvement: int = 4
    max_new_a: int | None = 0
    max_new_b: int | None = 1
    pga_worsening: float | None = 0.3
    pga_border_allowed: bool = False
    max_prednisone: float | None = None
    prednisone_by_week: float = 0.0
    medication: bool = True
    instrument: str = "SLEDAI-2K"


CANONICAL = "canonical"
# Furie et al. 2009: no new A, at most one new B, PGA increase below 0.30.
_CANONICAL = SriProfile(CANONICAL)
PROFILES: Mapping[str, SriProfile] = MappingProxyType(
    {
        CANONICAL: _CANONICAL,
        "furie2009": _CANONICAL,
        # Kamen et al. 2022: the abstract names no B clause, allows a PGA increase of 0.3, and asks for
        # prednisone of at most 10 mg a day by week 20.
        "kamen2022": SriProfile(
            "kamen2022",
            max_new_b=None,
            pga_border_allowed=True,
            max_prednisone=10.0,
            prednisone_by_week=20.0,
        ),
    }
)
# What readers of a profile must be told.
NOTES: Mapping[str, str] = MappingProxyType(
    {"kamen2022": "new BILAG B is not asked: the abstract of Kamen et al. 2022 does not state such a clause"}
)


def profile(name: str) -> SriProfile:
    """Return the clauses published under `name`; an unknown name lists the known ones."""
    try:
        return PROFILES[name]
    except KeyError:
        message = f"Unknown response profile {name!r}. {nearest(name, list(PROFILES))}"
        raise CytogateError(message) from None


def sri(
    baseline: ClinicalState | None,
    endpoint: ClinicalState | None,
    rule: SriProfile,
    *,
    history: Sequence[ClinicalState] = (),
) -> Response:
    """Judge one subject: all clauses met, or a non-responder with the reasons.

    Parameters
    ----------
    baseline, endpoint : ClinicalState or None
        The visits compared; None where a visit is missing, which makes a non-responder.
    rule : SriProfile
    history : sequence of ClinicalState
        The subject's visits, for the clause on prednisone: every dose recorded from the week that the rule
        names up to the endpoint counts.

    Returns
    -------
    Response
        Missing values make a non-responder with a reason; a baseline SLEDAI below the improvement asked for
        cannot respond and is "not evaluable" (`responder` None).
    """
    short = INSTRUMENTS[rule.instrument].short
    if baseline is not None and baseline.sledai is not None and baseline.sledai < rule.improvement:
        return clauses.not_evaluable(
            f"baseline {short} {baseline.sledai:g} cannot fall by {rule.improvement}"
        )
    if baseline is None or endpoint is None:
        return clauses.visit_missing("baseline" if baseline is None else "end-point")
    return clauses.verdict(
        {
            "sledai": _fall(baseline, endpoint, rule.improvement, short),
            "bilag": clauses.bilag_new(baseline, endpoint, most_a=rule.max_new_a, most_b=rule.max_new_b),
            "pga": clauses.pga_rise(
                baseline, endpoint, worsening=rule.pga_worsening, border_allowed=rule.pga_border_allowed
            ),
            "prednisone": _prednisone(endpoint, rule, history),
            "medication": clauses.medication(endpoint, asked=rule.medication),
        }
    )


def _fall(baseline: ClinicalState, endpoint: ClinicalState, points: int, short: str) -> Outcome:
    if baseline.sledai is None or endpoint.sledai is None:
        return clauses.missing(short)
    change = endpoint.sledai - baseline.sledai
    found = f"{short} {baseline.sledai:g} to {endpoint.sledai:g}: {clauses.moved(change, 'g')}"
    return change <= -points, f"{found}, a fall of {points} or more is needed"


def _prednisone(endpoint: ClinicalState, rule: SriProfile, history: Sequence[ClinicalState]) -> Outcome:
    if rule.max_prednisone is None:
        return None
    if endpoint.week is not None and endpoint.week < rule.prednisone_by_week:
        return True, f"prednisone: due by week {rule.prednisone_by_week:g}, not judged at {endpoint.visit}"
    late = [
        state
        for state in history
        if state.week is not None
        and state.visit != endpoint.visit
        and rule.prednisone_by_week <= state.week
        and (endpoint.week is None or state.week < endpoint.week)
    ]
    if endpoint.prednisone_mg_day is None:
        return clauses.missing(f"prednisone at {endpoint.visit}")
    doses = [(s.visit, s.prednisone_mg_day) for s in (*late, endpoint) if s.prednisone_mg_day is not None]
    visit, worst = max(doses, key=lambda pair: pair[1])
    met = worst <= rule.max_prednisone
    asked = f"at most {rule.max_prednisone:g} mg by week {rule.prednisone_by_week:g}"
    return met, f"prednisone {worst:g} mg a day at {visit} ({asked})"
