"""Run a study: gate every sample, fill the run folder, write the report."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK
from cytogate.cli._options import common, warn
from cytogate.cli._output import numbered, percent, table, write_json
from cytogate.cli._progress import announce_compiling
from cytogate.cli._run_progress import RunProgress, summary_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from cytogate.study.run_folder.run import Run
    from cytogate.study.running.events import RunSummary


LEAST_MEMORY = 0.5  # GB; with less even small files fail, or compiled code cannot be loaded


class Shard(click.ParamType[tuple[int, int]]):
    """``i/n``: the i-th of n parts, counted from 1."""

    name = "i/n"

    def convert(
        self, value: str | tuple[int, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return both numbers."""
        if isinstance(value, tuple):
            return value
        part, slash, parts = value.partition("/")
        if not slash or not part.isdecimal() or not parts.isdecimal() or not 1 <= int(part) <= int(parts):
            self.fail(f"{value!r} is no part of a whole; the first of four is 1/4.", param, ctx)
        return int(part), int(parts)


@click.command()
@click.argument("study", type=click.Path(exists=True, path_type=Path))
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
@click.option("--shard", type=Shard(), help="Gate this part of the samples only: 2/4 is the second of four.")
@click.option("--force", is_flag=True, help="Gate everything again; replace the run that is in the folder.")
@click.option(
    "--trust-mtime", is_flag=True, help="A file of the same size and time of change is the same: not hashed."
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=3600.0,
    help="Seconds that one file may take before its worker is ended (executor process).",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=LEAST_MEMORY),
    help="GB of address space that one file may take (executor process, on Linux); no limit if not given.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check, list the tubes of the study or shard, say how many are kept, and write nothing.",
)
@click.option("--report/--no-report", default=True, help="Write report.html into the run folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.option("--json-lines", is_flag=True, help="Print every event as a JSON object, while it goes on.")
@common
def command(
    study: Path,
    *,
    out: Path,
    workers: int | None,
    executor: str,
    dask_address: str | None,
    shard: tuple[int, int] | None,
    force: bool,
    trust_mtime: bool,
    deadline: float,
    memory: float | None,
    dry_run: bool,
    report: bool,
    as_json: bool,
    json_lines: bool,
) -> int:
    """Run a study: gate every sample, fill the run folder, write the report."""
    if as_json and json_lines:
        message = "--json is one object and --json-lines are many; give one of them."
        raise click.UsageError(message)
    if dry_run:
        click.echo(_plan(study, None if force else out, shard, trust_mtime=trust_mtime))
        return OK
    from cytogate.study.run_study import run_study

    announce_compiling(everything=True)
    with _told_how_to_go_on(out), RunProgress(json_lines=json_lines) as progress:
        done = run_study(
            study,
            out,
            workers=workers,
            executor=executor,
            dask_address=dask_address,
            observe=progress,
            force=force,
            deadline=deadline if executor == "process" else None,
            memory=None if memory is None else int(memory * 1e9),
            trust_mtime=trust_mtime,
            shard=shard,
        )
    if done.up_to_date:
        click.echo("up to date: the same study, files and versions. --force gates them again.", err=True)
    for warning in done.manifest["warnings"]:
        warn(warning)
    page = _report(done, out / "report.html") if report else None
    if as_json:
        write_json(_plain(done, progress.summary, page))
    elif not json_lines:
        _print(done, progress.summary, out, page)
    return _name_failures(done)


@contextmanager
def _told_how_to_go_on(out: Path) -> Iterator[None]:
    """Say what becomes of a run that somebody, or a disk, ends."""
    from cytogate.errors import StoreError
    from cytogate.study.run_folder.folder import holds_results

    try:
        yield
    except (KeyboardInterrupt, StoreError) as error:
        by_disk = isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, BlockingIOError)
        if (by_disk or isinstance(error, KeyboardInterrupt)) and holds_results(out):
            click.echo("tubes that were gated are kept; the same call goes on from them", err=True)
        raise


def _plain(done: Run, summary: RunSummary | None, page: Path | None) -> dict[str, Any]:
    """Return what `--json` prints."""
    from cytogate.study.running.events import EVENTS_FORMAT, EVENTS_VERSION, RunDone, plain

    return {
        "format": EVENTS_FORMAT,
        "version": EVENTS_VERSION,
        **({} if summary is None else plain(RunDone(summary))),
        "folder": str(done.path),
        "report": None if page is None else str(page),
        "warnings": list(done.manifest["warnings"]),
        "failures": done.failures.astype(object).where(done.failures.notna(), None).to_dict("records"),
    }


