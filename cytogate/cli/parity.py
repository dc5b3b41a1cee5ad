"""Compare the counts that a FlowJo workspace holds with ours."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK
from cytogate.cli._inputs import require_folder_of, tubes
from cytogate.cli._options import common, warn
from cytogate.cli._output import numbered, problem_entry, table, write_json, write_text
from cytogate.cli._progress import Bar, announce_compiling
from cytogate.errors import CytogateError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytogate.fcs.file import FcsFile
    from cytogate.interop.parity import Parity, PopulationParity, SampleParity

_NUMBERS = ("FlowJo", "exact", "difference", "on grid", "at border")
_COLUMNS = (
    "file",
    "sample",
    "population",
    "parent",
    "gate",
    "stored",
    "exact",
    "difference",
    "on_grid",
    "near_border",
    "low",
    "high",
    "verdict",
    "why",
)


@click.command()
@click.argument("workspace", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument(
    "files", nargs=-1, required=True, callback=tubes, type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the comparison as an HTML page."
)
@click.option(
    "--csv", "as_csv", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this CSV file."
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="Threads that share one file; all processors if not given."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def command(
    workspace: Path,
    files: tuple[Path, ...],
    *,
    out: Path | None,
    as_csv: Path | None,
    threads: int | None,
    as_json: bool,
) -> int:
    """Compare the counts that a FlowJo workspace holds with ours.

    WORKSPACE is a .wsp file of FlowJo 10; FILES are its FCS files, or folders of them. They are matched to
    the samples by path, name and keywords; a match in doubt is listed and not used.

    FlowJo evaluates polygons and ellipses in the cells of the plot on which they were drawn; cytogate
    evaluates them exactly. Each population is shown with FlowJo's count, the exact count, the count on
    FlowJo's cells, and the events within one cell of its border. The exit code is 1 where a count is
    explained by none of it, or a file could not be compared.
    """
    from cytogate.interop.flowjo import read_flowjo
    from cytogate.interop.parity import Verdict, compare
    from cytogate.study.run_folder.spreadsheets import csv_text

    for path in (out, as_csv):
        if path is not None:
            require_folder_of(path)
    announce_compiling()
    opened, errors = _open(files)
    with Bar("comparing", len(opened)) as bar:
        found = compare(
            read_flowjo(workspace, on_unsupported="skip"),
            opened,
            threads=threads,
            tell=lambda _path: bar.step(),
        )
    for note in (note for sample in found.samples for note in sample.notes):
        warn(note)
    if as_csv is not None:
        write_text(as_csv, csv_text(_COLUMNS, _flat(found)))
        click.echo(f"{numbered(len(found.samples), 'sample')} compared: {as_csv}", err=True)
    if out is not None:
        from cytogate.report.parity_page import write_parity_page

        click.echo(
            f"{numbered(len(found.samples), 'sample')} compared: {write_parity_page(found, out)}", err=True
        )
    if as_json:
        write_json(_json(found, errors))
    else:
        click.echo("\n\n".join(filter(None, [*map(_text, found.samples), _rest(found)])))
    failed = errors or found.problems or found.unmatched_files or found.count(Verdict.UNEXPLAINED)
    return FAILED_SAMPLES if failed else OK


def _open(paths: Iterable[Path]) -> tuple[list[FcsFile], dict[str, str]]:
    from cytogate.fcs.read import read_fcs

    opened, errors = [], {}
    for path in paths:
        try:
            opened.append(read_fcs(path, lenient=True))
        except CytogateError as error:
            errors[str(path)] = str(error)
            click.echo(f"error: {error}", err=True)
    return opened, errors


def _text(sample: SampleParity) -> str:
    """Return one sample as text: a line on the file, the populations as an indented table, a summary."""
    head = f"{sample.sample} ({sample.path}, by {sample.matched_by}): {sample.n_events} events"
    rows = [
        [
            f"{'  ' * row.depth}{row.name}",
            row.gate,
            row.stored,
            row.exact,
            _signed(row),
            row.on_grid,
            row.near_border,
            row.verdict,
        ]
        for row in sample.rows
    ]
    shown = table(["population", "gate", *_NUMBERS, "verdict"], rows, right=_NUMBERS)
    return f"{head}\n{shown}\n{_summary(sample)}"


def _signed(row: PopulationParity) -> str | None:
    return None if row.difference is None else f"{row.difference:+d}" if row.difference else "0"


def _summary(part: SampleParity | Parity) -> str:
    from cytogate.interop.parity import SampleParity, Verdict

    counts = [(part.count(verdict), verdict) for verdict in Verdict]
    total = numbered(sum(count for count, _ in counts), "population")
    said = [f"{count} {verdict.split(':')[0]}" for count, verdict in counts if count]
    samples = [part] if isinstance(part, SampleParity) else part.samples
    stored = [row for sample in samples for row in sample.rows if row.stored is not None]
    alike = sum(row.on_grid == row.stored for row in stored)
    cells = f" In FlowJo's cells {alike} of {len(stored)} come out." if stored else ""
    return f"{total}: {', '.join(said)}.{cells}"


def _rest(found: Parity) -> str:
    """Return what was not compared and why, and the sum over all samples."""
    lines = [f"Not compared: {problem}" for problem in found.problems]
    lines += [
        f"No file for {numbered(len(found.unmatched_samples), 'sample')} of the workspace: "
        f"{', '.join(found.unmatched_samples)}."
    ] * bool(found.unmatched_samples)
    lines += [f"No sample for {path}." for path in found.unmatched_files]
    if not found.samples:
        lines.append("No sample was compared.")
    elif len(found.samples) > 1:
        lines.append(f"{numbered(len(found.samples), 'sample')} compared, {_summary(found)}")
    return "\n".join(lines)


def _entry(row: PopulationParity) -> dict[str, Any]:
    return {**asdict(row), "verdict": row.verdict.name.lower(), "difference": row.difference}


def _flat(found: Parity) -> Iterable[dict[str, Any]]:
    for sample in found.samples:
        for row in sample.rows:
            yield {"file": sample.path, "sample": sample.sample, **_entry(row)}


def _json(found: Parity, errors: dict[str, str]) -> dict[str, Any]:
    return {
        "format": "cytogate.parity",
        "version": 1,
        "workspace": found.workspace,
        "flowjo": found.version,
        "samples": [
            {
                "sample": sample.sample,
                "file": sample.path,
                "matched_by": sample.matched_by,
                "events": sample.n_events,
                "populations": [_entry(row) for row in sample.rows],
                "notes": [problem_entry(note) for note in sample.notes],
            }
            for sample in found.samples
        ],
        "unmatched_samples": found.unmatched_samples,
        "unmatched_files": found.unmatched_files,
        "problems": [problem_entry(problem) for problem in found.problems],
        "errors": errors,
    }
