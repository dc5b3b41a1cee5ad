"""Prove that a run is whole: hash what it read and wrote, gate again, compare every figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cytogate.cli._exits import DIFFERENCE, OK
from cytogate.cli._options import common
from cytogate.cli._output import line_width, numbered, shown, wrapped, write_json
from cytogate.cli._progress import Bar, announce_compiling

if TYPE_CHECKING:
    from cytogate.study.verify import Difference, Verification


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--study",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Where the study file lies now; where the run found it if not given.",
)
@click.option("--sample", "samples", metavar="ID", multiple=True, help="Gate this sample only. Repeatable.")
@click.option("--hash-only", is_flag=True, help="Compare hashes, gate nothing.")
@click.option("--workers", type=click.IntRange(min=1), help="How many at once; one a processor if not given.")
@click.option(
    "--executor",
    type=click.Choice(["serial", "thread", "process", "dask"]),
    default="process",
    help="Who gates; the figures are the same.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@common
def command(
    folder: Path,
    *,
    study: Path | None,
    samples: tuple[str, ...],
    hash_only: bool,
    workers: int | None,
    executor: str,
    as_json: bool,
) -> int:
    """Prove that a run is whole: hash what it read and wrote, gate again, compare every figure.

    Writes nothing into the run folder. Exit code 1 where anything differs; the first broken link of the
    chain is named, then every difference with what it means and what to do.
    """
    from cytogate.study.verify import verify_run

    if samples and hash_only:
        message = "--sample names what is gated again, and --hash-only gates nothing; give one of them."
        raise click.UsageError(message)
    if not hash_only:
        announce_compiling(everything=True)
    with Bar("gating again") as bar:
        found = verify_run(
            folder,
            study=study,
            samples=samples,
            hash_only=hash_only,
            executor=executor,
            workers=workers,
            progress=bar.show,
        )
    if as_json:
        write_json(found.plain())
    else:
        _print(found)
    return OK if found.holds else DIFFERENCE


def _print(found: Verification) -> None:
    if found.holds:
        click.echo(f"{found.folder}: holds")
    else:
        first = found.differences[0]
        told = numbered(len(found.differences), "difference")
        click.echo(f"{found.folder}: {told}; first broken link: {shown(f'{first.link} {first.file}')}")
    for number, difference in enumerate(found.differences, start=1):
        click.echo(f"\n{number}. {shown(f'{difference.link} {difference.file}')}")
        for name, text in _said(difference):
            click.echo("\n".join(_paragraph(name, text)))
    click.echo(f"\nchecked   {_checked(found)}")
    for note in found.notes:
        click.echo("\n".join(_paragraph("note", note, indent=0)))


def _said(difference: Difference) -> list[tuple[str, str]]:
    return [
        ("expected", difference.expected),
        ("found", difference.found),
        ("means", difference.means),
        ("do", difference.fix),
    ]


def _paragraph(name: str, text: str, *, indent: int = 3) -> list[str]:
    width = line_width() - 10 - indent
    lines = [part for line in text.splitlines() for part in wrapped(shown(line), width)]
    first, *others = lines or [""]
    return [f"{'':{indent}}{name:<10}{first}", *(f"{'':{indent + 10}}{line}" for line in others)]


def _checked(found: Verification) -> str:
    counted = [
        f"{numbered(found.checked['log_lines'], 'line')} of the audit log",
        numbered(found.checked["inputs"], "FCS file"),
        f"study file and {numbered(found.checked['documents'] - 1, 'table')} beside it",
        numbered(found.checked["templates"], "template"),
        f"{numbered(found.checked['files'], 'file')} of the run",
    ]
    if found.compared is not None:
        what = "to the last bit" if found.compared.equal_bits else "within 1e-12"
        counted.append(
            f"{numbered(len(found.gated), 'sample')} gated again: {found.compared.counts:,} counts and "
            f"{found.compared.numbers:,} other numbers compared, {what}"
        )
    return "; ".join(counted)
