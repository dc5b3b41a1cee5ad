"""Write the figures of a run's report as SVG, PDF or PNG files with captions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cytogate.cli._options import common
from cytogate.cli._output import numbered
from cytogate.cli._progress import Bar

if TYPE_CHECKING:
    from cytogate.plots.rendering import Kind


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--format", "kind", type=click.Choice(["svg", "pdf", "png"]), default="svg", help="What to write."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files, made where it is missing; figures/ in the run folder if not given.",
)
@click.option(
    "--only",
    metavar="NAME",
    multiple=True,
    help="Only this figure; * stands for any letters ('trend-*'). Repeatable.",
)
@click.option(
    "--list", "as_list", is_flag=True, help="Print the names and titles of the figures; write none."
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@common
def command(
    folder: Path, *, kind: str, out: Path | None, only: tuple[str, ...], as_list: bool, force: bool
) -> None:
    """Write the figures of a run's report as SVG, PDF or PNG files with captions.

    FOLDER is a run folder; the captions are captions.md and captions.json beside the figures, all tests of
    them captions.csv. Needs kaleido (pip install 'cytogate[figures]') and an installed Chrome or Chromium,
    found on PATH or named by BROWSER_PATH.
    """
    from cytogate.report.figure import report_figures
    from cytogate.report.figure_files import chosen, write_figures
    from cytogate.study.run_folder.run import open_run

    run = open_run(folder)
    if as_list:
        from cytogate.cli._output import table

        rows = [(figure.name, figure.title) for figure in chosen(report_figures(run), only)]
        click.echo(table(["name", "title"], rows))
        return
    place = out if out is not None else folder / "figures"
    with Bar("drawing") as bar:
        files = write_figures(run, place, kind=cast("Kind", kind), only=only, force=force, progress=bar.show)
    for file in files:
        click.echo(file)
    click.echo(f"{numbered(len(files) - 3, 'figure')} written to {place}, with captions", err=True)
