"""What was found, in sentences made from the tables: what changed, in whom, by how much, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.plots.numbers import p_text
from cytogate.report import facts
from cytogate.report.changes import changes
from cytogate.report.findings import (
    ALL_TREATED,
    USUAL,
    WILCOXON,
    Finding,
    contrast_of,
    findings,
    patients,
    title_of,
)
from cytogate.report.labels import inline
from cytogate.report.relation_words import between_groups, listed, over_visits, upper, with_sledai
from cytogate.report.subset_words import Item, estimate_words, item, n_clear, p_words
from cytogate.report.whom import in_whom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.report.changes import Change
    from cytogate.report.section import RunLike

BEYOND, ALMOST, MIXED = "beyond", "almost", "mixed"
HEADINGS = {
    BEYOND: "Changed: chance is an unlikely explanation",
    ALMOST: "Went one way in all patients or all but one: too few patients to rule out chance",
    MIXED: "No change that stands out from chance",
}
FEWEST = 3  # patients of whom a common direction is said


@dataclass(frozen=True, slots=True)
class Summary:
    """The overview in words.

    Attributes
    ----------
    lead : str
        The answer in two sentences.
    groups : tuple of (heading, items)
        Subsets by how sure their change is; none is empty.
    others : tuple of Item
        SLEDAI, analytes and other measures beside the percentages.
    over_visits : tuple of str
        Tests that take all visits.
    relations : tuple of str
        Responders against the others, and what goes with SLEDAI.
    open : tuple of str
        What could not be judged, and why.
    floor : str
        What p is, and the smallest that so few patients can give.
    """

    lead: str
    groups: tuple[tuple[str, tuple[Item, ...]], ...]
    others: tuple[Item, ...]
    over_visits: tuple[str, ...]
    relations: tuple[str, ...]
    open: tuple[str, ...]
    floor: str


def summary(run: RunLike) -> Summary | None:
    """Say what was found; None where the study asks for no paired change."""
    found = findings(run)
    seen = [change for change in changes(run) if ALL_TREATED in change.points]
    if not seen:
        return None
    tested = [change for change in seen if change.pairs and change.points[ALL_TREATED].p is not None]
    sorted_in: dict[str, list[Change]] = {kind: [] for kind in HEADINGS}
    for change in tested:
        sorted_in[_kind(change)].append(change)
    return Summary(
        lead=_lead(run, tested, sorted_in),
        groups=tuple(
            (HEADINGS[kind], tuple(item(run, change) for change in among))
            for kind, among in sorted_in.items()
            if among
        ),
        others=tuple(_other(run, row) for row in _beside(found)),
        over_visits=tuple(over_visits(run, found)),
        relations=tuple(filter(None, [between_groups(run, found), *with_sledai(run, found)])),
        open=tuple(_open(run, seen)),
        floor=_floor(tested),
    )


def _kind(change: Change) -> str:
    test = change.points[ALL_TREATED]
    judged = test.p if test.q is None else test.q
    if judged is not None and judged <= USUAL:
        return BEYOND
    n = len(change.pairs)
    one_way = n >= FEWEST and change.with_it() >= max(n - 1, FEWEST)
    return ALMOST if one_way and test.p is not None and test.p <= 0.25 and _consistent(test) else MIXED


def _consistent(test: Finding) -> bool:
    """Tell whether p is among the two smallest that so few patients can give."""
    return test.p_floor is not None and test.p is not None and test.p <= 2 * test.p_floor * (1 + 1e-9)


def _lead(run: RunLike, tested: Sequence[Change], sorted_in: dict[str, list[Change]]) -> str:
    if not tested:
        return "No change from baseline could be tested."
    end, n = tested[0].end, max(len(change.pairs) for change in tested)
    judged = "q" if any(change.points[ALL_TREATED].q is not None for change in tested) else "p"
    beyond, almost = sorted_in[BEYOND], sorted_in[ALMOST]
    said = []
    if beyond:
        said.append(
            f"By {end}, {_directions(beyond)} in treated patients, hard to explain by chance "
            f"({judged} ≤ {USUAL})."
        )
    else:
        said.append(
            f"By {end}, none of {len(tested)} subsets had changed over all {n} treated patients in a way "
            f"that is hard to explain by chance ({judged} ≤ {USUAL})."
        )
    if almost:
        said.append(
            f"{upper(_directions(almost))} in {_how_many(almost)}: with so few patients a lead, not proof."
        )
    return " ".join([*said, _patient_by_patient(run, tested)]).rstrip()


def _patient_by_patient(run: RunLike, tested: Sequence[Change]) -> str:
    """Say in how many patients each change is clear by their own intervals; empty where none has any."""
    if not any(one.low is not None for change in tested for one in in_whom(run, change)):
        return ""
    alike: dict[tuple[str, int, int], list[str]] = {}
    for change in tested:
        word = "fell" if change.falls() else "rose"
        key = (word, n_clear(run, change), len(change.pairs))
        alike.setdefault(key, []).append(inline(change.subset.title))
    each = [
        f"{listed(names)} {word} clearly in {n or 'none'} of {of}" for (word, n, of), names in alike.items()
    ]
    beyond = "beyond what counting cells and placing gates leave open"
    return f"Patient by patient, {beyond}, {listed(each)} patients."


def _how_many(among: Sequence[Change]) -> str:
    counts = {(change.with_it(), len(change.pairs)) for change in among}
    if len(counts) > 1:
        return "all patients or all but one"
    along, n = counts.pop()
    return f"all {n} patients" if along == n else f"{along} of {n} patients"


def _directions(among: Sequence[Change]) -> str:
    down = [inline(change.subset.title) for change in among if change.falls()]
    up = [inline(change.subset.title) for change in among if not change.falls()]
    parts = [f"{listed(names)} {word}" for names, word in ((down, "fell"), (up, "rose")) if names]
    return " and ".join(parts)


def _beside(found: Sequence[Finding]) -> list[Finding]:
    return [
        row
        for row in found
        if row.test == WILCOXON and row.group == ALL_TREATED and row.measure != "percent" and row.n > 0
    ]


def _other(run: RunLike, row: Finding) -> Item:
    name, contrast = title_of(run, row), contrast_of(run, row.contrast)
    if row.p is None:
        return Item(name, "", (("", f"{contrast}: not tested ({row.note})."),))
    q = "" if row.q is None else f", q = {p_text(row.q)}"
    words = f"{contrast}: {estimate_words(row)}, {patients(row.n)}; {p_words(row)}{q}: {row.certainty}."
    return Item(name, "", (("", words),))


def _open(run: RunLike, seen: Sequence[Change]) -> list[str]:
    """Return what could not be judged: patients, subsets, values."""
    said = []
    unknown = [name for name, answer in facts.responders(run).items() if answer is None]
    if unknown:
        said.append(f"Response could not be judged in {listed(unknown)}.")
    for change in seen:
        test = change.points[ALL_TREATED]
        if not change.pairs or test.p is None:
            said.append(f"{change.subset.title}: not tested ({test.note or 'no patient has both visits'}).")
        elif change.missing:
            said.append(
                f"{change.subset.title}: {listed(list(change.missing))} without a usable value at "
                f"{change.start} or {change.end}, left out."
            )
    return said


def _floor(tested: Sequence[Change]) -> str:
    floors = {
        change.points[ALL_TREATED].n: change.points[ALL_TREATED].p_floor
        for change in tested
        if change.points[ALL_TREATED].p_floor is not None
    }
    if not floors:
        return ""
    n = max(floors)
    return (
        "p is the probability of a change at least as consistent as this one if nothing but chance were at "
        f"work (exact Wilcoxon signed-rank test). It cannot be below {p_text(floors[n])} with {patients(n)}, "
        "however clear the change. A p above 0.05 does not show that nothing changed: the interval says "
        "which changes the data leave open."
    )
