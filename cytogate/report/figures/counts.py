"""Figures: cells of each subset per µL of blood, one line per patient, where there are such."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cytogate.plots.course_axes import MOST_LABELS
from cytogate.plots.trends import course_figure
from cytogate.report import facts, measures
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds
from cytogate.report.figures.trends import below, legend
from cytogate.report.panel_changes import marks, panel_words
from cytogate.study.files.names import file_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.report.section import RunLike


def figures(run: RunLike) -> Iterator[ReportFigure]:
    """Yield a figure for every subset with an absolute count at a known week."""
    shown = list(measures.counts(run))
    stems = file_stems(measured.name for measured in shown)
    for measured in shown:
        points = [point for course in measured.courses for point in course.measured]
        n = len(measured.courses)
        said = [
            f"{measured.what}. {n} patient{'' if n == 1 else 's'}, {len(points)} samples.",
            below(points, facts.limits(run)),
            f"Intervals: 95 %, with the errors of {measures.COUNTS}.",
            "Upright lines show them; patients stand side by side for it." if n <= MOST_LABELS else "",
            panel_words(run, measured.name, measured.courses),
        ]
        yield ReportFigure(
            name=f"count-{stems[measured.name]}",
            title=f"{measured.title}, cells per µL of blood",
            caption=" ".join(filter(None, said)),
            build=partial(
                course_figure,
                measured.courses,
                measured.quantity,
                styles=facts.styles(run),
                marks=marks(run, measured.courses),
                flag_words=facts.flag_words(run),
            ),
            subjects_of_tests=(measured.name,),
            legend=legend(run),
        )


figure_kinds.register("counts")(FigureKind(order=20, figures=figures))
