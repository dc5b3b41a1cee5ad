"""What goes with what in words: tests of all visits, groups by response, disease activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.plots.numbers import p_text
from cytogate.report import facts
from cytogate.report.findings import (
    ADJUSTED,
    ALL_TREATED,
    BETWEEN,
    MANN_WHITNEY,
    SPEARMAN,
    USUAL,
    Finding,
    contrast_of,
    name_of,
    number,
    one,
)
from cytogate.report.labels import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.report.section import RunLike

ANY_VISIT = "against no change at any visit"  # as the note of the mixed model has it


def over_visits(run: RunLike, found: Sequence[Finding]) -> list[str]:
    """Return the tests of all visits, subset by subset, what their p asks, and which result to report."""
    said = []
    any_change = _over_all(run, found, "Friedman")
    if any_change:
        each = ", ".join(f"{_name(run, row)} p = {p_text(row.p)}" for row in any_change)
        said.append(
            "Does a subset change at some visit? A small p says that it does, but neither when nor which way "
            f"(Friedman's test, all visits at once): {each}."
        )
    model = [row for row in _over_all(run, found, "linear mixed model") if row.estimate is not None]
    if model:
        sizes = ", ".join(f"{_name(run, row)} {row.unit} {row.value}{row.in_brackets}" for row in model)
        said.append(
            f"By how much, {contrast_of(run, model[0].contrast)}, where all visits help to tell it (linear "
            f"mixed model): {sizes}."
        )
        each = ", ".join(f"{_name(run, row)} p = {p_text(row.p)}" for row in model)
        said.append(
            f"Could that be chance? The p of the model asks {_asked(run, model)}: {each}. It is counted by "
            "shuffling the visits within patients, and the interval by a formula (t): they need not agree."
        )
    if said:
        said.append(
            "What to report: the paired changes above, which are the primary result. The tests here use "
            "more of the data, but their p are not corrected for the number of subsets, and come out too "
            "small where each patient drifts in a way of their own. They can support a paired change, not "
            "replace it."
        )
    return said


def _over_all(run: RunLike, found: Sequence[Finding], test: str) -> list[Finding]:
    return [
        row
        for subset in facts.subsets(run)
        for row in found
        if row.subset == subset.name and row.measure == "percent" and row.group == ALL_TREATED
        if row.test.startswith(test) and row.p is not None
    ]


def _name(run: RunLike, row: Finding) -> str:
    return inline(name_of(run, row.subset))


def _asked(run: RunLike, model: Sequence[Finding]) -> str:
    """Say what p of the mixed model asks; of two visits that is the change between them."""
    between = contrast_of(run, model[0].contrast)
    if any(ANY_VISIT in row.note for row in model):
        return f"about a change at any visit, not {between} alone"
    return f"about the change {between}"


def between_groups(run: RunLike, found: Sequence[Finding]) -> str:
    """Say whether responders changed otherwise, or that groups so small cannot show it."""
    rows = [
        row for row in found if row.test == MANN_WHITNEY and row.group == BETWEEN and row.measure == "percent"
    ]
    tested = [row for row in rows if row.p is not None and row.p_floor is not None]
    if not tested:
        why = dict.fromkeys(row.note for row in rows if row.note)
        return f"Responders were not compared with non-responders: {'; '.join(why)}." if why else ""
    floor = min(row.p_floor for row in tested if row.p_floor is not None)
    if floor > USUAL:
        return (
            f"Responders against non-responders: the smallest p that these groups can give is "
            f"{p_text(floor)}, so no difference between them can be shown or ruled out."
        )
    below = [_name(run, row) for row in tested if row.p is not None and row.p <= USUAL]
    which = f"{listed(below)} changed otherwise in responders" if below else "no subset changed otherwise"
    return (
        f"Responders against non-responders (exact Mann-Whitney of changes, not corrected for {len(tested)} "
        f"subsets): {which} (p ≤ {USUAL}). Response is defined by SLEDAI, after the fact."
    )


def with_sledai(run: RunLike, found: Sequence[Finding]) -> list[str]:
    """Return what goes with SLEDAI, of changes and within patients."""
    said = []
    for test, what, about in (
        (
            SPEARMAN,
            "Does a subset change more where SLEDAI changes more? One point per patient, rank correlation "
            "(Spearman's rho)",
            "rho",
        ),
        (
            ADJUSTED,
            "Do a subset and SLEDAI move together within patients, beyond the course that all share? "
            "Repeated-measures correlation, adjusted for visit",
            "r",
        ),
    ):
        rows = [
            one(found, test, ALL_TREATED, subset.name, about="with SLEDAI") for subset in facts.subsets(run)
        ]
        tested = [row for row in rows if row is not None and row.p is not None]
        if not tested:
            continue
        each = ", ".join(
            f"{_name(run, row)} {about} = {number(row.estimate)} (p = {p_text(row.p)})" for row in tested
        )
        below = sum(row.p <= USUAL for row in tested if row.p is not None)
        verdict = (
            "none stands out from chance"
            if not below
            else f"{below} of {len(tested)} have p ≤ {USUAL}, not corrected for {len(tested)} questions"
        )
        said.append(f"{what}: {each}. {upper(verdict)}.")
    if said:
        said.append(
            "Response is defined by SLEDAI, so going with SLEDAI and differing by response are one finding, "
            "not two."
        )
    return said


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them.

    Examples
    --------
    >>> listed(["DN"]), listed(["DN", "SWM", "aNAV"])
    ('DN', 'DN, SWM and aNAV')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def upper(words: str) -> str:
    """Return words with the first letter large."""
    return words[:1].upper() + words[1:]
