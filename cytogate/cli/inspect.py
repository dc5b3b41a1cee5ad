"""Show header, channels, spillover and warnings of FCS files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK, describe
from cytogate.cli._inputs import TubePath, recursive, require_folder_of, tubes
from cytogate.cli._options import common
from cytogate.cli._output import line_width, numbered, shown, write_json, write_text
from cytogate.cli._reading import reading
from cytogate.errors import FcsError

if TYPE_CHECKING:
    from cytogate.fcs.file import FcsFile


@click.command()
@click.argument("files", nargs=-1, required=True, callback=tubes, type=TubePath())
@recursive
@reading
@click.option("--header", is_flag=True, help="Do not look through the events: no minimum and maximum.")
@click.option("--keywords", is_flag=True, help="Also list all keywords of TEXT and ANALYSIS.")
@click.option("--crc", is_flag=True, help="Also compute the checksum, and compare it with the one stated.")
@click.option("--summary", "brief", is_flag=True, help="One line for each file, instrument and warning.")
@click.option(
    "--cross-check",
    "cross",
    is_flag=True,
    help="Also say where flowio and fcsparser differ, and who is right.",
)
@click.option(
    "--csv",
    "as_csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a table for a spreadsheet: a line for each channel, or with --summary for each file.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, with everything.")
@common
def command(
    files: tuple[Path | str, ...],
    *,
    dataset: int,
    lenient: bool,
    refuse: frozenset[str],
    header: bool,
    keywords: bool,
    crc: bool,
    brief: bool,
    cross: bool,
    as_csv: Path | None,
    as_json: bool,
) -> int:
    """Show header, channels, spillover and warnings of FCS files.

    FILES may be folders, whose .fcs and .lmd files are shown, also those that gzip has compressed, and URLs.
    The events are looked through once, for the minimum and maximum of every channel. A file that cannot be
    read is named on stderr, and the others are shown; the exit code is then 1. `cytogate explain CODE` says
    what a [code] means and what to do.
    """
    from cytogate.cli._file_facts import facts, refusal
    from cytogate.cli._file_text import text
    from cytogate.cli._summary_text import summary, total
    from cytogate.fcs.read import read_fcs

    if as_csv is not None:
        require_folder_of(as_csv)
    reports: list[dict[str, Any]] = []
    n_shown = 0
    for path in files:
        try:
            file = read_fcs(path, dataset, lenient, refuse=refuse)
            report = facts(file, look=not header, checksum=crc)
            report |= _cross_check(file, lenient=lenient) if cross else {}
        except (FcsError, OSError) as error:
            report = refusal(str(path), error)
            click.echo(f"error: {shown(describe(error))}", err=True)
        reports.append(report)
        if not (as_json or brief or "error" in report):  # shown as soon as it is known
            gap = "\n" if n_shown else ""
            click.echo(f"{gap}{text(report, width=line_width(), keywords=keywords)}")
            n_shown += 1
    if as_csv is not None:
        from cytogate.cli._inspect_table import table_text

        write_text(as_csv, table_text(reports, by_channel=not brief))
        click.echo(f"{numbered(len(reports), 'file')} listed: {as_csv}", err=True)
    if as_json:
        write_json({"format": "cytogate.inspect", "version": 1, "files": reports})
    elif brief:
        click.echo(summary(reports, line_width()))
    elif len(files) > 1:
        click.echo(f"\n{total(reports)}")
    return FAILED_SAMPLES if any("error" in report for report in reports) else OK


def _cross_check(file: FcsFile, *, lenient: bool) -> dict[str, Any]:
    from cytogate.interop.crosscheck import RULES, cross_check

    entries = []
    for witness in cross_check(file, lenient=lenient):
        codes = dict.fromkeys([*witness.rules, *(entry.rule for entry in witness.differences if entry.rule)])
        rules = [{name: getattr(RULES[code], name) for name in ("code", "section", "says")} for code in codes]
        entries.append(asdict(witness) | {"agrees": witness.agrees, "rules": rules})
    return {"cross_check": entries}
