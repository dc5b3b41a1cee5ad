"""Last observation carried forward: what a subject's later visit lacks is taken from an earlier one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cytogate.stats.clinical.state import ClinicalState

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {"sledai": "SLEDAI", "pga": "PGA", "prednisone_mg_day": "prednisone", "meds_violation": "medication"}


def carried_forward(
    history: Sequence[ClinicalState], *, baseline: ClinicalState | None, at: str, week: float | None
) -> tuple[ClinicalState | None, tuple[str, ...]]:
    """Return the state at a visit with what it lacks carried forward, and what was carried from where.

    Parameters
    ----------
    history : sequence of ClinicalState
        The subject's visits. Only those with a week count, and only after baseline: nothing that was seen
        before treatment stands in for what came of it.
    baseline : ClinicalState or None
    at : str
        The visit.
    week : float or None
        Its planned week, for a subject without a row of it.

    Returns
    -------
    (state, carried)
        None where there is nothing to carry either. Each value is carried by itself: SLEDAI (with its
        descriptors), each BILAG system, PGA, prednisone and medication.
    """
    here = next((state for state in history if state.visit == at), None)
    week = here.week if here is not None and here.week is not None else week
    if week is None:
        return here, ()
    start = baseline.week if baseline is not None else None
    earlier = sorted(
        (
            state
            for state in history
            if state.week is not None and state.week < week and (start is None or state.week > start)
            if baseline is None or state.visit != baseline.visit
        ),
        key=lambda state: state.week or 0.0,
        reverse=True,
    )
    if here is None and not earlier:
        return None, ()
    state = here if here is not None else ClinicalState(at, week)
    notes: list[str] = []
    for old in earlier:
        for name, words in _WORDS.items():
            if getattr(state, name) is None and getattr(old, name) is not None:
                taken: dict[str, Any] = {name: getattr(old, name)}
                if name == "sledai" and not state.items:
                    taken["items"] = old.items
                state = replace(state, **taken)
                notes.append(f"{words} of {old.visit} carried forward")
        lacking = sorted(set(old.bilag) - set(state.bilag))
        if lacking:
            state = replace(state, bilag={**state.bilag, **{s: old.bilag[s] for s in lacking}})
            notes.append(f"BILAG {', '.join(lacking)} of {old.visit} carried forward")
    return state, tuple(notes)
