"""Write the report of a run again, as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from cytogate.cli._inputs import require_folder_of
from cytogate.cli._options import common


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes; report.html in the run folder if not given.",
)
@common
def command(folder: Path, *, out: Path | None) -> None:
    """Write the report of a run again, as one HTML file."""
    from cytogate.report.page import write_report
    from cytogate.study.run_folder.run import open_run

    if out is not None:
        require_folder_of(out)
    click.echo(write_report(open_run(folder), out or folder / "report.html"))
