"""Begin a study: propose a sample sheet and a study file."""

from __future__ import annotations

from pathlib import Path

import click

from cytogate.cli._options import common
from cytogate.cli._output import write_text
from cytogate.errors import StoreError


@click.group()
def command() -> None:
    """Begin a study: propose a sample sheet and a study file."""


@command.command("init")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the sheet, and write nothing.")
@common
def init_command(folder: Path, *, dry_run: bool) -> None:
    """Propose samples.csv and study.yaml in FOLDER.

    They are made from the names and keywords of the FCS files below it. What these do not tell is said, and
    left empty in the sheet, for you to complete; then `cytogate check` tells whether all fits together.
    """
    from cytogate.study.init import propose

    proposal = propose(folder)
    for problem in proposal.problems:
        click.echo(f"note: {problem}", err=True)
    if dry_run:
        click.echo(proposal.sheet, nl=False)
        return
    texts = {folder / "samples.csv": proposal.sheet, folder / "study.yaml": proposal.study}
    for place in texts:
        if place.exists():
            message = f"{place}: is there already, and stays as it is. Move it away, or use --dry-run."
            raise StoreError(message)
    for place, text in texts.items():
        write_text(place, text)
        click.echo(place)
