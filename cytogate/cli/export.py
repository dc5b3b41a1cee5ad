"""Write a run in other formats: CSV, XLSX, Parquet, AnnData, FCS files of a population."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cytogate.cli._options import common
from cytogate.cli._output import numbered
from cytogate.cli._progress import Bar, announce_compiling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.study.run_folder.run import Run

FORMATS = ("csv", "xlsx", "parquet", "anndata", "fcs")
OF_CELLS = ("anndata", "fcs")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files, made where it is missing; export/FORMAT in the run folder if not given.",
)
@click.option(
    "--population",
    metavar="POPULATION",
    help="Whose events are written: full path or unique ending (fcs, anndata). Without it, anndata holds the "
    "medians of all populations.",
)
@click.option(
    "--compensated/--raw",
    default=None,
    help="fcs: compensated as the gates were, or values as the files have them.  [default: compensated]",
)
@click.option("--transformed", is_flag=True, help="anndata: events on the scales of the gates.")
@click.option(
    "--events",
    type=click.IntRange(min=1),
    help="anndata: at most so many events of a sample; all if not given.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the FCS files lie now; where the run found them if not given.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@common
def command(
    folder: Path,
    *,
    kind: str,
    out: Path | None,
    population: str | None,
    compensated: bool | None,
    transformed: bool,
    events: int | None,
    data: Path | None,
    force: bool,
) -> None:
    """Write a run in other formats: CSV, XLSX, Parquet, AnnData, FCS files of a population.

    FOLDER is a run folder. csv, xlsx and parquet hold all its tables, and what each column is.
    """
    from cytogate.study.run_folder.run import open_run

    _check(
        kind,
        population=population is not None,
        compensated=compensated is not None,
        transformed=transformed,
        events=events is not None,
        data=data is not None,
    )
    run = open_run(folder)
    place = out if out is not None else folder / "export" / kind
    if kind == "fcs":
        from cytogate.study.export.populations import export_fcs

        announce_compiling()
        with Bar("exporting") as bar:
            files: Sequence[Path] = export_fcs(
                run,
                place,
                str(population),
                compensated=compensated is not False,
                data=data,
                force=force,
                progress=bar.show,
            )
    elif kind == "anndata":
        from cytogate.study.export.anndata_files import export_anndata
        from cytogate.study.export.places import population_stem

        stem = "medians" if population is None else f"events_{population_stem(population)}"
        target = place / f"{stem}{'_transformed' if transformed else ''}.h5ad"
        files = [
            export_anndata(
                run, target, population, transformed=transformed, events=events, data=data, force=force
            )
        ]
    else:
        files = _tables(run, kind, place, force=force)
    for file in files:
        click.echo(file)
    click.echo(f"{numbered(len(files), 'file')} written to {place}", err=True)


def _tables(run: Run, kind: str, place: Path, *, force: bool) -> Sequence[Path]:
    from cytogate.study.export.tables import export_csv, export_parquet
    from cytogate.study.export.workbook import export_xlsx

    if kind == "xlsx":
        return [export_xlsx(run, place / "run.xlsx", force=force)]
    return (export_csv if kind == "csv" else export_parquet)(run, place, force=force)


def _check(kind: str, **given: bool) -> None:
    """Refuse options that say nothing of a format, and a population that is missing."""
    of_events = {"transformed", "events"}
    allowed = {"fcs": {"population", "compensated", "data"}, "anndata": {"population", "data"} | of_events}
    for option, is_given in given.items():
        if is_given and option not in allowed.get(kind, set()):
            name = "--compensated and --raw do" if option == "compensated" else f"--{option} does"
            message = f"{name} not go with --format {kind}."
            raise click.UsageError(message)
    if kind == "fcs" and not given["population"]:
        message = "--format fcs needs --population: whose events are to be written."
        raise click.UsageError(message)
    if any(given[option] for option in of_events) and not given["population"]:
        message = "--transformed and --events are of events: name their --population."
        raise click.UsageError(message)