def _print(done: Run, summary: RunSummary | None, out: Path, page: Path | None) -> None:
    click.echo(f"{_tubes(done)}\n")
    click.echo(_summary(done.subsets, list(done.manifest["study"].get("subsets") or ())))
    lines = [] if summary is None else summary_lines(summary)
    lines.append(("run folder", str(out)))
    lines += [] if page is None else [("report", str(page))]
    click.echo("")
    for name, text in lines:
        click.echo(f"{name:<12}{text}")


def _plan(study: Path, kept_in: Path | None, shard: tuple[int, int] | None, *, trust_mtime: bool) -> str:
    """Return the table of tubes; of those that are kept, say how many on stderr."""
    from cytogate.study.planning.plan import plan_study
    from cytogate.study.planning.shards import only_shard
    from cytogate.study.run_folder.folder import holds_results

    whole = plan_study(study)
    plan = only_shard(whole, shard)
    for warning in plan.warnings:
        warn(warning)
    if kept_in is not None and holds_results(kept_in):
        from cytogate.study.foreseen import foresee

        found = foresee(whole, kept_in, shard=shard, trust_mtime=trust_mtime)
        left = len(plan.gated) - len(found.kept) - sum(found.unsettled.values())
        said = f"{len(found.kept)} of {numbered(len(plan.gated), 'tube')} kept, {left} to be gated"
        for panel, n in found.unsettled.items():
            said += f", {n} of panel {panel} not known before its scales and cuts are found anew"
        click.echo(said, err=True)
    rows = [[row.sample, row.panel, plan.templates[row.panel].name, row.file] for row in plan.gated]
    return table(["sample", "panel", "template", "file"], rows)


def _report(done: Run, page: Path) -> Path:
    from cytogate.report.page import write_report
    from cytogate.study.run_folder.audit import is_told

    return page if done.up_to_date and is_told(done.path, page.name) else write_report(done, page)


def _tubes(done: Run) -> str:
    """Return how many tubes were gated, now or by an earlier call, how many failed, and are controls."""
    status = done.samples["status"]
    gated, failed = int((status == "ok").sum()), int((status == "failed").sum())
    when = " earlier" if done.up_to_date else ""
    text = f"{numbered(gated + failed, 'tube')}: {gated} gated{when}, {failed} failed"
    controls = len(status) - gated - failed
    return f"{text}; {numbered(controls, 'control')} not gated" if controls else text


def _summary(subsets: pd.DataFrame, order: list[str]) -> str:
    """Return one line a subset: how many samples have it, failed or are flagged, and their percentages.

    They come in the order of the study, whichever panel the first tube of a shard is of.
    """
    from cytogate.gating.tree import split

    place = {name: number for number, name in enumerate(order)}
    groups = subsets.groupby("subset", sort=False)
    rows = []
    for name, group in sorted(groups, key=lambda one: place.get(str(one[0]), len(order))):
        values = group["percent"].dropna()
        spread = f"{values.min():.2f} to {values.max():.2f}" if len(values) else None
        failed = int((group["flag"] == "failed").sum())
        flagged = group.loc[~group["flag"].isin(["ok", "failed"]), "flag"].value_counts()
        notes = ", ".join(f"{count} {flag}" for flag, count in flagged.items())
        median = percent(values.median()) if len(values) else None
        whole = split(group["denominator"].iloc[0])[0][-1]
        rows.append([name, whole, len(group) - failed, failed, median, spread, notes])
    header = ["subset", "of", "samples", "failed", "median %", "range %", "flags"]
    return table(header, rows, right=["samples", "failed", "median %", "range %"])


def _name_failures(done: Run) -> int:
    from cytogate.study.sample.failure import said_once

    failures = []
    for entry in done.failures.to_dict("records"):
        message, fix = entry["message"], entry["fix"] or ""
        more = "" if fix in message else fix  # runs of earlier versions say it in the message
        place = f"failed: {entry['sample']} ({entry['stage']})"
        failures.append((place, entry["sample"], entry["file"], f"{message} {more}".rstrip()))
    for line in said_once(failures):
        click.echo(line, err=True)
    return FAILED_SAMPLES if failures else OK
