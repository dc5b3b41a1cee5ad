"""Check a study file and all that it names; list every problem."""

from __future__ import annotations

from pathlib import Path

import click

from cytogate.cli._exits import INVALID, OK
from cytogate.cli._options import common
from cytogate.cli._output import problem_entry, write_json
from cytogate.errors import StudyError


@click.command()
@click.argument("study", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def command(study: Path, *, as_json: bool) -> int:
    """Check a study file and all that it names; list every problem.

    Reads the headers of the tubes and no events: a tube that is not FCS, or lacks a marker of its template,
    is a warning, for it would cost its own row only.
    """
    from cytogate.study.plan import plan_study
    from cytogate.study.survey import survey

    report = {"format": "cytogate.check", "version": 1, "file": str(study)}
    try:
        plan = plan_study(study)
    except StudyError as error:
        if not as_json:
            raise
        write_json(
            report | {"problems": [problem_entry(problem) for problem in error.problems], "warnings": []}
        )
        return INVALID
    warnings = (*plan.warnings, *survey(plan))
    if as_json:
        write_json(report | {"problems": [], "warnings": [problem_entry(entry) for entry in warnings]})
        return OK
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    subjects = {row.subject for row in plan.gated}
    click.echo(
        f"{study}: fine. {len(plan.gated)} tubes of {len(subjects)} subjects to gate, "
        f"{len(plan.rows) - len(plan.gated)} controls, {len(plan.endpoints)} subsets, "
        f"panels {', '.join(plan.templates)}."
    )
    return OK
