"""Begin a study: propose a sample sheet and a study file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cytogate.cli._options import common
from cytogate.cli._output import numbered, write_text
from cytogate.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.study.first_sheet.init import Proposal

_ROLES = {"fmo": "FMO control", "unstained": "unstained control", "single_stain": "single stain"}
_ROLES |= {"beads": "tube of beads", "bridge": "bridging sample"}


@click.group()
def command() -> None:
    """Begin a study: propose a sample sheet and a study file."""


@command.command("init")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--pattern",
    default="",
    show_default="guessed",
    metavar="TEXT",
    help="What file names say, such as '{subject}_{visit}_{panel}'. "
    "{} is a part that means nothing, {*} any rest; with / folders count.",
)
@click.option("--dry-run", is_flag=True, help="Print the sheet, and write nothing.")
@common
def init_command(folder: Path, *, pattern: str, dry_run: bool) -> None:
    """Propose samples.csv and study.yaml in FOLDER.

    They are made from the names and keywords of the FCS files below it. What these do not tell is said, and
    left empty in the sheet, for you to complete; then `cytogate check` tells whether all fits together.
    """
    from cytogate.study.first_sheet.init import propose

    proposal = propose(folder, pattern=pattern)
    for line in _how_read(proposal, is_given=bool(pattern)):
        click.echo(line, err=True)
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
    click.echo(f"next: cytogate check {folder / 'study.yaml'}", err=True)


def _how_read(proposal: Proposal, *, is_given: bool) -> Iterator[str]:
    """Yield by which pattern names were read, with an example, and how to have them read otherwise."""
    again = "To have them read otherwise: --pattern '{subject}_{visit}_{panel}', in your own order."
    if proposal.pattern:
        whole = proposal.matched + sum(proposal.others.values())
        part = f"{proposal.matched} of " if proposal.others else ""
        left = [numbered(n, _ROLES.get(role, role)) for role, n in proposal.others.items()]
        otherwise = f"; named otherwise: {', '.join(left)}" if left else ""
        yield f"names: {part}{numbered(whole, 'file')} read as {proposal.pattern}{otherwise}"
    else:
        yield "names: no one pattern tells subject and visit; names, then keywords, were searched for them"
    fields = ("subject", "visit", "week", "panel", "batch")
    said = [f"{key} {proposal.example[key]}" for key in fields if proposal.example.get(key)]
    if said:
        yield f"  {proposal.example['file']}: {', '.join(said)}"
    if not is_given:
        yield f"  {again}"
