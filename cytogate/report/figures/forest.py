"""Figures: the change of every measure with its interval, as factors and as percentage points."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from cytogate.plots.changes import GROUPS, Estimate, forest_figure
from cytogate.report import facts
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.findings import (
    SIGN,
    WILCOXON,
    Finding,
    contrast_of,
    findings,
    p_text,
    patients,
    title_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cytogate.report.section import RunLike

LEGEND = (
    "Filled squares: all treated patients, the primary group. Open circles: responders, open diamonds: "
    "non-responders, both post hoc, since response is defined by SLEDAI. Lines are intervals (95 %, or the "
    "whole range where so few patients cannot give 95 %); one patient has none, and one that goes beyond "
    "the axis ends at its edge. The upright line is no change."
)


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a forest of factors and one of percentage points, where there are estimates."""
    found = findings(run)
    folds = [row for row in found if row.test == SIGN and row.unit == "fold"]
    points = [row for row in found if row.test == WILCOXON and row.measure == "percent"]
    for name, rows, title, axis, what in (
        (
            "forest-fold",
            folds,
            "Change of every measure, as a factor",
            "Fold (1: no change)",
            "Median of the patients' factors, with the interval of the sign test. Logarithmic axis.",
        ),
        (
            "forest-points",
            points,
            "Change of every subset, in percentage points",
            "Percentage points",
            "Hodges-Lehmann estimate of the change in percentage points, with the interval of the exact "
            "Wilcoxon signed-rank test.",
        ),
    ):
        drawn = estimates(run, rows)
        if not drawn:
            continue
        contrasts = ", ".join(dict.fromkeys(contrast_of(run, row.contrast) for row in rows if row.contrast))
        n = max(row.n for row in rows)
        yield ReportFigure(
            name=name,
            title=title,
            caption=f"{what} {contrasts}; at most {patients(n)}. {shares(run)} p and q are in the table.",
            build=partial(forest_figure, drawn, title=axis, fold=name == "forest-fold"),
            subjects_of_tests=tuple(dict.fromkeys(row.subset for row in rows)),
            tests=(WILCOXON, SIGN),
            legend=LEGEND,
        )


def shares(run: RunLike) -> str:
    """Say what each percentage is of."""
    of: dict[str, list[str]] = {}
    for subset in facts.subsets(run):
        of.setdefault(subset.denominator, []).append(subset.title)
    said = "; ".join(f"{', '.join(names)} as % of {denominator}" for denominator, names in of.items())
    return f"{said}." if said else ""


def estimates(run: RunLike, rows: Sequence[Finding]) -> list[Estimate]:
    """Return what is drawn: rows with an estimate, intervals of at least two patients."""
    nan = float("nan")
    drawn = []
    for row in rows:
        if row.estimate is None or row.group not in GROUPS or (row.unit == "fold" and row.estimate <= 0):
            continue
        name = title_of(run, row)
        ends = (row.low, row.high) if row.interval else (None, None)
        drawn.append(
            Estimate(
                name=title_of(run, row, short=True),
                group=row.group,
                value=row.estimate,
                low=nan if ends[0] is None else ends[0],
                high=nan if ends[1] is None else ends[1],
                words=f"<b>{escape(name)}</b>, {row.group} (n = {row.n})<br>{row.value} {escape(row.unit)}"
                f"{escape(row.in_brackets)}<br>{escape(row.test)}: p = {p_text(row.p)}",
            )
        )
    return drawn


figure_kinds.register("forest")(FigureKind(order=14, figures=figures))
