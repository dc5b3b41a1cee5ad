"""BILAG-based composite lupus assessment (BICLA): every active system better, and nothing worse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.stats.clinical import bilag, clauses
from cytogate.stats.clinical.sledai import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.stats.clinical.clauses import Outcome
    from cytogate.stats.clinical.state import ClinicalState, Response


@dataclass(frozen=True, slots=True)
class BiclaRule:
    """The clauses of the rule.

    Attributes
    ----------
    max_new_a, max_new_b : int or None
        Most BILAG systems that may become A, or B from C, D or E; None leaves the clause out.
    sledai_rise : float or None
        Most points by which SLEDAI may rise; None leaves the clause out.
    pga_worsening : float or None
        Increase of the PGA that counts as worsening: 10 % of the 0-3 scale; None leaves the clause out.
    pga_border_allowed : bool
        Whether an increase of exactly `pga_worsening` is still no worsening.
    medication : bool
        Whether a recorded violation (treatment failure) makes a non-responder.
    instrument : str
        Version of SLEDAI.
    """

    max_new_a: int | None = 0
    max_new_b: int | None = 1
    sledai_rise: float | None = 0.0
    pga_worsening: float | None = 0.3
    pga_border_allowed: bool = False
    medication: bool = True
    instrument: str = "SLEDAI-2K"


def bicla(
    baseline: ClinicalState | None,
    endpoint: ClinicalState | None,
    rule: BiclaRule = BiclaRule(),
    *,
    history: Sequence[ClinicalState] = (),  # every rule is asked alike
) -> Response:
    """Judge one subject; parameters and return as `sri`.

    A subject without any A or B at baseline has nothing that could improve, and is not evaluable.
    """
    if baseline is not None and baseline.bilag and not {"A", "B"} & set(baseline.bilag.values()):
        return clauses.not_evaluable("no BILAG system was A or B at baseline")
    if baseline is None or endpoint is None:
        return clauses.visit_missing("baseline" if baseline is None else "end-point")
    return clauses.verdict(
        {
            "improvement": _improved(baseline, endpoint),
            "bilag": clauses.bilag_new(baseline, endpoint, most_a=rule.max_new_a, most_b=rule.max_new_b),
            "sledai": _no_rise(baseline, endpoint, rule),
            "pga": clauses.pga_rise(
                baseline, endpoint, worsening=rule.pga_worsening, border_allowed=rule.pga_border_allowed
            ),
            "medication": clauses.medication(endpoint, asked=rule.medication),
        }
    )


def _improved(baseline: ClinicalState, endpoint: ClinicalState) -> Outcome:
    if unrecorded := clauses.bilag_unrecorded(baseline, endpoint):
        return unrecorded
    left = [
        f"{system} {baseline.bilag[system]} to {endpoint.bilag[system]}"
        for system in bilag.not_improved(baseline.bilag, endpoint.bilag)
    ]
    active = sum(grade in "AB" for grade in baseline.bilag.values())
    what = f"{active - len(left)} of {active} BILAG systems with A or B improved"
    return not left, f"{what}; not improved: {clauses.listed(left)}"


def _no_rise(baseline: ClinicalState, endpoint: ClinicalState, rule: BiclaRule) -> Outcome:
    if rule.sledai_rise is None:
        return None
    short = INSTRUMENTS[rule.instrument].short
    if baseline.sledai is None or endpoint.sledai is None:
        return clauses.missing(short)
    change = endpoint.sledai - baseline.sledai
    found = f"{short} {baseline.sledai:g} to {endpoint.sledai:g}: {clauses.moved(change, 'g')}"
    return change <= rule.sledai_rise, f"{found}, a rise of at most {rule.sledai_rise:g} is allowed"
