"""Figures: each soluble analyte over the weeks, one line per patient."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.trends import course_figure
from cytogate.report import facts, measures
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.figures.trends import line_words
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.report.measures import Measured
    from cytogate.report.section import RunLike

FLAG_WORDS = {"ok": "", measures.BELOW: "below the limit of the assay, drawn at the limit"}


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every analyte that has a value at a known week."""
    shown = list(measures.analytes(run))
    stems = file_stems(f"{measured.name} {measured.quantity.unit}" for measured in shown)
    for measured in shown:
        yield ReportFigure(
            name=f"analyte-{stems[f'{measured.name} {measured.quantity.unit}']}",
            title=measured.quantity.axis,
            caption=caption(measured),
            build=partial(
                course_figure,
                measured.courses,
                measured.quantity,
                styles=facts.styles(run),
                marks=facts.marks(run),
                level=level(measured),
                flag_words=FLAG_WORDS,
            ),
            subjects_of_tests=(measured.name,),
            legend=f"One line per patient ({line_words(run)}), weeks to scale. A line stops where a visit "
            "has no value. Open symbols are below the limit of the assay, and drawn at it.",
        )


def level(measured: Measured) -> tuple[float, str] | None:
    """Return the limit of the assay, as a level line."""
    return None if measured.limit is None else (measured.limit, "limit of the assay")


def caption(measured: Measured) -> str:
    """Say what was measured, of how many, and how many values are below the limit."""
    points = [point for course in measured.courses for point in course.measured]
    n, n_below = len(measured.courses), sum(point.flag == measures.BELOW for point in points)
    said = [
        f"{measured.what}. {n} patient{'' if n == 1 else 's'}, "
        f"{len(points)} value{'' if len(points) == 1 else 's'}.",
        f"Open symbols: {n_below} below the limit of the assay, drawn at the limit." if n_below else "",
        "Log axis." if measured.quantity.on_log(point.value for point in points) else "",
        "" if measured.quantity.log is False or measured.quantity.on_log(point.value for point in points)
        else "The study asks for a log axis, which values of 0 do not allow.",
    ]  # fmt: skip
    return " ".join(filter(None, said))


figure_kinds.register("analytes")(FigureKind(order=34, figures=figures))
