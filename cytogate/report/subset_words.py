"""The change of one subset in words: in whom, from where to where, by how much, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.plots.numbers import p_text, percent_text
from cytogate.plots.palette import RESPONSE_WORDS
from cytogate.report.findings import ALL_TREATED, RESPONDERS, Finding, patients

if TYPE_CHECKING:
    from cytogate.report.changes import Change

MOST_NAMED = 3  # patients who did not go along


@dataclass(frozen=True, slots=True)
class Item:
    """One subset in words: its name, what happened to all treated patients, and to responders."""

    name: str
    of: str
    said: str
    post_hoc: str = ""


def item(change: Change) -> Item:
    """Say the change of one subset."""
    test = change.points[ALL_TREATED]
    before, after, _ = change.medians()
    n = len(change.pairs)
    said = [
        f"{_directed(change)} of {n} treated patients{_others(change)}, "
        f"from a median of {percent_text(before)} % to {percent_text(after)} %. ",
        f"Estimated change {estimate_words(test)}{_fold(change, ALL_TREATED)}; {p_words(test)}",
        "." if test.q is None else f", q = {p_text(test.q)}.",
    ]
    if change.n_flagged:
        said.append(
            f" {change.n_flagged} of these {2 * n} values rest on too few events to be quantitative: read "
            "the direction with care."
        )
    return Item(change.subset.title, change.subset.denominator, "".join(said), _post_hoc(change))


def _directed(change: Change) -> str:
    """Say how many fell or rose; both where it is not more than half."""
    words = ("fell", "rose") if change.falls() else ("rose", "fell")
    along = change.with_it()
    against = sum(
        (pair.after < pair.before) != change.falls() for pair in change.pairs if pair.after != pair.before
    )
    if 2 * along > len(change.pairs):
        return f"{words[0]} in {along}"
    return f"{words[0]} in {along} and {words[1]} in {against}"


def _others(change: Change) -> str:
    """Name who did not go along: one patient with the response, two or three by name."""
    others = change.others()
    if not others or len(others) > MOST_NAMED or 2 * len(others) >= len(change.pairs):
        return ""
    answer = RESPONSE_WORDS[change.responders[others[0]]] if others[0] in change.responders else ""
    return f" (not {', '.join([others[0], answer] if answer and len(others) == 1 else others)})"


def estimate_words(test: Finding) -> str:
    """Say an estimate with unit and interval."""
    return f"{test.value} {test.unit}{test.in_brackets}"


def _fold(change: Change, group: str) -> str:
    fold = change.fold.get(group)
    if fold is None or fold.unit != "fold" or fold.estimate is None:
        return ""
    return f", median fold {fold.value}"


def p_words(test: Finding) -> str:
    """Say p with the smallest that so few patients can give."""
    if test.p is None:
        return f"not tested ({test.note})"
    if test.p_floor is None:
        return f"p = {p_text(test.p)}"
    if test.at_floor:
        return f"p = {p_text(test.p)}, the smallest that {patients(test.n)} can give"
    return f"p = {p_text(test.p)} ({patients(test.n)} can give {p_text(test.p_floor)} at best)"


def _post_hoc(change: Change) -> str:
    test = change.points.get(RESPONDERS)
    among = change.of(RESPONDERS)
    if test is None or test.p is None or len(among) < 2 or len(among) == len(change.pairs):
        return ""
    word = "fell" if change.falls() else "rose"
    return (
        f"Post hoc, responders alone: {word} in {change.with_it(RESPONDERS)} of {len(among)}, "
        f"{estimate_words(test)}{_fold(change, RESPONDERS)}; {p_words(test)}."
    )
