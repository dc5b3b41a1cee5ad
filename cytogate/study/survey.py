"""A look at every file's header and panel before a run: what will fail is known before it costs time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import CytogateError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.study.plan import Plan


def survey(plan: Plan) -> tuple[Problem, ...]:
    """Return what is already wrong with files of a plan: not readable, or without a marker of their template.

    Headers are read, events are not. None of this stops a run: each such file costs its own row.
    """
    return tuple(_found(plan))


def _found(plan: Plan) -> Iterator[Problem]:
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.matching import channels_of

    sheet = plan.study.samples.name
    for row in plan.gated:
        where = f"{sheet} row {row.row}, sample {row.sample}"
        try:
            source = read_fcs(row.path, dataset=plan.study.dataset, lenient=plan.study.lenient)
            channels_of(plan.templates[row.panel], source)
        except (CytogateError, OSError) as error:
            text = " ".join(str(error).replace(row.path, row.file).split())
            yield Problem(getattr(error, "code", "panel"), where, text)
            continue
        if source.n_events == 0:
            yield Problem("no-events", where, f"{row.file} holds no events.")
