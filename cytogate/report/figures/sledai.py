"""Figures: the change of each subset against that of SLEDAI, and both within patients over the visits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cytogate.plots.relations import Changed, Related, change_figure, slopes_figure
from cytogate.plots.words import shortened
from cytogate.report import facts
from cytogate.report.changes import SLEDAI, changes, clinical_values, series_of
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.findings import (
    ADJUSTED,
    ALL_TREATED,
    RM,
    SPEARMAN,
    Finding,
    findings,
    number,
    one,
    p_text,
    patients,
)
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.report.section import RunLike

WITH = "with SLEDAI"
NOT_INDEPENDENT = (
    "Response is defined by SLEDAI, so who responds and how SLEDAI changes are not independent: that a "
    "subset differs between responders and others, and that it follows SLEDAI, is one finding and not two."
)
FEWEST = 3  # points that can show a relation


@dataclass(frozen=True, slots=True)
class Slope:
    """Visits of the patients in SLEDAI and a subset, and the slope within patients."""

    patients: tuple[Related, ...]
    slope: float
    scale: str


def change_figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for each subset of which three patients have both changes."""
    scores, styles, found = clinical_values(run, SLEDAI), facts.styles(run), findings(run)
    shown = []
    for change in changes(run):
        ends = (change.start, change.end)
        points = [
            Changed(
                pair.subject,
                scores[pair.subject, ends[1]] - scores[pair.subject, ends[0]],
                pair.after - pair.before,
            )
            for pair in change.pairs
            if all((pair.subject, visit) in scores for visit in ends)
        ]
        if len(points) >= FEWEST:
            shown.append((change, points))
    stems = file_stems(change.subset.name for change, _ in shown)
    for change, points in shown:
        subset = change.subset
        test = one(found, SPEARMAN, ALL_TREATED, subset.name, about=WITH)
        yield ReportFigure(
            name=f"sledai-change-{stems[subset.name]}",
            title=f"{subset.title} and SLEDAI, change from {change.start} to {change.end}",
            caption=f"{subset.defined}. Its change against that of SLEDAI; "
            f"one point per patient, n = {len(points)}. {spearman_words(test)}",
            build=partial(
                change_figure,
                points,
                x_title="Change in SLEDAI, points",
                y_title=f"Change, points (% of {shortened(subset.denominator, 14)})",
                styles=styles,
            ),
            subjects_of_tests=(subset.name,),
            tests=(SPEARMAN,),
            legend="Crosses are non-responders. Thin lines: no change. To the left, disease activity fell. "
            + NOT_INDEPENDENT,
        )


def spearman_words(test: Finding | None) -> str:
    """Say the rank correlation of changes, or that it was not asked."""
    if test is None:
        return "No correlation was asked for (change_correlation)."
    if test.p is None:
        return f"Rank correlation: {test.note}."
    interval = f" (approximate 95 % CI {test.interval})" if test.interval else ""
    kind = "exact " if test.test.endswith("exact") else ""
    return (
        f"Spearman's rho = {number(test.estimate)}{interval}, {kind}p = {p_text(test.p)} "
        f"(smallest possible: {p_text(test.p_floor)})."
    )


def slope_figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for each subset with two patients or more who have two visits of both."""
    styles, found = facts.styles(run), findings(run)
    shown = [(subset, drawn) for subset in facts.subsets(run) if (drawn := slope_of(run, subset.name))]
    stems = file_stems(subset.name for subset, _ in shown)
    for subset, drawn in shown:
        tests = [one(found, name, ALL_TREATED, subset.name, about=WITH) for name in (RM, ADJUSTED)]
        n_pairs = sum(len(patient.x) for patient in drawn.patients)
        yield ReportFigure(
            name=f"sledai-within-{stems[subset.name]}",
            title=f"{subset.title} and SLEDAI within patients, all visits",
            caption=f"{subset.defined}; against SLEDAI at the same visit, "
            f"{patients(len(drawn.patients))}, {n_pairs} visits. {within_words(*tests)}",
            build=partial(
                slopes_figure,
                drawn.patients,
                slope=drawn.slope,
                scale=drawn.scale,
                x_title="SLEDAI",
                y_title=f"% of {shortened(subset.denominator, 20)} ({drawn.scale} axis)",
                styles=styles,
            ),
            subjects_of_tests=(subset.name,),
            tests=(RM,),
            legend="One symbol per visit, one line per patient. All lines have one slope: the one that fits "
            "best within patients, whatever their levels; responders solid, non-responders dashed.",
        )


def within_words(plain_r: Finding | None, adjusted: Finding | None) -> str:
    """Say the correlation within patients, as it is and adjusted for visit, with the permuted p.

    The interval by Fisher's z is not shown: it takes all visits to be independent, which p does not, and
    can leave out 0 where p says that chance explains r.
    """
    if plain_r is None or adjusted is None:
        return "No correlation was asked for (rm_correlation)."
    said = []
    for name, row in (("r within patients", plain_r), ("adjusted for visit", adjusted)):
        if row.p is None:
            said.append(f"{name}: {row.note}")
        else:
            said.append(
                f"{name} {number(row.estimate)}, permuted p = {p_text(row.p)}"
                f" (smallest possible: {p_text(row.p_floor)})"
            )
    return f"{'; '.join(said)}."


def slope_of(run: RunLike, subset: str) -> Slope | None:
    """Return visits and slope of a subset on SLEDAI, as the repeated-measures correlation takes them."""
    scores, series = clinical_values(run, SLEDAI), series_of(run, subset)
    if not scores or not series.subjects:
        return None
    on_scale = series.on_scale()
    found = []
    top = bottom = 0.0
    apart = facts.apart(run, subset)
    for row, subject in enumerate(series.subjects):
        columns = [
            column
            for column, visit in enumerate(series.visits)
            if (subject, visit) in scores and np.isfinite(on_scale[row, column])
        ]
        if len(columns) < 2 or subject in apart:
            continue
        x = np.array([scores[subject, series.visits[column]] for column in columns])
        y = on_scale[row, columns]
        top += float((x - x.mean()) @ (y - y.mean()))
        bottom += float((x - x.mean()) @ (x - x.mean()))
        found.append(
            Related(
                subject,
                tuple(series.visits[column] for column in columns),
                tuple(x.tolist()),
                tuple(y.tolist()),
                tuple(series.values[row, columns].tolist()),
            )
        )
    if len(found) < 2 or not bottom:
        return None
    return Slope(tuple(found), top / bottom, series.scale)


figure_kinds.register("sledai_change")(FigureKind(order=30, figures=change_figures))
figure_kinds.register("sledai_within")(FigureKind(order=32, figures=slope_figures))
