"""Gate FCS files with a template; no study needed."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cytogate.cli._exits import FAILED_SAMPLES, OK
from cytogate.cli._gates import GATES, strategies
from cytogate.cli._inputs import TubePath, recursive, require_folder_of, tubes
from cytogate.cli._options import common
from cytogate.cli._output import numbered, percent, table, write_json, write_text
from cytogate.cli._progress import Bar, announce_compiling
from cytogate.cli._reading import reading
from cytogate.errors import CytogateError
from cytogate.study.sample.failure import said_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.result import GatingResult
    from cytogate.gating.strategy import GatingStrategy

T = TypeVar("T")

_COLUMNS = ("file", "population", "parent", "count", "parent_count", "percent_of_parent")


@click.command()
@click.argument("files", nargs=-1, required=True, callback=tubes, type=TubePath())
@recursive
@click.option(
    "-t",
    "--template",
    required=True,
    help=f"{GATES}.",
)
@click.option(
    "--grid",
    type=click.Choice(["flowjo"]),
    help="Evaluate the outlines of a FlowJo workspace in the cells of its plots, as FlowJo does.  "
    "[default: exact geometry]",
)
@click.option(
    "--clean",
    is_flag=True,
    help="Take out, before any gate, events off scale and times at which flow or signal were bad.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the counts to this CSV file."
)
@click.option(
    "--export",
    "exported",
    metavar="POPULATION",
    multiple=True,
    help="Write the events of this population of each file as a new FCS file; repeatable.",
)
@click.option(
    "--to",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder for the files that --export writes.",
)
@click.option("--force", is_flag=True, help="Let --export write over files that are there.")
@click.option(
    "--threads", type=click.IntRange(min=1), help="Threads that share one file; all processors if not given."
)
@reading
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@common
def command(
    files: tuple[Path | str, ...],
    *,
    template: str,
    grid: str | None,
    clean: bool,
    out: Path | None,
    exported: tuple[str, ...],
    to: Path,
    force: bool,
    threads: int | None,
    dataset: int,
    lenient: bool,
    refuse: frozenset[str],
    as_json: bool,
) -> int:
    """Gate FCS files with a template; no study needed.

    FILES may be folders, whose .fcs and .lmd files are gated, and URLs. Prints the population tree of each
    file, or writes all counts as CSV. Scales and gates that a template leaves open are found over all the
    files together: give those of a study at once, since a single tube has no others to lean on.
    """
    from cytogate.fcs.read import read_fcs
    from cytogate.gating.engine import gate

    if out is not None:
        require_folder_of(out)
    announce_compiling()
    errors: dict[str, str] = {}
    read = partial(read_fcs, dataset=dataset, lenient=lenient, refuse=refuse)
    opened = [_try(errors, path, partial(read, path)) for path in files]
    readable = [file for file in opened if file is not None]
    for loss in (loss for file in readable for loss in file.losses):
        click.echo(f"warning: {loss}", err=True)
    strategy_of = strategies(template, readable, lambda note: click.echo(f"note: {note}", err=True))
    counted = partial(gate, grid=grid, threads=threads, masks=False)
    results: list[tuple[str, GatingResult]] = []
    written: set[Path] = set()
    with Bar("gating", len(readable)) as bar:
        for file in readable:
            strategy = _try(errors, file.path, partial(strategy_of, file))
            if strategy is not None and clean:
                strategy = _try(errors, file.path, partial(_cleaned, file, strategy, threads=threads))
            if strategy is not None:
                result = _try(errors, file.path, partial(counted, file, strategy))
                if result is not None:
                    results.append((file.path, result))
                    _try(
                        errors, file.path, partial(_export, file, result, exported, to, written, force=force)
                    )
                    notes = dict.fromkeys(map(str, (*strategy.warnings, *result.warnings)))
                    for note in notes:
                        whose = f"{file.path}: " if len(files) > 1 and file.path not in note else ""
                        click.echo(f"note: {whose}{note}", err=True)
            bar.step()
    rows = [row for path, result in results for row in _rows(path, result)]
    if out is not None:
        write_text(out, _csv(rows))
        click.echo(f"{numbered(len(results), 'file')} gated: {out}", err=True)
    if written:
        click.echo(f"{numbered(len(written), 'file')} of populations written to {to}", err=True)
    if as_json:
        write_json(
            {"format": "cytogate.gate", "version": 1, "template": template, "rows": rows, "errors": errors}
        )
    elif out is None and results:
        click.echo("\n\n".join(_tree(path, result) for path, result in results))
    return FAILED_SAMPLES if errors else OK


def _try(errors: dict[str, str], path: str | Path, act: Callable[[], T]) -> T | None:
    """Return what `act` returns; None, and an entry in `errors`, when the file at `path` is at fault."""
    try:
        return act()
    except CytogateError as error:
        said = said_of(error, path=str(path), name=str(path))
        errors[str(path)] = said.removeprefix(f"{path}: ")
        click.echo(f"error: {said}", err=True)
        return None


def _cleaned(file: FcsFile, strategy: GatingStrategy, *, threads: int | None) -> GatingStrategy:
    from cytogate.cli._clean import cleaned

    return cleaned(file, strategy, lambda note: click.echo(f"note: {note}", err=True), threads=threads)


def _export(
    file: FcsFile,
    result: GatingResult,
    populations: tuple[str, ...],
    folder: Path,
    written: set[Path],
    *,
    force: bool,
) -> None:
    if populations:
        from cytogate.cli._export import export

        export(file, result, populations, folder, written, force=force)


def _rows(path: str, result: GatingResult) -> Iterable[dict[str, Any]]:
    for population in result.strategy.populations:
        yield {
            "file": path,
            "population": population.path,
            "parent": population.parent or "",
            "count": result.count(population.path),
            "parent_count": result.parent_count(population.path),
            "percent_of_parent": result.percent_of_parent(population.path),
        }


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        share = row["percent_of_parent"]
        writer.writerow(row | {"percent_of_parent": share if row["parent_count"] else ""})
    return text.getvalue()


def _tree(path: str, result: GatingResult) -> str:
    depth: dict[str | None, int] = {None: 0}
    rows = []
    for population in result.strategy.populations:
        depth[population.path] = depth[population.parent] + 1
        indent = "  " * depth[population.parent]
        share = percent(result.percent_of_parent(population.path))
        rows.append([f"{indent}{population.name}", result.count(population.path), share])
    head = f"{path}: {result.n_events} events"
    return f"{head}\n{table(['population', 'count', '% parent'], rows, right=['count', '% parent'])}"
