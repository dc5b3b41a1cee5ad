"""Lupus low disease activity state (LLDAS): little activity, none of it major or new, on little treatment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.stats.clinical import clauses
from cytogate.stats.clinical.sledai import INSTRUMENTS, SEROLOGICAL, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.stats.clinical.clauses import Outcome
    from cytogate.stats.clinical.state import ClinicalState, Response

# Descriptors of renal, central nervous, cardiopulmonary activity, vasculitis and fever.
MAJOR = (
    *("seizure", "psychosis", "organic_brain", "visual", "cranial_nerve", "lupus_headache", "cva"),
    *("vasculitis", "urinary_casts", "haematuria", "proteinuria", "pyuria"),
    *("pleurisy", "pericarditis", "fever"),
)


@dataclass(frozen=True, slots=True)
class LldasRule:
    """The clauses of Franklyn et al. 2016.

    Attributes
    ----------
    max_sledai : float
        Highest SLEDAI-2K.
    major_organs : bool
        Whether activity of a major organ excludes.
    new_activity : bool
        Whether a descriptor that was absent at the visit before excludes.
    new_serology : bool
        Whether complement and DNA binding count as such.
    max_pga : float or None
        Highest PGA, which is still allowed; None leaves the clause out.
    max_prednisone : float or None
        Highest dose in mg a day; None leaves the clause out.
    medication : bool
        Whether a recorded violation excludes.
    instrument : str
        Version of SLEDAI.
    """

    max_sledai: float = 4.0
    major_organs: bool = True
    new_activity: bool = True
    new_serology: bool = True
    max_pga: float | None = 1.0
    max_prednisone: float | None = 7.5
    medication: bool = True
    instrument: str = "SLEDAI-2K"


def lldas(
    baseline: ClinicalState | None,  # a state has no baseline; every rule is asked alike
    endpoint: ClinicalState | None,
    rule: LldasRule = LldasRule(),
    *,
    history: Sequence[ClinicalState] = (),
) -> Response:
    """Judge one subject at one visit; returns as `sri`.

    `history` tells which visit came before: the one of the latest earlier week. Without it "no new activity"
    is not known, which is not met. Haemolytic anaemia is no descriptor of SLEDAI and is not looked at;
    gastrointestinal activity is, where BILAG has a grade for it (A, B or C).
    """

    def own(state: ClinicalState) -> Mapping[str, Outcome]:
        return {
            "sledai": _low(state, rule),
            "major_organs": _major(state) if rule.major_organs else None,
            "new_activity": _new(state, history, rule) if rule.new_activity else None,
        }

    return clauses.verdict_at(endpoint, rule, own, border_allowed=True)


def _low(state: ClinicalState, rule: LldasRule) -> Outcome:
    short = INSTRUMENTS[rule.instrument].short
    if state.sledai is None:
        return clauses.missing(short)
    return state.sledai <= rule.max_sledai, f"{short} {state.sledai:g} (at most {rule.max_sledai:g})"


def _major(state: ClinicalState) -> Outcome:
    found = [item for item in MAJOR if state.items.get(item)]
    if state.bilag.get("gastrointestinal", "E") in "ABC":
        found.append("gastrointestinal (BILAG)")
    if not found and not set(MAJOR) <= set(state.items) and state.sledai != 0:
        return clauses.missing("SLEDAI descriptors of major organs")
    return not found, f"activity of major organs: {clauses.listed(found)}"


def _new(state: ClinicalState, history: Sequence[ClinicalState], rule: LldasRule) -> Outcome:
    now = _descriptors(state)
    before = previous(state, history)
    if before is None:
        return clauses.missing("the visit before")
    then = _descriptors(before)
    if now is None or then is None:
        return clauses.missing("SLEDAI descriptors of this visit or the one before")
    left_out = () if rule.new_serology else SEROLOGICAL
    new = [item for item in WEIGHTS if now[item] and not then[item] and item not in left_out]
    return not new, f"new activity since {before.visit}: {clauses.listed(new)}"


def _descriptors(state: ClinicalState) -> Mapping[str, bool] | None:
    """Return all 24 descriptors; a total of 0 tells them without a list. None where they are not known."""
    if set(state.items) == set(WEIGHTS):
        return state.items
    return dict.fromkeys(WEIGHTS, False) if state.sledai == 0 else None


def previous(state: ClinicalState, history: Sequence[ClinicalState]) -> ClinicalState | None:
    """Return the visit before: that of the latest earlier week; None where weeks do not tell."""
    weeks = {entry.week: entry for entry in history if entry.week is not None}
    earlier = [week for week in weeks if state.week is not None and week < state.week]
    return weeks[max(earlier)] if earlier else None
