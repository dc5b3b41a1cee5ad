"""A look at every file's header and panel before a run: what will fail is known before it costs time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, Problem
from cytogate.study.sample.failure import said_of

if TYPE_CHECKING:
    from cytogate.study.planning.plan import Plan
    from cytogate.study.sheets.sheet import SheetRow


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at the tubes found.

    Attributes
    ----------
    failing : tuple of Problem
        One for each tube that will fail: not readable, without a marker of its template, or without the
        matrix that the template asks for.
    remarks : tuple of Problem
        Tubes that deserve a look, and fail no row: those without events, and controls that cannot be read.
    rows : tuple of SheetRow
        The row of each tube in `failing`.
    """

    failing: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    rows: tuple[SheetRow, ...] = ()


def survey(plan: Plan) -> Survey:
    """Return what is already wrong with files of a plan.

    Headers are read, and of some files a few thousand events. None of this stops a run: each tube that fails
    costs its own row.
    """
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.template.matching import channels_of, compensation_of

    study = plan.study
    sheet = study.samples.name
    failing, remarks, rows = [], [], []
    for row in plan.gated:
        where = f"{sheet} row {row.row}, sample {row.sample}"
        template = plan.templates[row.panel]
        try:
            source = read_fcs(row.path, dataset=study.dataset, lenient=study.lenient, refuse=study.refuse)
            channels_of(template, source)
            compensation_of(template, source)
        except (CytogateError, OSError) as error:
            said = said_of(error, path=row.path, name=row.file)
            failing.append(Problem(getattr(error, "code", "panel"), where, said))
            rows.append(row)
            continue
        if source.n_events == 0:
            remarks.append(Problem("no-events", where, f"{row.file} holds no events."))
    remarks += unreadable_controls(plan)
    return Survey(tuple(failing), tuple(remarks), tuple(rows))


def unreadable_controls(plan: Plan) -> list[Problem]:
    """Return the controls that a run would use and cannot open: it does without them, and fails no tube."""
    from cytogate.fcs.read import read_fcs
    from cytogate.study.planning.controls import used_controls

    study = plan.study
    found = []
    for row in used_controls(plan):
        try:
            read_fcs(row.path, dataset=study.dataset, lenient=study.lenient, refuse=study.refuse)
        except (CytogateError, OSError) as error:
            where = f"{study.samples.name} row {row.row}, control {row.sample}"
            said = said_of(error, path=row.path, name=row.file)
            found.append(Problem(getattr(error, "code", "panel"), where, f"cannot serve: {said}"))
    return found
