"""Put the shards of a study together: the same tables as if it had been gated at once."""

from __future__ import annotations

from pathlib import Path

import click

from cytogate.cli._options import common, warn
from cytogate.cli._progress import announce_compiling
from cytogate.cli._run_progress import RunProgress
from cytogate.cli.run import _name_failures, _print, _report


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="DIR...",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The run folder; `merged` beside the first shard if not given.",
)
@click.option(
    "--study",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The study file; that of the first shard if not given.",
)
@click.option("--workers", type=click.IntRange(min=1), help="How many at once; one a processor if not given.")
@click.option(
    "--executor",
    type=click.Choice(["serial", "thread", "process", "dask"]),
    default="process",
    help="Who gates what is not there or has changed since.",
)
@click.option("--report/--no-report", default=True, help="Write report.html into the run folder.")
@common
def command(
    folders: tuple[Path, ...],
    *,
    out: Path | None,
    study: Path | None,
    workers: int | None,
    executor: str,
    report: bool,
) -> int:
    """Put the shards of a study together: the same tables as if it had been gated at once.

    DIR are the folders of `cytogate run STUDY.yaml --shard i/n --out DIR`, all n of them in any order. They
    stay as they are.
    """
    from cytogate.study.merge import merge

    place = out if out is not None else folders[0].absolute().parent / "merged"
    announce_compiling(everything=True)
    with RunProgress(json_lines=False) as progress:
        done = merge(folders, place, study=study, workers=workers, executor=executor, observe=progress)
    for warning in done.manifest["warnings"]:
        warn(warning)
    page = _report(done, place / "report.html") if report else None
    _print(done, progress.summary, place, page)
    return _name_failures(done)
