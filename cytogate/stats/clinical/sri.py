"""Systemic lupus responder index (SRI-k): a rule of clauses, each a parameter, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRADES = "ABCDE"
SYSTEMS = (
    "constitutional",
    "mucocutaneous",
    "neuropsychiatric",
    "musculoskeletal",
    "cardiorespiratory",
    "gastrointestinal",
    "ophthalmic",
    "renal",
    "haematological",
)
MISSING_PARTS = "not recorded"


@dataclass(frozen=True, slots=True)
class ClinicalState:
    """What the rule looks at, for one subject at one visit.

    Attributes
    ----------
    visit : str
    week : float or None
    sledai : float or None
        SLEDAI-2K total.
    bilag : mapping of system to grade
        Grades A to E; a system left out was not recorded.
    pga : float or None
        Physician's global assessment, 0 to 3.
    prednisone_mg_day : float or None
        Prednisone equivalent.
    meds_violation : bool or None
        Prohibited medication or withdrawal; None where the trial does not record it.
    """

    visit: str
    week: float | None = None
    sledai: float | None = None
    bilag: Mapping[str, str] = field(default_factory=dict)
    pga: float | None = None
    prednisone_mg_day: float | None = None
    meds_violation: bool | None = None


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
    medication : bool
        Whether a recorded violation makes a non-responder.
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


PROFILES: Mapping[str, SriProfile] = MappingProxyType(
    {
        # Furie et al. 2009: no new A, at most one new B, PGA increase below 0.30.
        "furie2009": SriProfile("furie2009"),
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


@dataclass(frozen=True, slots=True)
class Response:
    """The outcome for one subject: `responder` is None when the subject is not evaluable.

    `reasons` says, clause by clause, what was found; for a responder as well.
    """

    responder: bool | None
    reasons: tuple[str, ...]
    clauses: Mapping[str, bool | None]


def profile(name: str) -> SriProfile:
    """Return the clauses published under `name`; an unknown name lists the known ones."""
    try:
        return PROFILES[name]
    except KeyError:
        message = f"Unknown response profile {name!r}. {nearest(name, list(PROFILES))}"
        raise CytogateError(message) from None


def rescale_pga(value: float, *, scale: float) -> float:
    """Return a physician's global assessment recorded on 0 to `scale` (10 cm, 100 mm) on the 0-3 scale.

    Examples
    --------
    >>> rescale_pga(50, scale=100)
    1.5
    """
    return 3.0 * value / scale


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
    if baseline is None or endpoint is None:
        which = "baseline" if baseline is None else "end-point"
        reasons = (f"{which} visit missing: counted as non-responder",)
        return Response(responder=False, reasons=reasons, clauses=MappingProxyType({}))
    if baseline.sledai is not None and baseline.sledai < rule.improvement:
        reason = f"not evaluable: baseline SLEDAI {baseline.sledai:g} cannot fall by {rule.improvement}"
        return Response(None, (reason,), MappingProxyType({"evaluable": False}))
    found = {
        "sledai": _sledai(baseline, endpoint, rule),
        "bilag": _bilag(baseline, endpoint, rule),
        "pga": _pga(baseline, endpoint, rule),
        "prednisone": _prednisone(endpoint, rule, history),
        "medication": _medication(endpoint, rule),
    }
    asked = {name: outcome for name, outcome in found.items() if outcome is not None}
    return Response(
        all(met is True for met, _ in asked.values()),
        tuple(reason for _, reason in asked.values()),
        MappingProxyType({name: met for name, (met, _) in asked.items()}),
    )


_Outcome = tuple[bool | None, str] | None  # met, or None where a value is missing; None: clause not asked


def _missing(what: str) -> tuple[None, str]:
    return None, f"{what} {MISSING_PARTS}: counted as non-responder"


def _sledai(baseline: ClinicalState, endpoint: ClinicalState, rule: SriProfile) -> _Outcome:
    if baseline.sledai is None or endpoint.sledai is None:
        return _missing("SLEDAI")
    change = endpoint.sledai - baseline.sledai
    found = f"SLEDAI {baseline.sledai:g} to {endpoint.sledai:g}: {_moved(change, 'g')}"
    return change <= -rule.improvement, f"{found}, a fall of {rule.improvement} or more is needed"


def _moved(change: float, digits: str) -> str:
    """Return a change in words: "fell by 2", "rose by 0.3", "unchanged"."""
    if not change:
        return "unchanged"
    return f"{'fell' if change < 0 else 'rose'} by {abs(change):{digits}}"


def _bilag(baseline: ClinicalState, endpoint: ClinicalState, rule: SriProfile) -> _Outcome:
    if rule.max_new_a is None and rule.max_new_b is None:
        return None
    systems = sorted(set(baseline.bilag) & set(endpoint.bilag))
    lost = sorted(set(baseline.bilag) ^ set(endpoint.bilag))
    if not systems or lost:
        return _missing(f"BILAG {', '.join(lost)}" if lost else "BILAG")
    new_a = [s for s in systems if endpoint.bilag[s] == "A" and baseline.bilag[s] != "A"]
    new_b = [s for s in systems if endpoint.bilag[s] == "B" and baseline.bilag[s] in "CDE"]
    met = rule.max_new_a is None or len(new_a) <= rule.max_new_a
    met = met and (rule.max_new_b is None or len(new_b) <= rule.max_new_b)
    clause_b = "not asked" if rule.max_new_b is None else f"at most {rule.max_new_b}"
    clause_a = "not asked" if rule.max_new_a is None else f"at most {rule.max_new_a}"
    return met, f"BILAG new A: {_listed(new_a)} ({clause_a}); new B: {_listed(new_b)} ({clause_b})"


def _listed(systems: list[str]) -> str:
    return ", ".join(systems) if systems else "none"


def _pga(baseline: ClinicalState, endpoint: ClinicalState, rule: SriProfile) -> _Outcome:
    if rule.pga_worsening is None:
        return None
    if baseline.pga is None or endpoint.pga is None:
        return _missing("PGA")
    change = round(endpoint.pga - baseline.pga, 2)  # 1.3 - 1.0 is 0.30000000000000004
    met = change <= rule.pga_worsening if rule.pga_border_allowed else change < rule.pga_worsening
    limit = "at most" if rule.pga_border_allowed else "less than"
    found = f"PGA {baseline.pga:g} to {endpoint.pga:g}: {_moved(change, '.2f')}"
    return met, f"{found}, a rise of {limit} {rule.pga_worsening:.2f} is allowed"


def _prednisone(endpoint: ClinicalState, rule: SriProfile, history: Sequence[ClinicalState]) -> _Outcome:
    if rule.max_prednisone is None:
        return None
    late = [
        state
        for state in history
        if state.week is not None
        and state.visit != endpoint.visit
        and rule.prednisone_by_week <= state.week
        and (endpoint.week is None or state.week < endpoint.week)
    ]
    if endpoint.prednisone_mg_day is None:
        return _missing(f"prednisone at {endpoint.visit}")
    doses = [(s.visit, s.prednisone_mg_day) for s in (*late, endpoint) if s.prednisone_mg_day is not None]
    visit, worst = max(doses, key=lambda pair: pair[1])
    met = worst <= rule.max_prednisone
    asked = f"at most {rule.max_prednisone:g} mg by week {rule.prednisone_by_week:g}"
    return met, f"prednisone {worst:g} mg a day at {visit} ({asked})"


def _medication(endpoint: ClinicalState, rule: SriProfile) -> _Outcome:
    if not rule.medication or endpoint.meds_violation is None:
        return None
    violated = endpoint.meds_violation
    return not violated, "prohibited medication or withdrawal" if violated else "no prohibited medication"
