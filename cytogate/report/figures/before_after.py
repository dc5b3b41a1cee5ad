"""Figures: each subset before and after, a pair of dots and a line for each patient."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.changes import before_after_figure
from cytogate.report import facts
from cytogate.report.changes import changes
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.findings import ALL_TREATED, p_text, patients
from cytogate.stats.trends.paired_change import PAIRED_T, SIGN, WILCOXON
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.report.changes import Change
    from cytogate.report.findings import Finding
    from cytogate.report.section import RunLike


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every subset with a patient who has both visits."""
    styles = facts.styles(run)
    shown = [change for change in changes(run) if change.pairs]
    stems = file_stems(change.subset.name for change in shown)
    for change in shown:
        yield ReportFigure(
            name=f"before-after-{stems[change.subset.name]}",
            title=f"{change.subset.title}, {change.start} and {change.end}",
            caption=caption(change),
            build=partial(
                before_after_figure,
                change.pairs,
                visits=(change.start, change.end),
                denominator=change.subset.denominator,
                styles=styles,
            ),
            subjects_of_tests=(change.subset.name,),
            tests=(WILCOXON, SIGN, PAIRED_T),
            legend=legend(run),
        )


def legend(run: RunLike) -> str:
    """Say what lines and symbols mean."""
    return (
        "One line per patient; responders solid, non-responders dashed, dotted where response is not known. "
        f"Open symbols: {facts.open_words(run)}. The axis begins at 0."
    )


def caption(change: Change) -> str:
    """Say what is drawn, of how many, and what the test of all treated patients says."""
    said = [f"{change.subset.defined}.", f"n = {len(change.pairs)}: {direction(change)}."]
    if change.missing:
        said.append(f"Without a usable value at both visits: {', '.join(change.missing)}.")
    test = change.points.get(ALL_TREATED)
    if test is not None:
        said.append(test_words(test))
    return " ".join(said)


def direction(change: Change) -> str:
    """Say how many went which way, and who did not.

    A change of exactly nothing counts as not going along.
    """
    n, along = len(change.pairs), change.with_it()
    word = "fell" if change.falls() else "rose"
    if along == n:
        return f"{word} in all {n}" if n > 1 else f"{word} in the only patient"
    others = change.others()
    who = f", not in {', '.join(others)}" if len(others) <= 3 else ""
    return f"{word} in {along} of {n}{who}"


def test_words(test: Finding) -> str:
    """Say a test in a line, as captions do."""
    if test.p is None:
        return f"{test.test}: {test.note}."
    change = f"{test.value} {test.unit}"
    corrected = "" if test.q is None else f", q = {p_text(test.q)}"
    floor = (
        ""
        if test.p_floor is None
        else f" (smallest possible with {patients(test.n)}: {p_text(test.p_floor)})"
    )
    said = f"{test.test}, {test.group}: {change}{test.in_brackets}, n = {test.n}"
    return f"{said}, p = {p_text(test.p)}{floor}{corrected}."


figure_kinds.register("before_after")(FigureKind(order=24, figures=figures))
