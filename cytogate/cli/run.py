"""Run a study: gate every sample, fill the run folder, write the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK
from cytogate.cli._options import common, warn
from cytogate.cli._output import numbered, percent, table
from cytogate.cli._progress import Bar, announce_compiling

if TYPE_CHECKING:
    import pandas as pd

    from cytogate.study.run import Run


@click.command()
@click.argument("study", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The run folder."
)
@click.option("--workers", type=click.IntRange(min=1), help="How many at once; one a processor if not given.")
@click.option(
    "--executor",
    type=click.Choice(["serial", "thread", "process", "dask"]),
    default="process",
    help="Who does the work; the results are the same.",
)
@click.option("--dask-address", help="Scheduler of a running Dask cluster; a local one if not given.")
@click.option("--force", is_flag=True, help="Replace the run that is in the folder.")
@click.option("--dry-run", is_flag=True, help="Check, list what would be gated, and write nothing.")
@click.option("--report/--no-report", default=True, help="Write report.html into the run folder.")
@common
def command(
    study: Path,
    *,
    out: Path,
    workers: int | None,
    executor: str,
    dask_address: str | None,
    force: bool,
    dry_run: bool,
    report: bool,
) -> int:
    """Run a study: gate every sample, fill the run folder, write the report."""
    if dry_run:
        click.echo(_plan(study))
        return OK
    from cytogate.study.run_study import run_study

    announce_compiling(everything=True)
    with Bar("gating") as bar:
        done = run_study(
            study,
            out,
            workers=workers,
            executor=executor,
            dask_address=dask_address,
            progress=bar.show,
            force=force,
        )
    if done.up_to_date:
        click.echo("up to date: the same study, files and versions. --force gates them again.", err=True)
    for warning in done.manifest["warnings"]:
        warn(warning)
    click.echo(f"{_tubes(done)}\n")
    click.echo(_summary(done.subsets))
    click.echo(f"\nrun folder  {out}")
    if report:
        click.echo(f"report      {_report(done, out / 'report.html')}")
    return _name_failures(done)


def _plan(study: Path) -> str:
    from cytogate.study.plan import plan_study

    plan = plan_study(study)
    for warning in plan.warnings:
        warn(warning)
    rows = [[row.sample, row.panel, plan.templates[row.panel].name, row.file] for row in plan.gated]
    return table(["sample", "panel", "template", "file"], rows)


def _report(done: Run, page: Path) -> Path:
    from cytogate.report.page import write_report

    return page if done.up_to_date and page.is_file() else write_report(done, page)


def _tubes(done: Run) -> str:
    """Return how many tubes were gated, how many failed, and how many are controls."""
    status = done.samples["status"]
    gated, failed = int((status == "ok").sum()), int((status == "failed").sum())
    text = f"{numbered(gated + failed, 'tube')}: {gated} gated, {failed} failed"
    controls = len(status) - gated - failed
    return f"{text}; {numbered(controls, 'control')} not gated" if controls else text


def _summary(subsets: pd.DataFrame) -> str:
    """Return one line a subset: how many samples have it, failed or are flagged, and their percentages."""
    from cytogate.gating.tree import split

    rows = []
    for name, group in subsets.groupby("subset", sort=False):
        values = group["percent"].dropna()
        spread = f"{values.min():.2f} – {values.max():.2f}" if len(values) else None
        failed = int((group["flag"] == "failed").sum())
        flagged = group.loc[~group["flag"].isin(["ok", "failed"]), "flag"].value_counts()
        notes = ", ".join(f"{count} {flag}" for flag, count in flagged.items())
        median = percent(values.median()) if len(values) else None
        whole = split(group["denominator"].iloc[0])[0][-1]
        rows.append([name, whole, len(group) - failed, failed, median, spread, notes])
    header = ["subset", "of", "samples", "failed", "median %", "range %", "flags"]
    return table(header, rows, right=["samples", "failed", "median %", "range %"])


def _name_failures(done: Run) -> int:
    from cytogate.study.failure import said_once

    failures = []
    for entry in done.failures.to_dict("records"):
        message, fix = entry["message"], entry["fix"] or ""
        more = "" if fix in message else fix  # runs of earlier versions say it in the message
        place = f"failed: {entry['sample']} ({entry['stage']})"
        failures.append((place, entry["sample"], entry["file"], f"{message} {more}".rstrip()))
    for line in said_once(failures):
        click.echo(line, err=True)
    return FAILED_SAMPLES if failures else OK
