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
    number,
    one,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.report.section import RunLike


def over_visits(run: RunLike, found: Sequence[Finding]) -> list[str]:
    """Return the tests of all visits, subset by subset, and how far to believe them."""
    said = []
    for test, what in (
        ("Friedman", "Friedman's test of any change over all visits"),
        ("linear mixed model", "Mixed model of all visits, last against first"),
    ):
        rows = [
            row
            for subset in facts.subsets(run)
            for row in found
            if row.subset == subset.name and row.measure == "percent" and row.group == ALL_TREATED
            if row.test.startswith(test) and row.p is not None
            if test == "Friedman" or row.estimate is not None
        ]
        if rows:
            each = ", ".join(f"{row.subset.replace('_', ' ')} {_short(row)}" for row in rows)
            said.append(f"{what.replace('last against first', rows[0].contrast)}: {each}.")
    if said:
        said.append(
            "These use more of the data, are not corrected for the number of questions, and give too "
            "small a p where patients drift each in a way of their own: read them beside the paired changes "
            "above."
        )
    return said


def _short(row: Finding) -> str:
    if row.estimate is None:
        return f"p = {p_text(row.p)}"
    return f"{row.unit} {row.value}{row.in_brackets}, p = {p_text(row.p)};".rstrip(";")


def between_groups(found: Sequence[Finding]) -> str:
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
    below = [row.subset.replace("_", " ") for row in tested if row.p is not None and row.p <= USUAL]
    which = f"{listed(below)} changed otherwise in responders" if below else "no subset changed otherwise"
    return (
        f"Responders against non-responders (exact Mann-Whitney of changes, not corrected for {len(tested)} "
        f"subsets): {which} (p ≤ {USUAL}). Response is defined by SLEDAI, after the fact."
    )


def with_sledai(run: RunLike, found: Sequence[Finding]) -> list[str]:
    """Return what goes with SLEDAI, of changes and within patients."""
    said = []
    for test, what, about in (
        (SPEARMAN, "Change of a subset and change of SLEDAI, one point per patient (Spearman's rho)", "rho"),
        (ADJUSTED, "A subset and SLEDAI within patients, adjusted for visit", "r"),
    ):
        rows = [
            one(found, test, ALL_TREATED, subset.name, about="with SLEDAI") for subset in facts.subsets(run)
        ]
        tested = [row for row in rows if row is not None and row.p is not None]
        if not tested:
            continue
        each = ", ".join(
            f"{row.subset.replace('_', ' ')} {about} = {number(row.estimate)} (p = {p_text(row.p)})"
            for row in tested
        )
        below = sum(row.p <= USUAL for row in tested if row.p is not None)
        verdict = (
            "none is told from chance"
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
