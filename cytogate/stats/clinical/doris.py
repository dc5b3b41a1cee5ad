"""Remission by DORIS: no clinical activity, whatever serology says, on little treatment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.stats.clinical import clauses
from cytogate.stats.clinical.sledai import INSTRUMENTS, clinical_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.stats.clinical.clauses import Outcome
    from cytogate.stats.clinical.state import ClinicalState, Response


@dataclass(frozen=True, slots=True)
class DorisRule:
    """The clauses of the definition of 2021 (van Vollenhoven et al. 2021).

    Attributes
    ----------
    max_clinical_sledai : float
        Highest SLEDAI without complement and DNA binding.
    max_pga : float or None
        The PGA must be below it; None leaves the clause out.
    pga_border_allowed : bool
        Whether a PGA of exactly `max_pga` is still remission.
    max_prednisone : float or None
        Highest dose in mg a day; None leaves the clause out.
    medication : bool
        Whether a recorded violation excludes.
    instrument : str
        Version of SLEDAI.
    """

    max_clinical_sledai: float = 0.0
    max_pga: float | None = 0.5
    pga_border_allowed: bool = False
    max_prednisone: float | None = 5.0
    medication: bool = True
    instrument: str = "SLEDAI-2K"


def doris(
    baseline: ClinicalState | None,  # a state has no baseline; every rule is asked alike
    endpoint: ClinicalState | None,
    rule: DorisRule = DorisRule(),
    *,
    history: Sequence[ClinicalState] = (),
) -> Response:
    """Judge one subject at one visit; returns as `sri`."""
    return clauses.verdict_at(
        endpoint,
        rule,
        lambda state: {"sledai": _clinical(state, rule)},
        border_allowed=rule.pga_border_allowed,
    )


def _clinical(state: ClinicalState, rule: DorisRule) -> Outcome:
    short = INSTRUMENTS[rule.instrument].short
    found = clinical_score(state.sledai, state.items)
    if found is None:
        return clauses.missing(f"clinical {short}")
    return found <= rule.max_clinical_sledai, (
        f"clinical {short} {found:g} (at most {rule.max_clinical_sledai:g})"
    )
