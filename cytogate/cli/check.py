"""Check a study file and all that it names; list every problem."""

from __future__ import annotations

from pathlib import Path

import click

from cytogate.cli._exits import FAILED_SAMPLES, INVALID, OK
from cytogate.cli._options import common, warn
from cytogate.cli._output import numbered, problem_entry, write_json
from cytogate.errors import StudyError


@click.command()
@click.argument("study", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def command(study: Path, *, as_json: bool) -> int:
    """Check a study file and all that it names; list every problem.

    Looks at the headers of the tubes too: one that is not FCS, or lacks a marker of its template, would cost
    its own row of a run only; it is named, and the exit code is 1.
    """
    from cytogate.gating.template.fitted_words import fitted_summary
    from cytogate.study.planning.plan import plan_study
    from cytogate.study.planning.survey import survey
    from cytogate.study.sample.failure import said_once

    report = {"format": "cytogate.check", "version": 1, "file": str(study)}
    try:
        plan = plan_study(study)
    except StudyError as error:
        if not as_json:
            raise
        write_json(
            report
            | {"problems": [problem_entry(problem) for problem in error.problems]}
            | {"warnings": [], "failing": []}
        )
        return INVALID
    found = survey(plan)
    warnings = (*plan.warnings, *found.remarks)
    code = FAILED_SAMPLES if found.failing else OK
    if as_json:
        entries = {"warnings": warnings, "failing": found.failing}
        lists = {key: [problem_entry(entry) for entry in value] for key, value in entries.items()}
        write_json(report | {"problems": []} | lists)
        return code
    for warning in warnings:
        warn(warning)
    failing = [
        (f"will fail: {problem.location}", row.sample, row.file, problem.message)
        for problem, row in zip(found.failing, found.rows, strict=True)
    ]
    for line in said_once(failing):
        click.echo(line, err=True)
    subjects = {row.subject for row in plan.gated if row.role == "sample"}
    tubes = numbered(len(plan.gated), "tube")
    controls = numbered(len(plan.rows) - len(plan.gated), "control")
    contents = (
        f"{tubes} of {numbered(len(subjects), 'subject')} to gate, "
        f"{controls}, {numbered(len(plan.study.endpoints), 'subset')}, "
        f"panels {', '.join(plan.templates)}."
    )
    for panel, template in plan.templates.items():
        if fitted := fitted_summary(template):
            contents += f" Panel {panel}: {fitted}."
    if found.failing:
        click.echo(f"{study}: {contents}")
        click.echo(f"{len(found.failing)} of {tubes} will fail.")
    else:
        click.echo(f"{study}: fine. {contents}")
    return code
