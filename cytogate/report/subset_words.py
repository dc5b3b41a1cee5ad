"""The change of one subset in words: in whom, from where to where, by how much, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.plots.numbers import p_text, percent_text
from cytogate.plots.palette import RESPONSE_WORDS
from cytogate.report.findings import ALL_TREATED, RESPONDERS, Finding, patients
from cytogate.report.plain import joined
from cytogate.report.sizes import open_words, times_words
from cytogate.report.whom import FELL, OPEN, ROSE, in_whom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.report.changes import Change
    from cytogate.report.section import RunLike
    from cytogate.report.whom import Told

MOST_NAMED = 3  # patients who did not go along


@dataclass(frozen=True, slots=True)
class Item:
    """One measure in words.

    Attributes
    ----------
    name, of : str
        What it is, and of what it is a share; the second is empty of other measures.
    lines : tuple of (str, str)
        Question (in whom, how much, how sure, responders alone) and what is said of it.
    subset : str
        Its name in the tables, where it is a reported subset; filters go by it.
    """

    name: str
    of: str
    lines: tuple[tuple[str, str], ...]
    subset: str = ""

    @property
    def said(self) -> str:
        """Return all that is said, in a row."""
        return " ".join(words for _, words in self.lines)


def item(run: RunLike, change: Change) -> Item:
    """Say the change of one subset."""
    test = change.points[ALL_TREATED]
    lines = (
        ("In whom", _who(run, change)),
        ("How much", _how_much(change)),
        (
            "How sure",
            f"{p_words(test)}{'' if test.q is None else f', q = {p_text(test.q)}'}: {test.certainty}.",
        ),
        ("Post hoc, responders alone", _post_hoc(change)),
    )
    said = tuple(line for line in lines if line[1])
    return Item(change.subset.label, change.subset.denominator, said, change.subset.name)


def _who(run: RunLike, change: Change) -> str:
    """Say how many patients went which way, and in how many that is clear by their own interval."""
    n = len(change.pairs)
    said = f"It {_directed(change)} of {n} treated patients{_others(change)}. "
    said += clear_words(in_whom(run, change))
    if change.n_flagged:
        said += (
            f" {change.n_flagged} of these {2 * n} values rest on too few events to be quantitative: read "
            "the direction with care."
        )
    return said.strip()


def clear_words(told: Sequence[Told]) -> str:
    """Say in how many patients the change is clear by an interval of their own, and in whom it is not.

    Empty where no patient has such an interval.
    """
    if not any(one.outcome in (ROSE, FELL, OPEN) for one in told):
        return ""
    counts = {kind: [one.subject for one in told if one.outcome == kind] for kind in (FELL, ROSE)}
    clear = [
        f"a {word} in {len(names)} ({', '.join(names)})"
        for kind, word in ((FELL, "fall"), (ROSE, "rise"))
        if (names := counts[kind])
    ]
    if not clear:
        return "Taken one by one, the change is clear in no patient."
    rest = len(told) - sum(map(len, counts.values()))
    unclear = f", not clear in {rest}" if rest else ""
    return f"Taken one by one, there is clearly {joined(clear)}{unclear}."


def n_clear(run: RunLike, change: Change) -> int:
    """Return in how many patients the change is clear, in the direction that most went."""
    wanted = FELL if change.falls() else ROSE
    return sum(one.outcome == wanted for one in in_whom(run, change))


def _how_much(change: Change) -> str:
    """Say medians, the factor in everyday words, and percentage points with what they leave open."""
    test, fold = change.points[ALL_TREATED], change.fold.get(ALL_TREATED)
    before, after, _ = change.medians()
    said = [
        f"The median went from {percent_text(before)} % at {change.start} to {percent_text(after)} % at "
        f"{change.end}."
    ]
    if fold is not None and fold.unit == "fold" and fold.estimate is not None:
        words = times_words(
            fold, f"In a typical patient the share at {change.end}", f"that at {change.start}"
        )
        said.append(f"{words}.")
    fits = open_words(test)
    said.append(f"The estimated change is {estimate_words(test)}{f': {fits}' if fits else ''}.")
    return " ".join(said)


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
    test, fold = change.points.get(RESPONDERS), change.fold.get(RESPONDERS)
    among = change.of(RESPONDERS)
    if test is None or test.p is None or len(among) < 2 or len(among) == len(change.pairs):
        return ""
    word = "fell" if change.falls() else "rose"
    times = ""
    if fold is not None and fold.unit == "fold" and fold.estimate is not None:
        times = f", {fold.value} times the baseline"
    return (
        f"{word} in {change.with_it(RESPONDERS)} of {len(among)}, "
        f"{estimate_words(test)}{times}; {p_words(test)}."
    )
