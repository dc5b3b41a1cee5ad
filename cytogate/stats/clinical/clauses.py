"""Clauses that several rules share: each says whether it is met, and what was found."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from cytogate.stats.clinical import bilag, pga
from cytogate.stats.clinical.state import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cytogate.stats.clinical.state import ClinicalState

Outcome = tuple[bool | None, str] | None  # met, or None where a value is missing; None: clause not asked


def verdict(found: Mapping[str, Outcome]) -> Response:
    """Return a responder where every clause that is asked is met; what is missing is not met."""
    asked = {name: outcome for name, outcome in found.items() if outcome is not None}
    return Response(
        all(met is True for met, _ in asked.values()),
        tuple(reason for _, reason in asked.values()),
        MappingProxyType({name: met for name, (met, _) in asked.items()}),
    )


class LevelRule(Protocol):
    """What rules of a state at one visit have in common; None or False leaves a clause out."""

    @property
    def max_pga(self) -> float | None:
        """Highest global assessment."""

    @property
    def max_prednisone(self) -> float | None:
        """Highest dose, mg a day."""

    @property
    def medication(self) -> bool:
        """Whether a recorded violation excludes."""


def verdict_at(
    state: ClinicalState | None,
    rule: LevelRule,
    own: Callable[[ClinicalState], Mapping[str, Outcome]],
    *,
    border_allowed: bool,
) -> Response:
    """Judge a state at one visit: by a rule's own clauses, then assessment, dose and medication.

    Parameters
    ----------
    state : ClinicalState or None
        None: the visit is missing.
    rule : LevelRule
    own : callable
        Returns the clauses that this rule alone has.
    border_allowed : bool
        Whether a global assessment of exactly `max_pga` is still allowed.
    """
    if state is None:
        return visit_missing("end-point")
    return verdict(
        {
            **own(state),
            "pga": pga_level(state, most=rule.max_pga, border_allowed=border_allowed),
            "prednisone": prednisone_level(state, most=rule.max_prednisone),
            "medication": medication(state, asked=rule.medication),
        }
    )


def visit_missing(which: str) -> Response:
    """Return a non-responder for want of a visit."""
    return Response(responder=False, reasons=(f"{which} visit missing: counted as non-responder",))


def not_evaluable(why: str) -> Response:
    """Return the verdict on a subject that the rule cannot judge."""
    return Response(None, (f"not evaluable: {why}",), MappingProxyType({"evaluable": False}))


def missing(what: str) -> tuple[None, str]:
    """Return the outcome of a clause without its value."""
    return None, f"{what} not recorded: counted as non-responder"


def moved(change: float, digits: str) -> str:
    """Return a change in words: "fell by 2", "rose by 0.3", "unchanged"."""
    if not change:
        return "unchanged"
    return f"{'fell' if change < 0 else 'rose'} by {abs(change):{digits}}"


def listed(names: Sequence[str]) -> str:
    """Return names between commas, or "none"."""
    return ", ".join(names) if names else "none"


def bilag_unrecorded(before: ClinicalState, after: ClinicalState) -> tuple[None, str] | None:
    """Return the outcome where a system was recorded at one visit alone, or none at either."""
    lost = sorted(set(before.bilag) ^ set(after.bilag))
    if lost or not before.bilag:
        return missing(f"BILAG {', '.join(lost)}" if lost else "BILAG")
    return None


def bilag_new(
    before: ClinicalState, after: ClinicalState, *, most_a: int | None, most_b: int | None
) -> Outcome:
    """Judge how many systems became A, and B; None for a number leaves it out."""
    if most_a is None and most_b is None:
        return None
    if unrecorded := bilag_unrecorded(before, after):
        return unrecorded
    new_a, new_b = bilag.new_a(before.bilag, after.bilag), bilag.new_b(before.bilag, after.bilag)
    met = (most_a is None or len(new_a) <= most_a) and (most_b is None or len(new_b) <= most_b)
    clause_a, clause_b = ("not asked" if most is None else f"at most {most}" for most in (most_a, most_b))
    return met, f"BILAG new A: {listed(new_a)} ({clause_a}); new B: {listed(new_b)} ({clause_b})"


def pga_rise(
    before: ClinicalState, after: ClinicalState, *, worsening: float | None, border_allowed: bool
) -> Outcome:
    """Judge whether the global assessment rose by less than `worsening`, or by it where that is allowed."""
    if worsening is None:
        return None
    if before.pga is None or after.pga is None:
        return missing("PGA")
    rise = pga.change(before.pga, after.pga)
    limit = "at most" if border_allowed else "less than"
    found = f"PGA {before.pga:.4g} to {after.pga:.4g}: {moved(rise, '.2f')}"
    met = pga.within(rise, worsening, border_allowed=border_allowed)
    return met, f"{found}, a rise of {limit} {worsening:.2f} is allowed"


def pga_level(state: ClinicalState, *, most: float | None, border_allowed: bool) -> Outcome:
    """Judge whether the global assessment is below a level, or at it where that is allowed."""
    if most is None:
        return None
    if state.pga is None:
        return missing("PGA")
    limit = "at most" if border_allowed else "less than"
    met = pga.within(state.pga, most, border_allowed=border_allowed)
    return met, f"PGA {state.pga:.4g} ({limit} {most:g} is needed)"


def prednisone_level(state: ClinicalState, *, most: float | None) -> Outcome:
    """Judge the dose at the visit."""
    if most is None:
        return None
    dose = state.prednisone_mg_day
    if dose is None:
        return missing(f"prednisone at {state.visit}")
    return dose <= most, f"prednisone {dose:g} mg a day at {state.visit} (at most {most:g} mg)"


def medication(state: ClinicalState, *, asked: bool) -> Outcome:
    """Judge prohibited medication or withdrawal, where the trial records it."""
    if not asked or state.meds_violation is None:
        return None
    violated = state.meds_violation
    return not violated, "prohibited medication or withdrawal" if violated else "no prohibited medication"
